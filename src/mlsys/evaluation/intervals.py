"""Intervals: Wilson for shares, DeLong for the ROC AUC, bootstrap for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation.counts import Ranked, resampled, within
from mlsys.evaluation.counts.formulas import MOST_CLASSES
from mlsys.evaluation.counts.ranks import placement_variance
from mlsys.evaluation.metric import Metric, SampleMetric
from mlsys.evaluation.sample import Sample
from mlsys.evaluation.statistic import OfCells

Values = NDArray[np.float64]
DRAWS = 200
"""Bootstrap draws: the 95 % ends then vary by about a tenth of the interval (Efron and Tibshirani 1993, ch. 19)."""
MOST_DRAWS = 4_000
MOST_BOOTSTRAPPED = 20_000
"""Rows drawn at most; the interval of a larger sample is narrowed by the square root of the ratio."""
ROWS_WORTH = 3
"""An AUC is worth at most this many independent rows for each of the rarer class; then 95 % intervals cover at least
95 % from 20 events on and up to an AUC of .999 (simulated in tests/evaluation/test_auc_interval.py)."""
AT_ONCE = 4_000_000
"""Rows times draws held at once: 32 MB."""
FEWEST = 10
"""With fewer events, rows or groups there is no interval."""


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


def quantile_of(level: float) -> float:
    """Return the two-sided normal quantile of a confidence level.

    Examples
    --------
    >>> round(quantile_of(0.95), 2)
    1.96
    """
    return NormalDist().inv_cdf(0.5 + level / 2)


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


def wilson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share (1927); it keeps its coverage for small n and rare events.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    lower, upper = wilson_ends(np.float64(successes), np.float64(n), level)
    return float(lower), float(upper)


def wilson_ends(successes: Values | float, n: Values | float, level: float) -> tuple[Values, Values]:
    """Return Wilson's intervals of many shares, NaN where there are no rows.

    Examples
    --------
    >>> [end.round(3).tolist() for end in wilson_ends(np.array([8.0, 0.0]), np.array([10.0, 0.0]), 0.95)]
    [[0.49, nan], [0.943, nan]]
    """
    z, n = quantile_of(level), np.where(np.asarray(n) > 0, n, np.nan)
    share, centre = successes / n, successes / n + z * z / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # none and all lie at an end exactly, which rounding misses
    lower = np.where(share == 0, 0.0, (centre - half) / (1 + z * z / n))
    upper = np.where(share == 1, 1.0, (centre + half) / (1 + z * z / n))
    return lower, upper


def placements(ranked: Ranked) -> tuple[float, Values, Values]:
    """Return the AUC, and for each event and each other row how much of the other kind it is ordered right with.

    These are the components of its variance (DeLong et al. 1988), in the order in which the rows were given.
    """
    sizes = np.diff(np.append(ranked.starts, len(ranked.order)))
    events, others = ranked.counted(np.ones(len(ranked.order)))
    positives, negatives = events.sum(), others.sum()
    below = (np.cumsum(others) - others / 2) / negatives
    above = (positives - np.cumsum(events) + events / 2) / positives
    placed, event = np.empty(len(ranked.order)), np.empty(len(ranked.order), dtype=bool)
    placed[ranked.order] = np.where(ranked.event, np.repeat(below, sizes), np.repeat(above, sizes))
    event[ranked.order] = ranked.event
    return float(placed[event].mean()), placed[event], placed[~event]


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


def of_few_classes(metric: Metric, sample: Sample) -> bool:
    """Whether a metric is read from confusion counts, and these are few enough to be drawn."""
    return isinstance(metric.statistic, OfCells) and len(sample.classes) < MOST_CLASSES


def of_counts(metric: SampleMetric, sample: Sample, level: float, seed: int) -> tuple[float, float]:
    """Return the percentile interval of a metric of confusion counts of rows without weights."""
    assert isinstance(metric.statistic, OfCells)
    drawn = resampled(sample.cells.astype(np.int64), np.random.default_rng(seed))
    lower, upper = within(metric.statistic.formula(drawn), level)
    return float(lower), float(upper)


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
    Without groups: Wilson for shares of rows (accuracy, recall, precision) and DeLong for the ROC AUC where rows have
    no weights, the normal interval for means over rows (log loss, Brier, absolute error). Otherwise a
    bootstrap, of groups where there are groups. Too few rows or events give the value
    with no interval and say so.
    """
    value, n = metric(sample), len(sample)
    if not np.isfinite(value):
        why = metric.undefined if isinstance(metric, SampleMetric) else "not defined here"
        return Interval(value, np.nan, np.nan, n, "none", why)
    if metric.interval == "none":
        return Interval(value, np.nan, np.nan, n, "none", "no interval asked for")
    if too_few(metric, sample, group):
        return Interval(value, np.nan, np.nan, n, "none", "not enough data")
    if isinstance(metric, SampleMetric) and metric.ends is not None:
        lower, upper = metric.ends(sample, group, level)
        return Interval(value, lower, upper, n, "own")
    plain = group is None and bool((sample.weight == 1).all())
    if plain and metric.delong:
        _, lower, upper = auc_interval(*sample.ranked().counted(sample.weight), level)
        return Interval(value, lower, upper, n, "DeLong")
    among = metric.trials(sample) if plain else None
    if among is not None:
        if among < FEWEST:
            return Interval(value, np.nan, np.nan, int(among), "none", "not enough data")
        lower, upper = wilson(value * among, among, level)
        return Interval(value, lower, upper, int(among), "Wilson")
    rows = metric.rows(sample) if group is None else None
    if rows is not None:
        known = ~np.isnan(rows)
        half = quantile_of(level) * error_of_mean(rows[known], sample.weight[known])
        least, most = metric.bounds
        return Interval(value, max(least, value - half), min(most, value + half), n, "normal")
    if plain and isinstance(metric, SampleMetric) and of_few_classes(metric, sample):
        return Interval(value, *of_counts(metric, sample, level, seed), n, "bootstrap of counts")
    clusters = None if group is None else pd.factorize(group)[0].astype(np.int64)
    lower, upper = bootstrap(metric, sample, level, seed, clusters, draws)
    return Interval(value, lower, upper, n, "bootstrap" if clusters is None else "bootstrap of groups")


def too_few(metric: Metric, sample: Sample, group: pd.Series | None) -> bool:
    """Whether rows, groups, or rows of either of two classes are too few for an interval."""
    counts: list[float] = [len(sample)]
    if group is not None:
        counts.append(int(group.nunique(dropna=False)))
    if metric.ranks and len(sample.classes) == 2:  # noqa: PLR2004
        events = int(sample.event.sum())
        counts += [events, len(sample.y) - events]
    of = None if group is None and (sample.weight == 1).all() else metric.counted(sample)
    return min([*counts, *([] if of is None else [of])]) < FEWEST


def error_of_mean(values: Values, weight: Values, group: pd.Series | None = None) -> float:
    """Return the standard error of a weighted mean (Cochran 1977, the ratio estimator's), by group if there are any."""
    deviations = weight * (values - np.average(values, weights=weight))
    if group is not None:
        deviations = np.asarray(np.bincount(pd.factorize(group)[0], deviations), dtype=np.float64)
    n = len(deviations)
    return float(np.sqrt((deviations**2).sum() * n / max(n - 1, 1)) / weight.sum())
