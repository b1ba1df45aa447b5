"""RankTable: the weight of events and others at each distinct score, by slice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.counts.formulas import Values
from mlsys.summaries import GroupedSum

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RankTable:
    """One line for each slice and distinct score, ordered by both.

    Parameters
    ----------
    slices : int
        Number of slices.
    place, score : ndarray
        Slice and score of each line.
    events, others : GroupedSum
        Weight of events and of other rows of each line.
    bins : int
        Number of bins that scores from 0 to 1 were put into; 0 where they are as they were.
    """

    slices: int
    place: Codes
    score: Values
    events: GroupedSum
    others: GroupedSum
    bins: int

    @classmethod
    def of(
        cls, places: Codes, slices: int, score: Values, event: NDArray[np.bool_], weight: Values | None, bins: int = 0
    ) -> RankTable:
        """Count rows; ``places`` is the slice of each."""
        if bins:
            score = (np.minimum(np.floor(score * bins), bins - 1) + 0.5) / bins
        order = np.argsort(score)
        small = places[order].astype(np.uint16 if slices <= 2**16 else np.int64)
        order = order[np.argsort(small, kind="stable")]
        place, ordered = places[order], score[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (place[1:] != place[:-1]) | (ordered[1:] != ordered[:-1])
        lines, up = np.cumsum(first) - 1, event[order]
        count = int(lines[-1]) + 1 if len(lines) else 0
        if weight is None:
            both = np.bincount(2 * lines + up, minlength=2 * count).reshape(count, 2)
            sums = [GroupedSum.of_counts(both[:, each]) for each in (1, 0)]
        else:
            held = weight[order]
            sums = [GroupedSum.of(np.where(each, lines, -1), held, count) for each in (up, ~up)]
        return cls(slices, place[first], ordered[first], sums[0], sums[1], bins)

    def under(self, at: Codes, slices: int) -> RankTable:
        """Return the same lines with each slice at another place."""
        place = at[self.place]
        order = np.lexsort((self.score, place))
        return replace(
            self, slices=slices, place=place[order], score=self.score[order], events=self.events.taken(order),
            others=self.others.taken(order),
        )  # fmt: skip

    def __add__(self, other: RankTable) -> RankTable:
        place, score = np.concatenate([self.place, other.place]), np.concatenate([self.score, other.score])
        order = np.lexsort((score, place))
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(place[order]) != 0) | (np.diff(score[order]) != 0)
        lines = np.empty(len(order), np.int64)
        lines[order] = np.cumsum(first) - 1
        mine, theirs = np.split(lines, [len(self.place)])
        count = int(first.sum())
        return replace(
            self,
            place=place[order][first],
            score=score[order][first],
            events=self.events.regroup(mine, count) + other.events.regroup(theirs, count),
            others=self.others.regroup(mine, count) + other.others.regroup(theirs, count),
        )

    def first(self) -> RankTable:
        """Return the lines of the first slice."""
        lines = np.arange(np.searchsorted(self.place, 1))
        return replace(
            self, slices=1, place=self.place[lines], score=self.score[lines], events=self.events.taken(lines),
            others=self.others.taken(lines),
        )  # fmt: skip

    def by_slice(self) -> Iterator[tuple[Values, Values]]:
        """Return for each slice the weight of events and of others at each distinct score, the lowest first."""
        events, others = self.events.floats(), self.others.floats()
        ends = np.searchsorted(self.place, np.arange(self.slices + 1))
        for begin, end in zip(ends, ends[1:], strict=False):
            yield events[begin:end], others[begin:end]
