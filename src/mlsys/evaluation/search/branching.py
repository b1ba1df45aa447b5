"""Branch and bound: the best slices, each looked at once."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.search.counting import Counts, Places, Tally, tally_of
from mlsys.evaluation.search.items import Items
from mlsys.evaluation.search.scores import Score, Total

Values = NDArray[np.float64]
_Order = tuple[float, int, tuple[int, ...]]
ROUNDING = 1e-9
"""Scores that differ by less are equal: sums in another order differ by as much."""


@dataclass(frozen=True)
class Found:
    """A slice that was found.

    Parameters
    ----------
    items : tuple of int
        Places of its items, ascending.
    rows : int
        How many it has.
    weight, loss : float
        Sums; its rate is ``loss / weight``.
    score : float
        Above 0.
    """

    items: tuple[int, ...]
    rows: int
    weight: float
    loss: float
    score: float


def best_slices(
    items: Items,
    loss: Values,
    weight: Values | None,
    make: Callable[[Total], Score],
    *,
    k: int,
    level: int,
    smallest: int,
) -> list[Found]:
    """Return the ``k`` slices with the highest scores, exactly.

    Parameters
    ----------
    items : Items
        What slices are made of.
    loss : ndarray of shape (rows,)
        At least 0.
    weight : ndarray of shape (rows,), optional
        Above 0; each row weighs 1 where there is none.
    make : callable
        Returns, from what is counted of all rows, what slices are ordered by.
    k : int
        How many are returned at most; only those that score above 0.
    level : int
        Items of a slice at most, of different features.
    smallest : int
        Rows of a slice at least.

    Returns
    -------
    list of Found
        The highest first; of equal ones that with fewer items, then that whose items come first.

    Notes
    -----
    Depth first: a slice is extended by the items that come after its last one in the order of its node, so that each is
    reached once, without a list of those seen. An item whose bound lies below the ``k``-th score is left out with all
    that holds it. A slice has at most the weight and loss of each slice that it is part of: the bound takes the smaller
    of two, then the loss that is counted first, and at the last level the weight that two parts of a whole must share.
    Memory: the rows, once as codes or bits, and one slice for each level.
    """
    total = Total.of(loss, weight, smallest)
    search = _Search(items, tally_of(items, loss, weight), make(total), _Best(k), total, level, smallest)
    if len(items) and total.spread > 0:
        every = np.arange(len(items))
        _, counts = search.tally.counts(search.tally.whole, every, lambda losses: np.ones(len(losses), bool))
        search.below((), search.tally.whole, total.weight, every, counts)
    return search.best.found


@dataclass
class _Best:
    """The best slices so far."""

    k: int
    kept: list[tuple[_Order, Found]] = field(default_factory=list)
    threshold: float = ROUNDING

    @property
    def found(self) -> list[Found]:
        return [each for _, each in self.kept]

    def add(self, new: Iterable[Found]) -> None:
        for each in new:
            insort(self.kept, (_order(each), each))
            del self.kept[self.k :]
        if len(self.kept) == self.k:
            self.threshold = max(ROUNDING, self.kept[-1][1].score * (1 - ROUNDING))


def _order(each: Found) -> _Order:
    return -float(f"{each.score:.9e}"), len(each.items), each.items


@dataclass(frozen=True)
class _Search:
    items: Items
    tally: Tally
    score: Score
    best: _Best
    total: Total
    level: int
    smallest: int

    def below(self, prefix: tuple[int, ...], held: Any, whole: float, added: Places, counts: Counts) -> None:
        """Look at a slice with each of some items added, of which the counts are known, and at what they hold.

        Parameters
        ----------
        prefix : tuple of int
            Items of the slice.
        held : object
            The slice in the tally.
        whole : float
            Its weight.
        added : ndarray of int
            Items.
        counts : Counts
            Of the slice with each of them.
        """
        self._take(prefix, added, counts)
        if len(prefix) + 1 >= self.level:
            return
        most = self.tally.most(held)
        bounds = self.score.bound(self._least(counts.weight), counts.weight, counts.loss, most)
        kept = np.flatnonzero(bounds >= self.best.threshold)
        kept = kept[np.argsort(-bounds[kept], kind="stable")]
        added, counts, bounds = added[kept], counts.at(kept), bounds[kept]
        for place in range(len(added)):
            if bounds[place] < self.best.threshold:
                return  # bounds fall from here on
            self._extend((*prefix, int(added[place])), held, whole, added[place:], counts.at(slice(place, None)), most)

    def _extend(
        self, prefix: tuple[int, ...], held: Any, whole: float, added: Places, counts: Counts, most: float
    ) -> None:
        """Look at the first of some items with each of the later ones."""
        feature = self.items.feature[added]
        later = np.flatnonzero(feature != feature[0])
        weight, loss = (np.minimum(each[later], each[0]) for each in (counts.weight, counts.loss))
        least = self._least(weight)
        if len(prefix) + 1 == self.level:  # nothing comes below: its own weight counts, and what it cannot be less than
            least = np.maximum(least, counts.weight[later] + counts.weight[0] - whole)
        good = np.flatnonzero(self.score.bound(least, weight, loss, most) >= self.best.threshold)
        if not len(good):
            return
        later, least, weight = later[good], least[good], weight[good]
        inner = self.tally.narrowed(held, prefix[-1])
        worth, found = self.tally.counts(
            inner, added[later], lambda losses: self.score.bound(least, weight, losses, most) >= self.best.threshold
        )
        enough = np.flatnonzero(found.rows >= self.smallest)
        self.below(prefix, inner, float(counts.weight[0]), added[later[worth[enough]]], found.at(enough))

    def _least(self, weight: Values) -> Values:
        return np.minimum(self.total.least, weight)

    def _take(self, prefix: Sequence[int], added: Places, counts: Counts) -> None:
        scores = self.score.of(counts.weight, counts.loss)
        good = np.flatnonzero(scores >= self.best.threshold)
        self.best.add(
            Found(tuple(sorted((*prefix, int(added[one])))), int(counts.rows[one]), float(counts.weight[one]),
                  float(counts.loss[one]), float(scores[one]))
            for one in good
        )  # fmt: skip
