"""Intervals of means over folds, corrected for training rows that the folds share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlsys.evaluation.intervals import Interval

ASSUMES = (
    "corrected resampled t (Nadeau and Bengio 2003): assumes exchangeable folds with correlation rho = evaluated "
    "rows / all rows of a fold; no unbiased estimate of this variance exists (Bengio and Grandvalet 2004)"
)
HEURISTIC = "windows in order of time are not exchangeable, so this interval is a rule of thumb"


def resampled_mean(
    values: Sequence[float],
    judged_per_learned: float,
    level: float = 0.95,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Interval:
    """Return the mean of a metric, or of a paired difference, over folds, with a corrected t interval.

    Parameters
    ----------
    values : sequence of float
        One a fold; those that are not defined there (NaN) are left out.
    judged_per_learned : float
        Judged rows for each training row of a fold: 0.25 for five folds, 1/9 for ten.
    level : float
        Of the interval.
    bounds : tuple of float
        What the mean cannot exceed; ends beyond it are cut, which costs no coverage.

    Notes
    -----
    The variance of the mean of J folds is taken as ``(1 / J + judged_per_learned)`` times the sample variance, with
    J - 1 degrees of freedom (Nadeau and Bengio 2003, Machine Learning 52, eq. 9). The naive ``1 / J`` takes folds as
    independent though they share most training rows. The second term is what folds correlate by if
    ``rho = judged / (judged + learned)``; the true correlation is not known, and K folds offer no unbiased estimate of
    it (Bengio and Grandvalet 2004). What the interval is about: the mean score of models trained on as many rows as a
    fold's, over data sets; not the score of one model on all rows. Coverage is simulated in
    ``benchmarks/coverage_of_intervals.py``.

    Examples
    --------
    >>> scores = [0.81, 0.79, 0.84, 0.80, 0.76]
    >>> print(resampled_mean(scores, judged_per_learned=1 / 4))
    0.800 [0.746, 0.854]
    """
    found = np.array([value for value in values if np.isfinite(value)], dtype=np.float64)
    folds = len(found)
    if not folds:
        return Interval(np.nan, np.nan, np.nan, 0, "none", "not defined in any fold")
    mean = float(found.mean())
    if folds < 2:
        return Interval(mean, np.nan, np.nan, folds, "none", "one fold has no variance")
    error = standard_error(found, judged_per_learned)
    half = _student(folds - 1, level) * error
    left_out = len(values) - folds
    note = f"not defined in {left_out} of {len(values)} folds" if left_out else ""
    lower, upper = max(bounds[0], mean - half), min(bounds[1], mean + half)
    return Interval(mean, lower, upper, folds, "corrected resampled t", note)


def standard_error(values: Sequence[float] | np.ndarray, judged_per_learned: float) -> float:
    """Return the corrected standard error of a mean over folds.

    Examples
    --------
    >>> round(standard_error([1.0, 2.0, 3.0], 0.5), 3)
    0.913
    """
    found = np.asarray(values, dtype=np.float64)
    return float(np.sqrt((1 / len(found) + judged_per_learned) * found.var(ddof=1)))


def unpaired_gap(
    one: Sequence[float], other: Sequence[float], judged_per_learned: tuple[float, float], level: float = 0.95
) -> Interval:
    """Return ``mean(one) - mean(other)`` of folds that hold different rows.

    Notes
    -----
    The two corrected standard errors are added as squares, with Welch's degrees of freedom. Both sides come from the
    same data, whose common ups and downs would cancel in the difference: the interval is wide rather than narrow.

    Examples
    --------
    >>> gap = unpaired_gap([0.9, 0.8, 0.85], [0.7, 0.6, 0.65], (0.5, 0.5))
    >>> round(gap.value, 2), gap.lower < 0.2 < gap.upper
    (0.2, True)
    """
    sides = [np.array([each for each in side if np.isfinite(each)], dtype=np.float64) for side in (one, other)]
    if min(map(len, sides)) == 0:
        return Interval(np.nan, np.nan, np.nan, 0, "none", "not defined in any fold")
    value = float(sides[0].mean() - sides[1].mean())
    fewest = min(map(len, sides))
    if fewest < 2:
        return Interval(value, np.nan, np.nan, fewest, "none", "one fold has no variance")
    squares = [standard_error(side, ratio) ** 2 for side, ratio in zip(sides, judged_per_learned, strict=True)]
    total = sum(squares)
    if total == 0:
        return Interval(value, value, value, fewest, "corrected resampled t, unpaired")
    freedom = 1 / sum((square / total) ** 2 / (len(side) - 1) for square, side in zip(squares, sides, strict=True))
    half = _student(freedom, level) * float(np.sqrt(total))
    return Interval(value, value - half, value + half, fewest, "corrected resampled t, unpaired")


def _student(freedom: float, level: float) -> float:
    """Return the two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))


def judged_per_learned(rows: pd.DataFrame) -> float:
    """Return the evaluated rows for each training row, on average over folds with columns ``learned`` and ``judged``.

    Examples
    --------
    >>> judged_per_learned(pd.DataFrame({"learned": [80, 80], "judged": [20, 20]}))
    0.25
    """
    return float((rows["judged"] / rows["learned"]).mean())
