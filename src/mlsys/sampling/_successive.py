"""Successive sampling: rows drawn one after another in proportion to size, among those that are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Values = NDArray[np.float64]

_MORE = 1.1
"""Draws for each row that is wanted: some rows are drawn twice."""
_MOST_ROUNDS = 8
_REST = 1e-12
"""Share of all sizes below which nothing is left but what rounding leaves."""
_BLOCK = 16
"""Rows whose sizes are summed as one: of 8, 16 and 32 the fastest for 1,000 to 30,000 of a million rows."""


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
    sizes that are left as rate. Cost: one addition for each row, and one cumulative sum of blocks of 16 rows.
    """
    left = sizes
    found: list[Places] = []
    lacking, rounds = count, 0
    while lacking:
        # Where a few rows outweigh all others, all that are left race.
        new = _raced(left, lacking, rng) if rounds == _MOST_ROUNDS else _drawn(left, lacking, rng)
        if not len(new):
            break
        found.append(new)
        lacking, rounds = lacking - len(new), rounds + 1
        if lacking:
            left = left.copy() if left is sizes else left
            left[new] = 0.0
            if rounds > _MOST_ROUNDS:
                break
    places = np.concatenate([*found, np.empty(0, np.int64)])
    rates = float(sizes.sum()) - np.append(0.0, np.cumsum(sizes[places]))
    if len(places) < count or not rates[-1] > _REST * rates[0]:
        return places, np.inf
    return places, float((rng.exponential(size=len(rates)) / np.maximum(rates, np.finfo(float).tiny)).sum())


def _drawn(sizes: Values, count: int, rng: np.random.Generator) -> Places:
    """Return at most so many places drawn in proportion to size, in the order in which they come."""
    blocks = len(sizes) // _BLOCK
    # Row i of a block is `blocks` rows after row i - 1: all blocks are summed at once. The last rows stand alone.
    table = sizes[: blocks * _BLOCK].reshape(_BLOCK, blocks)
    sums = np.empty(len(sizes) - (_BLOCK - 1) * blocks)
    np.add.reduce(table, axis=0, out=sums[:blocks])
    sums[blocks:] = sizes[blocks * _BLOCK :]
    ends = np.cumsum(sums)
    if not ends[-1] > 0:
        return np.empty(0, dtype=np.int64)
    # In ascending order, because neighbours are found in neighbouring memory; which came first is drawn beside it.
    drawn = np.cumsum(rng.exponential(size=int(count * _MORE) + 2))
    drawn = drawn[:-1] * (ends[-1] / drawn[-1])
    order = rng.permutation(len(drawn))
    block = np.minimum(np.searchsorted(ends, drawn, side="right"), len(sums) - 1)
    alone = int(np.searchsorted(block, blocks))  # from here on
    left, column = (drawn - ends[block] + sums[block])[:alone], block[:alone]
    row = np.zeros(alone, dtype=np.int64)
    for sizes_of_row in table[:-1]:
        left -= sizes_of_row[column]
        row += left >= 0
    places = np.append(row * blocks + column, block[alone:] + (_BLOCK - 1) * blocks)
    fresh = np.flatnonzero(np.diff(places, prepend=-1))  # equal places are neighbours
    came = np.full(len(order), -1)
    came[np.minimum.reduceat(order, fresh)] = places[fresh]
    found: Places = came[came >= 0]
    found = found[sizes[found] > 0][:count]  # what rounding drew beyond the last size cannot be drawn
    return found


def _raced(sizes: Values, count: int, rng: np.random.Generator) -> Places:
    """Return those of the smallest arrival times, in order."""
    with np.errstate(divide="ignore"):
        times = np.where(sizes > 0, rng.exponential(size=len(sizes)) / sizes, np.inf)
    order = np.argsort(times, kind="stable")[:count]
    return order[np.isfinite(times[order])]
