"""Plan: named steps in order, checked and completed before data is read."""

from mlsys.plan.plan import Plan
from mlsys.plan.planned import Planned

__all__ = ["Plan", "Planned"]
