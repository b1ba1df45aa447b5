"""Estimates beyond one run: by folds, without features, and what leaks would have cost."""

from mlsys.run.estimates.ablation import Ablation
from mlsys.run.estimates.cross_validation import CrossValidation
from mlsys.run.estimates.price import PriceOfLeakage

__all__ = ["Ablation", "CrossValidation", "PriceOfLeakage"]
