"""Values of a feature to ask a model about, and how many rows lie near each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation.cutting import is_number
from mlsys.values import Kind, plain, values_of

ENDS = (0.01, 0.99)
"""Shares of rows between which numbers are asked about: far-off values would take most of a picture."""
MOST_LEVELS = 20
"""Levels that are asked about, the most frequent first."""
_LEVELS = frozenset({Kind.TEXT, Kind.TRUTH, Kind.CATEGORY, Kind.NUMBER})


@dataclass(frozen=True)
class Grid:
    """Values of a feature.

    Parameters
    ----------
    values : Series
        In the type of the column.
    names : list of str
        The values as texts.
    numbers : ndarray
        The values as numbers; NaN for levels and null.
    density : ndarray
        Share of the training rows that lie nearest each value; of all rows, so that they sum to 1 unless there are
        too many levels.
    """

    values: pd.Series
    names: list[str]
    numbers: NDArray[np.float64]
    density: NDArray[np.float64]


def grid_of(column: pd.Series, points: int) -> Grid | None:
    """Return values to ask about; ``None`` where a column holds neither numbers nor levels.

    Parameters
    ----------
    column : Series
        Of the training rows.
    points : int
        How many values of a number, at equal steps of rows between the first and the last percentile.

    Examples
    --------
    >>> grid = grid_of(pd.Series(["a", "b", "a", None]), 5)
    >>> grid.names, grid.density.tolist()
    (['a', 'b', 'null'], [0.5, 0.25, 0.25])
    >>> grid_of(pd.Series(range(100)), 5).names
    ['1', '25', '50', '74', '98']
    """
    if values_of(column).kind not in _LEVELS:
        return None
    return _of_number(column, points) if is_number(column.to_frame("x"), "x") else _of_levels(column)


def _of_number(column: pd.Series, points: int) -> Grid:
    numbers = plain(column).to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.sort(numbers[np.isfinite(numbers)])
    places = np.unique((np.linspace(*ENDS, points) * (len(known) - 1)).round().astype(int))
    asked = np.unique(known[places])
    between = (asked[1:] + asked[:-1]) / 2
    density = np.bincount(np.searchsorted(between, known), minlength=len(asked)) / len(numbers)
    values = pd.Series(asked).astype(column.dtype)
    names = [f"{value:.6g}" for value in asked]
    return _with_null(Grid(values, names, asked, density), column, np.isnan(numbers).mean())


def _of_levels(column: pd.Series) -> Grid:
    counts = column.value_counts(dropna=True)
    counts = counts[counts > 0].head(MOST_LEVELS)
    is_numeric = values_of(column).kind is Kind.NUMBER
    counts = counts.sort_index() if is_numeric else counts
    values = pd.Series(counts.index, dtype=column.dtype)
    names = [str(value) for value in values]
    numbers = np.asarray(values, dtype=np.float64) if is_numeric else np.full(len(values), np.nan)
    return _with_null(Grid(values, names, numbers, counts.to_numpy() / len(column)), column, column.isna().mean())


def _with_null(grid: Grid, column: pd.Series, share: float) -> Grid:
    """Add null, if rows have it."""
    if not share > 0:
        return grid
    null = column[column.isna()].iloc[:1].reset_index(drop=True)
    values = pd.concat([grid.values.astype(column.dtype), null], ignore_index=True)
    return Grid(values, [*grid.names, "null"], np.append(grid.numbers, np.nan), np.append(grid.density, share))
