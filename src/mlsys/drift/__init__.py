"""Drift: profiles of reference rows, and comparisons with later rows."""

from mlsys.drift.assert_no_drift import assert_no_drift
from mlsys.drift.auditing import MonitorAudit
from mlsys.drift.detect_drift import DetectDrift
from mlsys.drift.joint import compare_jointly
from mlsys.drift.monitor import Monitor
from mlsys.drift.performance import DelayCurve, EstimatedPerformance, estimate_performance, label_delays
from mlsys.drift.profile import DriftProfile
from mlsys.drift.retraining import Advice, Replay, RetrainPolicy, TrainingHistory, refit_study, training_history
from mlsys.drift.streams import LossAlarm, LossDetector, MaturingLosses, RiverDetector
from mlsys.drift.watching.alerts import Webhook, to_stderr
from mlsys.drift.watching.check import Check, DriftAlarm
from mlsys.drift.watching.history import History

__all__ = [
    "Advice",
    "Check",
    "DelayCurve",
    "DetectDrift",
    "DriftAlarm",
    "DriftProfile",
    "EstimatedPerformance",
    "History",
    "LossAlarm",
    "LossDetector",
    "MaturingLosses",
    "Monitor",
    "MonitorAudit",
    "Replay",
    "RetrainPolicy",
    "RiverDetector",
    "TrainingHistory",
    "Webhook",
    "assert_no_drift",
    "compare_jointly",
    "estimate_performance",
    "label_delays",
    "to_stderr",
    "refit_study",
    "training_history",
]
