"""Findings of an evaluation: classes that no model can know, one prediction for all rows, metrics without weights."""

from __future__ import annotations

import pandas as pd

from mlsys.dataset import PREDICTION, probability_columns
from mlsys.errors import Finding
from mlsys.evaluation.judging import Judge
from mlsys.evaluation.scored import classes_of

_FEWEST = 5
"""Rows of which it is said that they are all predicted alike."""
_EVEN = 1.5
"""How much larger than the mean a fold may be."""
_NEAR = 0.05
"""How far shares of a class in the training rows of folds lie from each other, where folds are of equal mixture."""


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


def undecided(scored: pd.DataFrame, folds: int, part: str, who: str) -> list[Finding]:
    """Report a model that predicts the same for every row, as one does that found nothing to divide rows by.

    Parameters
    ----------
    scored : DataFrame
        The evaluated rows.
    folds : int
        How many models predicted them, each its own share; 0 where one model did.
    part, who : str
        For the message.
    """
    told = [*probability_columns(scored.columns), PREDICTION][0]
    if len(scored) < _FEWEST or told not in scored or scored["y"].nunique() == 1:
        return []
    distinct = scored[told].value_counts()
    even = distinct.max() <= _EVEN * len(scored) / max(folds, 1)
    near = told != PREDICTION and float(distinct.index.max() - distinct.index.min()) <= _NEAR
    one_each = len(distinct) <= folds and (even or near)
    if len(distinct) > 1 and (not one_each or distinct.index.isin([0, 1, *scored["y"]]).any()):
        return []
    model = f"the model of each of {folds} folds" if folds else "the model"
    rows = "all its rows" if folds else f"all {len(scored):,} {part} rows"
    return [
        Finding(
            "EV105",
            f"{model} predicts the same for {rows}: it found nothing in the features to tell them apart; with few rows "
            "relax what holds it back, such as min_samples_leaf of trees (20 in HistGradientBoosting) or the strength "
            "of a penalty",
            "information",
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
