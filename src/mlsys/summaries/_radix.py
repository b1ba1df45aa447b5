"""Buckets of floats by the leading bits of an order-preserving integer, and counts within them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlsys.summaries._floats import Floats, Integers

Keys = NDArray[np.uint64]

DIGIT_BITS = 16
_SIGN_BIT = np.uint64(1 << 63)
_FEW = 1 << DIGIT_BITS
"""Fewer digits than there can be are counted by sorting them: most of a count of each would be zeros."""


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


@dataclass(frozen=True, eq=False)
class Tally:
    """Sorted distinct keys that lie in the buckets of a pass, as far as it tells them apart, with their counts."""

    keys: Keys
    counts: Integers

    @classmethod
    def of(cls, keys: Keys, zoom: Zoom) -> Tally:
        """Count keys in the buckets of a zoom."""
        if any(not bucket.bits for bucket in zoom.buckets):
            return cls._of_first_digits(keys)
        lowest, highest = zoom.ends
        near = _near_buckets(keys, lowest)
        begin, end = np.searchsorted(near, lowest), np.searchsorted(near, highest, side="right")
        sizes = end - begin
        if sizes.sum() < len(near):
            near = near[np.repeat(begin - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())]
        near &= np.repeat(zoom.masks, sizes)
        first = _first_of_each(near)
        return cls(near[first], np.diff(first, append=len(near)))

    @classmethod
    def _of_first_digits(cls, keys: Keys) -> Tally:
        digits = (keys >> np.uint64(64 - DIGIT_BITS)).astype(np.int64)
        if len(digits) < _FEW:
            used, counts = np.unique(digits, return_counts=True)
        else:
            every = np.bincount(digits, minlength=1)
            used = np.flatnonzero(every)
            counts = every[used]
        return cls(used.astype(np.uint64) << np.uint64(64 - DIGIT_BITS), counts.astype(np.int64))

    def __add__(self, other: Tally) -> Tally:
        keys = np.concatenate([self.keys, other.keys])
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        first = _first_of_each(keys)
        counts = np.concatenate([self.counts, other.counts])[order]
        return Tally(keys[first], np.add.reduceat(counts, first) if len(first) else counts)


def ordered_keys(numbers: Floats) -> Keys:
    """Map floats to integers of the same order: flip all bits of negative numbers, the sign bit of others."""
    bits = (numbers + 0.0).view(np.int64)
    flips = (bits >> 63).view(np.uint64) | _SIGN_BIT
    keys: Keys = bits.view(np.uint64) ^ flips
    return keys


def values_of(keys: Keys) -> Floats:
    """Return the floats that :func:`ordered_keys` mapped to ``keys``."""
    values: Floats = np.where(keys >> np.uint64(63), keys ^ _SIGN_BIT, ~keys).view(np.float64)
    return values


def _near_buckets(keys: Keys, lowest: Keys) -> Keys:
    """Return the keys whose first digit is that of some bucket, sorted, so that each bucket is one slice."""
    shift = np.uint64(64 - DIGIT_BITS)
    wanted = np.zeros(1 << DIGIT_BITS, np.bool_)
    wanted[lowest >> shift] = True
    near: Keys = np.sort(keys[wanted[keys >> shift]])
    return near


def _first_of_each(ordered: Keys) -> Integers:
    """Return where each distinct key stands first among keys in order."""
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return np.flatnonzero(first)
