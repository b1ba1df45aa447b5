"""Writing a cross-validation to MLflow: one run with the summary, and one nested under it for each fold."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlsys.errors import MlsysError
from mlsys.execution.crossing import Judged
from mlsys.outcome.findings import leakage_verdict
from mlsys.pages import Page, Table, document
from mlsys.pages import number as shown
from mlsys.run.artifacts import environment
from mlsys.run.recording import parameters_of, span_of
from mlsys.tracking.record import RunRecord
from mlsys.usercode.commit import code_state

if TYPE_CHECKING:
    from mlsys.run.estimates.cross_validation import CrossValidation

logger = logging.getLogger("mlsys")
STAGE = "cross-validation"


def write_estimate(found: CrossValidation, outcomes: Sequence[Judged]) -> None:
    """Write summary and folds; what goes wrong is said on the card, and costs nothing but the note."""
    from mlsys.tracking import keep, send, ui_hint
    from mlsys.tracking.surroundings import surroundings

    around = surroundings()
    parent = summary_record(found, outcomes)
    try:
        journals = [keep(around.around(each)) for each in [parent, *fold_records(found, outcomes, parent)]]
        logged = [send(journal) for journal in journals][0]
    except Exception as error:  # an estimate is more than its notes: whatever goes wrong here must not take it away
        problem = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
        logger.warning("the cross-validation was not written to MLflow: %s", problem)
        found.notes.append(f"MLflow: not written ({problem}); `mlsys sync` sends what is waiting")
        return
    found.notes.append(f"MLflow: {ui_hint(logged)}" + (f"; {around.said}" if around.said else ""))


def summary_record(found: CrossValidation, outcomes: Sequence[Judged]) -> RunRecord:
    """Return what the run above the folds writes: means with intervals, table, figure, card."""
    pipeline, metrics = found.pipeline, {}
    for row in found.table.to_dict("records"):
        who = "" if row["model"] == "model" else f"{row['model']}/"
        metrics[f"validation/{who}{row['metric']}"] = row["value"]
        if row["model"] == "model" and row["metric"] == found.headline:
            metrics |= {f"{row['metric']}{end and '_'}{end}": row[end or "value"] for end in ("", "lower", "upper")}
    return RunRecord(
        mlsys_id=uuid.uuid4().hex,
        experiment=pipeline.name,
        run_name=f"{pipeline.name}-{len(outcomes)}-folds-{pipeline.digest[:7]}",
        description=_described(found),
        params={**parameters_of(pipeline, found.evaluation), "folds": found.how},
        metrics=_known(metrics),
        tags={**_tags(found), **code_state(), "mlsys.leakage": leakage_verdict(tuple(found.findings))},
        datasets=[],
        spans=[],
        write_artifacts=lambda folder: write_files(found, folder),
        started=min(each.started for each in outcomes),
        ended=time.time(),
    )


def fold_records(found: CrossValidation, outcomes: Sequence[Judged], parent: RunRecord) -> Iterable[RunRecord]:
    """Return what the run of each fold writes: its scores and its timeline; no model."""
    for number, outcome in enumerate(outcomes, 1):
        mine = found.folds[(found.folds["fold"] == outcome.window) & (found.folds["model"] == "model")]
        scores = {f"validation/{row['metric']}": row["value"] for row in mine.to_dict("records")}
        counts = {f"rows/{side}": float(rows) for side, rows in outcome.rows.items()}
        yield RunRecord(
            mlsys_id=uuid.uuid4().hex,
            experiment=parent.experiment,
            run_name=outcome.window,
            description=f"**{outcome.window}** of {parent.run_name}",
            params={"fold": number},
            metrics=_known({**scores, **counts, "seconds": outcome.seconds}),
            tags={**_tags(found), "mlsys.fold": str(number)},
            datasets=[],
            spans=[span_of(record) for record in outcome.records],
            write_artifacts=lambda folder: None,
            started=outcome.started,
            ended=outcome.started + outcome.seconds,
            parent=parent.mlsys_id,
        )


def write_files(found: CrossValidation, folder: Path) -> None:
    """Write tables, figure, card and environment; no row of the data."""
    from matplotlib.figure import Figure

    found.table.to_parquet(folder / "cross_validation.parquet")
    found.folds.to_parquet(folder / "folds.parquet")
    figure = Figure(figsize=(7.5, 0.45 * found.folds["model"].nunique() + 1.1), layout="constrained")
    found.plot(figure.subplots())
    figure.savefig(folder / "cross_validation.png", dpi=120)
    page = document(found.pipeline.name, [("", found.card.page()), ("Folds", Page([Table(found.folds)]))])
    (folder / "report.html").write_text(page, encoding="utf-8")
    (folder / "environment.txt").write_text(environment(), encoding="utf-8")


def _described(found: CrossValidation) -> str:
    card = found.card
    lines = [f"**{card.headline}**", "", f"| {card.metric} | mean over folds | 95 % interval |", "|---|---|---|"]
    lines += [
        f"| {each.label} | {shown(each.value)} | {shown(each.lower)} to {shown(each.upper)} |" for each in card.scores
    ]
    return "\n".join([*lines, "", *(f"- **{label}**: {sentence}" for label, sentence in card.lines)])


def _tags(found: CrossValidation) -> dict[str, str]:
    return {
        "mlsys.stage": STAGE,
        "mlsys.pipeline": found.pipeline.digest,
        "mlsys.seed": str(found.pipeline.seed),
        "mlsys.windows": found.windows_digest,
    }


def _known(metrics: dict[str, float]) -> dict[str, float]:
    return {key: float(value) for key, value in metrics.items() if value == value}  # noqa: PLR0124  not NaN
