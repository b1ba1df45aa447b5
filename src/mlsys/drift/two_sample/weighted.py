"""Upper tail of a weighted sum of chi-square variables: the null of quadratic statistics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NEGLIGIBLE = 1e-9
"""Weights smaller than this share of the largest are rounding."""


def upper_tail(value: float, weights: Floats) -> float:
    """Return the probability that a sum of squared standard normal variables with these weights exceeds ``value``.

    Parameters
    ----------
    value : float
        The statistic.
    weights : ndarray of shape (k,)
        Not negative.

    Notes
    -----
    Saddlepoint approximation of Kuonen (Biometrika 86, 1999): its relative error is under a percent or two in the
    whole tail, where numeric inversion of the characteristic function has lost all digits.

    Examples
    --------
    >>> from scipy.stats import chi2
    >>> round(upper_tail(9.0, np.ones(3)), 3), round(float(chi2.sf(9.0, 3)), 3)
    (0.029, 0.029)
    """
    from scipy.special import chdtrc, ndtr

    kept = weights[weights > _NEGLIGIBLE * weights.max(initial=0.0)]
    if not len(kept) or value <= 0:
        return 1.0
    largest = float(kept.max())
    scaled, at = kept / largest, value / largest
    if np.ptp(scaled) < _NEGLIGIBLE:
        return float(chdtrc(len(scaled), at))
    point = _saddlepoint(at, scaled)
    if abs(point) < 1e-5:  # at the mean the formula is 0 / 0, and its limit flat
        point = 1e-5
        at = float((scaled / (1 - 2 * point * scaled)).sum())
    generating = -0.5 * float(np.log1p(-2 * point * scaled).sum())
    curvature = 2 * float(((scaled / (1 - 2 * point * scaled)) ** 2).sum())
    w = np.sign(point) * np.sqrt(max(2 * (point * at - generating), 1e-300))
    v = point * np.sqrt(curvature)
    return float(np.clip(ndtr(-(w + np.log(v / w) / w)), 0.0, 1.0))


def _saddlepoint(value: float, weights: Floats) -> float:
    """Return where the derivative of the cumulant generating function is ``value``; weights are at most 1."""
    low, high = -len(weights) / (2 * value) - 1.0, 0.5 * (1 - 1e-12)
    for _ in range(200):
        middle = (low + high) / 2
        if float((weights / (1 - 2 * middle * weights)).sum()) < value:
            low = middle
        else:
            high = middle
        if high - low < 1e-14:
            break
    return (low + high) / 2
