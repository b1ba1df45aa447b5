"""Run: card, loading and saving, comparing, registering."""

from mlsys.run.comparing import Comparison, compare
from mlsys.run.loading import load
from mlsys.run.run import Run

__all__ = ["Comparison", "Run", "compare", "load"]
