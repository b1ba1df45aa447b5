"""Buckets of floats by the leading bits of an order-preserving integer, and counts within them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlsys.summaries._floats import Floats, Integers

Keys = NDArray[np.uint64]

DIGIT_BITS = 16
_SIGN_BIT = np.uint64(1 << 63)


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
        Where wanted ranks lie that are not resolved yet; none when every rank is.
    known : dict of int to float
        Value at each rank that is resolved.
    """

    n: int = 0
    nulls: int = 0
    buckets: tuple[Bucket, ...] = (Bucket(),)
    known: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Tally:
    """Sorted distinct keys of one bucket and how often each occurs."""

    keys: Keys
    counts: Integers

    @classmethod
    def of(cls, keys: Keys, bucket: Bucket) -> Tally:
        if bucket.gather:
            distinct, counts = np.unique(keys, return_counts=True)
            return cls(distinct, counts.astype(np.int64))
        digits = (keys >> np.uint64(64 - bucket.bits - DIGIT_BITS)) & np.uint64((1 << DIGIT_BITS) - 1)
        counts = np.bincount(digits.astype(np.int64), minlength=1)
        used = np.flatnonzero(counts)
        return cls(used.astype(np.uint64), counts[used].astype(np.int64))

    def __add__(self, other: Tally) -> Tally:
        keys, places = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, places, np.concatenate([self.counts, other.counts]))
        return Tally(keys, counts)


def ordered_keys(numbers: Floats) -> Keys:
    """Map floats to integers of the same order: flip all bits of negative numbers, the sign bit of others."""
    bits = (numbers + 0.0).view(np.int64)
    flips = (bits >> 63).view(np.uint64) | _SIGN_BIT
    keys: Keys = bits.view(np.uint64) ^ flips
    return keys


def value_of(key: int) -> float:
    """Return the float that :func:`ordered_keys` mapped to ``key``."""
    bits = key ^ (1 << 63) if key >> 63 else key ^ ((1 << 64) - 1)
    return float(np.uint64(bits).view(np.float64))


def near_buckets(keys: Keys, zoom: Zoom) -> Keys:
    """Return the keys whose first digit is that of some bucket, sorted, so that each bucket is one slice."""
    if any(not bucket.bits for bucket in zoom.buckets):
        return keys
    wanted = np.zeros(1 << DIGIT_BITS, np.bool_)
    wanted[[bucket.prefix >> (bucket.bits - DIGIT_BITS) for bucket in zoom.buckets]] = True
    near: Keys = np.sort(keys[wanted[keys >> np.uint64(64 - DIGIT_BITS)]])
    return near


def inside(keys: Keys, bucket: Bucket) -> Keys:
    """Return the part of sorted keys that lies in a bucket; the bucket of all values needs no order."""
    if not bucket.bits:
        return keys
    spare = 64 - bucket.bits
    lowest, highest = bucket.prefix << spare, ((bucket.prefix + 1) << spare) - 1
    start = np.searchsorted(keys, np.uint64(lowest), side="left")
    return keys[start : np.searchsorted(keys, np.uint64(highest), side="right")]
