"""How often labels made of votes are right, on rows whose truth is known, beside the majority."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.labeling.label_models import shares_of_votes
from mlsys.pages import drawing
from mlsys.steps import Result
from mlsys.summaries.wilson import quantile_of, share_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from mlsys.labeling.statistics import VoteMatrix

BINS = 10
"""Of equal width, as calibration errors are usually published."""


def judged(
    method: str, classes: tuple[Any, ...], likely: NDArray[np.float64], matrix: VoteMatrix, true: NDArray[np.int64]
) -> Result:
    """Return accuracy with interval, the majority's on the same rows, their difference, and the calibration error."""
    rows = np.flatnonzero((true >= 0) & matrix.covered)
    known = int((true >= 0).sum())
    if not len(rows):
        raise DataError(
            "none of the items has both votes and gold" if known else "no item has gold",
            "give the true class of some items that were voted on",
        )
    ours = credit(likely[rows], true[rows])
    theirs = credit(shares_of_votes(matrix.codes[rows], len(classes)), true[rows])
    ways = {method: ours, "majority": theirs}
    table = pd.DataFrame([_row(name, each) for name, each in ways.items()])
    gain, half = float((ours - theirs).mean()), _half(ours - theirs)
    error = calibration_error(likely[rows], true[rows])
    scalars = {
        "accuracy": float(ours.mean()), "majority_accuracy": float(theirs.mean()), "gain": gain,
        "gain_lower": gain - half, "gain_upper": gain + half, "calibration_error": error,
        "coverage": len(rows) / known, "rows": float(len(rows)),
    }  # fmt: skip
    summary = (
        f"{ours.mean():.1%} of {len(rows):,} rows with votes and gold are right, by majority {theirs.mean():.1%}; "
        f"the difference is {100 * gain:+.1f} points ({100 * (gain - half):+.1f} to {100 * (gain + half):+.1f}). "
        f"{known - len(rows):,} rows with gold have no votes. Calibration error {error:.3f}."
    )
    return Result("labels", table, scalars, summary=summary, draw=_draw)


def credit(likely: NDArray[np.float64], true: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return 1 for a right row and 0 for a wrong one; classes that tie share.

    Examples
    --------
    >>> credit(np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([0, 1])).tolist()
    [1.0, 0.5]
    """
    top = likely >= likely.max(axis=1, keepdims=True) - 1e-12
    return np.asarray(top[np.arange(len(true)), true] / top.sum(axis=1))


def calibration_error(likely: NDArray[np.float64], true: NDArray[np.int64]) -> float:
    """Return the expected calibration error of the most likely class, over ten bins of equal width.

    Examples
    --------
    >>> calibration_error(np.array([[0.8, 0.2]] * 5), np.array([0, 0, 0, 0, 1]))
    0.0
    """
    sure, right = likely.max(axis=1), credit(likely, true)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=right - sure, minlength=BINS)
    return round(float(np.abs(gaps).sum() / len(true)), 12)


def _row(name: str, right: NDArray[np.float64]) -> dict[str, Any]:
    share, lower, upper = share_interval(float(right.sum()), len(right))
    return {"labels": name, "rows": len(right), "accuracy": share, "lower": lower, "upper": upper}


def _half(difference: NDArray[np.float64]) -> float:
    return (
        quantile_of(0.95) * float(difference.std(ddof=1)) / math.sqrt(len(difference))
        if len(difference) > 1
        else math.nan
    )


def _draw(result: Result, ax: Axes) -> None:
    """Draw both accuracies with their intervals."""
    table = result.table
    places = np.arange(len(table))
    error = np.array([table["accuracy"] - table["lower"], table["upper"] - table["accuracy"]])
    ax.errorbar(table["accuracy"], places, xerr=error, fmt="o", color=drawing.MINE, capsize=3)
    ax.set_yticks(places, list(table["labels"]))
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlabel("share of rows with the right label (95 % interval)")
    ax.spines[["top", "right"]].set_visible(False)
