"""Successive sampling: rows drawn one after another in proportion to size, among those that are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Values = NDArray[np.float64]

_MORE = 1.2
"""Draws for each row that is wanted: some rows are drawn twice."""
_MOST_ROUNDS = 8
_REST = 1e-12
"""Share of all sizes below which nothing is left but what rounding leaves."""


def in_turn(sizes: Values, count: int, rng: np.random.Generator) -> tuple[Places, float]:
    """Return the places of the rows drawn, and the time at which the next one would arrive.

    Parameters
    ----------
    sizes : ndarray of shape (rows,)
        At least 0; not all are.
    count : int
        Rows to draw; all of a size above 0 if there are fewer, and the time is then infinite.
    rng : Generator
        Source of randomness.

    Notes
    -----
    Rows are drawn with replacement, and each counts when it comes first. What is left is drawn from anew, without those
    drawn before, which changes nothing: draws have no memory. Gaps between arrivals are exponential with the sum of the
    sizes that are left as rate.
    """
    left = sizes
    found: list[Places] = []
    lacking, rounds = count, 0
    while lacking:
        ends = np.cumsum(left)
        if not ends[-1] > 0:
            return np.concatenate(found), np.inf
        if rounds == _MOST_ROUNDS:  # a few rows outweigh all others: let all that are left race
            new = _raced(left, lacking, rng)
        else:
            drawn = rng.random(int(lacking * _MORE) + 1) * ends[-1]
            order = np.argsort(drawn)  # neighbours are found in neighbouring memory
            places = np.searchsorted(ends, drawn[order], side="right")
            fresh = np.flatnonzero(np.diff(places, prepend=-1))
            first = np.minimum.reduceat(order, fresh)  # when each row comes first
            new = places[fresh[np.argsort(first)[:lacking]]]
        found.append(new)
        lacking, rounds = lacking - len(new), rounds + 1
        if lacking:
            left = left.copy() if left is sizes else left
            left[new] = 0.0
            if rounds > _MOST_ROUNDS:
                break
    places = np.concatenate(found)
    rates = float(sizes.sum()) - np.append(0.0, np.cumsum(sizes[places]))
    if len(places) < count or not rates[-1] > _REST * rates[0]:
        return places, np.inf
    return places, float((rng.exponential(size=len(rates)) / np.maximum(rates, np.finfo(float).tiny)).sum())


def _raced(sizes: Values, count: int, rng: np.random.Generator) -> Places:
    """Return those of the smallest arrival times, in order."""
    with np.errstate(divide="ignore"):
        times = np.where(sizes > 0, rng.exponential(size=len(sizes)) / sizes, np.inf)
    order = np.argsort(times, kind="stable")[:count]
    return order[np.isfinite(times[order])]
