"""Wilson's interval for a share."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


def wilson(hits: float, trials: float) -> tuple[float, float, float]:
    """Return a share with its 95 % interval (Wilson 1927); NaN where nothing was tried.

    Notes
    -----
    Counts may be expected or effective ones, and then need not be whole.
    Keeps its coverage for few trials and shares near 0 and 1; assumes that trials are independent.

    Examples
    --------
    >>> [round(each, 3) for each in wilson(9, 10)]
    [0.9, 0.596, 0.982]
    """
    if not trials:
        return math.nan, math.nan, math.nan
    share, square = hits / trials, Z_95**2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = Z_95 / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
