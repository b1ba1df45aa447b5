"""Count, mean, variance, smallest and largest value of a column, exact and mergeable."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mlsys.summaries.exact_sum import ExactSum, rounded_quotient

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Moments:
    """What can be said of a numeric column from its sum and sum of squares.

    Parameters
    ----------
    n : int
        Values that are not null; infinities count.
    nulls : int
        Null values (NaN).
    total, squares : ExactSum
        Sum and sum of squares.
    minimum, maximum : float
        NaN when there is no value; ``-0.0`` counts as ``0.0``.

    Notes
    -----
    Mean and variance are computed in whole numbers and rounded once, so there is no cancellation, and equal
    multisets of values give equal bits.

    Examples
    --------
    >>> moments = Moments.of([1.0, 2.0]) + Moments.of([6.0, float("nan")])
    >>> moments.n, moments.nulls, moments.mean, moments.variance()
    (3, 1, 3.0, 4.666666666666667)
    """

    n: int = 0
    nulls: int = 0
    total: ExactSum = field(default_factory=ExactSum)
    squares: ExactSum = field(default_factory=ExactSum)
    minimum: float = math.nan
    maximum: float = math.nan

    @classmethod
    def of(cls, values: ArrayLike) -> Moments:
        """Summarize numbers; NaN is null."""
        numbers = np.asarray(values, dtype=np.float64).ravel()
        missing = np.isnan(numbers)
        nulls = int(missing.sum())
        if nulls:
            numbers = numbers[~missing]
        if not len(numbers):
            return cls(nulls=nulls)
        minimum, maximum = float(numbers.min()) + 0.0, float(numbers.max()) + 0.0
        total, squares = ExactSum.with_squares(numbers, finite=bool(np.isfinite([minimum, maximum]).all()))
        return cls(len(numbers), nulls, total, squares, minimum, maximum)

    def __add__(self, other: Moments) -> Moments:
        if not isinstance(other, Moments):
            return NotImplemented
        return Moments(
            n=self.n + other.n,
            nulls=self.nulls + other.nulls,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            minimum=float(np.fmin(self.minimum, other.minimum)),
            maximum=float(np.fmax(self.maximum, other.maximum)),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moments) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.n, self.nulls, self.total, self.squares, repr(self.minimum), repr(self.maximum)

    @property
    def mean(self) -> float:
        """Mean of the values that are not null, NaN for none."""
        if not self.total.finite or self.n == 0:
            return float(self.total) if self.n else math.nan
        numerator, denominator = self.total.ratio()
        return rounded_quotient(numerator, denominator * self.n)

    def variance(self, ddof: int = 0) -> float:
        """Return the variance with divisor ``n - ddof``, NaN where that is not positive."""
        if not self.total.finite or self.n <= ddof:
            return math.nan
        total, total_unit = self.total.ratio()
        squares, squares_unit = self.squares.ratio()
        numerator = self.n * squares * total_unit**2 - total**2 * squares_unit
        return rounded_quotient(numerator, self.n * (self.n - ddof) * squares_unit * total_unit**2)

    def deviation(self, ddof: int = 0) -> float:
        """Return the standard deviation, the root of :meth:`variance`."""
        return math.sqrt(self.variance(ddof))
