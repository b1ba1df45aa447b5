"""Buckets of floats by the leading bits of an order-preserving integer, and counts within them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlsys.summaries._floats import Floats, Integers

Keys = NDArray[np.uint64]

DIGIT_BITS = 16
_SIGN_BIT = np.uint64(1 << 63)
_LOWER_BITS = np.uint64(64 - DIGIT_BITS)
_FEW = 1 << DIGIT_BITS
"""Fewer digits than there can be are counted by sorting them: most of a count of each would be zeros."""
_FEW_DIGITS = 4
"""Up to here numbers are compared with each wanted digit, which takes less than looking every one up."""
_KEYS_IN_STEP = 8
_MINUS_ZERO = 0x8000
_INFINITE = [0x7FF0, 0xFFF0]
_NULL_DIGITS = 16
"""First digits of infinities; the 15 behind each are those of nulls."""


@dataclass(frozen=True)
class Bucket:
    """Values whose ordered keys share their leading bits.

    Parameters
    ----------
    bits, prefix : int
        How many leading bits are fixed, and their value.
    before : int
        Number of values below the bucket.
    gather : bool
        Whether the next pass collects the values themselves; else it counts the next 16 bits.
    """

    bits: int = 0
    prefix: int = 0
    before: int = 0
    gather: bool = False


@dataclass(frozen=True)
class Zoom:
    """What the next pass has to look at.

    Parameters
    ----------
    n, nulls : int
        Values and nulls of the whole column, known after the first pass.
    buckets : tuple of Bucket
        Where wanted ranks lie that are not resolved yet, in order; none when every rank is.
    known : dict of int to float
        Value at each rank that is resolved.
    """

    n: int = 0
    nulls: int = 0
    buckets: tuple[Bucket, ...] = (Bucket(),)
    known: Mapping[int, float] = field(default_factory=dict)

    @cached_property
    def ends(self) -> tuple[Keys, Keys]:
        """Smallest and largest key of each bucket."""
        spare = [(bucket.prefix, 64 - bucket.bits) for bucket in self.buckets]
        lowest = np.array([prefix << bits for prefix, bits in spare], dtype=np.uint64)
        return lowest, np.array([((prefix + 1) << bits) - 1 for prefix, bits in spare], dtype=np.uint64)

    @cached_property
    def masks(self) -> Keys:
        """Bits by which the keys of each bucket are told apart: all, or the next digit with those before it."""
        spare = [0 if bucket.gather else 64 - DIGIT_BITS - bucket.bits for bucket in self.buckets]
        return np.array([(1 << 64) - (1 << bits) for bits in spare], dtype=np.uint64)


class Tally:
    """Sorted distinct keys that lie in the buckets of a pass, as far as it tells them apart, with their counts.

    Parameters
    ----------
    keys : array of uint64
    counts : array of int64
    """

    def __init__(self, keys: Keys, counts: Integers | None) -> None:
        """Take distinct keys in order with their counts, or all keys in any order without."""
        self._pieces = [(keys, counts)]

    @classmethod
    def of(cls, numbers: Floats, zoom: Zoom) -> tuple[Tally, int]:
        """Count numbers in the buckets of a zoom; beside it, return how many of them are null."""
        if any(not bucket.bits for bucket in zoom.buckets):
            return cls._of_first_digits(numbers)
        nulls = int(np.count_nonzero(np.isnan(numbers)))
        lowest, highest = zoom.ends
        near = _near_buckets(numbers, lowest)
        if all(bucket.gather and bucket.bits == DIGIT_BITS for bucket in zoom.buckets):
            return cls(near, None), nulls
        near.sort()
        begin, end = np.searchsorted(near, lowest), np.searchsorted(near, highest, side="right")
        sizes = end - begin
        if sizes.sum() < len(near):
            near = near[np.repeat(begin - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())]
        if any(not bucket.gather for bucket in zoom.buckets):
            near &= np.repeat(zoom.masks, sizes)
        return cls(*_counted(near)), nulls

    @classmethod
    def _of_first_digits(cls, numbers: Floats) -> tuple[Tally, int]:
        if len(numbers) >= _FEW:
            used, counts, nulls = _counts_of_digits(numbers)
        else:
            missing = np.isnan(numbers)
            nulls = int(missing.sum())
            keys = ordered_keys(numbers[~missing] if nulls else numbers)
            used, counts = np.unique((keys >> _LOWER_BITS).astype(np.int64), return_counts=True)
        return cls(used.astype(np.uint64) << _LOWER_BITS, counts.astype(np.int64)), nulls

    @property
    def unordered(self) -> Keys | None:
        """All keys in any order, where none of them were counted."""
        if any(counts is not None for _, counts in self._pieces):
            return None
        return np.concatenate([keys for keys, _ in self._pieces])

    @property
    def keys(self) -> Keys:
        """The distinct keys."""
        return self._merged()[0]

    @property
    def counts(self) -> Integers:
        """How often each occurs."""
        return self._merged()[1]

    def __add__(self, other: Tally) -> Tally:
        both = Tally.__new__(Tally)
        both._pieces = [*self._pieces, *other._pieces]
        return both

    def _merged(self) -> tuple[Keys, Integers]:
        """Merge what was added, all of it at once when it is first asked for."""
        if len(self._pieces) > 1 or self._pieces[0][1] is None:
            counted = [_counted(np.sort(keys)) if counts is None else (keys, counts) for keys, counts in self._pieces]
            merged, sizes = (np.concatenate(each) for each in zip(*counted, strict=True))
            order = np.argsort(merged, kind="stable")
            merged, sizes = merged[order], sizes[order]
            first = _first_of_each(merged)
            self._pieces = [(merged[first], np.add.reduceat(sizes, first) if len(first) else sizes)]
        keys, counts = self._pieces[0]
        assert counts is not None
        return keys, counts

    def __reduce__(self) -> Any:
        unordered = self.unordered
        return Tally, self._merged() if unordered is None else (unordered, None)


def ordered_keys(numbers: Floats) -> Keys:
    """Map floats to integers of the same order: flip all bits of negative numbers, the sign bit of others."""
    keys: Keys = (numbers + 0.0).view(np.uint64)
    flips = (keys.view(np.int64) >> 63).view(np.uint64)
    flips |= _SIGN_BIT
    keys ^= flips
    return keys


def values_of(keys: Keys) -> Floats:
    """Return the floats that :func:`ordered_keys` mapped to ``keys``."""
    values: Floats = np.where(keys >> np.uint64(63), keys ^ _SIGN_BIT, ~keys).view(np.float64)
    return values


def _near_buckets(numbers: Floats, lowest: Keys) -> Keys:
    """Return the keys of numbers whose first digit is that of some bucket."""
    wanted = np.unique((lowest >> _LOWER_BITS).astype(np.int64))
    raw = np.where(wanted >= _FEW // 2, wanted - _FEW // 2, _FEW - 1 - wanted).tolist()
    digits = _digits(numbers)
    asked = [*raw, _MINUS_ZERO] if 0 in raw else raw
    if len(asked) <= _FEW_DIGITS:
        inside = np.logical_or.reduce([digits == digit for digit in asked])
    else:
        table = np.zeros(_FEW, np.bool_)
        table[asked] = True
        inside = table[digits]
    near = numbers[inside]
    if not {*_INFINITE}.isdisjoint(raw):  # a null may begin with the same bits
        near = near[~np.isnan(near)]
    keys = ordered_keys(near)
    if _MINUS_ZERO in asked and _MINUS_ZERO not in raw:  # so do the smallest negative numbers
        keys = keys[keys >> _LOWER_BITS != np.uint64(_FEW // 2 - 1)]
    return keys


def first_digits(keys: Keys) -> Integers:
    """Return the first digit of each key."""
    return (keys >> _LOWER_BITS).astype(np.int64)


def selected(keys: Keys, places: Integers, digits: Integers | None = None) -> Keys:
    """Return the keys at some places of their order, as sorting all of them would show.

    Notes
    -----
    Keys are told apart by their first digit, and within it by equal steps of the next one, as many as it has keys
    for; only those in steps with a place that is asked for are sorted.

    ``digits``, if they are known, are written to.

    Examples
    --------
    >>> selected(np.array([30, 10, 20], dtype=np.uint64), np.array([0, 2])).tolist()
    [10, 30]
    """
    digits = first_digits(keys) if digits is None else digits
    digits -= digits.min()
    counts = np.bincount(digits)
    steps = np.minimum(counts // _KEYS_IN_STEP + 1, _FEW) * (counts > 0)
    first = np.cumsum(steps) - steps
    step = (keys >> np.uint64(64 - 2 * DIGIT_BITS)).astype(np.uint16).astype(np.int64)
    step *= steps[digits]
    step >>= DIGIT_BITS
    step += first[digits]
    ends = np.cumsum(np.bincount(step))
    asked = np.searchsorted(ends, places, side="right")
    wanted = np.zeros(len(ends), np.bool_)
    wanted[asked] = True
    few = np.sort(keys[wanted[step]])
    sizes = np.diff(ends, prepend=0)
    before = np.cumsum(np.where(wanted, sizes, 0)) - np.where(wanted, sizes, 0)
    found: Keys = few[before[asked] + places - (ends - sizes)[asked]]
    return found


def _counts_of_digits(numbers: Floats) -> tuple[Integers, Integers, int]:
    """Return the first digits of the ordered keys of many numbers, how often each occurs, and how many are null."""
    raw = np.bincount(_digits(numbers), minlength=_FEW)
    if raw[_MINUS_ZERO]:
        zeros = int(np.count_nonzero(np.signbit(numbers[numbers == 0])))
        raw[_MINUS_ZERO] -= zeros
        raw[0] += zeros
    for digit, infinity in zip(_INFINITE, (np.inf, -np.inf), strict=True):
        if raw[digit]:  # nulls may begin with the same bits
            raw[digit] = np.count_nonzero(numbers == infinity)
        raw[digit + 1 : digit + _NULL_DIGITS] = 0
    used = np.flatnonzero(raw)
    half = np.searchsorted(used, _MINUS_ZERO)  # negative numbers come first, those far from 0 before the others
    in_order = np.concatenate([used[half:][::-1], used[:half]])
    counts = raw[in_order]
    ordered = np.where(in_order >= _MINUS_ZERO, _FEW - 1 - in_order, in_order + _MINUS_ZERO)
    return ordered, counts, len(numbers) - int(counts.sum())


def _digits(numbers: Floats) -> NDArray[np.uint16]:
    """Return the first 16 bits of each number, as they lie in memory."""
    if sys.byteorder == "little":
        return np.ascontiguousarray(numbers).view(np.uint16)[3::4]
    return (numbers.view(np.uint64) >> _LOWER_BITS).astype(np.uint16)


def _counted(ordered: Keys) -> tuple[Keys, Integers]:
    """Return the distinct ones of some keys in order, with how often each occurs."""
    if len(ordered) and (ordered[1:] != ordered[:-1]).all():
        return ordered, np.ones(len(ordered), np.int64)
    first = _first_of_each(ordered)
    return ordered[first], np.diff(first, append=len(ordered))


def _first_of_each(ordered: Keys) -> Integers:
    """Return where each distinct key stands first among keys in order."""
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return np.flatnonzero(first)
