"""Columns of bins that were cut at quantiles of all rows, beside the column that was cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.coincidence import PROVES, chance_of_quantiles
from mlsys.leakage.levels import Levels, levels_of_column
from mlsys.summaries import is_hashable
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlsys.leakage.all_parts import AllParts

    Numbers = NDArray[np.float64]

FEWEST_BINS, MOST_BINS = 4, 100
PEEK = 2_000
"""Rows that tell whether the values of a column are fine enough to be cut."""
UNEVEN = 2.0
"""Rows of the largest bin for each of the smallest, at most: equal values may not be divided."""
FINE = 3
"""Distinct values for each bin, at least."""
FEWEST_ROWS = 10
"""Rows of a bin whose column is gone."""
_LOWER_BOUND = r"^\s*[\[(]\s*(-?[\d.]+(?:e[+-]?\d+)?|-inf)\s*,"


def binned_columns(together: AllParts) -> Iterator[tuple[str, str]]:
    """Yield columns of bins of equal size over all rows, and the column that was cut; empty where that is gone.

    Notes
    -----
    The bins are those of the quantiles at equal steps over all rows, row by row; training rows have other quantiles,
    which put at least one row elsewhere. If the column that was cut is gone, each bin must hold as many rows as the
    quantiles of distinct values leave, which is not the same number for all: equal numbers are also those of a design.

    Examples
    --------
    >>> from mlsys.leakage.all_parts import AllParts
    >>> x = np.random.default_rng(0).gamma(2, size=200)
    >>> rows = pd.DataFrame({"x": x, "decile": pd.qcut(x, 10, labels=False), "y": 0})
    >>> list(binned_columns(AllParts.of(rows[:120], rows[120:], "y", ["x", "decile"], [])))
    [('decile', 'x')]
    """
    for name in together.features:
        if name not in together.kinds or not _may_be_bins(together, name):
            continue
        levels = levels_of_column(together.rows[name])
        counts = np.bincount(levels.codes[levels.codes >= 0], minlength=levels.count)
        if not FEWEST_BINS <= levels.count <= MOST_BINS or counts.max() > UNEVEN * counts.min():
            continue
        for source, values in together.numbers.items():
            if source != name and _is_cut_at_quantiles(levels.codes, levels.count, values, together.training):
                yield name, source
                break
        else:
            if _are_of_equal_size(_in_order(together.rows[name], levels), together.training):
                yield name, ""


def _may_be_bins(together: AllParts, name: str) -> bool:
    look = together.looks.get(name)
    if look is not None:
        return FEWEST_BINS <= look.distinct <= MOST_BINS
    return is_hashable(together.rows[name]) and FEWEST_BINS <= plain(together.some[name]).nunique() <= MOST_BINS


def _in_order(column: pd.Series, levels: Levels) -> NDArray[np.int64]:
    """Return the bins of rows in the order of their bounds; none of texts that are no bounds."""
    if values_of(column).kind is Kind.NUMBER:
        return levels.codes
    named = pd.Series(plain(column).astype(str).to_numpy()).groupby(levels.codes).first().drop(-1, errors="ignore")
    lower = pd.to_numeric(named.str.extract(_LOWER_BOUND)[0], errors="coerce")
    if lower.isna().any() or not lower.is_unique:
        return np.full(len(column), -1)
    return np.append(lower.rank().to_numpy(dtype=np.int64) - 1, -1)[levels.codes]


def _are_of_equal_size(bins: NDArray[np.int64], training: NDArray[np.bool_]) -> bool:
    """Whether bins hold as many rows as quantiles of distinct values leave, and those of training rows do not."""
    return _counted_as_quantiles(bins) and not _counted_as_quantiles(bins[training])


def _counted_as_quantiles(bins: NDArray[np.int64]) -> bool:
    counts = np.bincount(bins[bins >= 0])
    rows, many = int(counts.sum()), len(counts)
    if many < FEWEST_BINS or rows < FEWEST_ROWS * many or (np.diff(counts) <= 0).all():  # dealt in turn, or all equal
        return False
    places = (rows - 1) * np.arange(1, many) / many
    bounds = np.floor(places) + 1, np.ceil(places)  # a value at a bound belongs to the bin below it, or to that above
    return any(np.array_equal(np.diff([0, *each, rows]), counts) for each in bounds)


def _is_cut_at_quantiles(codes: NDArray[np.int64], count: int, values: Numbers, training: NDArray[np.bool_]) -> bool:
    some = slice(None, None, max(1, len(values) // PEEK))
    if not _are_apart(codes[some], values[some]):  # so for nearly all columns
        return False
    known = (codes >= 0) & np.isfinite(values)
    bins, numbers = codes[known], values[known]
    if len(np.unique(numbers)) < FINE * count:
        return False
    order: NDArray[np.int64] = pd.Series(numbers).groupby(bins).min().rank().to_numpy().astype(np.int64) - 1
    if len(order) != count:
        return False
    places = order[bins]
    own = training[known]
    if not _is_cut(places, numbers, numbers, count) or _is_cut(places, numbers, numbers[own], count):
        return False
    # of a column of few values, rows of an earlier period have the same quantiles
    return chance_of_quantiles(numbers, np.linspace(0, 1, count + 1)[1:-1].tolist()) <= PROVES


def _are_apart(bins: NDArray[np.int64], numbers: Numbers) -> bool:
    """Whether the known numbers of each bin lie between those of its neighbours."""
    known = (bins >= 0) & np.isfinite(numbers)
    bins, numbers = bins[known], numbers[known]
    if not len(numbers):
        return False
    ranges = pd.Series(numbers).groupby(bins).agg(["min", "max"]).sort_values("min").to_numpy()
    return bool((ranges[1:, 0] >= ranges[:-1, 1]).all())


def _is_cut(places: NDArray[np.int64], numbers: Numbers, by: Numbers, count: int) -> bool:
    """Whether all numbers lie in the bins that quantiles of some make, whichever side a bound belongs to."""
    edges = np.quantile(by, np.linspace(0, 1, count + 1)[1:-1]) if len(by) else np.full(count - 1, np.nan)
    return any(np.array_equal(np.searchsorted(edges, numbers, side=side), places) for side in ("left", "right"))
