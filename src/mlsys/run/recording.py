"""Putting together what a run writes to MLflow: parameters, metrics, tags, data, timeline, artifacts, model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mlsys.errors import ConfigurationError, NotPortableError, StateError
from mlsys.run.artifacts import PACKAGES, version_of, write_artifacts, write_rows
from mlsys.run.describing import described
from mlsys.run.findings import leakage_verdict
from mlsys.run.measures import curves_of_run, metrics_of
from mlsys.steps import Model
from mlsys.steps.capabilities import wrapped
from mlsys.tracking.openings import TEST_DIGEST, TEST_MODEL, TEST_OPENED
from mlsys.tracking.record import DatasetRecord, ModelRecord, RunRecord, Scalar, Span
from mlsys.usercode.commit import code_state
from mlsys.warned import tried_out

if TYPE_CHECKING:
    from mlsys.run.estimates import CrossValidation
    from mlsys.run.looks import Looks
    from mlsys.run.run import Run

_CONTEXTS = {"train": "training", "validation": "validation", "test": "test"}


def record_of(run: Run, parent: str | None) -> RunRecord:
    """Return everything ``run`` writes to MLflow."""
    code = code_state()
    started = min((record.started for record in run._execution.work.records), default=run.finished)
    digest = run.pipeline.digest
    tags = {
        "mlsys.stage": run.stage,
        "mlsys.pipeline": digest,
        "mlsys.data": run.digest("train") if run._execution.divided else "",
        "mlsys.seed": str(run.pipeline.seed),
        "mlsys.engine": run._execution.work.engine.name,
        "mlsys.leakage": leakage_verdict(run.findings),
        **{f"mlsys.{name}": result.verdict for name, result in run.reports.items() if result.verdict},
        **{f"mlsys.waived.{finding.code}": finding.waived for finding in run.findings if finding.waived},
        **({"mlsys.variant": run.variant} if run.variant else {}),
        **code,
    }
    model, run._tracking.withheld = _model(run)
    if run.withheld:
        tags["mlsys.model"] = f"not portable: {run.withheld}"
    return RunRecord(
        mlsys_id=run.id,
        experiment=run.pipeline.name,
        run_name=f"{run.variant or run.pipeline.name}-{digest[:7]}",
        description=described(run, code),
        params=parameters_of(run),
        metrics=metrics_of(run),
        curves=curves_of_run(run),
        tags=tags,
        datasets=_datasets(run),
        spans=[span_of(record) for record in run._execution.work.records],
        write_artifacts=lambda folder: write_artifacts(run, folder),
        started=started,
        ended=run.finished,
        model=model,
        parent=parent,
        write_rows=lambda folder: write_rows(run, folder),
    )


def parameters_of(run: Run | CrossValidation) -> dict[str, Scalar]:
    """Return scalars and lists of names as ``step.field``; the whole configuration is an artifact."""
    from sklearn.base import BaseEstimator

    found: dict[str, Scalar] = {"seed": run.pipeline.seed}
    found.update({f"role.{role}": column for column, role in run.pipeline.roles.columns().items()})
    evaluation = run.evaluation
    if evaluation is not None and evaluation.event_said:
        found |= {"role.event": str(evaluation.event), "role.event.why": evaluation.event_said}
    for planned in run.pipeline.steps:
        for field, value in planned.step.configuration().items():
            key = f"{planned.name}.{field}"
            if field == "name" or (isinstance(value, str) and not value):
                continue
            if isinstance(value, (bool, int, float, str)):
                found[key] = value
            elif isinstance(value, BaseEstimator):
                # scikit-learn leaves the middle out of long ones; tracking shows what fits and keeps the whole.
                found[key] = " ".join(value.__repr__(N_CHAR_MAX=sys.maxsize).split())
            elif hasattr(value, "get_params"):
                found[key] = " ".join(repr(value).split())
            elif isinstance(value, tuple) and value and all(isinstance(each, str) for each in value):
                found[key] = ", ".join(value)
    return found


def final_tags(run: Run, looks: Looks, own_id: str) -> dict[str, str]:
    """Return tags that record the opening of the test rows: by all runs before, and by this run."""
    return {
        TEST_DIGEST: run.digest("test"),
        TEST_OPENED: str(looks.of(own_id) + 1),
        TEST_MODEL: looks.model,
        "mlsys.test_openings_before": str(looks.before),
        "mlsys.test_leakage": leakage_verdict(run.findings),
        **{f"mlsys.test_{name}": result.verdict for name, result in run.reports.items() if result.verdict},
    }


def _datasets(run: Run) -> list[DatasetRecord]:
    divided = run._execution.divided
    if divided is None:
        return []
    source = next((e.step for e in run._execution.plan.steps if e.step.kind == "Source"), None)
    where = (
        "a frame in memory" if run._data is not None or source is None else str(getattr(source, "path", source.title))
    )
    found = []
    for name, part in divided.parts.items():
        head = part.head(0)
        found.append(
            DatasetRecord(
                f"{run.pipeline.name}-{name}",
                _CONTEXTS.get(name, name),
                run.digest(name),
                divided.rows.get(name, 0),
                {str(column): str(kind) for column, kind in head.dtypes.items()},
                where,
            )
        )
    return found


def span_of(record: Any) -> Span:
    """Return a step on the timeline."""
    rows = {f"rows {part}": count for part, count in record.rows.items()}
    attributes = {**rows, "peak memory MiB": round(record.peak_mb)}
    return Span(record.name, record.kind, record.started, record.seconds, attributes)


def _model(run: Run) -> tuple[ModelRecord | None, str]:
    """Return the model to log, or why it is withheld."""
    from mlsys.run.parity import check_parity
    from mlsys.run.saving import write_model

    details = {"run": run.id, "pipeline": run.pipeline.name, "configuration": run.pipeline.digest}
    try:
        model = run.model
        with tried_out():
            outputs = model.predict(run._execution.request_rows(model.inputs))
        write_check(run)
        check_parity(run, model, lambda folder: write_model(model, folder, details))
    except (NotPortableError, StateError) as error:
        return None, error.problem
    except ConfigurationError:
        return None, ""
    kinds = {str(name): str(kind) for name, kind in outputs.dtypes.items()}
    requirements = [
        f"{name}=={found}" for name in (*PACKAGES, *_estimator_packages(run)) if (found := version_of(name))
    ]
    record = ModelRecord(lambda folder: write_model(model, folder, details), model.inputs, kinds, requirements)
    return record, ""


def write_check(run: Run) -> None:
    """Raise if a served step's code cannot travel."""
    from mlsys.run.saving import describe
    from mlsys.usercode.packing import CodeBundle

    bundle = CodeBundle()
    for _, fitted in run.model.steps:
        describe(fitted, bundle)


def _estimator_packages(run: Run) -> list[str]:
    found = []
    for planned in run.pipeline.steps:
        estimator = wrapped(planned.step) if isinstance(planned.step, Model) else None
        package = type(estimator).__module__.split(".")[0] if estimator is not None else ""
        if package in {"lightgbm", "xgboost", "catboost"}:
            found.append(package)
    return found
