"""Putting together what a run writes to MLflow: parameters, metrics, tags, data, timeline, artifacts, model."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mlsys.errors import ConfigurationError, NotPortableError, StateError
from mlsys.evaluation import Evaluation
from mlsys.execution.served import ServedModel
from mlsys.outcome import Outcome
from mlsys.outcome.describing import described
from mlsys.outcome.findings import leakage_verdict
from mlsys.outcome.looks import Looks
from mlsys.outcome.measures import metrics_of
from mlsys.outcome.storing import save_judged, save_outcome
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.run.artifacts import PACKAGES, version_of, write_artifacts, write_rows
from mlsys.run.live import Live
from mlsys.serving.parity import ROWS, check_parity
from mlsys.serving.saving import describe, write_model
from mlsys.states import digest
from mlsys.steps.capabilities import LooksUp, NamesItsTable, all_wrapped
from mlsys.steps.questions import aim_of, predicts
from mlsys.tracking.journal import OUTCOME
from mlsys.tracking.openings import TEST_DIGEST, TEST_MODEL, TEST_OPENED
from mlsys.tracking.record import DatasetRecord, ModelRecord, RunRecord, Scalar, Span
from mlsys.usercode.commit import code_state
from mlsys.usercode.packing import CodeBundle
from mlsys.warned import hushed

logger = logging.getLogger("mlsys")
_AIMS = {"anomalies": "find anomalies", "clusters": "find clusters"}
"""What pipelines are for whose model needs no target."""
_CONTEXTS = {"train": "training", "validation": "validation", "test": "test"}


def record_of(
    outcome: Outcome, live: Live, model: ModelRecord | None, parent: str | None, log_rows: bool = False
) -> RunRecord:
    """Return everything a run writes to MLflow.

    Parameters
    ----------
    outcome : Outcome
        What came out.
    live : Live
        Where rows, pictures and states are.
    model : ModelRecord, optional
        From :func:`model_record`.
    parent : str, optional
        Own id of the run that this one is nested under.
    log_rows : bool
        Whether predictions, with labels, and the part of each row leave this machine.
    """
    code = code_state()
    tags = {
        "mlsys.stage": outcome.stage,
        "mlsys.pipeline": outcome.configuration,
        "mlsys.data": outcome.parts.get("train", ""),
        "mlsys.seed": str(outcome.seed),
        "mlsys.engine": outcome.engine,
        "mlsys.leakage": leakage_verdict(outcome.findings),
        **{f"mlsys.{name}": result.verdict for name, result in outcome.reports.items() if result.verdict},
        **{f"mlsys.waived.{finding.code}": finding.waived for finding in outcome.findings if finding.waived},
        **({"mlsys.variant": outcome.variant} if outcome.variant else {}),
        **code,
        **({"mlsys.model": f"not portable: {outcome.withheld}"} if outcome.withheld else {}),
    }

    def write(folder: Path) -> None:
        write_artifacts(outcome, live, folder)
        _saved(save_outcome, outcome, folder / OUTCOME)
        if log_rows:
            write_here(folder)

    def write_here(folder: Path) -> None:
        write_rows(live, folder)
        _saved(save_judged, outcome, folder)

    return RunRecord(
        mlsys_id=outcome.run,
        experiment=outcome.pipeline,
        run_name=f"{outcome.variant or outcome.pipeline}-{outcome.configuration[:7]}",
        description=described(outcome, code),
        about=_about(live.pipeline),
        params=parameters_of(live.pipeline, outcome.evaluation),
        metrics=metrics_of(outcome),
        curves=live.curves(),
        tags=tags,
        datasets=_datasets(outcome, live),
        spans=[span_of(record) for record in outcome.records],
        write_artifacts=write,
        started=min((record.started for record in outcome.records), default=outcome.ended),
        ended=outcome.ended,
        model=model,
        parent=parent,
        write_rows=write_here,
    )


def _named(targets: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in targets)


def _about(pipeline: AnyPipeline) -> str:
    """Return what all runs of a pipeline have in common, for the experiment that they stand in."""
    roles = pipeline.roles
    aim = aim_of(pipeline.planned)
    predicts_what = _AIMS.get(aim) or (f"predict {_named(roles.targets)}" if roles.targets else "prepare rows")
    moment = pipeline.arguments.get("decide_at")
    decided = f", decided {moment}" if moment else ""
    return (
        f"Runs of the pipeline **{pipeline.name}**, which {predicts_what}{decided}. Each run's description holds its "
        "result beside baselines, its data and code, and how to reproduce it; `report.html` among its artifacts holds "
        "the rest."
    )


def _saved(save: Callable[[Outcome, Path], None], outcome: Outcome, folder: Path) -> None:
    """Write what is told of a run beside the rest; what cannot be written costs nothing but itself."""
    try:
        save(outcome, folder)
    except StateError as error:
        logger.warning("the outcome of the run was not stored: %s", error.problem)


def parameters_of(pipeline: AnyPipeline, evaluation: Evaluation | None) -> dict[str, Scalar]:
    """Return what was chosen, as ``step.field``: scalars and lists of names; the whole configuration is an artifact.

    Parameters
    ----------
    pipeline : Pipeline
        What was run.
    evaluation : Evaluation, optional
        What it was found to be worth.
    """
    from sklearn.base import BaseEstimator

    found: dict[str, Scalar] = {"seed": pipeline.seed}
    for column, role in pipeline.roles.columns().items():
        found[f"role.{role}"] = f"{found[f'role.{role}']}, {column}" if f"role.{role}" in found else column
    if evaluation is not None and evaluation.event_said:
        found |= {"role.event": str(evaluation.event), "role.event.why": evaluation.event_said}
    for planned in pipeline.steps:
        for field, value in planned.step.chosen().items():
            key = f"{planned.name}.{field}"
            if field == "name":
                continue
            if isinstance(value, (bool, int, float, str)):
                found[key] = value
            elif isinstance(value, BaseEstimator):
                # scikit-learn leaves the middle out of long ones; tracking shows what fits and keeps the whole.
                found[key] = " ".join(value.__repr__(N_CHAR_MAX=sys.maxsize).split())
            elif hasattr(type(value), "get_params"):
                found[key] = " ".join(repr(value).split())
            elif isinstance(value, tuple) and value and all(isinstance(each, str) for each in value):
                found[key] = ", ".join(value)
    return found


def final_tags(final: Outcome, looks: Looks, own_id: str, before: Outcome) -> dict[str, str]:
    """Return tags that record the opening of the test rows: by all runs before, and by this run."""
    return {
        "mlflow.note.content": described(final, code_state(), before),
        TEST_DIGEST: final.parts["test"],
        TEST_OPENED: str(looks.of(own_id) + 1),
        TEST_MODEL: looks.model,
        "mlsys.test_openings_before": str(looks.before),
        "mlsys.test_leakage": leakage_verdict(final.findings),
        **{f"mlsys.test_{name}": result.verdict for name, result in final.reports.items() if result.verdict},
    }


def _datasets(outcome: Outcome, live: Live) -> list[DatasetRecord]:
    divided = live.execution.divided
    if divided is None:
        return []
    source = next((e.step for e in live.execution.plan.steps if e.step.kind == "Source"), None)
    where = "a frame in memory"
    if live.data is None and source is not None:
        where = str(getattr(source, "path", source.title))
    parts = [
        DatasetRecord(
            f"{outcome.pipeline}-{name}",
            _CONTEXTS.get(name, name),
            outcome.parts[name],
            divided.rows.get(name, 0),
            _kinds(part.head(0)),
            where,
        )
        for name, part in divided.parts.items()
    ]
    return [*parts, *_side_tables(outcome.pipeline, live)]


def _side_tables(pipeline: str, live: Live) -> list[DatasetRecord]:
    """Return the tables whose columns were joined to the rows, as far as the joins read them."""
    found = []
    for planned in live.execution.plan.steps:
        if isinstance(planned.step, LooksUp):
            side = planned.step.side_state()
            table = planned.step.table if isinstance(planned.step, NamesItsTable) else None
            where = str(table) if isinstance(table, (str, Path)) else "a frame in memory"
            context = f"joined by {planned.name}"
            found.append(
                DatasetRecord(f"{pipeline}-{planned.name}", context, digest(side), len(side), _kinds(side), where)
            )
    return found


def _kinds(frame: pd.DataFrame) -> dict[str, str]:
    return {str(column): str(kind) for column, kind in frame.dtypes.items()}


def span_of(record: Any) -> Span:
    """Return a step on the timeline."""
    rows = {f"rows {part}": count for part, count in record.rows.items()}
    attributes = {**rows, "peak memory MiB": round(record.peak_mb)}
    return Span(record.name, record.kind, record.started, record.seconds, attributes)


def model_record(run: str, live: Live) -> tuple[ModelRecord | None, str]:
    """Return the model to log, or why it is withheld."""
    details = details_of(run, live)
    try:
        model = live.model
        with hushed():
            outputs = model.predict(live.request_rows())
        check_code(model)
        store = live.cache.store if live.cache is not None else None
        check_parity(model, live.request_rows(ROWS), lambda folder: write_model(model, folder, details), store)
    except (NotPortableError, StateError) as error:
        return None, error.problem
    except ConfigurationError:
        return None, ""
    kinds = {str(name): str(kind) for name, kind in outputs.dtypes.items()}
    requirements = [
        f"{name}=={found}" for name in (*PACKAGES, *_estimator_packages(live.pipeline)) if (found := version_of(name))
    ]
    record = ModelRecord(lambda folder: write_model(model, folder, details), model.inputs, kinds, requirements)
    return record, ""


def details_of(run: str, live: Live) -> dict[str, str]:
    """Return what a model says of where it comes from."""
    return {"run": run, "pipeline": live.pipeline.name, "configuration": live.pipeline.digest}


def check_code(model: ServedModel) -> None:
    """Raise if a served step's code cannot travel."""
    bundle = CodeBundle()
    for _, fitted in model.steps:
        describe(fitted, bundle)


def _estimator_packages(pipeline: AnyPipeline) -> list[str]:
    found = []
    for planned in pipeline.steps:
        inside = all_wrapped(planned.step) if predicts(planned.step) else ()
        packages = [type(each).__module__.split(".")[0] for each in inside]
        found += [name for name in packages if name in {"lightgbm", "xgboost", "catboost"}]
    return found
