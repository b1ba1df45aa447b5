"""Means over the nearest rows: which columns are the distance, and which rows are neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Places = NDArray[np.int64]
    Table = NDArray[np.float64]

COUNTS = [each for each in range(2, 30) if each % 10]
"""Neighbours that a mean may be of: those of ten have one decimal more than the values, as values themselves may."""
MOST_DONORS, MOST_COMPARED = 10_000, 30
"""Rows among which neighbours are, and columns of which some may be the distance."""
ASKED, FEWEST = 24, 8
"""Rows that are asked, and those that all rows must reproduce at least."""
DIFFER = 3
"""Rows that training rows must not reproduce."""
SAME = 1e-9


def are_means_of_nearest(
    numbers: Mapping[str, Numbers],
    wanted: Numbers,
    donated: Numbers,
    places: tuple[Places, Places],
    training: NDArray[np.bool_],
    count: int,
    agree: float,
) -> bool:
    """Whether values are means over the nearest rows among all, and not among training rows.

    Parameters
    ----------
    numbers : mapping of str to array
        Columns of all rows, of which some are the distance.
    wanted, donated : array of float
        Values of the rows asked, and of the rows that may be their neighbours.
    places : tuple of array
        Positions of both among all rows.
    training : array of bool
        Which of all rows are training rows.
    count : int
        Neighbours of each mean.
    agree : float
        Share of the rows asked that all rows must reproduce.

    Notes
    -----
    Which columns are the distance is not known. They are added one at a time, or taken from all, as long as the means
    come closer, in plain units and in standard deviations: with the right ones they agree to the last bits.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> table, y = generator.normal(size=(200, 3)), generator.integers(0, 50, 200).astype(float)
    >>> near = np.argsort(((table[:, None, :2] - table[None, :, :2]) ** 2).sum(axis=2), axis=1)[:, :4]
    >>> rows = np.arange(200)
    >>> numbers = dict(zip("abc", table.T))
    >>> are_means_of_nearest(numbers, y[near].mean(axis=1)[:24], y, (rows[:24], rows), rows < 120, 4, 0.9)
    True
    """
    asked, donors = places
    mine = training[donors]
    if not count < mine.sum() <= len(donors) <= MOST_DONORS or len(asked) < FEWEST:
        return False
    for scaled in (False, True):
        near = _Distances.of(numbers, asked, donors, scaled)
        off = near.chosen(lambda each: _off(each, donated, wanted, count)) if near else None
        if off is not None and (off.least <= SAME).sum() >= max(FEWEST, agree * len(asked)):
            own = _off(off.squares[:, mine], donated[mine], wanted, count)
            return bool(((off.least <= SAME) & (own > SAME)).sum() >= DIFFER)
    return False


@dataclass(frozen=True)
class _Chosen:
    squares: Table
    least: Numbers


@dataclass(frozen=True)
class _Distances:
    """Squared distances from rows asked to donors, by column."""

    squares: Sequence[Table]

    @classmethod
    def of(
        cls,
        numbers: Mapping[str, Numbers],
        asked: NDArray[np.int64],
        donors: NDArray[np.int64],
        scaled: bool,
    ) -> _Distances:
        found: list[Table] = []
        for values in numbers.values():
            size = float(np.nanvar(values))
            if size > 0 and np.isfinite(values[asked]).all() and len(found) < MOST_COMPARED:
                apart = (values[asked][:, None] - values[donors][None, :]) ** 2
                found.append(np.nan_to_num(apart / size if scaled else apart))
        return cls(found)

    def __bool__(self) -> bool:
        return bool(self.squares)

    def chosen(self, off: Callable[[Table], Numbers]) -> _Chosen:
        """Return the sum over the columns that bring most rows to 0, added one at a time, or taken from all."""
        every = set(range(len(self.squares)))
        return min((self._searched(off, start) for start in (set[int](), every)), key=lambda each: _size(each.least))

    def _searched(self, off: Callable[[Table], Numbers], start: set[int]) -> _Chosen:
        """Add columns to none, or take them from all, as long as the means come closer."""
        step, columns = (-1 if start else 1), set(start)
        total = np.sum([self.squares[each] for each in start], axis=0) if start else np.zeros_like(self.squares[0])
        best = _Chosen(total, off(total) if start else np.full(len(total), np.inf))
        while left := columns if start else set(range(len(self.squares))) - columns:
            if start and len(left) == 1:
                break
            tried = {each: best.squares + step * self.squares[each] for each in left}
            lengths = {each: off(table) for each, table in tried.items()}
            place = min(lengths, key=lambda each: _size(lengths[each]))
            if _size(lengths[place]) >= _size(best.least):
                break
            columns = columns ^ {place}
            best = _Chosen(tried[place], lengths[place])
        return best


def _size(least: Numbers) -> float:
    return float(np.median(least) + np.mean(np.minimum(least, 1.0)))


def _off(near: Table, donated: Numbers, values: Numbers, count: int) -> Numbers:
    """Return how far values are from the means of their nearest donors, in their spread."""
    places = np.argpartition(near, count - 1, axis=1)[:, :count]
    apart: Numbers = np.abs(donated[places].mean(axis=1) - values) / float(np.ptp(donated))
    return apart
