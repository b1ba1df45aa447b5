"""Whether more labels are still worth it: whether predictions change, and the accuracy on the random sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.labeling._classifier import Coded, taken
from mlsys.labeling.active.asked import Asked, Chooses
from mlsys.labeling.active.query import RANDOM, marks
from mlsys.labeling.active.strategies import margin
from mlsys.pages import drawing
from mlsys.steps import Result
from mlsys.summaries import fold_of
from mlsys.summaries.wilson import share_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


STABLE, ROUNDS = 0.99, 3
"""Mean kappa of successive models, and the number of them, above which to stop (Bloodgood and Vijay-Shanker 2009)."""
_FOLDS = 5


def stopping_report(learner: Chooses, frame: pd.DataFrame, target: str, id: str | None, rounds: int) -> Result:
    """Return how predictions changed over the last rounds, and the accuracy on the random sample.

    Parameters
    ----------
    learner : ActiveLearning
        The estimator and its features.
    frame : DataFrame
        All rows, with the marks of queries.
    target, id : str
        As for a query.
    rounds : int
        Rounds to look back on.

    Returns
    -------
    Result
        ``table``: for each round ``labels``, ``agreement`` (Cohen's kappa of this model's predictions of all rows with
        those of the round before) and ``uncertain`` (share of rows without a label whose likeliest class leads by
        under .2). ``scalars``: ``accuracy`` on the random sample, each row predicted by a model that did not learn
        from it, with its 95 % Wilson interval and ``random`` rows. ``verdict``: ``"stop"`` if the last three
        agreements are .99 on average, else ``"go on"``.

    Notes
    -----
    Stable predictions do not say that the model is good, only that such labels no longer change it. Costs a fit for
    each round and five for the random sample.
    """
    asked, (by, when) = Asked.of(learner, frame, target, id), marks(frame)
    codes, known = asked.target.codes, asked.target.codes >= 0
    order = when.where(known).astype("Float64").fillna(0).to_numpy(dtype=np.float64)
    rows: list[dict[str, Any]] = []
    before: NDArray[np.int64] | None = None
    for now in np.unique(order[known])[-(rounds + 1) :]:
        shares = _fitted_until(asked, known & (order <= now)).shares(asked.features)
        said, left = shares.argmax(axis=1), ~(known & (order <= now))
        rows.append(
            {
                "round": int(now),
                "labels": int((~left).sum()),
                "agreement": np.nan if before is None else _kappa(before, said, len(asked.target)),
                "uncertain": float((margin(shares[left]) > 0.8).mean()) if left.any() else 0.0,
            }
        )
        before = said
    sampled = known & (by == RANDOM).to_numpy(dtype=bool, na_value=False)
    right, count = _out_of_fold(asked, sampled)
    share, lower, upper = share_interval(right, count)
    table = pd.DataFrame(rows)
    last = table["agreement"].dropna().tail(ROUNDS)
    stable = len(last) == ROUNDS and bool(last.mean() >= STABLE)
    said_of = (
        f"accuracy {share:.1%} [{lower:.1%}, {upper:.1%}] on {count:,} rows of the random sample"
        if count
        else "no row of a random sample has a label, so the accuracy is not known: use random_share"
    )
    return Result(
        "stopping",
        table,
        scalars={
            "accuracy": share, "accuracy_lower": lower, "accuracy_upper": upper, "random": float(count),
            "labels": float((codes >= 0).sum()),
        },
        verdict="stop" if stable else "go on",
        summary=f"the last {len(last)} rounds changed few predictions (mean kappa {last.mean():.3f}); {said_of}"
        if len(last)
        else f"only one round so far; {said_of}",
        draw=draw_stopping,
    )  # fmt: skip


def _fitted_until(asked: Asked, until: NDArray[np.bool_]) -> Any:
    return replace(asked, target=Coded(np.where(until, asked.target.codes, -1), asked.target.classes)).model()


def _kappa(one: NDArray[np.int64], other: NDArray[np.int64], classes: int) -> float:
    """Return the agreement of two predictions beyond chance (Cohen 1960); 1 where both say one class throughout."""
    observed = float((one == other).mean())
    each = [np.bincount(said, minlength=classes) / len(said) for said in (one, other)]
    chance = float(each[0] @ each[1])
    return 1.0 if chance >= 1 else (observed - chance) / (1 - chance)


def _out_of_fold(asked: Asked, sampled: NDArray[np.bool_]) -> tuple[int, int]:
    """Return how many rows of the random sample are predicted right by models that learned from all other labels."""
    right, known = 0, asked.target.codes >= 0
    folds = fold_of(asked.ids, _FOLDS, asked.learner.seed)
    for fold in range(_FOLDS):
        judged = np.flatnonzero(sampled & (folds == fold))
        learned = known.copy()
        learned[judged] = False
        if len(judged):
            said = _fitted_until(asked, learned).shares(taken(asked.features, judged)).argmax(axis=1)
            right += int((said == asked.target.codes[judged]).sum())
    return right, int(sampled.sum())


def draw_stopping(result: Result, ax: Axes) -> None:
    """Draw the agreement of successive models by number of labels, with the level at which to stop."""
    table = result.table.dropna(subset=["agreement"])
    ax.plot(table["labels"], table["agreement"], "o-", color=drawing.MINE)
    ax.axhline(STABLE, color=drawing.LINE, linewidth=0.9)
    ax.annotate("stop above this", (table["labels"].min(), STABLE), color=drawing.DIM, va="bottom",
                fontsize=drawing.SMALL)  # fmt: skip
    ax.set(xlabel="labels", ylabel="agreement with the model before (kappa)")
    ax.set_title("Do further labels change predictions?", loc="left")
    drawing.bare(ax)
