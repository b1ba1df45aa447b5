"""Drift: profiles of reference rows, and comparisons with later rows."""

from mlsys.drift.detect_drift import DetectDrift
from mlsys.drift.monitor import DriftAlarm, Monitor
from mlsys.drift.performance import EstimatedPerformance, estimate_performance
from mlsys.drift.profile import DriftProfile
from mlsys.drift.retraining import Advice, Replay, RetrainPolicy, TrainingHistory, training_history

__all__ = [
    "Advice",
    "DetectDrift",
    "DriftAlarm",
    "DriftProfile",
    "EstimatedPerformance",
    "Monitor",
    "Replay",
    "RetrainPolicy",
    "TrainingHistory",
    "estimate_performance",
    "training_history",
]
