"""From comparisons to a check: layers of trust, the cause, columns by what they matter, one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mlsys.drift.comparing import Compared
from mlsys.drift.outcomes import Explained, LabelShift, Loss
from mlsys.drift.outcomes.causes import INPUTS
from mlsys.drift.outcomes.causes import LABELS as LABEL_CAUSE
from mlsys.drift.signals import NEW_LEVELS, NULLS
from mlsys.drift.watching.layers import (
    ALARM,
    ESTIMATE,
    FEATURES,
    LABELS,
    NO_ALARM,
    NOT_ASSESSED,
    PAGE,
    PREDICTIONS,
    SCHEMA,
    Layer,
    level_of,
)

MIXTURE = 0.01
"""Predictions fit a mixture of classes unless p is below this."""


@dataclass(frozen=True)
class Judged:
    """What labels, estimates and predictions say; ``None`` where nothing is known.

    Parameters
    ----------
    labels, estimate : Loss
        Judged at ``level``.
    explained : Explained
        Of the labels' loss.
    shift : LabelShift
        Shares of classes, from predictions.
    outside : tuple of (verdict, summary)
        An estimate made elsewhere.
    types : dict of str to (str, str)
        Columns that hold another type of values, before and now.
    joint : DataFrame
        Tests of all columns together.
    predicted_by : str
        Who predicted the labelled rows, where they did not bring predictions.
    """

    labels: Loss | None = None
    estimate: Loss | None = None
    explained: Explained | None = None
    shift: LabelShift | None = None
    outside: tuple[str, str] | None = None
    types: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    joint: pd.DataFrame = field(default_factory=pd.DataFrame)
    predicted_by: str = ""


def layers_of(compared: Compared, judged: Judged, prediction: str | None, level: float) -> list[Layer]:
    """Return the layers, the most trusted first.

    Notes
    -----
    Labels and estimate share the level, since both page.
    """
    paging = level / max(1, (judged.labels is not None) + (judged.estimate is not None or judged.outside is not None))
    features = [name for name in compared.alarms if name != prediction]
    return [
        _of_loss(LABELS, judged.labels, paging, "no label is known yet", judged.predicted_by),
        _estimate(judged, paging),
        _predictions(compared, judged.shift, prediction),
        Layer(FEATURES, *_features(compared, features, judged.joint)),
        Layer(SCHEMA, *_schema(compared, judged.types)),
    ]


def cause_of(layers: list[Layer], compared: Compared, judged: Judged) -> str:
    """Return the one cause that explains most: schema, labels, inputs, relation, season, or nothing."""
    alarms = {each.name for each in layers if each.verdict == ALARM}
    shifted = _shifted(judged.shift)
    if LABELS in alarms and judged.explained is not None:
        cause = judged.explained.cause
    elif {ESTIMATE, PREDICTIONS} & alarms:
        cause = LABEL_CAUSE if shifted else INPUTS
    elif FEATURES in alarms:
        cause = INPUTS
    elif SCHEMA in alarms:
        return SCHEMA
    else:
        return "season" if (compared.table["verdict"] == "season").any() else ""
    return SCHEMA if cause == INPUTS and SCHEMA in alarms else cause


def attribution_of(compared: Compared, importance: Mapping[str, float], prediction: str | None) -> pd.DataFrame:
    """Return the columns by effect times importance, as shares; without importances all weigh alike."""
    table = compared.table[compared.table["column"] != prediction]
    known = np.array([max(float(importance.get(name, 0.0)), 0.0) for name in table["column"]])
    weights = known / known.sum() if known.sum() else np.full(len(table), 1 / max(len(table), 1))
    moved = table["effect"].to_numpy(dtype=float) * weights
    made = pd.DataFrame(
        {"column": table["column"].to_numpy(), "share": moved / moved.sum() if moved.sum() else moved,
         "effect": table["effect"].to_numpy(dtype=float), "importance": weights,
         "verdict": table["verdict"].to_numpy()}
    )  # fmt: skip
    return made.sort_values("share", ascending=False, ignore_index=True)


def sentence(layers: list[Layer], cause: str, compared: Compared, judged: Judged) -> str:
    """Return the summary: what pages first, then what moved."""
    told = [each.said for each in layers if each.level == PAGE]
    if told and judged.explained is not None and layers[0].level == PAGE:
        told.append(judged.explained.said())
    moved = compared.slices[compared.slices["verdict"] == ALARM] if len(compared.slices) else compared.slices
    inside = f"; most in {moved['slice'].iloc[0]}" if len(moved) and compared.alarms else ""
    if len(moved) and not compared.alarms:
        first = moved.iloc[0]
        inside = f"; among {first['slice']}, {first['column']} moved"
    others = [f"{each.name}: {each.said}" for each in layers
              if each.verdict == ALARM and each.level != PAGE and _adds(each, compared)]  # fmt: skip
    explained = layers[0].level == PAGE and judged.explained is not None and cause == judged.explained.cause
    named = f"cause: {cause}" if cause and level_of(layers) == PAGE and not explained else ""
    return "; ".join(each for each in [*told, named, f"{compared.summary}{inside}", *others] if each)


def _shifted(shift: LabelShift | None) -> bool:
    """Whether other shares of classes are seen, and explain what is seen of the predictions."""
    return shift is not None and shift.moved and shift.fits >= MIXTURE


def verdict_of(layers: list[Layer], compared: Compared, judged: Judged, prediction: str | None) -> str:
    """Return ``"page: error rate"``, ``"alarm: age, plan"`` or ``"no alarm"``."""
    if level_of(layers) == PAGE:
        loss = judged.labels or judged.estimate
        return f"page: {'performance' if loss is None else loss.metric}"
    alarms = ordered(compared, prediction)
    if alarms:
        return f"alarm: {', '.join(alarms)}"
    others = [each.name for each in layers if each.verdict == ALARM]
    return f"alarm: {', '.join(others)}" if others else "no alarm"


def ordered(compared: Compared, prediction: str | None) -> tuple[str, ...]:
    """Return the columns that alarm, the prediction first."""
    return tuple(sorted(compared.alarms, key=lambda name: name != prediction))


def _adds(layer: Layer, compared: Compared) -> bool:
    return layer.name in {SCHEMA, PREDICTIONS} or not compared.alarms


def _of_loss(name: str, loss: Loss | None, level: float, otherwise: str, predicted_by: str = "") -> Layer:
    if loss is None:
        return Layer(name, NOT_ASSESSED, otherwise)
    by = f", {predicted_by}" if predicted_by else ""
    return Layer(name, ALARM if loss.pages(level) else NO_ALARM, f"{loss.said()} ({loss.rows:,} rows{by})")


def _estimate(judged: Judged, level: float) -> Layer:
    if judged.outside is not None:
        verdict, summary = judged.outside
        known = {"worse": ALARM, "not assessed": NOT_ASSESSED}
        return Layer(ESTIMATE, known.get(verdict, NO_ALARM), summary)
    return _of_loss(ESTIMATE, judged.estimate, level, "the reference has no predictions with labels")


def _predictions(compared: Compared, shift: LabelShift | None, prediction: str | None) -> Layer:
    if prediction is None:
        return Layer(PREDICTIONS, NOT_ASSESSED, "no column is named as prediction=")
    row = compared.table.set_index("column").loc[prediction]
    said = f"{row['before']} to {row['after']}"
    if _shifted(shift):
        assert shift is not None
        said = f"{said}; {shift.said()}"
    return Layer(PREDICTIONS, ALARM if row["verdict"] == "alarm" else NO_ALARM, said)


def _features(compared: Compared, alarms: list[str], joint: pd.DataFrame) -> tuple[str, str]:
    together = joint[joint["verdict"] == ALARM] if len(joint) else joint
    sliced = compared.slices[compared.slices["verdict"] == ALARM] if len(compared.slices) else compared.slices
    told = ", ".join(alarms)
    if len(together) and not alarms:
        told = f"no column alone, but all together ({together['test'].iloc[0]})"
    if len(sliced) and not told:
        first = sliced.iloc[0]
        told = f"{first['column']} among {first['slice']}"
    return (ALARM, told) if told else (NO_ALARM, "")


def _schema(compared: Compared, types: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    told = [f"{name} holds {now}, {before} in the reference" for name, (before, now) in types.items()]
    mine = compared.signals[
        compared.signals["signal"].isin([NULLS, NEW_LEVELS]) & (compared.signals["verdict"] == ALARM)
    ]
    moved = [f"{row['signal']} of {row['column']} {row['before']} to {row['after']}" for row in mine.to_dict("records")]
    return (ALARM if moved else NO_ALARM), "; ".join([*moved, *told])
