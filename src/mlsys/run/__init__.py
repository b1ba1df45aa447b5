"""Run: card, loading and saving, comparing, registering."""

from mlsys.run.comparing import Comparison, compare
from mlsys.run.run import Run
from mlsys.run.saving import load

__all__ = ["Comparison", "Run", "compare", "load"]
