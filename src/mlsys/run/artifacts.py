"""Files that a run writes to MLflow: configuration, manifest, card, tables, figures, environment."""

from __future__ import annotations

import io
import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from mlsys.files import refuse_no_place
from mlsys.outcome import Outcome
from mlsys.outcome.report import report
from mlsys.pages import Page
from mlsys.run.live import Live
from mlsys.run.recipe import RECIPE, write_recipe
from mlsys.secrets import hidden_in
from mlsys.states import digest
from mlsys.steps import Result
from mlsys.unfinished import whole
from mlsys.usercode.commit import code_state

PACKAGES = ("mlsys", "pandas", "numpy", "scikit-learn", "pyarrow", "skops")
"""What a served model needs."""
REPORT = "report.html"


def write_artifacts(outcome: Outcome, live: Live, folder: Path) -> None:
    """Write configuration, manifest, card, tables, figures and environment into a folder; no row of the data."""
    pipeline = live.pipeline
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
    _write_json(folder / "manifest.json", manifest(outcome, live))
    write_recipe(outcome, live, folder / RECIPE)
    outcome.features.to_parquet(folder / "features.parquet")
    for name, result in live.execution.parts.results.items():
        result.table.to_parquet(folder / f"{name}.parquet")
        for key, table in result.tables.items():
            table.to_parquet(folder / f"{name}-{key}.parquet")
    drawn = pictures_of(live.execution.parts.results)
    for name, picture in drawn.items():
        (folder / f"{name}.png").write_bytes(picture)
    report_into(outcome, live, None, folder, drawn)
    (folder / "environment.txt").write_text(environment(), encoding="utf-8")


def report_into(
    outcome: Outcome, live: Live, before: Outcome | None, folder: Path, drawn: Mapping[str, bytes] | None = None
) -> None:
    """Write the report that MLflow shows: no value of a column is in it."""
    (folder / REPORT).write_text(report_of(outcome, live, drawn, before), encoding="utf-8")


def report_of(
    outcome: Outcome,
    live: Live,
    pictures: Mapping[str, bytes] | None = None,
    before: Outcome | None = None,
    columns: Page | None = None,
) -> str:
    """Return the report of a run as HTML that stands alone; see :func:`mlsys.outcome.report.report`."""
    drawn = pictures_of(live.execution.parts.results) if pictures is None else pictures
    plan = live.pipeline.plan().page()
    return report(outcome, before=before, plan=plan, columns=columns, pictures=drawn, code=code_state())


def write_report(outcome: Outcome, live: Live, path: Path, before: Outcome | None, columns: Page) -> Path:
    """Write the report of a run, whole or not at all; how values spread is shown here, and does not go to MLflow."""
    refuse_no_place(path)
    with whole(path) as making:
        making.write_text(report_of(outcome, live, before=before, columns=columns), encoding="utf-8")
    return path


def pictures_of(results: Mapping[str, Result]) -> dict[str, bytes]:
    """Return PNG of each result that has a picture.

    No window and no thread's pyplot: runs are written beside the user's own work.
    """
    from matplotlib.figure import Figure

    drawn = {}
    for name, result in results.items():
        if result.draw is not None:
            figure, file = Figure(figsize=(7, 4), layout="constrained"), io.BytesIO()
            result.plot(figure.subplots())
            figure.savefig(file, dpi=120)
            drawn[name] = file.getvalue()
    return drawn


def write_rows(live: Live, folder: Path) -> None:
    """Write which part each row is in, and predictions on rows that the model did not learn from, with labels."""
    targets, divided = list(live.pipeline.roles.targets), live.execution.divided
    if divided is not None:
        live.assignment.to_frame().to_parquet(folder / "assignment.parquet")
    for part, predicted in live.predictions.items():
        if divided is None or not targets:
            continue
        # Out-of-fold predictions are called validation, and their rows are training rows.
        rows = divided.parts[part if part in divided.parts else "train"].frame().loc[predicted.index, targets]
        rows.join(predicted.rename(columns={name: f"{name} (of the model)" for name in targets})).to_parquet(
            folder / f"predictions-{part}.parquet"
        )


def manifest(outcome: Outcome, live: Live) -> dict[str, Any]:
    """Return digests of every part and state, and rows by step."""
    divided = live.execution.divided
    return {
        "run": outcome.run,
        "configuration": outcome.configuration,
        "parts": dict(outcome.parts),
        "assignment": digest(live.assignment) if divided else "",
        "states": dict(outcome.states),
        "rows": {record.name: record.rows for record in outcome.records},
        "none": divided.none if divided else {},
        "seed": outcome.seed,
    }


def environment() -> str:
    """Return Python, platform and versions of the packages that matter."""
    lines = [f"python {platform.python_version()}", f"platform {platform.system()} {platform.machine()}"]
    return "\n".join(
        lines + [f"{name}=={version_of(name)}" for name in (*PACKAGES, "mlflow", "pydantic") if version_of(name)]
    )


def version_of(package: str) -> str:
    """Return the installed version of a package, empty where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _shown(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    if isinstance(value, Mapping):
        return {str(key): _shown(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    if isinstance(value, pd.DataFrame):
        return f"a frame of {len(value)} rows"
    called = getattr(value, "__name__", None)  # an expression such as pd.col("x") has every attribute
    return called if isinstance(called, str) else " ".join(repr(value).split())


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(hidden_in(content), indent=1, default=str), encoding="utf-8")
