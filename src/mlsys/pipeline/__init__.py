"""Pipeline: order, refusals, plan, variants."""

from mlsys.pipeline.pipeline import Pipeline
from mlsys.plan import Plan

__all__ = ["Pipeline", "Plan"]
