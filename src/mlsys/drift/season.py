"""Seasonal threshold: how much windows of the reference differ from each other, by their distance in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

YEAR = 365.2425 * 86_400
"""Seconds of one full cycle of seasons."""
FEWEST_ROWS = 30
"""A window with fewer rows is too noisy to set a bar."""
FEWEST_PAIRS = 3
"""Pairs of reference windows at one distance that a bar needs."""

Distance = Callable[[NDArray[np.float64], NDArray[np.float64], float], float]


def season_excess(
    reference: NDArray[np.int64],
    current: NDArray[np.int64],
    outside: NDArray[np.float64],
    lag: int,
    distance: Distance,
) -> tuple[float, float] | None:
    """Compare current windows with the last reference windows, as the reference's own windows compare.

    Parameters
    ----------
    reference : ndarray of shape (windows, bins)
        Counts in order of time.
    current : ndarray of shape (windows, bins)
        Counts of the windows to judge; the first lies ``lag`` windows after the last of the reference.
    outside : ndarray of shape (windows,)
        How far the current rows lie outside the reference's range, added up.
    lag : int
        At least 1.
    distance : callable
        Distance between two windows' counts, given what the second has outside.

    Returns
    -------
    tuple of float or None
        Typical distance of current windows to the nearest reference window, and the bar: the largest
        distance of two reference windows equally far apart, widened by two over the number of pairs.
        ``None`` where the reference is too short to set a bar.

    Notes
    -----
    A steady change of season moves neighbouring windows by like amounts, so only what moves faster than
    the reference ever did at that distance exceeds the bar. The largest of k pairs is exceeded by chance
    once in k + 1 times if windows are exchangeable, hence the widening and the demand that most current
    windows exceed it. A change as slow as the seasons is not seen; see the page on drift.
    """
    usable = np.flatnonzero(reference.sum(axis=1) >= FEWEST_ROWS)
    judged = [place for place in range(len(current)) if current[place].sum() >= FEWEST_ROWS]
    if len(usable) < FEWEST_PAIRS + 1 or not judged:
        return None
    last, found = int(usable[-1]), []
    for place in judged:
        apart = lag + place + (len(reference) - 1 - last)
        pairs = [(i, i + apart) for i in usable if i + apart in usable]
        if len(pairs) < FEWEST_PAIRS:
            continue
        inside = max(distance(reference[i].astype(float), reference[j].astype(float), 0.0) for i, j in pairs)
        bar = inside * (1 + 2 / len(pairs))
        found.append((distance(reference[last].astype(float), current[place].astype(float), outside[place]), bar))
    if not found:
        return None
    ordered = sorted(found, key=lambda pair: pair[0] - pair[1])
    return ordered[(len(ordered) - 1) // 2]


def cycles(span_seconds: float) -> str:
    """Describe which cycles the length of the reference can show.

    Examples
    --------
    >>> cycles(0.66 * YEAR)
    'the reference covers 0.66 of a year: a season needs a full cycle to be told from drift'
    """
    years = span_seconds / YEAR
    if years < 1:
        return f"the reference covers {years:.2f} of a year: a season needs a full cycle to be told from drift"
    return f"the reference covers {years:.1f} years"
