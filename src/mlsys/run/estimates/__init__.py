"""Estimates beyond one run: by folds, without features, and what leaks would have cost."""

from mlsys.run.estimates.ablation import Ablation
from mlsys.run.estimates.cross_validation import CrossValidation

__all__ = ["Ablation", "CrossValidation"]
