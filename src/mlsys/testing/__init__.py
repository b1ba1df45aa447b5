"""The public contract test: every promise of a kind of step, tried on data."""

from mlsys.testing.checking import check_step, checks
from mlsys.testing.outcomes import Check, CheckReport, Outcome, StepCheckFailed, StepCheckWarning

__all__ = ["Check", "CheckReport", "Outcome", "StepCheckFailed", "StepCheckWarning", "check_step", "checks"]
