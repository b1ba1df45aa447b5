"""Run: card, loading and saving, comparing, registering, running again."""

from mlsys.outcome.comparing import Comparison, compare
from mlsys.run.differing import data_diff
from mlsys.run.estimates import Ablation, CrossValidation, PriceOfLeakage
from mlsys.run.registering import Registration, promote, roll_back
from mlsys.run.reproducing import Reproduction, reproduce
from mlsys.run.run import Run
from mlsys.serving.loaded import LoadedModel
from mlsys.serving.loading import load

LoadedModel.reproduces = reproduce

__all__ = [
    "Ablation",
    "Comparison",
    "CrossValidation",
    "PriceOfLeakage",
    "Registration",
    "Reproduction",
    "Run",
    "compare",
    "data_diff",
    "load",
    "promote",
    "reproduce",
    "roll_back",
]
