"""Drift: profiles of reference rows, and comparisons with later rows."""

from typing import TYPE_CHECKING

from mlsys.lazily import names_of

if TYPE_CHECKING:
    from mlsys.drift._assert_no_drift import assert_no_drift as assert_no_drift
    from mlsys.drift.auditing import MonitorAudit as MonitorAudit
    from mlsys.drift.detect_drift import DetectDrift as DetectDrift
    from mlsys.drift.joint import compare_jointly as compare_jointly
    from mlsys.drift.monitor import Monitor as Monitor
    from mlsys.drift.performance import (
        DelayCurve as DelayCurve,
    )
    from mlsys.drift.performance import (
        EstimatedPerformance as EstimatedPerformance,
    )
    from mlsys.drift.performance import (
        estimate_performance as estimate_performance,
    )
    from mlsys.drift.performance import (
        label_delays as label_delays,
    )
    from mlsys.drift.profile import DriftProfile as DriftProfile
    from mlsys.drift.retraining import (
        Advice as Advice,
    )
    from mlsys.drift.retraining import (
        Replay as Replay,
    )
    from mlsys.drift.retraining import (
        RetrainPolicy as RetrainPolicy,
    )
    from mlsys.drift.retraining import (
        TrainingHistory as TrainingHistory,
    )
    from mlsys.drift.retraining import (
        refit_study as refit_study,
    )
    from mlsys.drift.retraining import (
        training_history as training_history,
    )
    from mlsys.drift.streams import (
        LossAlarm as LossAlarm,
    )
    from mlsys.drift.streams import (
        LossDetector as LossDetector,
    )
    from mlsys.drift.streams import (
        MaturingLosses as MaturingLosses,
    )
    from mlsys.drift.streams import (
        RiverDetector as RiverDetector,
    )
    from mlsys.drift.watching.alerts import Webhook as Webhook
    from mlsys.drift.watching.alerts import to_stderr as to_stderr
    from mlsys.drift.watching.check import Check as Check
    from mlsys.drift.watching.check import DriftAlarm as DriftAlarm
    from mlsys.drift.watching.history import History as History

__getattr__, __dir__, __all__ = names_of(
    __name__,
    {
        "mlsys.drift._assert_no_drift": "assert_no_drift",
        "mlsys.drift.auditing": "MonitorAudit",
        "mlsys.drift.detect_drift": "DetectDrift",
        "mlsys.drift.joint": "compare_jointly",
        "mlsys.drift.monitor": "Monitor",
        "mlsys.drift.performance": "DelayCurve EstimatedPerformance estimate_performance label_delays",
        "mlsys.drift.profile": "DriftProfile",
        "mlsys.drift.retraining": "Advice Replay RetrainPolicy TrainingHistory refit_study training_history",
        "mlsys.drift.streams": "LossAlarm LossDetector MaturingLosses RiverDetector",
        "mlsys.drift.watching.alerts": "Webhook to_stderr",
        "mlsys.drift.watching.check": "Check DriftAlarm",
        "mlsys.drift.watching.history": "History",
    },
)
