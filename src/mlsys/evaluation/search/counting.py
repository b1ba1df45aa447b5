"""Counts of the slices that one more item makes of a slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.search.items import Items

Values = NDArray[np.float64]
Places = NDArray[np.int64]
Worth = Callable[[Values], NDArray[np.bool_]]
_WORD = 64
_AT_ONCE = 16_384
"""Words that are looked at together: what fits in the fast memory of a processor."""


class Counts(NamedTuple):
    """Rows, weight and loss of slices."""

    rows: Places
    weight: Values
    loss: Values

    def at(self, places: Any) -> Counts:
        """Return some of them."""
        return Counts(self.rows[places], self.weight[places], self.loss[places])


class Tally(Protocol):
    """Counts rows of slices; a slice is whatever the tally holds of it."""

    @property
    def whole(self) -> Any:
        """All rows."""

    def counts(self, held: Any, items: Places, worth: Worth) -> tuple[Places, Counts]:
        """Return which items added to a slice are worth it by their loss, and the counts of these.

        Parameters
        ----------
        held : object
            The slice.
        items : ndarray of int
            What is added, one at a time.
        worth : callable
            Returns from losses which are worth counting; a tally may count the others too, but does not return them.
        """

    def narrowed(self, held: Any, item: int) -> Any:
        """Return a slice with an item added."""

    def most(self, held: Any) -> float:
        """Return the largest loss by weight of a row of a slice."""


def tally_of(items: Items, loss: Values, weight: Values | None) -> Tally:
    """Return what counts fastest: bits where a row has a loss of 0 or 1, else sums by value."""
    if weight is None and np.isin(loss, (0.0, 1.0)).all():
        return Bits.of(items, loss > 0)
    return Sums.of(items, loss, weight)


@dataclass(frozen=True)
class Bits:
    """Rows as bits, those with a loss first: a slice is one bit a row, and counting is counting bits.

    Parameters
    ----------
    words : ndarray of uint64, shape (items, words)
        A bit for each row that has the item.
    losses : int
        Words of rows with a loss.
    """

    words: NDArray[np.uint64]
    losses: int
    whole: Any = None

    @classmethod
    def of(cls, items: Items, lost: NDArray[np.bool_]) -> Bits:
        """Set the bits of items."""
        parts = [np.flatnonzero(lost), np.flatnonzero(~lost)]
        sizes = [-(-len(part) // _WORD) for part in parts]
        words = np.zeros((len(items), sum(sizes)), dtype=np.uint64)
        told = words.view(np.uint8)
        begins = (0, 8 * sizes[0])
        for item in range(len(items)):
            there = items.rows(item)
            for part, begin in zip(parts, begins, strict=True):
                packed = np.packbits(there[part])
                told[item, begin : begin + len(packed)] = packed
        return cls(words, sizes[0])

    def counts(self, held: Any, items: Places, worth: Worth) -> tuple[Places, Counts]:
        """Return which items added to a slice are worth it by their loss, and the counts of these."""
        loss = self._ones(held, items, slice(None, self.losses))
        kept = np.flatnonzero(worth(loss.astype(np.float64)))
        loss = loss[kept]
        rows = loss + self._ones(held, items[kept], slice(self.losses, None))
        return kept, Counts(rows, rows.astype(np.float64), loss.astype(np.float64))

    def _ones(self, held: Any, items: Places, part: slice) -> Places:
        """Return how many rows of a slice each of the items has, among the rows of some words."""
        words, ones = self.words[:, part], np.empty(len(items), np.int64)
        held = None if held is None else held[part]
        step = max(1, _AT_ONCE // max(words.shape[1], 1))
        for begin in range(0, len(items), step):
            some = slice(begin, begin + step)
            chosen = words[items[begin]][None] if step == 1 else words[items[some]]
            counted = np.bitwise_count(chosen if held is None else chosen & held)
            ones[some] = counted.sum(axis=1, dtype=np.uint32)
        return ones

    def narrowed(self, held: Any, item: int) -> Any:
        """Return a slice with an item added."""
        return self.words[item] if held is None else self.words[item] & held

    def most(self, held: Any) -> float:
        """Return 1: a row is lost or not."""
        return 1.0


@dataclass(frozen=True)
class Sums:
    """A histogram of rows, weights and losses for each feature; a slice is the places of its rows.

    Parameters
    ----------
    items : Items
        Values of features.
    loss : ndarray
        One a row.
    weight : ndarray, optional
        Above 0, one a row.
    ratio : ndarray
        Loss by weight.
    """

    items: Items
    loss: Values
    weight: Values | None
    ratio: Values
    whole: Any = None

    @classmethod
    def of(cls, items: Items, loss: Values, weight: Values | None) -> Sums:
        """Hold rows."""
        return cls(items, loss, weight, loss if weight is None else loss / weight)

    def counts(self, held: Any, items: Places, worth: Worth) -> tuple[Places, Counts]:
        """Return which items added to a slice are worth it by their loss, and the counts of these."""
        loss, weight = (each if held is None or each is None else each[held] for each in (self.loss, self.weight))
        found = np.zeros((3, len(items)))
        feature, value = self.items.feature[items], self.items.value[items]
        for one in np.unique(feature):
            mine = feature == one
            codes = self.items.codes[one]
            codes, most = codes if held is None else codes[held], int(value[mine].max()) + 1
            rows = np.bincount(codes, minlength=most)
            sums = [rows, rows if weight is None else np.bincount(codes, weight, most), np.bincount(codes, loss, most)]
            found[:, mine] = [each[value[mine]] for each in sums]
        kept = np.flatnonzero(worth(found[2]))
        return kept, Counts(found[0, kept].astype(np.int64), found[1, kept], found[2, kept])

    def narrowed(self, held: Any, item: int) -> Any:
        """Return a slice with an item added."""
        codes, value = self.items.codes[self.items.feature[item]], self.items.value[item]
        return np.flatnonzero(codes == value) if held is None else held[codes[held] == value]

    def most(self, held: Any) -> float:
        """Return the largest loss by weight of a row of a slice."""
        return float((self.ratio if held is None else self.ratio[held]).max(initial=0.0))
