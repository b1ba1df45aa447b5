"""Exact quantiles in a few passes: counts by leading bits first, then only the values that matter."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import ConfigurationError, DataError
from mlsys.summaries._radix import DIGIT_BITS, Bucket, Tally, Zoom, inside, near_buckets, ordered_keys, value_of
from mlsys.summaries.again import Again

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from mlsys.summaries._floats import Floats


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Summary from which quantiles are read exactly; build it with :meth:`of` and ``+``.

    Parameters
    ----------
    n, nulls : int
        Values and nulls seen in this pass.
    zoom : Zoom
        What this pass looked at.
    tallies : tuple
        One for each bucket of the zoom.

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
    tallies: tuple[Tally, ...]

    @classmethod
    def of(cls, values: ArrayLike, partial: Zoom | None = None) -> Quantiles:
        """Summarize numbers for the first pass, or for the pass that ``partial`` asks for; NaN is null."""
        zoom = partial or Zoom()
        if not zoom.buckets:
            return cls(zoom.n, zoom.nulls, zoom, ())
        numbers = np.asarray(values, dtype=np.float64).ravel()
        missing = np.isnan(numbers)
        nulls = int(missing.sum())
        keys = ordered_keys(numbers[~missing] if nulls else numbers)
        near = near_buckets(keys, zoom)
        tallies = tuple(Tally.of(inside(near, bucket), bucket) for bucket in zoom.buckets)
        return cls(len(keys), nulls, zoom, tallies)

    def __add__(self, other: Quantiles) -> Quantiles:
        if not isinstance(other, Quantiles):
            return NotImplemented
        if self.zoom != other.zoom:
            raise DataError("summaries of different passes do not add", "give every part the same partial")
        if not self.zoom.buckets:
            return self
        tallies = tuple(mine + theirs for mine, theirs in zip(self.tallies, other.tallies, strict=True))
        return Quantiles(self.n + other.n, self.nulls + other.nulls, self.zoom, tallies)

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
        buckets: dict[Bucket, None] = {}
        for rank in sorted(_ranks(self.n, probabilities) - known.keys()):
            found = self._look_up(rank, gather)
            if isinstance(found, Bucket):
                buckets[found] = None
            else:
                known[rank] = found
        return Zoom(self.n, self.nulls, tuple(buckets), known)

    def _look_up(self, rank: int, gather: int) -> float | Bucket:
        for bucket, tally in zip(self.zoom.buckets, self.tallies, strict=True):
            ends = np.cumsum(tally.counts) + bucket.before
            if not len(ends) or not bucket.before <= rank < ends[-1]:
                continue
            place = int(np.searchsorted(ends, rank, side="right"))
            key, count = int(tally.keys[place]), int(tally.counts[place])
            if bucket.gather:
                return value_of(key)
            prefix, bits = bucket.prefix << DIGIT_BITS | key, bucket.bits + DIGIT_BITS
            if bits == 64:
                return value_of(prefix)
            return Bucket(bits, prefix, int(ends[place]) - count, gather=count <= gather)
        raise DataError(f"rank {rank} lies in no bucket of this pass", "use the same probabilities in every pass")


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


def exact_quantiles(parts: Sequence[Any], probabilities: Sequence[float] | Floats) -> Floats:
    """Return the quantiles of values that lie in memory in parts, through every pass that is needed.

    Examples
    --------
    >>> exact_quantiles([[1.0, 2.0], [4.0]], [0.0, 0.5])
    array([1., 2.])
    """
    partial: Zoom | None = None
    while True:
        total = Quantiles.of([], partial)
        for part in parts:
            total = total + Quantiles.of(part, partial)
        answer = total.finish(probabilities)
        if not isinstance(answer, Again):
            return answer
        partial = answer.partial


def _position(n: int, probability: float) -> float:
    if not 0 <= probability <= 1:
        raise ConfigurationError(f"probability {probability!r} is not between 0 and 1", "give a share such as 0.99")
    return (n - 1) * float(probability)


def _ranks(n: int, probabilities: Sequence[float] | Floats) -> set[int]:
    lower = [floor(_position(n, probability)) for probability in probabilities] if n else []
    return {min(rank + step, n - 1) for rank in lower for step in (0, 1)}


def _interpolate(zoom: Zoom, probabilities: Sequence[float] | Floats) -> Floats:
    """Interpolate between neighbouring ranks with numpy's own arithmetic, so that the bits agree."""
    if not zoom.n:
        return np.full(len(probabilities), np.nan)
    answers = []
    for probability in probabilities:
        position = _position(zoom.n, probability)
        rank = floor(position)
        neighbours = [zoom.known[rank], zoom.known[min(rank + 1, zoom.n - 1)]]
        exact = position == rank or neighbours[0] == neighbours[1]
        with np.errstate(invalid="ignore"):
            answers.append(neighbours[0] if exact else float(np.quantile(neighbours, position - rank)))
    return np.array(answers)
