"""Performance without labels: estimated from a labelled reference, with intervals, or refused."""

from mlsys.drift.performance.delays import DelayCurve, label_delays
from mlsys.drift.performance.estimate import estimate_performance
from mlsys.drift.performance.result import EstimatedPerformance

__all__ = ["DelayCurve", "EstimatedPerformance", "estimate_performance", "label_delays"]
