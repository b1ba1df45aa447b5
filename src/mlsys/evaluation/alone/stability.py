"""Stability: how much of what a model says stays the same when it learns from other rows of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation.intervals import Interval
from mlsys.evaluation.units import FEWEST

RESAMPLES = 10
"""Models learned again: the mean then moves by a third of the spread between them."""
FEWEST_LISTED = 10
"""Rows listed as the most anomalous, and the fewest that are compared over resamples."""

Values = NDArray[np.float64]


def over_resamples(values: Sequence[float], level: float) -> Interval:
    """Return the mean over resamples with Student's interval, kept between -1 and 1.

    Notes
    -----
    The interval says how far the mean of ten resamples may lie from that of all resamples of these training rows. It
    does not say how other data would do.
    """
    from scipy.stats import t

    known = np.array([each for each in values if np.isfinite(each)])
    if len(known) < 2:
        return Interval(float("nan"), np.nan, np.nan, len(known), "none", "not enough data")
    mean = float(known.mean())
    half = float(t.ppf(0.5 + level / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return Interval(mean, max(-1.0, mean - half), min(1.0, mean + half), len(known), "Student, over resamples")


def shared_top(scores: Values, others: Values, most: int) -> float:
    """Return the share of the highest ``most`` scores that are among the highest ``most`` others as well.

    Examples
    --------
    >>> shared_top(np.array([3.0, 2.0, 1.0, 0.0]), np.array([3.0, 0.0, 1.0, 2.0]), 2)
    0.5
    """
    top, again = (set(np.argsort(-each, kind="stable")[:most].tolist()) for each in (scores, others))
    return len(top & again) / most


def rank_correlation(scores: Values, others: Values) -> float:
    """Return Spearman's correlation of two scorings; NaN where one is constant."""
    one, other = (pd.Series(each).rank().to_numpy() for each in (scores, others))
    if one.std() == 0 or other.std() == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def adjusted_rand(labels: NDArray[np.int64], others: NDArray[np.int64]) -> float:
    """Return the adjusted Rand index of two groupings: 1 for the same groups, 0 as by chance (Hubert and Arabie 1985).

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([5, 5, 2, 2]))
    1.0
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(labels, others))


def normal_mean(values: Values, level: float, least: float, most: float) -> Interval:
    """Return the mean over rows with its normal interval; none of fewer than ten."""
    from mlsys.summaries.wilson import quantile_of

    known = values[np.isfinite(values)]
    if len(known) < FEWEST:
        return Interval(float(known.mean()) if len(known) else np.nan, np.nan, np.nan, len(known), "none",
                        "not enough data")  # fmt: skip
    mean, error = float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known)))
    half = quantile_of(level) * error
    return Interval(mean, max(least, mean - half), min(most, mean + half), len(known), "normal")


def bootstrapped(
    statistic: Callable[[NDArray[np.int64]], float], rows: int, level: float, draws: int = 200
) -> tuple[float, float]:
    """Return the percentile interval of a statistic of drawn places of rows."""
    rng = np.random.default_rng(0)
    values = [statistic(rng.integers(0, rows, rows)) for _ in range(draws)]
    lower, upper = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)
