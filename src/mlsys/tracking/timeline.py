"""A run's one trace, whose spans are the steps."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsys.errors import TrackingError
from mlsys.passing import SENDING, passed
from mlsys.tracking.record import RunRecord, Span
from mlsys.tracking.replaced import replaced

if TYPE_CHECKING:
    from mlflow import MlflowClient

SECOND = 1_000_000_000
_timelines_in = ""


def write_timeline(client: MlflowClient, experiment: str, run_id: str, record: RunRecord) -> None:
    """Write the trace, unless it is there; half a one is replaced.

    Raises
    ------
    TrackingError
        When it is not there afterwards: MLflow's tracer only warns when it could not send it.
    """
    if not record.spans or _there(client, experiment, run_id, record):
        return
    # A span that the user has open in this context would become the trace's parent, which MLflow refuses.
    contextvars.Context().run(_write, client, experiment, run_id, record)
    if not _there(client, experiment, run_id, record):
        raise TrackingError("MLflow did not accept the timeline of the run", "mlsys.sync() writes it again")


def _there(client: MlflowClient, experiment: str, run_id: str, record: RunRecord) -> bool:
    """Whether exactly one whole trace is there; what else there is gets removed."""
    found = client.search_traces(locations=[experiment], run_id=run_id, max_results=100)
    whole = [each for each in found if len(each.data.spans) == len(record.spans) + 1]
    superfluous = [each.info.trace_id for each in found if each not in whole[:1]]
    if superfluous:
        client.delete_traces(experiment, trace_ids=superfluous)
    return bool(whole)


def _write(client: MlflowClient, experiment: str, run_id: str, record: RunRecord) -> None:
    _follow_store()
    first, last = min(s.started for s in record.spans), max(s.started + s.seconds for s in record.spans)
    root = client.start_trace(
        record.run_name,
        span_type="CHAIN",
        attributes={"run": record.mlsys_id, "pipeline": record.experiment, **_short_tags(record)},
        experiment_id=experiment,
        start_time_ns=int(first * SECOND),
        run_id=run_id,
    )
    for span in record.spans:
        _write_span(client, root, span)
    with _temporary_files_swept():
        client.end_trace(root.trace_id, end_time_ns=int(last * SECOND))


def _short_tags(record: RunRecord) -> dict[str, str]:
    """Return what the run's tags say of data, configuration and verdicts."""
    return {key.removeprefix("mlsys."): value for key, value in record.tags.items() if key.startswith("mlsys.")}


@contextmanager
def _temporary_files_swept() -> Iterator[None]:
    """Let MLflow write the trace, before it sends it, where a later process sweeps what a killed one left."""
    from mlflow.store.artifact import artifact_repo
    from mlflow.tracing.utils.artifact_utils import TRACE_DATA_FILE_NAME

    with passed(SENDING) as folder:

        @contextmanager
        def written(data: str) -> Iterator[Path]:
            path = folder / TRACE_DATA_FILE_NAME
            path.write_text(data, encoding="utf-8")
            yield path

        with replaced(artifact_repo, "write_local_temp_trace_data_file", written):
            yield


def _follow_store() -> None:
    """Let MLflow's tracer forget a store that is no longer set: it keeps to the one it was first used with."""
    import mlflow

    global _timelines_in  # noqa: PLW0603  the tracer is one for the whole process
    uri = mlflow.get_tracking_uri()
    if _timelines_in not in {"", uri}:
        mlflow.tracing.reset()  # type: ignore[no-untyped-call]
    _timelines_in = uri


def _write_span(client: MlflowClient, root: Any, span: Span) -> None:
    started = client.start_span(
        span.name,
        root.trace_id,
        parent_id=root.span_id,
        span_type=span.kind.upper(),
        attributes=dict(span.attributes),
        start_time_ns=int(span.started * SECOND),
    )
    client.end_span(root.trace_id, started.span_id, end_time_ns=int((span.started + span.seconds) * SECOND))
