"""Intervals: Wilson for shares, DeLong for the ROC AUC, the delta method, and a bootstrap for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.counts import Ranked, within
from mlsys.evaluation.counts.ranks import placement_variance
from mlsys.evaluation.delta_method import added_by_rows, ends_of, variance_of
from mlsys.evaluation.sample import Sample
from mlsys.evaluation.scored import group_codes
from mlsys.evaluation.units import FEWEST, ROWS_WORTH, units_of
from mlsys.summaries.wilson import quantile_of, wilson

Values = NDArray[np.float64]
DRAWS = 200
"""Bootstrap draws: the 95 % ends then vary by about a tenth of the interval (Efron and Tibshirani 1993, ch. 19)."""
MOST_DRAWS = 4_000
MOST_BOOTSTRAPPED = 20_000
"""Rows drawn at most; the interval of a larger sample is narrowed by the square root of the ratio."""
AT_ONCE = 4_000_000
"""Rows times draws held at once: 32 MB."""


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its interval, and how they were found."""

    value: float
    lower: float
    upper: float
    n: int
    method: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.lower:.3f}, {self.upper:.3f}]"


def at_once(level: float, k: int) -> float:
    """Return the level of each of ``k`` intervals that hold simultaneously with ``level`` (Sidak 1967)."""
    return float(level ** (1 / max(k, 1)))


def draws_for(level: float) -> int:
    """Return how many draws leave as many beyond each end as 200 draws do at 95 %; 4,000 at most.

    Examples
    --------
    >>> draws_for(0.95), draws_for(0.99)
    (200, 1000)
    """
    return min(MOST_DRAWS, max(DRAWS, round(DRAWS * 0.05 / (1 - level))))


def placements(ranked: Ranked) -> tuple[float, Values, Values]:
    """Return the AUC, and for each event and each other row how much of the other kind it is ordered right with.

    These are the components of its variance (DeLong et al. 1988), in the order in which the rows were given.
    """
    return ranked.placements


def delong(event: NDArray[np.bool_], score: Values, level: float = 0.95) -> tuple[float, float, float]:
    """Return the AUC with its interval; see :func:`auc_interval`."""
    return auc_interval(*Ranked.of(score, event).counted(np.ones(len(score))), level)


def auc_interval(events: Values, others: Values, level: float = 0.95) -> tuple[float, float, float]:
    """Return the AUC with Wilson's interval at the number of rows that DeLong's variance is worth.

    Parameters
    ----------
    events, others : ndarray of shape (distinct scores,)
        Their number at each score, the lowest first.

    Notes
    -----
    DeLong's normal interval breaks down near 1, and a perfect ranking has no variance at all. A share of as
    many independent rows as would have the same variance (Korn and Graubard 1998) stays inside 0 and 1 and
    keeps its coverage. A constant score has no interval: its AUC is a half whatever the rows.
    """
    if len(events) == 1:
        return 0.5, 0.5, 0.5
    area, variance = placement_variance(events, others)
    most = ROWS_WORTH * min(events.sum(), others.sum())
    worth = most if variance == 0 else min(area * (1 - area) / variance, most)
    return area, *wilson(area * worth, worth, level)


def bootstrap(
    metric: Metric,
    sample: Sample,
    level: float,
    seed: int,
    clusters: NDArray[np.int64] | None = None,
    draws: int = DRAWS,
) -> tuple[float, float]:
    """Return the percentile interval of a metric over Poisson-weighted rows, or clusters of rows.

    Notes
    -----
    Weights are Poisson(1) draws (Chamandy et al. 2012), so rows are never copied. Of very many rows a sample is
    drawn once; what its draws are away from its own value, shrunk by the root of the ratio of rows, is laid around
    the value of all rows.
    """
    rng, n = np.random.default_rng(seed), len(sample)
    shrink, centre, value = 1.0, 0.0, 0.0
    if clusters is None and n > MOST_BOOTSTRAPPED:
        chosen = rng.choice(n, MOST_BOOTSTRAPPED, replace=False)
        value = metric(sample)
        shrink, sample = np.sqrt(MOST_BOOTSTRAPPED / n), sample.taken(chosen)
        n, centre = MOST_BOOTSTRAPPED, metric(sample)
    units = n if clusters is None else int(clusters.max()) + 1
    values = np.concatenate([metric.drawn(sample, times) for times in drawn_times(rng, units, draws, n, clusters)])
    lower, upper = (float(end) for end in within(values, level))
    if clusters is not None:
        value, wider, (least, most) = metric(sample), widened(units, level), metric.bounds
        return max(least, value + wider * (lower - value)), min(most, value + wider * (upper - value))
    return value + shrink * (lower - centre), value + shrink * (upper - centre)


def widened(groups: int, level: float) -> float:
    """Return by how much an interval over few groups must be wider than percentiles of draws say.

    Notes
    -----
    Percentiles of a mean over g draws are those of a normal distribution with the variance of the sample, which lacks
    the factor g / (g - 1), where Student's t with g - 1 degrees of freedom is right (Hesterberg 2015, *What teachers
    should know about the bootstrap*).

    Examples
    --------
    >>> round(widened(10, 0.95), 2), round(widened(1_000, 0.95), 3)
    (1.22, 1.002)
    """
    from scipy.special import stdtrit

    return float(stdtrit(groups - 1, 0.5 + level / 2) / quantile_of(level) * np.sqrt(groups / (groups - 1)))


def drawn_times(
    rng: np.random.Generator, units: int, draws: int, rows: int, clusters: NDArray[np.int64] | None
) -> Iterator[Values]:
    """Return how often each row is drawn, some draws at a time, so that memory does not grow with them."""
    each = max(1, AT_ONCE // max(rows, 1))
    for begin in range(0, draws, each):
        counts = rng.poisson(1.0, (min(each, draws - begin), units)).astype(np.float64)
        yield counts if clusters is None else counts[:, clusters]


def metric_interval(
    metric: Metric,
    sample: Sample,
    level: float = 0.95,
    seed: int = 0,
    group: pd.Series | None = None,
    draws: int = DRAWS,
) -> Interval:
    """Return a metric's value with the interval that suits it.

    Notes
    -----
    Of independent rows without weights: Wilson for shares of rows (accuracy, recall, precision), and at the rows that
    DeLong's variance is worth for the ROC AUC. Otherwise the delta method, between groups where there are groups; for
    medians and your own functions a bootstrap. Too few rows or events give the value with no interval and say so.
    """
    value, n = metric(sample), len(sample)
    if not np.isfinite(value):
        why = metric.undefined if isinstance(metric, SampleMetric) else "not defined here"
        return Interval(value, np.nan, np.nan, n, "none", why)
    if metric.interval == "none":
        return Interval(value, np.nan, np.nan, n, "none", "no interval asked for")
    units = units_of(metric, sample, group)
    if units.too_few:
        return Interval(value, np.nan, np.nan, n, "none", "not enough data")
    if isinstance(metric, SampleMetric) and metric.ends is not None:
        lower, upper = metric.ends(sample, group, level)
        return Interval(value, lower, upper, n, "own")
    plain = group is None and sample.is_plain
    if plain and metric.delong:
        _, lower, upper = auc_interval(*sample.counted(), level)
        return Interval(value, lower, upper, n, "DeLong")
    among = metric.trials(sample) if plain else None
    if among is not None:
        if among < FEWEST:
            return Interval(value, np.nan, np.nan, int(among), "none", "not enough data")
        lower, upper = wilson(value * among, among, level)
        return Interval(value, lower, upper, int(among), "Wilson")
    codes, added = group_codes(group), added_by_rows(metric, sample)
    if added is None:
        lower, upper = bootstrap(metric, sample, level, seed, codes, draws)
        return Interval(value, lower, upper, n, "bootstrap" if codes is None else "bootstrap of groups")
    variance = variance_of(added, codes)
    lower, upper = map(float, ends_of(value, variance, units.freedom, level, metric.bounds, units.most))
    return Interval(value, lower, upper, n, "delta method" if codes is None else "delta method, between groups")


def error_of_mean(values: Values, weight: Values, group: pd.Series | None = None) -> float:
    """Return the standard error of a weighted mean (Cochran 1977, the ratio estimator's), by group if there are any."""
    deviations = weight * (values - np.average(values, weights=weight))
    if group is not None:
        deviations = np.asarray(np.bincount(pd.factorize(group)[0], deviations), dtype=np.float64)
    n = len(deviations)
    return float(np.sqrt((deviations**2).sum() * n / max(n - 1, 1)) / weight.sum())
