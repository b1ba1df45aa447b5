"""Quantiles in one pass, with a bound on their relative error: counts of values by their leading bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlsys.errors import ConfigurationError, DataError
from mlsys.summaries._radix import Tally, ordered_keys, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from mlsys.summaries._floats import Floats

_FRACTION_BITS = 52
"""Bits of a float64 behind sign and exponent."""
_MOST_BITS = 30


@dataclass(frozen=True, eq=False)
class LogBuckets:
    """Counts of values that agree in sign, exponent and leading bits; build it with :meth:`of` and ``+``.

    Parameters
    ----------
    nulls : int
        Null values (NaN).
    bits : int
        Leading bits of the fraction that are told apart.
    tally : Tally
        Values by bucket.

    Notes
    -----
    Each power of two is cut into ``2**bits`` buckets of equal width, as in HdrHistogram (Tene 2015); like those of
    DDSketch (Masson, Rim and Lee 2019) they bound the relative error of every value, and counts add exactly, so that
    partitions and order do not matter. Memory grows with the buckets that hold values, not with rows: with an error
    of 1 % at most 64 for each power of two. Below 2**-1022 the error is at most ``bound * 2**-1021`` in itself.

    Examples
    --------
    >>> buckets = LogBuckets.of([1.0, 10.0, 100.0], error=0.01) + LogBuckets.of([1000.0, 5000.0], error=0.01)
    >>> buckets.quantiles([0.5]), buckets.bound
    (array([100.5]), 0.0078125)
    """

    nulls: int
    bits: int
    tally: Tally

    @classmethod
    def of(cls, values: ArrayLike, error: float = 0.01) -> LogBuckets:
        """Summarize numbers; NaN is null.

        Parameters
        ----------
        values : array of float
            Any shape.
        error : float
            Relative error that is allowed, above 0 and at most 0.5; the bound that is kept is a power of two.
        """
        if not 2.0 ** -(_MOST_BITS + 1) <= error <= 0.5:
            raise ConfigurationError(f"a relative error of {error!r}", "give one between 1e-9 and 0.5, such as 0.01")
        bits = max(math.ceil(-math.log2(error)) - 1, 0)
        numbers = np.asarray(values, dtype=np.float64).ravel()
        missing = np.isnan(numbers)
        keys = ordered_keys(numbers[~missing]) >> np.uint64(_FRACTION_BITS - bits)
        used, counts = np.unique(keys, return_counts=True)
        return cls(int(missing.sum()), bits, Tally(used, counts.astype(np.int64)))

    def __add__(self, other: LogBuckets) -> LogBuckets:
        if not isinstance(other, LogBuckets):
            return NotImplemented
        if self.bits != other.bits:
            raise DataError("buckets of different widths cannot be added", "use the same error for every part")
        return LogBuckets(self.nulls + other.nulls, self.bits, self.tally + other.tally)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LogBuckets)
            and (self.nulls, self.bits) == (other.nulls, other.bits)
            and np.array_equal(self.tally.keys, other.tally.keys)
            and np.array_equal(self.tally.counts, other.tally.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def n(self) -> int:
        """Number of values that are not null."""
        return int(self.tally.counts.sum())

    @property
    def bound(self) -> float:
        """Largest relative error of a value."""
        return 2.0 ** -(self.bits + 1)

    def middles(self) -> Floats:
        """Return the middle of each bucket, in order; none is further than ``bound`` from what lies in it."""
        shift = np.uint64(_FRACTION_BITS - self.bits)
        lowest = self.tally.keys << shift
        ends = values_of(lowest), values_of(lowest | ((np.uint64(1) << shift) - np.uint64(1)))
        near, far = (np.where(np.isnan(end), other, end) for end, other in (ends, ends[::-1]))  # infinity stands alone
        with np.errstate(invalid="ignore"):
            middles: Floats = np.where(np.isinf(near) | np.isinf(far), np.where(np.isinf(near), near, far), 0.0)
            inside = np.isfinite(near) & np.isfinite(far)
            middles[inside] = near[inside] / 2 + far[inside] / 2
        middles[np.abs(middles) < np.finfo(np.float64).tiny] = 0.0
        return middles

    def counts(self) -> NDArray[np.int64]:
        """Return how many values lie in each bucket."""
        return self.tally.counts

    def quantiles(self, probabilities: Sequence[float] | Floats) -> Floats:
        """Return the middle of the bucket that holds each quantile, ``numpy.quantile(..., method="lower")``."""
        shares = np.asarray(probabilities, dtype=np.float64)
        if not ((shares >= 0) & (shares <= 1)).all():
            raise ConfigurationError(
                f"probabilities {shares.tolist()} are not between 0 and 1", "give shares like 0.99"
            )
        if not self.n:
            return np.full(len(shares), np.nan)
        ranks = ((self.n - 1) * shares).astype(np.int64)
        return self.middles()[np.searchsorted(np.cumsum(self.tally.counts), ranks, side="right")]
