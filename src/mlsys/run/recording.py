"""Putting together what a run writes to MLflow: parameters, metrics, tags, data, timeline, artifacts, model."""

from __future__ import annotations

import html
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import ConfigurationError, NotPortableError
from mlsys.run.describing import described
from mlsys.run.findings import leakage_verdict
from mlsys.steps import Model
from mlsys.tracking.record import DatasetRecord, ModelRecord, RunRecord, Scalar, Span

if TYPE_CHECKING:
    from mlsys.run.run import Run

_CONTEXTS = {"train": "training", "validation": "validation", "test": "test"}
_PACKAGES = ("mlsys", "pandas", "numpy", "scikit-learn", "pyarrow", "skops")
MOST_PARAMETERS = 100
LONGEST_PARAMETER = 250


def record_of(run: Run, parent: str | None) -> RunRecord:
    """Return everything ``run`` writes to MLflow."""
    code = code_state()
    context = run._execution.context
    started = min((record.started for record in context.records), default=run.finished)
    digest = run.pipeline.digest
    tags = {
        "mlsys.stage": run.stage,
        "mlsys.pipeline": digest,
        "mlsys.data": run.digest("train") if run._execution.divided else "",
        "mlsys.seed": str(run.pipeline.seed),
        "mlsys.engine": run._execution.engine.name,
        "mlsys.leakage": leakage_verdict(run.findings),
        **{f"mlsys.{name}": result.verdict for name, result in run.reports.items() if result.verdict},
        **{f"mlsys.waived.{finding.code}": finding.waived for finding in run.findings if finding.waived},
        **({"mlsys.variant": run.variant} if run.variant else {}),
        **code,
    }
    model, withheld = _model(run)
    if withheld:
        tags["mlsys.model"] = f"not portable: {withheld}"
    return RunRecord(
        mlsys_id=run.id,
        experiment=run.pipeline.name,
        run_name=f"{run.variant or run.pipeline.name}-{digest[:7]}",
        description=described(run, code, withheld),
        params=_parameters(run),
        metrics=_metrics(run),
        tags=tags,
        datasets=_datasets(run),
        spans=[_span(record) for record in context.records],
        write_artifacts=lambda folder: write_artifacts(run, folder),
        started=started,
        ended=run.finished,
        model=model,
        parent=parent,
    )


def _parameters(run: Run) -> dict[str, Scalar]:
    """Return short scalars as ``step.field``; the whole configuration is an artifact."""
    found: dict[str, Scalar] = {"seed": run.pipeline.seed}
    found.update({f"role.{role}": column for column, role in run.pipeline.roles.columns().items()})
    for planned in run.pipeline.steps:
        for field, value in planned.step.configuration().items():
            key = f"{planned.name}.{field}"
            if field == "name" or (isinstance(value, str) and not value):
                continue
            if isinstance(value, (bool, int, float, str)):
                found[key] = value
            elif hasattr(value, "get_params"):
                found[key] = " ".join(repr(value).split())[:LONGEST_PARAMETER]
            elif isinstance(value, tuple) and value and all(isinstance(each, str) for each in value):
                found[key] = ", ".join(value)[:LONGEST_PARAMETER]
    return dict(list(found.items())[:MOST_PARAMETERS])


def _metrics(run: Run) -> dict[str, float]:
    """Return headline metrics, metrics by part and slice, rows and seconds by step, and scalars of reports."""
    metrics = evaluation_metrics(run)
    for name, result in run.reports.items():
        if name != "evaluate":
            metrics.update({f"{name}/{key}": float(value) for key, value in result.scalars.items()})
    for record in run._execution.context.records:
        metrics[f"seconds/{record.name}"] = record.seconds
        metrics.update({f"rows/{record.name}/{part}": float(rows) for part, rows in record.rows.items()})
    return metrics


def evaluation_metrics(run: Run) -> dict[str, float]:
    """Return the model's metrics under the names MLflow shows."""
    if "evaluate" not in run.reports:
        return {}
    result, metrics = run.reports["evaluate"], {}
    table, facts = result.table, result.facts
    for row in table[table["part"] == facts["part"]].itertuples():
        who = "" if row.model == "model" else f"{row.model}/"
        if row.slice == "all":
            metrics[f"{row.part}/{who}{row.metric}"] = float(row.value)
            if row.model == "model" and row.metric == facts["headline"]:
                metrics |= {str(row.metric): float(row.value), f"{row.metric}_lower": float(row.lower)}
        elif row.model == "model":
            metrics[f"slice/{str(row.slice).replace('=', '-')}/{row.metric}"] = float(row.value)
    return {key: value for key, value in metrics.items() if pd.notna(value)}


def final_metrics(run: Run) -> dict[str, float]:
    """Return what opening the test rows adds."""
    return {key: value for key, value in evaluation_metrics(run).items() if key.startswith("test/")}


def final_tags(run: Run, digest: str, openings: int) -> dict[str, str]:
    """Return tags that record the opening of the test rows."""
    return {
        "mlsys.test_digest": digest,
        "mlsys.test_openings_before": str(openings),
        "mlsys.test_leakage": leakage_verdict(run.findings),
        **{f"mlsys.test_{name}": result.verdict for name, result in run.reports.items() if result.verdict},
    }


def _datasets(run: Run) -> list[DatasetRecord]:
    divided = run._execution.divided
    if divided is None:
        return []
    source = next((e.step for e in run._execution.plan if e.step.kind == "Source"), None)
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
                len(part.frame()) if part.in_memory else 0,
                {str(column): str(kind) for column, kind in head.dtypes.items()},
                where,
            )
        )
    return found


def _span(record: Any) -> Span:
    rows = {f"rows {part}": count for part, count in record.rows.items()}
    attributes = {**rows, "peak memory MiB": round(record.peak_mb)}
    return Span(record.name, record.kind, record.started, record.seconds, attributes)


def _model(run: Run) -> tuple[ModelRecord | None, str]:
    """Return the model to log, or why it is withheld."""
    from mlsys.run.saving import write_model

    try:
        model = run.model
        outputs = model.predict(run._execution.request_row(list(model.inputs)))
        write_check(run)
    except NotPortableError as error:
        return None, error.problem
    except ConfigurationError:
        return None, ""
    details = {"run": run.id, "pipeline": run.pipeline.name, "configuration": run.pipeline.digest}
    kinds = {str(name): str(kind) for name, kind in outputs.dtypes.items()}
    requirements = [f"{name}=={found}" for name in (*_PACKAGES, *_estimator_packages(run)) if (found := _version(name))]
    record = ModelRecord(lambda folder: write_model(model, folder, details), model.inputs, kinds, requirements)
    return record, ""


def write_check(run: Run) -> None:
    """Raise if a served step's code cannot travel."""
    from mlsys.execution.portable import CodeBundle
    from mlsys.run.saving import describe

    bundle = CodeBundle()
    for _, fitted in run.model.steps:
        describe(fitted, bundle)


def _estimator_packages(run: Run) -> list[str]:
    found = []
    for planned in run.pipeline.steps:
        estimator = getattr(planned.step, "estimator", None) if isinstance(planned.step, Model) else None
        package = type(estimator).__module__.split(".")[0] if estimator is not None else ""
        if package in {"lightgbm", "xgboost", "catboost"}:
            found.append(package)
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def write_artifacts(run: Run, folder: Path) -> None:
    """Write configuration, manifest, card, tables, figures and environment into a folder; no rows of the data."""
    from matplotlib.figure import Figure

    pipeline = run.pipeline
    configuration = {
        "name": pipeline.name,
        "arguments": {key: _shown(value) for key, value in pipeline.arguments.items()},
        "steps": [
            {
                "name": planned.name,
                "class": f"{type(planned.step).__module__}.{type(planned.step).__qualname__}",
                "configuration": {key: _shown(value) for key, value in planned.step.configuration().items()},
                "made at": Path(planned.step.made_at).name,
            }
            for planned in pipeline.steps
        ],
    }
    _write_json(folder / "pipeline.json", configuration)
    _write_json(folder / "manifest.json", manifest(run))
    head = f"<!doctype html><meta charset='utf-8'><title>{html.escape(pipeline.name)}</title>"
    page = f"{head}{run.card.html()}{pipeline.plan()._repr_html_()}"
    (folder / "report.html").write_text(page, encoding="utf-8")
    run.features.to_parquet(folder / "features.parquet")
    for name, result in run.reports.items():
        result.table.to_parquet(folder / f"{name}.parquet")
        for key, table in result.tables.items():
            table.to_parquet(folder / f"{name}-{key}.parquet")
        if result.draw is not None:
            # No window and no thread's pyplot: runs are written beside the user's own work.
            figure = Figure(figsize=(7, 4), layout="constrained")
            result.plot(figure.subplots())
            figure.savefig(folder / f"{name}.png", dpi=120)
    (folder / "environment.txt").write_text(environment(), encoding="utf-8")


def manifest(run: Run) -> dict[str, Any]:
    """Return digests of every part and state, and rows by step."""
    from mlsys.states import digest

    tail, divided = run._execution.tail, run._execution.divided
    fitted = {**run._execution.prefix, **(tail.fitted if tail else {})}
    return {
        "run": run.id,
        "configuration": run.pipeline.digest,
        "parts": {name: run.digest(name) for name in divided.parts} if divided else {},
        "states": {name: digest(each.state) for name, each in fitted.items()},
        "rows": {record.name: record.rows for record in run._execution.context.records},
        "none": divided.none if divided else {},
        "seed": run.pipeline.seed,
    }


def environment() -> str:
    """Return Python, platform and versions of the packages that matter."""
    lines = [f"python {platform.python_version()}", f"platform {platform.system()} {platform.machine()}"]
    return "\n".join(
        lines + [f"{name}=={_version(name)}" for name in (*_PACKAGES, "mlflow", "pydantic") if _version(name)]
    )


def code_state() -> dict[str, str]:
    """Return the commit of the script's repository and whether it has changes, where there is one."""
    where = Path(getattr(sys.modules.get("__main__"), "__file__", "") or ".").resolve()
    folder = where if where.is_dir() else where.parent
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {
            "code.commit": "not under version control",
            "code.script": where.name if where.is_file() else "notebook",
        }
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {
        "mlflow.source.git.commit": commit,
        "code.commit": commit[:12],
        "code.dirty": "yes" if changed else "no",
        "code.script": where.name if where.is_file() else "notebook",
    }


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _shown(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    if isinstance(value, Mapping):
        return {str(key): _shown(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    if isinstance(value, pd.DataFrame):
        return f"a frame of {len(value)} rows"
    return getattr(value, "__name__", None) or " ".join(repr(value).split())


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")
