"""Confirming slices on rows that did not propose them: simultaneous intervals, verdicts, reversals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation.cutting import Cut
from mlsys.evaluation.differing import difference
from mlsys.evaluation.finding.finding import Listed
from mlsys.evaluation.finding.rates import Rate
from mlsys.evaluation.intervals import at_once
from mlsys.evaluation.units import FEWEST

WORSE, NOT_WORSE, TOO_FEW = "worse", "not worse", "not enough data"
COLUMNS = ["slice", "value", "lower", "upper", "n", "verdict", "found", "found_n", "score", "like"]
REVERSED = ["slice", "column", "difference", "within"]
_COVERED = 0.8
"""A column explains a slice only if so much of it lies in values that other rows have too."""


def confirmed(listed: Sequence[Listed], rate: Rate, where: NDArray[np.bool_], level: float) -> pd.DataFrame:
    """Return one line a slice, the worst verdicts first and then by evidence.

    Parameters
    ----------
    listed : sequence of Listed
        Slices found elsewhere.
    rate : Rate
        Of all rows.
    where : ndarray of bool
        Rows that confirm.
    level : float
        Of all intervals together (Sidak 1967).
    """
    overall, each_level, lines = rate.mean(where), at_once(level, len(listed)), []
    for each in listed:
        interval = rate.interval(where & each.rows, each_level)
        found = each.found
        lines.append({
            "slice": each.name, "value": interval.value, "lower": interval.lower, "upper": interval.upper,
            "n": int((where & each.rows & rate.counted).sum()), "verdict": _verdict(interval, overall, rate),
            "found": rate.of_losses(found.loss / found.weight), "found_n": found.rows, "score": found.score,
            "like": len(each.like),
        })  # fmt: skip
    table = pd.DataFrame(lines, columns=COLUMNS)
    order = {WORSE: 0, TOO_FEW: 1, NOT_WORSE: 2}
    return table.sort_values("verdict", key=lambda words: words.map(order), kind="stable", ignore_index=True)


def _verdict(interval: Any, overall: float, rate: Rate) -> str:
    """Return whether value and whole interval lie on the wrong side of the rate of all rows."""
    if not np.isfinite(interval.lower):
        return TOO_FEW
    sign, end = (1, interval.upper) if rate.greater_is_better else (-1, interval.lower)
    return WORSE if all(sign * difference(overall, each) > 0 for each in (interval.value, end)) else NOT_WORSE


def reversals(listed: Sequence[Listed], cuts: Sequence[Cut], rate: Rate, where: NDArray[np.bool_]) -> pd.DataFrame:
    """Return slices that are worse than the other rows, and better among rows alike in another column (Simpson 1951).

    Notes
    -----
    ``difference`` is the loss of the slice less that of all other rows; ``within`` is the mean of the differences
    within each value of the column, weighted by the rows of the slice (direct standardization). Only values that at
    least 10 rows of both have are compared; they must hold 80 % of the slice.
    """
    rows, lines = where & rate.counted, []
    losses, weight = rate.losses, rate.weight
    for each in listed:
        inside, outside = rows & each.rows, rows & ~each.rows
        if not (inside.any() and outside.any()):
            continue
        apart = np.average(losses[inside], weights=weight[inside]) - np.average(
            losses[outside], weights=weight[outside]
        )
        for place, cut in enumerate(cuts):
            within = None if place in each.features else _within(cut, losses, weight, inside, outside)
            if within is not None and apart > 0 and within < 0:
                lines.append({"slice": each.name, "column": cut.column, "difference": apart, "within": within})
    return pd.DataFrame(lines, columns=REVERSED)


def _within(
    cut: Cut, losses: NDArray[np.float64], weight: NDArray[np.float64], inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
) -> float | None:  # fmt: skip
    """Return the difference within values of a column; ``None`` if too few of the slice's rows can be compared."""
    count, values = len(cut.names), []
    for rows in (inside, outside):
        codes = cut.codes[rows]
        sums = (np.bincount(codes, each[rows], count) for each in (weight * losses, weight))
        values.append((np.bincount(codes, minlength=count), *sums))
    (rows_in, loss_in, weight_in), (rows_out, loss_out, weight_out) = values
    both = (rows_in >= FEWEST) & (rows_out >= FEWEST)
    if weight_in[both].sum() < _COVERED * weight_in.sum():
        return None
    apart = loss_in[both] / weight_in[both] - loss_out[both] / weight_out[both]
    return float(np.average(apart, weights=weight_in[both]))
