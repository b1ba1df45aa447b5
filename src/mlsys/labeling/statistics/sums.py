"""Sums over rows of votes: a row's total of what each vote says, and what all votes for a class have together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LARGEST_TABLE = 4_096
"""Entries of a table that stays in the cache of a processor."""
ROWS_AT_ONCE = 8_192
"""Rows of which a copy as floats is made at a time."""
SPARSE_BELOW = 0.1
"""Share of votes below which most of a dense row would be looked up for nothing."""


class Totals:
    """Adds up what votes say, by rows and by votes.

    Parameters
    ----------
    codes : array of int8, rows x sources
        Places of classes, -1 where a source abstains.
    classes : int
        Number of classes.

    Notes
    -----
    Where many vote, the votes of several sources are read as digits of one number, and a table answers for all of them
    at once; where few do, only votes are visited.
    """

    by_rows: Callable[[Floats], Floats]
    """Tables (sources x votes x columns) to the total of each row, rows x columns."""
    by_votes: Callable[[Floats], Floats]
    """Weights (rows x columns) to their sum for each vote, sources x votes x columns."""

    def __init__(self, codes: NDArray[np.int8], classes: int) -> None:
        dense = codes.size and float((codes[:: max(1, len(codes) // 1_000)] >= 0).mean()) >= SPARSE_BELOW
        kind: Any = _Digits if dense else _Sparse
        sums = kind(codes, classes)
        self.by_rows, self.by_votes = sums.by_rows, sums.by_votes


class _Digits:
    """Votes of a group of sources as one number."""

    def __init__(self, codes: NDArray[np.int8], classes: int) -> None:
        self._classes, self._sources = classes, codes.shape[1]
        fit = max(1, int(np.log(LARGEST_TABLE) / np.log(classes + 1)))
        self._groups = [range(start, min(start + fit, self._sources)) for start in range(0, self._sources, fit)]
        powers = np.zeros((self._sources, len(self._groups)), np.float32)
        for number, group in enumerate(self._groups):
            powers[group.start : group.stop, number] = float(classes + 1) ** np.arange(len(group))[::-1]
        self._numbers = np.empty((len(self._groups), len(codes)), np.uint16)
        for start in range(0, len(codes), ROWS_AT_ONCE):
            some = codes[start : start + ROWS_AT_ONCE].astype(np.float32)
            some += 1
            self._numbers[:, start : start + ROWS_AT_ONCE] = (some @ powers).T  # whole numbers below 2 ** 24: exact

    def by_rows(self, tables: Floats) -> Floats:
        columns = tables.shape[2]
        total = np.zeros((columns, self._numbers.shape[1]))
        for group, numbers in zip(self._groups, self._numbers, strict=True):
            of_group, places = np.zeros((columns, 1)), numbers.astype(np.intp)
            for source in group:
                digits = np.vstack([np.zeros((1, columns)), tables[source]]).T  # the first abstains
                of_group = (of_group[:, :, None] + digits[:, None, :]).reshape(
                    columns, of_group.shape[1] * len(digits.T)
                )
            for place in range(columns):
                total[place] += of_group[place].take(places)
        return total.T

    def by_votes(self, weights: Floats) -> Floats:
        base, columns = self._classes + 1, weights.shape[1]
        sums = np.zeros((self._sources, self._classes, columns))
        for group, numbers in zip(self._groups, self._numbers, strict=True):
            counted, places = np.empty((base ** len(group), columns)), numbers.astype(np.intp)
            for place in range(columns):
                counted[:, place] = np.bincount(places, weights=weights[:, place], minlength=base ** len(group))
            shape = counted.reshape(*[base] * len(group), columns)
            for place, source in enumerate(group):
                others = tuple(each for each in range(len(group)) if each != place)
                sums[source] = shape.sum(axis=others)[1:]
        return sums


class _Sparse:
    """One entry a vote."""

    def __init__(self, codes: NDArray[np.int8], classes: int) -> None:
        from scipy import sparse

        self._sources, self._classes = codes.shape[1], classes
        rows, sources = np.nonzero(codes >= 0)
        columns = sources * classes + codes[rows, sources]
        self._votes = sparse.csr_array(
            (np.ones(len(rows)), (rows, columns)), shape=(len(codes), codes.shape[1] * classes)
        )

    def by_rows(self, tables: Floats) -> Floats:
        return np.asarray(self._votes @ tables.reshape(-1, tables.shape[2]))

    def by_votes(self, weights: Floats) -> Floats:
        return np.asarray(self._votes.T @ weights).reshape(self._sources, self._classes, weights.shape[1])
