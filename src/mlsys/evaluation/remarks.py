"""Findings of an evaluation: classes that no model can know, and metrics that take no weights."""

from __future__ import annotations

import pandas as pd

from mlsys.errors import Finding
from mlsys.evaluation.judging import Judge
from mlsys.evaluation.scored import classes_of


def unseen(scored: pd.DataFrame, part: str, target: str | None, who: str) -> list[Finding]:
    """Report evaluated rows of a class that training rows lack."""
    classes = classes_of(scored)
    truth = scored["y"].astype("str")
    unseen = truth[~truth.isin(classes)]
    if not classes or unseen.empty:
        return []
    named = ", ".join(map(repr, sorted(unseen.unique())[:5]))
    return [
        Finding(
            "EV101",
            f"{len(unseen):,} of {len(scored):,} {part} rows have a class of {target!r} absent from the "
            f"training rows ({named}); no model can predict it, and these rows count as mistakes",
            "warning",
            columns=(str(target),),
            step=who,
        )
    ]


def unweighted(scored: pd.DataFrame, judge: Judge, who: str) -> list[Finding]:
    """Report own metrics that take no weights, where there are weights."""
    names = [metric.name for metric in judge.metrics if metric.ignores_weights]
    if not names or "weight" not in scored or scored["weight"].nunique() == 1:
        return []
    take, each = ("takes", "it counts") if len(names) == 1 else ("take", "they count")
    return [
        Finding(
            "EV103",
            f"{', '.join(names)} {take} no weights: {each} each row once, whatever its weight; add a "
            "parameter sample_weight to the function",
            "warning",
            step=who,
        )
    ]
