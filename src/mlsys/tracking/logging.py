"""Writing a run: in batches, by run id, from the driver alone."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsys.tracking.keys import LONGEST_PARAMETER, LONGEST_TAG, finite, shortened, valid_keys
from mlsys.tracking.models import log_model
from mlsys.tracking.record import DatasetRecord, LoggedRun, RunRecord, Span
from mlsys.tracking.store import store, without_secrets

if TYPE_CHECKING:
    from mlflow import MlflowClient

IDENTITY = "mlsys.run_id"
METRICS_AT_ONCE = 1_000
OTHERS_AT_ONCE = 100
LONGEST_SCHEMA = 1_048_575
SECOND = 1_000_000_000
_timelines_in = ""
EXPERIMENT_KIND = "mlflow.experimentKind"
"""Makes MLflow's pages open as those of model training; a trace alone makes them open as those of an agent."""


def log_run(record: RunRecord) -> LoggedRun:
    """Write a run to MLflow, or complete the one that has its identity.

    Parameters
    ----------
    record : RunRecord
        Everything the run writes.

    Returns
    -------
    LoggedRun
        Where it went, and what could not be written as asked.

    Raises
    ------
    TrackingError
        When the store cannot be reached.

    Notes
    -----
    The user's active run is never touched. Writing the same record twice makes one run.
    """
    problems: list[str] = []
    with store() as client:
        import mlflow

        experiment = _experiment(client, record.experiment)
        run_id = _run(client, experiment, record)
        metrics, tags = finite(record.metrics, problems)
        _write_batches(client, run_id, metrics, record.params, {**record.tags, **tags}, record.ended, problems)
        _write_curves(client, run_id, record)
        client.set_tag(run_id, "mlflow.note.content", record.description)
        _write_datasets(client, run_id, record.datasets)
        with tempfile.TemporaryDirectory() as folder:
            record.write_artifacts(Path(folder))
            client.log_artifacts(run_id, folder)
        model_uri = log_model(record.model, run_id, problems) if record.model else None
        _write_timeline(client, experiment, run_id, record)
        if problems:
            client.log_text(run_id, "\n".join(problems), "written_differently.txt")
        client.set_terminated(run_id, "FINISHED", end_time=int(record.ended * 1000))
        return LoggedRun(run_id, experiment, without_secrets(mlflow.get_tracking_uri()), model_uri, problems)


def log_more(run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
    """Add metrics and tags to a run that was written."""
    problems: list[str] = []
    with store() as client:
        kept, others = finite(metrics, problems)
        _write_batches(client, run_id, kept, {}, {**tags, **others}, None, problems)


def _experiment(client: MlflowClient, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    try:
        return str(client.create_experiment(name, tags={EXPERIMENT_KIND: "custom_model_development"}))
    except MlflowException:  # another process made it in the meantime
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return str(found.experiment_id)


def _run(client: MlflowClient, experiment: str, record: RunRecord) -> str:
    known = client.search_runs([experiment], f"tags.`{IDENTITY}` = '{record.mlsys_id}'", max_results=1)
    if known:
        return str(known[0].info.run_id)
    tags = {IDENTITY: record.mlsys_id, **({"mlflow.parentRunId": record.parent} if record.parent else {})}
    made = client.create_run(experiment, int(record.started * 1000), tags, record.run_name)
    return str(made.info.run_id)


def _write_batches(
    client: MlflowClient,
    run_id: str,
    metrics: Mapping[str, float],
    params: Mapping[str, Any],
    tags: Mapping[str, str],
    at: float | None,
    problems: list[str],
) -> None:
    import time

    from mlflow.entities import Metric, Param, RunTag

    when = int((at or time.time()) * 1000)
    keys = valid_keys(metrics, problems)
    for chunk in _chunks(list(metrics.items()), METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=[Metric(keys[key], value, when, 0) for key, value in chunk])
    keys = valid_keys(params, problems)
    for chunk in _chunks(list(params.items()), OTHERS_AT_ONCE):
        written = [Param(keys[key], shortened(value, LONGEST_PARAMETER, key, problems)) for key, value in chunk]
        client.log_batch(run_id, params=written)
    keys = valid_keys(tags, problems)
    for chunk in _chunks(list(tags.items()), OTHERS_AT_ONCE):
        client.log_batch(
            run_id, tags=[RunTag(keys[key], shortened(value, LONGEST_TAG, key, problems)) for key, value in chunk]
        )


def _write_curves(client: MlflowClient, run_id: str, record: RunRecord) -> None:
    """Write losses by iteration; those that are not finite, which a chart has no place for, are left out."""
    from mlflow.entities import Metric

    when = int(record.ended * 1000)
    keys = valid_keys(record.curves, [])
    points = [
        Metric(keys[name], value, when, step)
        for name, values in record.curves.items()
        for step, value in enumerate(values)
        if math.isfinite(value)
    ]
    for chunk in _chunks(points, METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=chunk)


def _chunks(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _write_datasets(client: MlflowClient, run_id: str, datasets: Sequence[DatasetRecord]) -> None:
    """Write each part with our digest: MLflow's own covers 10,000 rows and takes seconds."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    inputs = []
    for each in datasets:
        schema = {"mlflow_colspec": [{"name": n, "type": _spec(k), "required": False} for n, k in each.columns.items()]}
        dataset = Dataset(
            name=each.name,
            digest=each.digest[:36],
            source_type="local",
            source=json.dumps({"uri": each.source}),
            schema=json.dumps(schema)[:LONGEST_SCHEMA],
            profile=json.dumps({"num_rows": each.rows, "num_elements": each.rows * len(each.columns)}),
        )
        inputs.append(DatasetInput(dataset, [InputTag("mlflow.data.context", each.context)]))
    if inputs:
        client.log_inputs(run_id, inputs)


def _spec(kind: str) -> str:
    if kind.startswith("datetime"):
        return "datetime"
    if kind in {"bool", "boolean"}:
        return "boolean"
    return {"i": "long", "u": "long", "f": "double", "I": "long", "F": "double"}.get(kind[:1], "string")


def _write_timeline(client: MlflowClient, experiment: str, run_id: str, record: RunRecord) -> None:
    """Write one trace whose spans are the steps."""
    if not record.spans:
        return
    _follow_store()
    first, last = min(s.started for s in record.spans), max(s.started + s.seconds for s in record.spans)
    root = client.start_trace(
        record.run_name,
        span_type="CHAIN",
        experiment_id=experiment,
        start_time_ns=int(first * SECOND),
        run_id=run_id,
    )
    for span in record.spans:
        _write_span(client, root, span)
    client.end_trace(root.trace_id, end_time_ns=int(last * SECOND))


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
