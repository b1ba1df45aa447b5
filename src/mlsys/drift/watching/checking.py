"""Checking: a monitor's reference beside today's rows, judged layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import pandas as pd

from mlsys.drift.asked import check_rows, plain_rows
from mlsys.drift.comparing import Compared, compare_with_profile
from mlsys.drift.joint import compare_jointly
from mlsys.drift.outcomes import Outcomes, explain, judge_estimate, judge_labels, label_shift
from mlsys.drift.picture import draw_effects
from mlsys.drift.reading import times_of
from mlsys.drift.result import LEAST, SHAPES, SIGNALS
from mlsys.drift.signals import Tests
from mlsys.drift.watching.assembling import (
    Judged,
    attribution_of,
    cause_of,
    layers_of,
    ordered,
    sentence,
    verdict_of,
)
from mlsys.drift.watching.check import ATTRIBUTION, CLASSES, JOINT, LAYERS, SLICES, Check
from mlsys.drift.watching.history import History, now
from mlsys.drift.watching.labels import labelled
from mlsys.drift.watching.layers import ALARM, SCHEMA, TICKET, Layer, level_of, table_of
from mlsys.errors import DataError
from mlsys.values import Kind, values_of

WHO = "Monitor.check"


class Watching(Protocol):
    """What a check reads of a monitor."""

    profile: dict[str, Any]
    columns: tuple[str, ...]
    time: str | None
    prediction: str | None
    target: str | None
    id: str | None
    least_effect: float
    least_loss: float | None
    budget: str | None
    tests: tuple[str, str]
    written: dict[str, str]
    importance: dict[str, float]
    outcomes: Outcomes | None
    slices: dict[str, dict[str, Any]]
    rows: pd.DataFrame | None
    season: str | None

    @property
    def level(self) -> float:
        """Level of a check."""
        ...

    @property
    def history(self) -> History:
        """Earlier checks."""
        ...


def checked(
    monitor: Any, frame: pd.DataFrame, labels: Any = None, estimate: Any = None, predicted_by: str = ""
) -> Check:
    """Return what a monitor says of rows; nothing is written."""
    watching: Watching = monitor
    check_rows(frame, WHO)
    _check_columns(watching, frame)
    compared = compare_with_profile(
        watching.profile, frame, watching.least_effect, watching.level, Tests(*watching.tests), watching.slices,
        any_dependence=watching.budget is not None, season=watching.season,
    )  # fmt: skip
    judged = replace(_judged(watching, frame, labels, estimate), predicted_by=predicted_by)
    layers = layers_of(compared, judged, watching.prediction, watching.level)
    cause = cause_of(layers, compared, judged)
    alarms, verdict = ordered(compared, watching.prediction), verdict_of(layers, compared, judged, watching.prediction)
    at, back = _time_of(watching, frame)
    summary = f"{sentence(layers, cause, compared, judged)}{back}"
    tables = {SHAPES: compared.shapes, SIGNALS: compared.signals, LAYERS: table_of(layers),
              ATTRIBUTION: attribution_of(compared, watching.importance, watching.prediction)}  # fmt: skip
    tables |= {SLICES: compared.slices} if watching.slices else {}
    tables |= {JOINT: judged.joint} if len(judged.joint) else {}
    tables |= {CLASSES: judged.shift.table} if judged.shift is not None and len(judged.shift.table) else {}
    facts = {
        "alarms": alarms, LEAST: watching.least_effect, "level": level_of(layers), "cause": cause, "rows": len(frame),
        "time": at,
    }  # fmt: skip
    facts["entry"] = _entry(facts, verdict, summary, compared, judged)
    return Check("drift", compared.table, compared.scalars(), verdict, summary, tables, facts=facts, draw=draw_effects)


def refused(frame: Any, error: DataError, time: str | None) -> Check:
    """Return the check of rows that cannot be read: a broken feed, which is no drift."""
    rows = len(frame) if isinstance(frame, pd.DataFrame) else 0
    layers = [Layer(SCHEMA, ALARM, error.problem)]
    facts: dict[str, Any] = {"alarms": (), LEAST: 0.0, "level": TICKET, "cause": SCHEMA, "rows": rows, "time": now()}
    facts["entry"] = {**facts, "alarms": [], "verdict": "broken", "said": error.problem}
    empty = pd.DataFrame(columns=["column", "verdict", "effect", "moved", "bar"])
    return Check("drift", empty, {}, "broken", error.problem, {LAYERS: table_of(layers)}, facts=facts)


def _check_columns(watching: Watching, frame: pd.DataFrame) -> None:
    needed = (*watching.columns, *([watching.time] if watching.time else []))
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise DataError(f"{WHO}: the rows lack {', '.join(map(repr, missing))}", "repair the feed: this is not drift")


def _judged(watching: Watching, frame: pd.DataFrame, labels: Any, estimate: Any) -> Judged:
    types = _types(watching.written, frame)
    outside = None if estimate is None else (str(estimate.verdict), str(estimate.summary))
    joint = pd.DataFrame()
    if watching.rows is not None:
        features = [name for name in watching.columns if name != watching.prediction]
        joint = compare_jointly(
            watching.rows, plain_rows(frame, features, None), columns=features, tests=["domain_classifier"],
            level=watching.level,
        )  # fmt: skip
    reference = watching.outcomes
    if reference is None or watching.prediction is None or watching.target is None:
        if labels is not None:
            raise DataError(
                f"{WHO}: labels= is given to a monitor without labelled predictions",
                "name prediction= and target= in Monitor.fit",
            )
        return Judged(outside=outside, types=types, joint=joint)
    prediction, label = labelled(frame, labels, watching.prediction, watching.target, watching.id)
    known = reference.counted(prediction, label)
    by_bin = reference.by_bin(frame[watching.prediction])
    loss = judge_labels(reference, known, watching.least_loss) if known.rows else None
    estimated = judge_estimate(reference, by_bin, watching.least_loss) if by_bin.sum() else None
    explained = explain(reference, known) if known.rows else None
    return Judged(loss, estimated, explained, label_shift(reference, by_bin), outside, types, joint)


def _types(written: Mapping[str, str], frame: pd.DataFrame) -> dict[str, tuple[str, str]]:
    now = {name: str(values_of(frame[name]).kind) for name in written}
    unknown = {str(Kind.NOTHING)}
    return {name: (written[name], kind) for name, kind in now.items()
            if kind != written[name] and not {kind, written[name]} & unknown}  # fmt: skip


def _time_of(watching: Watching, frame: pd.DataFrame) -> tuple[str, str]:
    """Return the latest time of the rows, and a remark if it lies before that of the check before."""
    if watching.time is None:
        return now(), ""
    latest = times_of(frame[watching.time]).max()
    if pd.isna(latest):
        return now(), ""
    at = latest.tz_localize("UTC") if latest.tzinfo is None else latest.tz_convert("UTC")
    before = watching.history.last["time"] if len(watching.history) else None
    back = before is not None and pd.Timestamp(before) > at.ceil("s")
    remark = f"; these rows end before those of the last check ({before})" if back else ""
    return at.isoformat(timespec="seconds"), remark


def _entry(facts: Mapping[str, Any], verdict: str, summary: str, compared: Compared, judged: Judged) -> dict[str, Any]:
    """Return what the history keeps."""
    made = {
        "time": facts["time"], "rows": facts["rows"], "verdict": verdict, "level": facts["level"],
        "cause": facts["cause"], "alarms": list(facts["alarms"]), "said": summary,
        "largest_effect": compared.scalars()["largest_effect"],
        "effects": dict(zip(compared.table["column"], compared.table["effect"].round(4).tolist(), strict=True)),
    }  # fmt: skip
    for name, loss in (("estimate", judged.estimate), ("loss", judged.labels)):
        if loss is not None:
            made |= {name: loss.now, f"{name}_lower": loss.lower, f"{name}_upper": loss.upper, "metric": loss.metric,
                     "reference_loss": loss.before}  # fmt: skip
    if judged.labels is not None:
        made["labelled"] = judged.labels.rows
    return made
