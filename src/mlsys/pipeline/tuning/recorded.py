"""Writing a search to MLflow: one run with what it found, and one nested under it for each trial."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import MlsysError
from mlsys.pages import document
from mlsys.pages import number as shown
from mlsys.pipeline.tuning.tried import Tried
from mlsys.run.artifacts import environment
from mlsys.run.recording import parameters_of
from mlsys.tracking.record import RunRecord, Scalar
from mlsys.usercode.commit import code_state
from mlsys.values import with_columns

if TYPE_CHECKING:
    from mlsys.pipeline.tuning.tuned import Tuned

logger = logging.getLogger("mlsys")
STAGE = "tuning"


def write_tuned(found: Tuned[Any], tried: Sequence[Tried], earlier: int) -> None:
    """Write the search and its new trials; what goes wrong is said on the page, and costs nothing but the note."""
    from mlsys.tracking import keep, send, ui_hint
    from mlsys.tracking.surroundings import surroundings

    around = surroundings()
    parent = search_record(found, earlier)
    try:
        journals = [keep(around.around(each)) for each in [parent, *trial_records(found, tried, parent)]]
        logged = [send(journal) for journal in journals][0]
    except Exception as error:  # a search is more than its notes: whatever goes wrong here must not take it away
        problem = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
        logger.warning("the search was not written to MLflow: %s", problem)
        found.notes.append(f"MLflow: not written ({problem}); `mlsys sync` sends what is waiting")
        return
    found.notes.append(f"MLflow: {ui_hint(logged)}" + (f"; {around.said}" if around.said else ""))


def search_record(found: Tuned[Any], earlier: int) -> RunRecord:
    """Return what the run above the trials writes: scores, table, figure, page; the best pipeline as parameters."""
    pipeline, corrected = found.pipeline, found.corrected
    metrics = {
        f"tuning/{found.metric}": found.value,
        f"tuning/{found.metric}_corrected": corrected.value,
        f"tuning/{found.metric}_corrected_lower": corrected.lower,
        f"tuning/{found.metric}_corrected_upper": corrected.upper,
        f"tuning/{found.metric}_before": found.before.value,
        "tuning/gain": corrected.gain,
        "tuning/optimism": corrected.optimism,
        "tuning/trials": float(len(found.tried)),
        "tuning/failed": float(sum(each.state == "failed" for each in found.tried)),
        "tuning/seconds": found.seconds,
    }
    ended = time.time()
    return RunRecord(
        mlsys_id=uuid.uuid4().hex,
        experiment=pipeline.name,
        run_name=f"{pipeline.name}-{len(found.tried)}-trials-{pipeline.digest[:7]}",
        description=_described(found),
        params={**parameters_of(found.best, None), "trials": len(found.tried), "trials.earlier": earlier},
        metrics=_known(metrics),
        tags={**_tags(found), **code_state()},
        datasets=[],
        spans=[],
        write_artifacts=lambda folder: write_files(found, folder),
        started=ended - found.seconds,
        ended=ended,
    )


def trial_records(found: Tuned[Any], tried: Sequence[Tried], parent: RunRecord) -> Iterator[RunRecord]:
    """Return what the run of each trial writes: what was tried, its score, its error; no model."""
    for each in tried:
        error = {"mlsys.error": each.error} if each.error else {}
        yield RunRecord(
            mlsys_id=uuid.uuid4().hex,
            experiment=parent.experiment,
            run_name=f"trial {each.number}",
            description=f"**trial {each.number}** of {parent.run_name}: {each.error or each.state}",
            params={"trial": each.number, **{key: _scalar(value) for key, value in each.params.items()}},
            metrics=_known({f"tuning/{found.metric}": each.value, "seconds": each.seconds}),
            tags={**_tags(found), "mlsys.trial": str(each.number), "mlsys.trial_state": each.state, **error},
            datasets=[],
            spans=[],
            write_artifacts=_nothing,
            started=each.started,
            ended=each.started + each.seconds,
            parent=parent.mlsys_id,
        )


def write_files(found: Tuned[Any], folder: Path) -> None:
    """Write the table, the figure, the page and the environment; no row of the data."""
    from matplotlib.figure import Figure

    from mlsys.pipeline.tuning.picture import draw_history

    table = found.table
    keys = [name for name in table.columns if table[name].dtype == object]  # values of several types
    with_columns(table, {name: table[name].map(str) for name in keys}).to_parquet(folder / "trials.parquet")
    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    draw_history(found, figure.subplots())
    figure.savefig(folder / "trials.png", dpi=120)
    (folder / "report.html").write_text(document(found.pipeline.name, [("", found._page())]), encoding="utf-8")
    (folder / "environment.txt").write_text(environment(), encoding="utf-8")


def _described(found: Tuned[Any]) -> str:
    corrected = found.corrected
    lines = [
        f"**{found.pipeline.name}: the best of {len(found.tried)} trials**", "", found.warning, "",
        f"| {found.metric} | value | 95 % interval |", "|---|---|---|",
        f"| as it was | {shown(found.before.value)} | {shown(found.before.lower)} to {shown(found.before.upper)} |",
        f"| best, by the rows that chose it | {shown(found.value)} | |",
        f"| best, corrected | {shown(corrected.value)} | {shown(corrected.lower)} to {shown(corrected.upper)} |",
    ]  # fmt: skip
    return "\n".join(lines)


def _tags(found: Tuned[Any]) -> dict[str, str]:
    return {
        "mlsys.stage": STAGE,
        "mlsys.pipeline": found.pipeline.digest,
        "mlsys.best_pipeline": found.best.digest,
        "mlsys.seed": str(found.pipeline.seed),
    }


def _known(metrics: dict[str, float]) -> dict[str, float]:
    return {key: float(value) for key, value in metrics.items() if np.isfinite(value)}


def _scalar(value: Any) -> Scalar:
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def _nothing(folder: Path) -> None:
    """Write no file."""
