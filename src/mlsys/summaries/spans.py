"""Aggregates of many spans of one array: sums without rounding, extremes, and numbers of distinct values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.summaries._floats import Floats, Integers, grid_exponent, grid_piece

_FAST_LEVELS = 2
"""Grids that are combined in machine integers; numbers that need more are summed span by span."""
_WIDEST_PIECE = 50
"""Bits of a piece of one number: the grid adds an anchor, which takes the rest of a float64."""
_FLOAT, _WORD = 53, 61
"""Bits that a sum of a span may take: those that float64 holds, or those of a machine integer."""
_NORMAL = 1_000
"""Powers of two up to here are normal floats, as are their inverses."""
_GRID_LIMIT = 2.0**960
"""Above this, adding the anchor of the grid could overflow."""
_FEW = 4
"""Where the spans together are shorter than this many arrays, they are looked at one by one."""


class SpanSums:
    """Exact sums over spans of an array, each rounded once, as ``math.fsum`` would return them.

    Parameters
    ----------
    values : array of float
        Any numbers; NaN counts as absent.
    longest : int
        Values in the longest span that will be asked for.

    Notes
    -----
    Each number is cut into whole multiples of a few powers of two, which are summed as integers; the difference of two
    running sums is then exact, even where the running sums themselves overflow. So a sum depends on the values in the
    span alone: neither on their order nor on what stands before them. O(n) once, O(1) a span.

    Examples
    --------
    >>> sums = SpanSums(np.array([1e100, 0.1, 0.2, -1e100]), longest=4)
    >>> sums.of(np.array([0, 1, 2]), np.array([4, 3, 2])).tolist()
    [0.30000000000000004, 0.30000000000000004, 0.0]
    """

    def __init__(self, values: Floats, longest: int) -> None:
        finite = np.isfinite(values)
        self._values = values if finite.all() else np.where(finite, values, 0.0)
        self._infinite = [_running(values == sign) for sign in (np.inf, -np.inf)] if np.isinf(values).any() else []
        for self._word in (_FLOAT, _WORD):
            self._levels, rest = _levels(self._values, self._word - int(longest).bit_length())
            if not rest.any():
                break
        self.is_slow = bool(rest.any())

    def of(self, start: Integers, end: Integers) -> Floats:
        """Return the sum of ``values[start:end]`` for each pair; zero where there are none."""
        if not self.is_slow:
            return self._signed(self.units(start, end), len(start))
        sums = np.array([_fsum(self._values[a:b]) for a, b in zip(start.tolist(), end.tolist(), strict=True)])
        return self._infinite_where(sums, [running[end] - running[start] for running in self._infinite])

    def units(self, start: Integers, end: Integers) -> list[Integers]:
        """Return the same sums as whole numbers, to be added to those of other spans of the same numbers."""
        held = [*(running for _, running in self._levels), *self._infinite]
        return [running[end] - running[start] for running in held]

    @property
    def parts(self) -> int:
        """Of how many whole numbers a sum consists."""
        return len(self._levels) + len(self._infinite)

    def rounded(self, units: list[Integers]) -> Floats:
        """Return what :meth:`units` gave, of one span or added over several, as numbers."""
        return self._signed(units, len(units[0]))

    def _signed(self, units: list[Integers], many: int) -> Floats:
        finite = len(self._levels)
        levels = [(exponent, each) for (exponent, _), each in zip(self._levels, units[:finite], strict=True)]
        sums = _added(levels, many) if self._word == _FLOAT else _rounded(*levels)
        return self._infinite_where(sums, units[finite:])

    def _infinite_where(self, sums: Floats, infinite: list[Integers]) -> Floats:
        """Return sums of finite numbers, infinite where there are infinite ones."""
        if not infinite:
            return sums
        above, below = (each > 0 for each in infinite)
        return np.where(above & below, np.nan, np.where(above, np.inf, np.where(below, -np.inf, sums)))


def _running(values: NDArray[Any]) -> Integers:
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def _fsum(values: Floats) -> float:
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf if values.sum() > 0 else -math.inf


def _levels(values: Floats, bits: int) -> tuple[list[tuple[int, Integers]], Floats]:
    """Return running sums of the values in units of a few powers of two, and what is left of the values."""
    found: list[tuple[int, Integers]] = []
    bits, rest, finest = min(_WIDEST_PIECE, bits), values, None
    for _ in range(_FAST_LEVELS):
        largest = max(float(rest.max(initial=0.0)), -float(rest.min(initial=0.0)))
        if largest == 0 or largest >= _GRID_LIMIT:
            break
        exponent = grid_exponent(largest, bits)
        exponent = exponent if finest is None else max(exponent, finest - _WORD)
        piece = grid_piece(rest, exponent)
        rest = rest - piece
        found.append((exponent, _running(_scaled(piece, -exponent).astype(np.int64))))
        finest = exponent
    return found, rest


def _scaled(values: Floats, exponent: int) -> Floats:
    """Return values times a power of two, which must not lose a bit."""
    return np.asarray(values * 2.0**exponent if abs(exponent) < _NORMAL else np.ldexp(values, exponent))


def _added(levels: list[tuple[int, Integers]], many: int) -> Floats:
    """Return whole numbers that float64 holds, in units of powers of two, as one float: one addition rounds once."""
    sums = [_scaled(units.astype(np.float64), exponent) for exponent, units in levels]
    return sums[0] + sums[1] if len(sums) > 1 else sums[0] if sums else np.zeros(many)


def _rounded(coarser: tuple[int, Integers], finer: tuple[int, Integers]) -> Floats:
    """Return the same of whole numbers that float64 does not hold."""
    (coarse, high), (fine, low) = coarser, finer
    shift = coarse - fine
    high = high + (low >> shift)
    low = low & ((1 << shift) - 1)
    # As many bits of the lower word as fit beside the upper one; whether any is left decides how a tie is rounded.
    room = np.clip(_WORD + 1 - _bits(high), 0, shift)
    left = shift - room
    word = (high << room) + (low >> left)
    word |= (low & ((np.int64(1) << left) - 1)) != 0
    return np.asarray(np.ldexp(word.astype(np.float64), fine + left))


def _bits(numbers: Integers) -> Integers:
    """Return at least how many bits each number takes, at most one more."""
    return np.frexp(np.abs(numbers).astype(np.float64))[1].astype(np.int64)


def span_extremes(values: NDArray[Any], start: Integers, end: Integers, largest: bool) -> NDArray[Any]:
    """Return the least or largest of ``values[start:end]`` for each pair; arbitrary where there are none.

    Parameters
    ----------
    values : array
        Numbers that compare, without NaN.
    start, end : array of int
        Where each span begins, and one past where it ends.
    largest : bool
        Whether to return the largest.

    Notes
    -----
    Extremes of 1, 2, 4, ... neighbours are made from one another; a span is covered by two of them, of the greatest
    such length that fits. O(n log(longest span)).

    Examples
    --------
    >>> span_extremes(np.array([3, 1, 2]), np.array([0, 1]), np.array([2, 3]), largest=True).tolist()
    [3, 2]
    """
    pick = np.maximum if largest else np.minimum
    lengths = end - start
    found = np.zeros(len(start), dtype=values.dtype)
    there = np.flatnonzero(lengths > 0)
    if not len(there):
        return found
    if int(lengths.sum()) < _FEW * len(values):
        places, offsets = span_places(start[there], end[there])
        found[there] = pick.reduceat(values[places], offsets)
        return found
    level = np.frexp(lengths.astype(np.float64))[1] - 1
    table = values
    for power in range(int(level[there].max()) + 1):
        at = np.flatnonzero((level == power) & (lengths > 0))
        found[at] = pick(table[start[at]], table[end[at] - (1 << power)])
        table = pick(table[: -(1 << power)], table[1 << power :]) if len(table) > 1 << power else table
    return found


def span_places(start: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Return all places inside spans, span by span, and where each span begins among them.

    Examples
    --------
    >>> [each.tolist() for each in span_places(np.array([4, 0]), np.array([6, 1]))]
    [[4, 5, 0], [0, 2]]
    """
    lengths = end - start
    offsets = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(start - offsets, lengths), offsets


def span_distinct(codes: Integers, start: Integers, end: Integers) -> Integers:
    """Return how many distinct codes stand in ``codes[start:end]`` for each pair; negative codes are left out.

    Examples
    --------
    >>> span_distinct(np.array([7, 7, -1, 8]), np.array([0, 0, 2]), np.array([2, 4, 3])).tolist()
    [1, 2, 0]
    """
    lengths = np.maximum(end - start, 0)
    if len(start) and bool((np.diff(start) >= 0).all() and (np.diff(end) >= 0).all()) and len(codes) < lengths.sum():
        return _distinct_in_order(codes, start, end)
    found = np.zeros(len(start), dtype=np.int64)
    for first, after in chunks_of(lengths):
        places, _ = span_places(start[first:after], start[first:after] + lengths[first:after])
        owners, values = np.repeat(np.arange(after - first), lengths[first:after]), codes[places]
        pairs = np.sort((owners * (int(codes.max(initial=0)) + 1) + values)[values >= 0])
        pairs = pairs[np.r_[True, pairs[1:] != pairs[:-1]]] if len(pairs) else pairs
        found[first:after] = np.bincount(pairs // (int(codes.max(initial=0)) + 1), minlength=after - first)
    return found


def _distinct_in_order(codes: Integers, start: Integers, end: Integers) -> Integers:
    """Return the same for spans of which both ends only move forward.

    A code counts where it stands first in a span: for spans that end after it, begin at or before it, and begin after
    the place where it stood last. Each such condition is one place in the order of the spans.
    """
    order = np.argsort(codes, kind="stable")
    before = np.full(len(codes), -1, dtype=np.int64)
    same = codes[order[1:]] == codes[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    places = np.flatnonzero(codes >= 0)
    since = np.maximum(np.searchsorted(end, places, "right"), np.searchsorted(start, before[places], "right"))
    until = np.searchsorted(start, places, "right")
    counted = since < until
    change = np.bincount(since[counted], minlength=len(start) + 1) - np.bincount(
        until[counted], minlength=len(start) + 1
    )
    return np.asarray(np.cumsum(change)[: len(start)], dtype=np.int64)


def chunks_of(lengths: Integers, most: int = 1 << 24) -> Iterator[tuple[int, int]]:
    """Yield ranges of spans that together hold about ``most`` values, so that memory stays bounded.

    Examples
    --------
    >>> list(chunks_of(np.array([3, 1, 2]), most=3))
    [(0, 1), (1, 3)]
    """
    running, first = np.cumsum(lengths), 0
    while first < len(lengths):
        before = int(running[first - 1]) if first else 0
        after = max(first + 1, int(np.searchsorted(running, before + most, "right")))
        yield first, after
        first = after
