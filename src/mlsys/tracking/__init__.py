"""Everything that touches MLflow: the local folder of a run, its layout in MLflow, its model, the registry."""

from mlsys.tracking.journal import Journal, keep
from mlsys.tracking.models import resolve
from mlsys.tracking.names import check_alias, check_model_name
from mlsys.tracking.openings import Opening, test_openings, ui_hint
from mlsys.tracking.reach import ASKED_FOR, IN_A_RUN
from mlsys.tracking.record import DatasetRecord, LoggedRun, ModelRecord, RunRecord, Span
from mlsys.tracking.registry import point_alias, point_back, register_model, version_of_model
from mlsys.tracking.sending import send, send_addition
from mlsys.tracking.syncing import SyncReport, sync

__all__ = [
    "ASKED_FOR",
    "IN_A_RUN",
    "DatasetRecord",
    "Journal",
    "LoggedRun",
    "ModelRecord",
    "Opening",
    "RunRecord",
    "Span",
    "SyncReport",
    "check_alias",
    "check_model_name",
    "keep",
    "point_alias",
    "point_back",
    "register_model",
    "resolve",
    "send",
    "send_addition",
    "sync",
    "test_openings",
    "ui_hint",
    "version_of_model",
]
