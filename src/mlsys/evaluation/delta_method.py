"""Intervals by the delta method: from what each row adds to a metric, on the scale that its bounds suggest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlsys.evaluation._metric import Metric
from mlsys.evaluation.counts.formulas import Values
from mlsys.summaries.wilson import quantile_of, wilson_ends


def variance_of(added: Values, codes: NDArray[np.int64] | None) -> float:
    """Return the variance of a metric, from what each row adds to its error.

    Parameters
    ----------
    added : ndarray of shape (rows,)
        The slope of the metric in the weight of each row, times the weight.
    codes : ndarray of int, optional
        The group of each row, within which rows are not independent.

    Notes
    -----
    The linearized variance of survey statistics (Binder 1983), between rows or groups. For the mean it is that of the
    mean, for the ROC AUC close to DeLong's.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 4.0])
    >>> round(variance_of((values - values.mean()) / 3, None), 6), round(float(values.var(ddof=1)) / 3, 6)
    (0.777778, 0.777778)
    """
    units = added if codes is None else np.bincount(codes, added)
    return float(len(units) / max(len(units) - 1, 1) * ((units - units.mean()) ** 2).sum())


def ends_of(
    value: ArrayLike,
    variance: ArrayLike,
    units: ArrayLike,
    level: float,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    most: ArrayLike = np.inf,
) -> tuple[Values, Values]:
    """Return the ends of intervals of values with a variance.

    Parameters
    ----------
    value, variance : array
        Of the metric.
    units : array
        Independent rows or groups that it is known from, for Student's t.
    level : float
        Of the intervals.
    bounds : tuple of float
        Of the metric.
    most : array
        Independent rows that a value between two bounds is worth at most.

    Notes
    -----
    Between two bounds, it is Wilson's interval of a share of as many independent rows as would have the variance (Korn
    and Graubard 1998); with one bound, the logarithm of the distance from it is taken as normal; otherwise the value.
    A value at a bound that does not vary is worth ``units`` rows; any other value that does not vary is certain.

    Examples
    --------
    >>> [round(float(end), 3) for end in ends_of(0.8, 0.8 * 0.2 / 10, 1e9, 0.95, (0, 1))]
    [0.49, 0.943]
    >>> [round(float(end), 3) for end in ends_of(2.0, 0.09, 1e9, 0.95, (0, np.inf))]
    [1.491, 2.684]
    """
    from scipy.special import stdtrit  # takes 0.1 s to import

    value, variance, units = (np.asarray(each, dtype=np.float64) for each in (value, variance, units))
    quantile = np.asarray(stdtrit(np.maximum(units - 1, 1), 0.5 + level / 2))
    lowest, greatest = bounds
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if np.isfinite(lowest) and np.isfinite(greatest):
            width = greatest - lowest
            share = np.clip((value - lowest) / width, 0.0, 1.0)
            ideal = share * (1 - share)
            worth = np.where(ideal > 0, ideal * width**2 / variance, units)
            worth = np.minimum(worth, most) * (quantile_of(level) / quantile) ** 2
            ends = wilson_ends(share * worth, worth, level)
            certain = (variance == 0) & (ideal > 0)
            lower, upper = (np.where(certain, value, lowest + width * end) for end in ends)
            return lower, upper
        half = quantile * np.sqrt(variance)
        if np.isfinite(lowest) or np.isfinite(greatest):
            bound = lowest if np.isfinite(lowest) else greatest
            far = value - bound
            ratio = np.exp(np.where(half == 0, 0.0, half / np.abs(far)))
            one, other = bound + far / ratio, bound + far * ratio
            return np.minimum(one, other), np.maximum(one, other)
        return value - half, value + half


def added_by_rows(metric: Metric, sample: object) -> Values | None:
    """Return what each row adds to the error of a metric; ``None`` where only draws tell its interval.

    Notes
    -----
    Of a mean that is the row's distance from it, by its weight; of what is read from counts, sums or ranks, the slope.
    """
    rows = metric.rows(sample)  # type: ignore[arg-type]
    if rows is None:
        return None if metric.statistic is None else metric.statistic.influence(sample)  # type: ignore[arg-type]
    weight = np.where(np.isnan(rows), 0.0, sample.weight)  # type: ignore[attr-defined]
    values = np.nan_to_num(rows, posinf=np.inf, neginf=-np.inf)
    return np.asarray(weight * (values - np.average(values, weights=weight)) / weight.sum())
