"""Columns whose gaps were filled, or whose ends were cut, with a statistic of all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.digits import FEWEST as FEWEST_DIGITS
from mlsys.leakage.digits import digits_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlsys.leakage.all_parts import Grouping
    from mlsys.leakage.read_once import Number

    Numbers = NDArray[np.float64]

EXACT = 1e-9
PEEK = 2_000
"""Rows that tell whether a value comes again."""
FEWEST_FILLED = 5
"""Rows with the same value."""
FEWEST_VALUES = 10
"""Other values, where these were computed too: shares of few levels lie around their mean."""
CONTINUOUS = 0.9
"""Share of distinct values among the others, from which on one that comes again is no measurement."""
DECIMALS = 4
"""People write down no more of them."""
FEWEST_LEVELS, AGREE = 3, 0.8
"""Levels filled with their own means, and their share of the levels in which such a value comes again."""
TAILS = (0.001, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1)
"""Shares of rows at which an end is usually cut off."""


def filled_with(column: Number) -> str:
    """Return the statistic of all rows that the gaps of a column were filled with; empty if there is none.

    Parameters
    ----------
    column : Number
        The column over all rows.

    Notes
    -----
    A value that comes again equals, to nine digits, the mean or the median of all other values, and not that of the
    other values of training rows. The mean must have six digits or more; the median counts only where nearly all other
    values are distinct, so that none would come again by itself.

    Examples
    --------
    >>> from mlsys.leakage.read_once import Number
    >>> generator = np.random.default_rng(0)
    >>> x, gone = generator.gamma(2, size=200), generator.random(200) < 0.2
    >>> x[gone] = x[~gone].mean()
    >>> filled_with(Number(x, np.arange(200) < 120))
    'its mean'
    """
    found, counts = column.repeated
    if counts.max(initial=1) == 1:
        return ""
    values, training, value = column.values, column.training, float(found[counts.argmax()])
    others = np.isfinite(values) & (values != value)
    if len(values) - others.sum() < FEWEST_FILLED or min(others.sum(), (others & training).sum()) < FEWEST_FILLED:
        return ""
    everywhere, own = values[others], values[others & training]
    few = len(found) - 1 < FEWEST_VALUES and bool((everywhere.round(DECIMALS) != everywhere).any())
    if not few and digits_of(value) >= FEWEST_DIGITS and _equal(value, everywhere.mean()):
        return "" if _equal(value, own.mean()) else "its mean"
    if _are_distinct(everywhere) and _is_median(value, everywhere):
        return "" if _is_median(value, own) else "its median"
    return ""


def filled_by_level(column: Number, groupings: Sequence[Grouping]) -> str:
    """Return the column by whose levels gaps were filled with means over all rows; empty if there is none.

    Examples
    --------
    >>> from mlsys.leakage.all_parts import AllParts
    >>> generator = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"x": generator.gamma(2, size=400), "town": np.arange(400) % 8, "y": 0})
    >>> gone = generator.random(400) < 0.3
    >>> means = rows["x"].mask(gone).groupby(rows["town"]).transform("mean")
    >>> rows["x"] = rows["x"].mask(gone, means)
    >>> together = AllParts.of(rows[:240], rows[240:], "y", ["x", "town"], ["x", "town"])
    >>> filled_by_level(together.columns["x"], together.groupings)
    'town'
    """
    values, training, (some, counts) = column.values, column.training, column.repeated
    again = some[counts > 1]
    if (again.round(DECIMALS) != again).sum() < FEWEST_LEVELS:
        return ""
    for each in groupings:
        here = values[each.places]
        filled = _repeated_by_level(each.levels.codes, here)
        if len(filled) >= FEWEST_LEVELS:
            own = training[each.places]
            agree = _agreeing(each.levels.codes, here, filled)
            differ = len(filled) - _agreeing(each.levels.codes[own], here[own], filled)
            if agree >= max(FEWEST_LEVELS, AGREE * len(filled)) and differ >= FEWEST_LEVELS:
                return each.name
    return ""


def cut_off(column: Number) -> str:
    """Return the quantiles of all rows at which both ends of a column were cut off; empty if there are none.

    Notes
    -----
    Cut at quantiles, both ends hold as many equal values as the share tells, to the row. All rows must have these
    numbers, and training rows not; one end alone has them by chance too often.

    Examples
    --------
    >>> from mlsys.leakage.read_once import Number
    >>> x = np.random.default_rng(0).gamma(2, size=1_000)
    >>> cut_off(Number(np.clip(x, *np.quantile(x, [0.02, 0.98])), np.arange(1_000) < 600))
    'quantiles .02 and .98'
    """
    tail = _tail(column.everywhere, column.low, column.high)
    if tail is None or _tail(column.own, *_ends(column.own)) == tail:
        return ""
    return f"quantiles {tail:g} and {1 - tail:g}".replace(" 0.", " .")


def _ends(values: Numbers) -> tuple[float, float]:
    return float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))


def _tail(values: Numbers, low: float, high: float) -> float | None:
    """Return the share of rows at which both ends are cut off; ``None`` where they are not."""
    if not low < high:
        return None
    at_low, at_high = (int((values == end).sum()) for end in (low, high))
    if at_low != at_high or at_low < FEWEST_FILLED or not _are_distinct(values[(values > low) & (values < high)]):
        return None
    return next((tail for tail in TAILS if int(np.floor((len(values) - 1) * tail)) + 1 == at_low), None)


def _some(values: Numbers) -> Numbers:
    return values[:: max(1, len(values) // PEEK)]


def _are_distinct(values: Numbers) -> bool:
    some = _some(values)
    return len(some) > 0 and len(np.unique(some)) >= CONTINUOUS * len(some)


def _is_median(value: float, others: Numbers) -> bool:
    """Whether a value is the median of others; of an odd number of values it is one of them."""
    return _equal(value, float(np.median(others))) or _equal(value, float(np.median(np.append(others, value))))


def _equal(one: float, other: float) -> bool:
    return bool(abs(one - other) <= EXACT * max(abs(one), abs(other)))


def _repeated_by_level(codes: NDArray[np.int64], values: Numbers) -> pd.Series:
    """Return the value with many decimals that comes most often, of each level in which one comes again."""
    known = (codes >= 0) & np.isfinite(values)
    counts = pd.DataFrame({"level": codes[known], "value": values[known]}).value_counts()
    pairs = counts[counts > 1].reset_index()
    fine = pairs[pairs["value"].round(DECIMALS) != pairs["value"]]
    found: pd.Series = fine.drop_duplicates("level").set_index("level")["value"]
    return found


def _agreeing(codes: NDArray[np.int64], values: Numbers, filled: pd.Series) -> int:
    """Return the number of levels in which the mean of the other values is the one that comes again."""
    asked = pd.Series(codes).map(filled).to_numpy(dtype=np.float64)
    others = np.isfinite(asked) & np.isfinite(values) & (values != asked)
    means = pd.Series(values[others]).groupby(codes[others]).mean()
    wanted = filled.reindex(means.index)
    return int((np.abs(means - wanted) <= EXACT * np.maximum(means.abs(), wanted.abs())).sum())
