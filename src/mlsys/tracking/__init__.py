"""All that touches MLflow: a run's layout, its model, the registry."""

from mlsys.tracking.logging import log_more, log_run
from mlsys.tracking.models import register_model, resolve
from mlsys.tracking.openings import tag_run, test_openings, ui_hint
from mlsys.tracking.record import DatasetRecord, LoggedRun, ModelRecord, RunRecord, Span

__all__ = [
    "DatasetRecord",
    "LoggedRun",
    "ModelRecord",
    "RunRecord",
    "Span",
    "log_more",
    "log_run",
    "register_model",
    "resolve",
    "tag_run",
    "test_openings",
    "ui_hint",
]
