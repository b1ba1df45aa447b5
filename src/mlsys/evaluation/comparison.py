"""The difference of two models on the same rows, with a paired interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Event
from mlsys.evaluation._metric import Metric
from mlsys.evaluation.counts import resampled, within
from mlsys.evaluation.delta_method import added_by_rows, variance_of
from mlsys.evaluation.differing import cleared, difference
from mlsys.evaluation.intervals import (
    DRAWS,
    MOST_BOOTSTRAPPED,
    Interval,
    drawn_times,
    error_of_mean,
    metric_interval,
    placements,
)
from mlsys.evaluation.statistic import OfCells
from mlsys.evaluation.together import sample_of, samples_of
from mlsys.evaluation.units import units_of
from mlsys.summaries.wilson import quantile_of

Events = Event | Mapping[str, Event | None] | None
"""The event, of several targets by target."""

MOST_PAIRED = 40
"""Of more classes, counts by truth and both predictions are more than the rows that are drawn otherwise."""


def scored_interval(metric: Metric, scored: pd.DataFrame, level: float = 0.95, event: Events = None) -> Interval:
    """Return the value of a metric with its interval on scored rows; by default the event is chosen from these rows."""
    return metric_interval(metric, sample_of(scored, event), level, group=scored.get("group"))


def paired_difference(
    metric: Metric,
    one: pd.DataFrame,
    other: pd.DataFrame,
    level: float = 0.95,
    seed: int = 0,
    event: Events = None,
) -> Interval:
    """Return ``metric(one) - metric(other)`` on the same scored rows.

    Parameters
    ----------
    metric : Metric
        What to compare.
    one, other : DataFrame
        Scored rows with one index.
    event : Event, optional
        The event, for two classes; by default chosen from the rows of ``one``.

    Notes
    -----
    Without groups: DeLong's covariance for the ROC AUC and draws of counts by truth and both predictions for what is
    read from a confusion matrix, both without weights; the normal interval of the differences of rows for means.
    Otherwise a bootstrap that draws the same rows, or groups, for both; of more than 20,000 rows without groups, the
    delta method where there is one.
    """
    first, second = samples_of(one, other, event)
    return paired(metric, first, second, one.get("group"), level, seed)


def paired(
    metric: Metric, first: Any, second: Any, group: pd.Series | None, level: float = 0.95, seed: int = 0
) -> Interval:
    """Return the difference of two models on the same rows, in the same order; see :func:`paired_difference`."""
    values, n = (metric(first), metric(second)), len(first)
    size, value = max(map(abs, values)), difference(*values)
    if not np.isfinite(value):
        return Interval(value, np.nan, np.nan, n, "none", "not defined here")
    if metric.interval == "none":
        return Interval(value, np.nan, np.nan, n, "none", "no interval asked for")
    if units_of(metric, first, group).too_few:
        return Interval(value, np.nan, np.nan, n, "none", "not enough data")
    plain = group is None and first.is_plain
    if metric.delong and plain:
        _, above_1, below_1 = placements(first.ranked())
        _, above_2, below_2 = placements(second.ranked())
        variance = (above_1 - above_2).var(ddof=1) / len(above_1) + (below_1 - below_2).var(ddof=1) / len(below_1)
        half = cleared(quantile_of(level) * float(np.sqrt(variance)), size)
        return Interval(value, value - half, value + half, n, "DeLong, paired")
    if plain and isinstance(metric.statistic, OfCells) and len(first.classes) < MOST_PAIRED:
        lower, upper = (cleared(end, size) for end in _of_counts(metric.statistic, first, second, level, seed))
        return Interval(value, lower, upper, n, "bootstrap of counts, paired")
    rows = (metric.rows(first), metric.rows(second)) if group is None else (None, None)
    if rows[0] is not None and rows[1] is not None and np.isfinite(rows[0] - rows[1]).all():
        half = cleared(quantile_of(level) * error_of_mean(rows[0] - rows[1], first.weight), size)
        return Interval(value, value - half, value + half, n, "normal, paired")
    clusters = None if group is None else pd.factorize(group)[0]
    if clusters is None and n > MOST_BOOTSTRAPPED:
        added = added_by_rows(metric, first), added_by_rows(metric, second)
        if added[0] is not None and added[1] is not None:  # all rows then tell, not some of them drawn again
            half = cleared(quantile_of(level) * float(np.sqrt(variance_of(added[0] - added[1], None))), size)
            return Interval(value, value - half, value + half, n, "delta method, paired")
    rng = np.random.default_rng(seed)
    shrink, chosen = 1.0, np.arange(n)
    if clusters is None and n > MOST_BOOTSTRAPPED:
        chosen, shrink = rng.choice(n, MOST_BOOTSTRAPPED, replace=False), np.sqrt(MOST_BOOTSTRAPPED / n)
        first, second = first.taken(chosen), second.taken(chosen)
    units = len(chosen) if clusters is None else int(clusters.max()) + 1
    times = drawn_times(rng, units, DRAWS, len(chosen), clusters)
    differences = np.concatenate([metric.drawn(first, each) - metric.drawn(second, each) for each in times])
    found = differences[np.isfinite(differences)]
    if len(found) < DRAWS / 2:
        return Interval(value, np.nan, np.nan, n, "none", "not enough data")
    ends = np.quantile(found - np.median(found), [(1 - level) / 2, (1 + level) / 2])
    lower, upper = (cleared(float(end), size) for end in ends)
    return Interval(value, value + shrink * lower, value + shrink * upper, n, "bootstrap, paired")


def _of_counts(statistic: OfCells, first: Any, second: Any, level: float, seed: int) -> tuple[float, float]:
    """Return the percentile interval of a difference, from counts of rows by truth and both predictions."""
    size = len(first.cells)
    joint = np.bincount(first.cell * size + second.cell % size, minlength=size**3).reshape(size, size, size)
    drawn = resampled(joint.reshape(size, -1), np.random.default_rng(seed)).reshape(-1, size, size, size)
    lower, upper = within(statistic.formula(drawn.sum(axis=3)) - statistic.formula(drawn.sum(axis=2)), level)
    return float(lower), float(upper)
