"""Exact quantiles in a few passes: counts by leading bits first, then only the values that matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlsys.errors import ConfigurationError, DataError
from mlsys.summaries._radix import DIGIT_BITS, Bucket, Keys, Tally, Zoom, first_digits, selected, values_of
from mlsys.summaries.again import Again

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from mlsys.summaries._floats import Floats, Integers

_EVERY_BIT = np.uint64((1 << 64) - 1)
_NOTHING = Tally(np.empty(0, np.uint64), np.empty(0, np.int64))


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Summary from which quantiles are read exactly; build it with :meth:`of` and ``+``.

    Parameters
    ----------
    n, nulls : int
        Values and nulls seen in this pass.
    zoom : Zoom
        What this pass looked at.
    tally : Tally
        What lies in the buckets of the zoom.

    Notes
    -----
    Radix selection on the order-preserving integer of a float64 (Munro and Paterson 1980 for the bound on passes
    and memory). Two passes unless a 16-bit bucket holds more than ``gather`` values, four at most. The answer
    equals ``numpy.quantile`` bit for bit (for finite values), whatever the partitions and the order; ``-0.0`` counts
    as ``0.0``.
    A pass over 300,000 values takes a few milliseconds; memory is at most 65,536 counts a bucket.

    Examples
    --------
    >>> parts = [[3.0, 1.0], [2.0, 10.0]]
    >>> answer = (Quantiles.of(parts[0]) + Quantiles.of(parts[1])).finish([0.5])
    >>> second = [Quantiles.of(part, answer.partial) for part in parts]
    >>> (second[0] + second[1]).finish([0.5])
    array([2.5])
    """

    n: int
    nulls: int
    zoom: Zoom
    tally: Tally

    @classmethod
    def of(cls, values: ArrayLike, partial: Zoom | None = None) -> Quantiles:
        """Summarize numbers for the first pass, or for the pass that ``partial`` asks for; NaN is null."""
        zoom = partial or Zoom()
        if not zoom.buckets:
            return cls(zoom.n, zoom.nulls, zoom, _NOTHING)
        numbers = np.asarray(values, dtype=np.float64).ravel()
        tally, nulls = Tally.of(numbers, zoom)
        return cls(len(numbers) - nulls, nulls, zoom, tally)

    def __add__(self, other: Quantiles) -> Quantiles:
        if not isinstance(other, Quantiles):
            return NotImplemented
        if self.zoom != other.zoom:
            raise DataError("summaries of different passes cannot be added", "give every part the same partial summary")
        if not self.zoom.buckets:
            return self
        return Quantiles(self.n + other.n, self.nulls + other.nulls, self.zoom, self.tally + other.tally)

    def finish(self, probabilities: Sequence[float] | Floats, *, gather: int = 1_000_000) -> Floats | Again:
        """Return the quantiles (NaN where there are no values), or :class:`Again` with the next :class:`Zoom`.

        Parameters
        ----------
        probabilities : sequence of float
            Between 0 and 1; the same in every pass.
        gather : int
            A bucket of more values than this is counted once more rather than collected.
        """
        zoom = self.next_zoom(probabilities, gather=gather)
        return Again(zoom) if zoom.buckets else _interpolate(zoom, probabilities)

    def next_zoom(self, probabilities: Sequence[float] | Floats, *, gather: int = 1_000_000) -> Zoom:
        """Return what is known after this pass; without buckets when that is enough."""
        known = dict(self.zoom.known)
        ranks = np.array([rank for rank in _ranks(self.n, probabilities).tolist() if rank not in known], dtype=np.int64)
        if not len(ranks):
            return Zoom(self.n, self.nulls, (), known)
        unordered = self.tally.unordered
        if unordered is not None:
            return Zoom(self.n, self.nulls, (), known | self._selected(unordered, ranks))
        keys, counts = self.tally.keys, self.tally.counts
        bucket = np.searchsorted(self.zoom.ends[0], keys, side="right") - 1
        ends = self._ranks_after(bucket)
        place = np.searchsorted(ends, ranks, side="right")
        astray = place >= len(keys)
        astray[~astray] = (ends - counts)[place[~astray]] > ranks[~astray]
        if astray.any():
            raise _astray(ranks[astray][0])
        told = self.zoom.masks[bucket[place]] == _EVERY_BIT
        known.update(zip(ranks[told].tolist(), values_of(keys[place[told]]).tolist(), strict=True))
        buckets = []
        for at in dict.fromkeys(place[~told].tolist()):
            bits, count = self.zoom.buckets[bucket[at]].bits + DIGIT_BITS, int(counts[at])
            buckets.append(Bucket(bits, int(keys[at]) >> (64 - bits), int(ends[at]) - count, gather=count <= gather))
        return Zoom(self.n, self.nulls, tuple(buckets), known)

    def _selected(self, keys: Keys, ranks: Integers) -> dict[int, float]:
        """Return the value at each rank, where all keys of the buckets were gathered as they came."""
        lowest, _ = self.zoom.ends
        digits = first_digits(keys)
        sizes = np.bincount(digits, minlength=1 << DIGIT_BITS)[lowest >> np.uint64(64 - DIGIT_BITS)]
        before = np.array([each.before for each in self.zoom.buckets], dtype=np.int64)
        bucket = np.searchsorted(before, ranks, side="right") - 1
        within = ranks - before[bucket]
        astray = (bucket < 0) | (within >= sizes[bucket])
        if astray.any():
            raise _astray(ranks[astray][0])
        found = selected(keys, within + (np.cumsum(sizes) - sizes)[bucket], digits)
        return dict(zip(ranks.tolist(), values_of(found).tolist(), strict=True))

    def _ranks_after(self, bucket: Integers) -> Integers:
        """Return the rank that follows the last value of each key, from the bucket that each key lies in."""
        sums = np.r_[0, np.cumsum(self.tally.counts)]
        first = np.searchsorted(bucket, np.arange(len(self.zoom.buckets)))
        before = np.array([each.before for each in self.zoom.buckets], dtype=np.int64)
        ends: Integers = sums[1:] + (before - sums[first])[bucket]
        return ends


def _astray(rank: int) -> DataError:
    return DataError(f"rank {rank} lies in no bucket of this pass", "use the same probabilities in every pass")


def finish_quantiles(
    summaries: Mapping[Hashable, Quantiles], probabilities: Sequence[float] | Floats, *, gather: int = 1_000_000
) -> dict[Hashable, Floats] | Again:
    """Finish many columns together: all quantiles, or one :class:`Again` with a zoom for each column.

    Examples
    --------
    >>> finish_quantiles({"x": Quantiles.of([])}, [0.5])
    {'x': array([nan])}
    """
    zooms = {name: summary.next_zoom(probabilities, gather=gather) for name, summary in summaries.items()}
    if any(zoom.buckets for zoom in zooms.values()):
        return Again(zooms)
    return {name: _interpolate(zoom, probabilities) for name, zoom in zooms.items()}


def _positions(n: int, probabilities: Sequence[float] | Floats) -> Floats:
    shares = np.asarray(probabilities, dtype=np.float64)
    for probability in shares[~((shares >= 0) & (shares <= 1))].tolist():
        raise ConfigurationError(f"probability {probability!r} is not between 0 and 1", "give a share such as 0.99")
    positions: Floats = (n - 1) * shares
    return positions


def _ranks(n: int, probabilities: Sequence[float] | Floats) -> Integers:
    lower = _positions(n, probabilities).astype(np.int64) if n else np.empty(0, np.int64)
    return np.unique(np.minimum(np.r_[lower, lower + 1], n - 1))


def _interpolate(zoom: Zoom, probabilities: Sequence[float] | Floats) -> Floats:
    """Interpolate between neighbouring ranks with numpy's own arithmetic, so that the bits agree."""
    if not zoom.n:
        return np.full(len(probabilities), np.nan)
    positions = _positions(zoom.n, probabilities)
    lower = positions.astype(np.int64)
    upper = np.minimum(lower + 1, zoom.n - 1)
    low, high = (np.array([zoom.known[rank] for rank in ranks.tolist()]) for ranks in (lower, upper))
    share = positions - lower
    with np.errstate(invalid="ignore", over="ignore"):
        between = np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share))
    answers: Floats = np.where((share == 0) | (low == high), low, between)
    return answers
