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
    """Tables (sources x votes x classes) to the total of each row, rows x classes."""
    by_votes: Callable[[Floats], Floats]
    """Weights (rows x classes) to their sum for each vote, sources x votes x classes."""

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
        self._numbers = [self._number(codes, group) for group in self._groups]

    def _number(self, codes: NDArray[np.int8], group: range) -> NDArray[np.uint16]:
        number = np.zeros(len(codes), np.uint16)
        for column in group:
            number *= np.uint16(self._classes + 1)
            number += (codes[:, column] + np.int8(1)).astype(np.uint16)
        return number

    def by_rows(self, tables: Floats) -> Floats:
        total: Any = 0.0
        for group, numbers in zip(self._groups, self._numbers, strict=True):
            of_group = np.zeros((1, self._classes))
            for source in group:
                digits = np.vstack([np.zeros((1, self._classes)), tables[source]])  # the first abstains
                of_group = (of_group[:, None, :] + digits).reshape(-1, self._classes)
            total = total + np.take(of_group, numbers, axis=0)
        return np.asarray(total)

    def by_votes(self, weights: Floats) -> Floats:
        base, sums = self._classes + 1, np.zeros((self._sources, self._classes, self._classes))
        for group, numbers in zip(self._groups, self._numbers, strict=True):
            counted = np.column_stack([
                np.bincount(numbers, weights=weights[:, place], minlength=base ** len(group))
                for place in range(self._classes)
            ])  # fmt: skip
            shape = counted.reshape(*[base] * len(group), self._classes)
            for place, source in enumerate(group):
                others = tuple(each for each in range(len(group)) if each != place)
                sums[source] = shape.sum(axis=others)[1:]
        return sums


class _Sparse:
    """One entry a vote."""

    def __init__(self, codes: NDArray[np.int8], classes: int) -> None:
        from scipy import sparse

        self._shape = (codes.shape[1], classes, classes)
        rows, sources = np.nonzero(codes >= 0)
        columns = sources * classes + codes[rows, sources]
        self._votes = sparse.csr_array(
            (np.ones(len(rows)), (rows, columns)), shape=(len(codes), codes.shape[1] * classes)
        )

    def by_rows(self, tables: Floats) -> Floats:
        return np.asarray(self._votes @ tables.reshape(-1, self._shape[-1]))

    def by_votes(self, weights: Floats) -> Floats:
        return np.asarray(self._votes.T @ weights).reshape(self._shape)
