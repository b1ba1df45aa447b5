"""Drift: profiles of reference rows, and comparisons with later rows."""

from mlsys.drift.detect_drift import DetectDrift
from mlsys.drift.monitor import DriftAlarm, Monitor
from mlsys.drift.performance import EstimatedPerformance, estimate_performance
from mlsys.drift.profile import DriftProfile

__all__ = ["DetectDrift", "DriftAlarm", "DriftProfile", "EstimatedPerformance", "Monitor", "estimate_performance"]
