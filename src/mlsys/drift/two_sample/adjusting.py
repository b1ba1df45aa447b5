"""Many p-values at once: what may be called a difference, and how many of these are false."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def benjamini_hochberg(p: Floats) -> Floats:
    """Return adjusted p-values that control the false discovery rate (Benjamini and Hochberg 1995).

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.04, 0.04]
    """
    order = np.argsort(p)[::-1]
    ranked = p[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(ranked))
    return adjusted


def e_values(p: Floats, level: float) -> Floats:
    """Return e-values of p-values, made for a discovery rate of ``level`` over all of them.

    Parameters
    ----------
    p : ndarray of shape (k,)
        Each valid alone; how they depend on each other does not matter.
    level : float
        False discovery rate that :func:`e_benjamini_hochberg` will be asked for.

    Notes
    -----
    An e-value is not negative and 1 on average where nothing differs. This calibrator pays in steps,
    ``k / (level * j)`` for p up to ``level * j / (k * h)`` with ``h = 1 + 1/2 + ... + 1/k``; with it e-BH rejects what
    Benjamini and Yekutieli (2001) would, and e-values of other sources can stand beside it
    (Wang and Ramdas, JRSS B 84, 2022).

    Examples
    --------
    >>> e_values(np.array([0.01, 0.9]), 0.05).tolist()
    [40.0, 0.0]
    """
    k = len(p)
    harmonic = float((1 / np.arange(1, k + 1)).sum())
    step = np.maximum(np.ceil(np.asarray(p) * k * harmonic / level - 1e-12), 1.0)
    return np.where(step <= k, k / (level * step), 0.0)


def e_benjamini_hochberg(e: Floats, level: float) -> NDArray[np.bool_]:
    """Return which e-values are discoveries; at most ``level`` of these are false, whatever their dependence.

    Notes
    -----
    Wang and Ramdas (JRSS B 84, 2022): the largest j with the j-th largest e-value at least ``k / (level * j)``.

    Examples
    --------
    >>> e_benjamini_hochberg(np.array([50.0, 1.0, 0.2]), 0.05).tolist()
    [False, False, False]
    >>> e_benjamini_hochberg(np.array([70.0, 31.0, 0.2]), 0.05).tolist()
    [True, True, False]
    """
    order = np.argsort(e)[::-1]
    enough = e[order] >= len(e) / (level * np.arange(1, len(e) + 1)) * (1 - 1e-12)
    found = np.zeros(len(e), dtype=np.bool_)
    if enough.any():
        found[order[: int(np.flatnonzero(enough)[-1]) + 1]] = True
    return found
