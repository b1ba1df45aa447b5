"""Means and covariances of columns, exact and mergeable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import DataError
from mlsys.summaries._floats import LOWEST_EXPONENT, exact_total
from mlsys.summaries._gram import exact_gram
from mlsys.summaries.exact_sum import ExactSum, rounded_quotient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Covariance:
    """Rows, sums, and sums of products of every two columns; build it with :meth:`of` and ``+``.

    Parameters
    ----------
    names : tuple of str
        Columns.
    n, left_out : int
        Rows with a finite number in every column, and the others.
    sums : tuple of ExactSum
        One for each column.
    products : tuple of ExactSum
        Of columns 0 and 0, 0 and 1, ..., 1 and 1, ...

    Notes
    -----
    Computed in whole numbers and rounded once, so that neither order nor partitions matter and nothing cancels.
    Matrix products of pieces of few bits, which cannot round (Ozaki et al. 2012), do the work: 300,000 rows of ten
    columns take about 0.3 s.

    Examples
    --------
    >>> part = Covariance.of(["x", "y"], [[1.0, 2.0, 3.0], [2.0, 4.0, 9.0]])
    >>> part.covariance().round(3).tolist()
    [[0.667, 2.333], [2.333, 8.667]]
    """

    names: tuple[str, ...]
    n: int
    left_out: int
    sums: tuple[ExactSum, ...]
    products: tuple[ExactSum, ...]

    @classmethod
    def of(cls, names: Sequence[str], columns: ArrayLike) -> Covariance:
        """Summarize rows.

        Parameters
        ----------
        names : sequence of str
            One for each column.
        columns : array of float, shape (columns, rows)
            Rows with a null or an infinite number are left out.
        """
        block = np.asarray(columns, dtype=np.float64).reshape(len(names), -1)
        whole = np.isfinite(block).all(axis=0)
        rows = block.shape[1]
        block = block if whole.all() else block[:, whole]
        gram = exact_gram(block)
        sums = tuple(ExactSum.of_units(exact_total(values), LOWEST_EXPONENT) for values in block)
        products = tuple(
            ExactSum.of_units(units, 2 * LOWEST_EXPONENT)
            for first, row in enumerate(gram.tolist())
            for units in row[first:]
        )
        return cls(tuple(names), int(whole.sum()), rows - int(whole.sum()), sums, products)

    def __add__(self, other: Covariance) -> Covariance:
        if not isinstance(other, Covariance):
            return NotImplemented
        if self.names != other.names:
            raise DataError(f"covariances of {self.names} and {other.names} cannot be added", "use the same columns")
        return Covariance(
            self.names,
            self.n + other.n,
            self.left_out + other.left_out,
            tuple(mine + theirs for mine, theirs in zip(self.sums, other.sums, strict=True)),
            tuple(mine + theirs for mine, theirs in zip(self.products, other.products, strict=True)),
        )

    def means(self) -> NDArray[np.float64]:
        """Return the mean of each column, NaN for no rows."""
        ratios = [each.ratio() for each in self.sums]
        return np.array([rounded_quotient(top, bottom * self.n) for top, bottom in ratios])

    def covariance(self, ddof: int = 0) -> NDArray[np.float64]:
        """Return the covariances with divisor ``n - ddof``, NaN where that is not positive."""
        size = len(self.names)
        made: NDArray[Any] = np.full((size, size), np.nan)
        if self.n <= ddof:
            return made
        sums = [each.ratio() for each in self.sums]
        products = iter(self.products)
        for first in range(size):
            for second in range(first, size):
                top, bottom = next(products).ratio()
                (one, unit), (other, other_unit) = sums[first], sums[second]
                units = unit * other_unit
                numerator = self.n * top * units - one * other * bottom
                value = rounded_quotient(numerator, self.n * (self.n - ddof) * bottom * units)
                made[first, second] = made[second, first] = value
        return made

    def correlation(self) -> NDArray[np.float64]:
        """Return Pearson's correlations, NaN beside a constant column."""
        covariance = self.covariance()
        deviations = np.sqrt(np.diag(covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.clip(covariance / np.outer(deviations, deviations), -1.0, 1.0))
