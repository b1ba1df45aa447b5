"""Levels of columns, and the target within them: shared by several checks for dependence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.power import is_measured
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PEEK = 2_000
"""Number of rows to examine first, spread over the data: they show for most columns that they are not levels."""
MOST_CLASSES = 6
"""Classes, the most frequent ones, of which each is asked against the rest."""


@dataclass(frozen=True)
class Levels:
    """The levels of a column.

    Parameters
    ----------
    codes : array of int64
        Of each row, counted from 0 in the order of values where these are numbers; -1 for null.
    count : int
        How many there are.
    """

    codes: NDArray[np.int64]
    count: int

    def totals(self, values: NDArray[np.float64], rows: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Return the sum of values in each level, over some rows or all."""
        kept = self.codes >= 0 if rows is None else rows & (self.codes >= 0)
        return np.asarray(np.bincount(self.codes[kept], values[kept], self.count), dtype=np.float64)

    def counts(self, rows: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Return how many rows each level has."""
        return self.totals(np.ones(len(self.codes)), rows)

    def per_level(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value of each level where a column has the same in all its rows; NaN for levels without one."""
        found, known = np.full(self.count, np.nan), (self.codes >= 0) & ~np.isnan(values)
        found[self.codes[known]] = values[known]
        return found

    def constant(self, values: NDArray[np.float64]) -> bool:
        """Whether a column has one value within each level, nulls apart.

        Examples
        --------
        >>> levels = levels_of_column(pd.Series(["a", "b", "a"]))
        >>> levels.constant(np.array([1.0, 2.0, 1.0])), levels.constant(np.array([1.0, 2.0, 3.0]))
        (True, False)
        """
        known = (self.codes >= 0) & ~np.isnan(values)
        return bool((self.per_level(values)[self.codes[known]] == values[known]).all())


def levels_of_column(column: pd.Series) -> Levels:
    """Return the levels of a column of any kind that can be compared.

    Examples
    --------
    >>> levels_of_column(pd.Series([30, 10, None, 30])).codes.tolist()
    [1, 0, -1, 1]
    """
    values = plain(column)
    is_number = values_of(column).kind in {Kind.NUMBER, Kind.TRUTH}
    codes, found = pd.factorize(numbers_of(values) if is_number else values, sort=is_number)
    return Levels(np.asarray(codes, dtype=np.int64), len(found))


def numbers_of(column: pd.Series) -> NDArray[np.float64]:
    """Return a column of numbers or truth values as floats, NaN for null and for infinite numbers."""
    numbers = np.asarray(plain(column).to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def may_be_levels(column: pd.Series, fewest: int) -> bool:
    """Whether a column is of texts, categories or whole numbers, and has enough levels among a few rows.

    Examples
    --------
    >>> may_be_levels(pd.Series(range(50)), 20), may_be_levels(pd.Series([0.5, 1.5] * 20), 2)
    (True, False)
    """
    some = some_rows(column)
    kind = values_of(some).kind
    if kind is Kind.NUMBER:
        values = numbers_of(some)
        values = values[np.isfinite(values)]
        return len(np.unique(values)) >= fewest and bool((values == np.floor(values)).all())
    return kind in {Kind.TEXT, Kind.CATEGORY, Kind.OTHER} and plain(some).nunique() >= fewest


def some_rows(column: pd.Series) -> pd.Series:
    """Return a few rows from all over a column."""
    return column if len(column) <= PEEK else column.iloc[_all_over(len(column))]


def some_rows_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same few rows of all columns of a frame."""
    return frame if len(frame) <= PEEK else frame.iloc[_all_over(len(frame))]


@lru_cache(maxsize=64)
def _all_over(rows: int) -> NDArray[np.int64]:
    """Return a few positions from all over so many rows; the same for every column of a frame."""
    return np.unique(np.linspace(0, rows - 1, min(PEEK, rows)).astype(np.int64))


def targets_of(target: pd.Series, cut: bool = False) -> list[NDArray[np.float64]]:
    """Return the target as numbers: itself where it is a quantity, else 1 for the rows of a class and 0 for others.

    Parameters
    ----------
    target : Series
        Rows without a target are NaN.
    cut : bool
        Whether a quantity is cut at its median.

    Examples
    --------
    >>> [each.tolist() for each in targets_of(pd.Series(["no", "yes", "no"]))]
    [[0.0, 1.0, 0.0]]
    >>> targets_of(pd.Series([1.5, 2.5, 9.5]), cut=True)[0].tolist()
    [0.0, 0.0, 1.0]
    """
    known = target.notna().to_numpy(dtype=bool)
    if is_measured(target):
        values = numbers_of(target)
        return [np.where(known, values > np.nanmedian(values), np.nan) if cut else values]
    levels = plain(target).value_counts().index[:MOST_CLASSES].tolist()
    asked = levels[-1:] if len(levels) == 2 else levels if len(levels) > 2 else []  # noqa: PLR2004  two mirror each other
    return [np.where(known, (plain(target) == level).to_numpy(dtype=bool, na_value=False), np.nan) for level in asked]


def auc(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[float, float]:
    """Return the area under the ROC curve with its standard error, which no AUC of a sample makes 0.

    Notes
    -----
    Hanley and McNeil (1982), at an AUC at least half a row's worth away from 1.

    Examples
    --------
    >>> auc(np.array([False, True, True]), np.array([1.0, 2.0, 3.0]))[0]
    1.0
    """
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return 0.5, 0.5
    ranks = pd.Series(scores).rank().to_numpy()
    area = float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))
    return area, _error(area, positives, negatives)


def auc_of_counts(hits: NDArray[np.int64], misses: NDArray[np.int64]) -> tuple[float, float]:
    """Return the same to the last bit, by the number of rows of each kind at each score, scores rising.

    Examples
    --------
    >>> auc_of_counts(np.array([0, 1, 1]), np.array([1, 0, 0]))[0]
    1.0
    """
    positives, negatives = int(hits.sum()), int(misses.sum())
    if not positives or not negatives:
        return 0.5, 0.5
    below = np.cumsum(misses) - misses / 2  # halves, so the sum is exact
    area = float((hits * below).sum() / (positives * negatives))
    return area, _error(area, positives, negatives)


def _error(area: float, positives: int, negatives: int) -> float:
    far = min(max(area, 1 - area), 1 - 0.25 / (positives + negatives))
    first, second = far / (2 - far), 2 * far**2 / (1 + far)
    variance = far * (1 - far) + (positives - 1) * (first - far**2) + (negatives - 1) * (second - far**2)
    return float(np.sqrt(max(variance, 0.0) / (positives * negatives)))
