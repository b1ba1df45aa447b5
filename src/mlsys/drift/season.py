"""Seasonal threshold: how much windows of the reference differ from each other, by their distance in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

YEAR = 365.2425 * 86_400
"""Seconds of one full cycle of seasons."""
FEWEST_ROWS = 30
"""A window with fewer rows is too noisy to set a bar, unless most windows have so few."""
FEWEST_PAIRS = 3
"""Pairs of reference windows at one distance that a bar needs."""

Distance = Callable[[NDArray[np.float64], NDArray[np.float64], float], float]


def season_excess(
    reference: NDArray[np.int64],
    current: NDArray[np.int64],
    outside: NDArray[np.float64],
    lag: int,
    distance: Distance,
    rare: float,
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
    rare : float
        How rarely chance may exceed the bar.

    Returns
    -------
    tuple of float or None
        Typical distance of current windows to the nearest reference window, and the bar (:func:`bar_of`) that
        distances of two reference windows equally far apart set. ``None`` where the reference is too short to set one.

    Notes
    -----
    A steady change of season moves neighbouring windows by like amounts, so only what moves faster than
    the reference ever did at that distance exceeds the bar; most current windows have to. A change as slow as the
    seasons is not seen; see the page on drift.
    """
    fewest = fewest_rows(reference)
    usable = np.flatnonzero(reference.sum(axis=1) >= fewest)
    judged = [place for place in range(len(current)) if current[place].sum() >= fewest]
    if len(usable) < FEWEST_PAIRS + 1 or not judged:
        return None
    last, found = int(usable[-1]), []
    for place in judged:
        apart = lag + place + (len(reference) - 1 - last)
        pairs = [(i, i + apart) for i in usable if i + apart in usable]
        if len(pairs) < FEWEST_PAIRS:
            continue
        inside = [distance(reference[i].astype(float), reference[j].astype(float), 0.0) for i, j in pairs]
        moved = distance(reference[last].astype(float), current[place].astype(float), outside[place])
        found.append((moved, bar_of(inside, rare)))
    if not found:
        return None
    ordered = sorted(found, key=lambda pair: pair[0] - pair[1])
    return ordered[(len(ordered) - 1) // 2]


def bar_of(distances: Sequence[float], rare: float) -> float:
    """Return the distance that the next one exceeds by chance no more often than ``rare``.

    Notes
    -----
    The largest of k exchangeable distances, widened by two over their number, because the next one exceeds the largest
    once in k + 1 times. Where that is not rare enough, the limit of prediction for square roots that are about normal
    (Student's t).

    Examples
    --------
    >>> distances = [0.1, 0.2, 0.15, 0.1, 0.12]
    >>> round(bar_of(distances, 0.2), 2), round(bar_of(distances, 0.01), 2)
    (0.28, 0.35)
    """
    from scipy.special import stdtrit

    found, number = np.sqrt(np.asarray(distances, dtype=np.float64)), len(distances)
    largest = float(found.max()) ** 2 * (1 + 2 / number)
    if (number + 1) * rare >= 1:
        return largest
    beyond = float(stdtrit(number - 1, 1 - rare)) * float(found.std(ddof=1)) * np.sqrt(1 + 1 / number)
    return max(largest, float(found.mean() + beyond) ** 2)


def fewest_rows(reference: NDArray[np.int64]) -> float:
    """Return the rows that a window needs: half of what windows usually have, and never more than 30.

    Windows of as few rows are alike noisy on both sides, so that the largest of their distances bounds the next.
    """
    sizes = reference.sum(axis=1)
    held = sizes[sizes > 0]
    return min(float(FEWEST_ROWS), float(np.median(held)) / 2) if len(held) else float(FEWEST_ROWS)


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
