"""Aggregates of spans of rows of which only those count that were known by a moment of each span."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.summaries._floats import Floats, Integers
from mlsys.summaries.spans import SpanSums, chunks_of, span_distinct, span_places


@dataclass(frozen=True)
class _Level:
    """Blocks of so many neighbours, the rows of each in the order in which they were known.

    Parameters
    ----------
    order : array of int
        Rows, block by block.
    size : int
        Rows of a block; the last may have fewer.
    parts : list of (array of int, array of int, array of int)
        Spans that this level has a block of, with the place in ``order`` where that block begins, and one past the last
        of its rows that was known in time. A span is at most once in each of the two.
    """

    order: Integers
    size: int
    parts: list[tuple[Integers, Integers, Integers]]


class KnownSpans:
    """Spans of rows, each with a moment: rows that were known before it count.

    Parameters
    ----------
    known : array
        Moment from which each row was known.
    start, end : array of int
        Where each span begins, and one past where it ends.
    by : array
        Moment of each span.

    Notes
    -----
    A span is cut into blocks of 1, 2, 4, ... rows, at most two of a size, which are sorted by the moment from which
    their rows were known (a merge sort tree; Bentley 1979). What counts of a block is then a beginning of it. Time and
    memory are O((n + spans) log(longest span)), and sorting takes O(n log n log(longest span)). Different values are
    counted one by one, in blocks of spans, so that memory stays bounded.

    Examples
    --------
    >>> spans = KnownSpans(np.array([1, 9, 3, 4]), np.array([0, 1]), np.array([4, 3]), np.array([4, 9]))
    >>> spans.counts(np.array([True, True, True, True])).tolist()
    [2, 1]
    >>> spans.sums(np.array([1.0, 2.0, 4.0, 8.0])).tolist()
    [5.0, 4.0]
    """

    def __init__(self, known: NDArray[Any], start: Integers, end: Integers, by: NDArray[Any]) -> None:
        self._rows, self._spans = len(known), len(start)
        in_time = np.argsort(known, kind="stable")
        self._ranks = np.empty(self._rows, dtype=np.int64)
        self._ranks[in_time] = np.arange(self._rows)
        self._start, self._end = start, np.maximum(start, end)
        self._before = np.searchsorted(known[in_time], by, "left")

    @cached_property
    def _levels(self) -> list[_Level]:
        first, after, found = self._start.copy(), self._end.copy(), []
        size, places = 1, np.arange(self._rows)
        while bool((first < after).any()):
            parts = self._ranks + places // size * (self._rows + 1)
            order = np.argsort(parts)
            held = parts[order]
            left = np.flatnonzero((first < after) & (first & 1 == 1))
            blocks = [(left, first[left])]
            first[left] += 1
            right = np.flatnonzero((first < after) & (after & 1 == 1))
            after[right] -= 1
            blocks.append((right, after[right]))
            found.append(
                _Level(order, size, [(spans, block * size, self._known(held, spans, block)) for spans, block in blocks])
            )
            first, after, size = first >> 1, after >> 1, size * 2
        return found

    def _known(self, held: Integers, spans: Integers, blocks: Integers) -> Integers:
        """Return one past the last row of each block that was known in time."""
        return np.searchsorted(held, blocks * (self._rows + 1) + self._before[spans], "left")

    def counts(self, rows: NDArray[np.bool_]) -> Integers:
        """Return how many of the rows that are marked count in each span."""
        total = np.zeros(self._spans, dtype=np.int64)
        for level in self._levels:
            running = np.r_[0, np.cumsum(rows[level.order])]
            for spans, begin, until in level.parts:
                total[spans] += running[until] - running[begin]
        return total

    def sums(self, values: Floats) -> Floats:
        """Return exact sums, rounded once; NaN counts as absent. Of numbers very far apart, spans are listed."""
        longest = int((self._end - self._start).max(initial=0))
        total: list[Integers] = []
        sums = SpanSums(values, longest)
        if sums.is_slow:
            listed = [SpanSums(values[rows], longest).of(begin, end) for rows, begin, end in self._listed()]
            return np.concatenate(listed)
        for level in self._levels:
            own = SpanSums(values[level.order], longest)  # the same numbers, so cut in the same way
            total = total or [np.zeros(self._spans, dtype=np.int64) for _ in range(own.parts)]
            for spans, begin, until in level.parts:
                for each, more in zip(total, own.units(begin, until), strict=True):
                    each[spans] += more
        return sums.rounded(total) if total else np.zeros(self._spans)

    def distinct(self, codes: Integers) -> Integers:
        """Return how many different codes there are in each span, which lists them; negative ones are left out."""
        return np.concatenate([span_distinct(codes[rows], begin, end) for rows, begin, end in self._listed()])

    def _listed(self) -> Iterator[tuple[Integers, Integers, Integers]]:
        """Yield, a range of spans at a time, their rows that count, and where those of each begin and end."""
        lengths = self._end - self._start
        for first, after in chunks_of(lengths):
            rows, _ = span_places(self._start[first:after], self._end[first:after])
            owners = np.repeat(np.arange(after - first), lengths[first:after])
            in_time = self._ranks[rows] < self._before[first:after][owners]
            end = np.cumsum(np.bincount(owners[in_time], minlength=after - first))
            yield rows[in_time], np.r_[0, end[:-1]], end

    def largest(self, values: NDArray[Any], least: Any) -> NDArray[Any]:
        """Return the largest value in each span, ``least`` where no row counts."""
        found = np.full(self._spans, least, dtype=values.dtype)
        for level in self._levels:
            padded = np.full(-(-self._rows // level.size) * level.size, least, dtype=values.dtype)
            padded[: self._rows] = values[level.order]
            running = np.maximum.accumulate(padded.reshape(-1, level.size), axis=1).ravel()
            for spans, begin, until in level.parts:
                some = until > begin
                there = spans[some]
                found[there] = np.maximum(found[there], running[until[some] - 1])
        return found
