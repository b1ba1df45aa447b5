"""Wilson's interval of a share."""

from __future__ import annotations

from math import nan
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def quantile_of(level: float) -> float:
    """Return the two-sided normal quantile of a confidence level.

    Examples
    --------
    >>> round(quantile_of(0.95), 2)
    1.96
    """
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share (1927); it keeps its coverage for small n and rare events.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    lower, upper = wilson_ends(np.float64(successes), np.float64(n), level)
    return float(lower), float(upper)


def share_interval(hits: float, trials: float) -> tuple[float, float, float]:
    """Return a share with its 95 % interval; NaN where nothing was tried.

    Counts may be expected or effective ones, and then need not be whole.

    Examples
    --------
    >>> [round(each, 3) for each in share_interval(9, 10)]
    [0.9, 0.596, 0.982]
    """
    return (hits / trials, *wilson(hits, trials)) if trials else (nan, nan, nan)


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
