"""Decide whether held values prove that a table is the data: not if any other table would have them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.values import TIMES, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

FEWEST = 20
"""Minimum number of rows: shorter tables may be look-ups."""
FEWEST_VALUES = 5
"""Minimum number of distinct values: columns with fewer may be equal by chance."""
SHARE_COARSE = 0.9
"""Of values of which many rows have the same: two tables of one taste agree in most of them."""
MOST_STEPS = 5
"""Kinds of steps from row to row of a column that counts rows or days, weekends and holidays left out."""
MOST_PERIODS = 3
SHARE_PERIODIC = 0.99
DECIMALS = 6
SEEN = 0.5
"""Share of fresh draws whose value is in the data already, above which it proves nothing that values are found."""
CHANCE = 1e-6
"""Of as many values found."""


def agree(one: pd.Series, other: pd.Series, share: float) -> bool:
    """Whether two columns have equal values row by row, beyond chance.

    Parameters
    ----------
    one, other : Series
        Equally long.
    share : float
        Share of rows from which fine-grained values count as agreeing.

    Notes
    -----
    The share is Cohen's kappa: rows that would agree if one column were shuffled do not count, such as the zeros of
    two columns that are mostly zero.

    Examples
    --------
    >>> one = pd.Series(np.arange(40) / 7)
    >>> agree(one, one, 0.9), agree(one, one[::-1].reset_index(drop=True), 0.9)
    (True, False)
    """
    both = one.notna().to_numpy() & other.notna().to_numpy()
    if both.sum() < FEWEST or (one.dtype.kind in "iufb") != (other.dtype.kind in "iufb"):
        return False
    left, right = (each[both].reset_index(drop=True) for each in (one, other))
    try:
        same = np.asarray(left.to_numpy() == right.to_numpy(), dtype=bool)
        shares = [each.value_counts(normalize=True) for each in (left, right)]
    except TypeError:  # values that are not compared
        return False
    by_chance = float((shares[0] * shares[1].reindex(shares[0].index, fill_value=0.0)).sum())
    values = len(shares[0])
    if values < FEWEST_VALUES or by_chance == 1:
        return False
    needed = share if values >= len(left) / 2 else max(share, SHARE_COARSE)
    return bool((same.mean() - by_chance) / (1 - by_chance) >= needed)


def follow_from_place(data: pd.DataFrame, names: Collection[Any]) -> bool:
    """Whether all columns follow from row position, as in every table of the same hours or days.

    Examples
    --------
    >>> at = pd.date_range("2024-01-01", periods=100, freq="h")
    >>> frame = pd.DataFrame({"at": at, "hour": at.hour, "wind": np.random.default_rng(0).normal(size=100)})
    >>> follow_from_place(frame, ["at", "hour"]), follow_from_place(frame, ["at", "wind"])
    (True, False)
    """
    times = [column for _, column in data.items() if values_of(column).means in TIMES and _counts(column)]
    times += [data.index.to_series()] if isinstance(data.index, pd.DatetimeIndex) else []
    parts = [part for each in times for part in _parts(pd.to_datetime(plain(each)))]
    return all(
        _counts(data[name]) or _is_periodic(data[name]) or any(_is_of(data[name], part) for part in parts)
        for name in names
    )


def _counts(column: pd.Series) -> bool:
    """Whether a column increases from row to row in a few kinds of steps, as a running number or the hour does."""
    if values_of(column).means in TIMES:
        steps = np.diff(pd.to_datetime(plain(column)).to_numpy(dtype="datetime64[ns]").astype(np.int64))
    elif column.dtype.kind in "iuf":
        steps = np.diff(column.to_numpy(dtype=np.float64)).round(DECIMALS)
    else:
        return False
    return len(steps) > 1 and bool((steps >= 0).all() or (steps <= 0).all()) and len(np.unique(steps)) <= MOST_STEPS


def _is_periodic(column: pd.Series) -> bool:
    """Whether values recur periodically, as the weekday does, or the day in a table of shops and days."""
    try:
        codes = pd.factorize(column)[0]
    except TypeError:  # values that are not compared
        return False
    turns: NDArray[np.int64] | list[int] = []
    if len(codes):
        turns = np.flatnonzero(codes[1 : len(codes) // 2] == codes[0])[:MOST_PERIODS] + 1
    return any((codes[turn:] == codes[:-turn]).mean() >= SHARE_PERIODIC for turn in turns)


def _parts(times: pd.Series) -> Iterator[pd.Series]:
    found = times.dt
    yield from (found.hour, found.day_of_week, found.day, found.month, found.day_of_year, found.year)
    yield found.normalize()


def _is_of(column: pd.Series, part: pd.Series) -> bool:
    """Whether a column has one value within each level of a part of the time, and levels come again."""
    if part.nunique() > len(part) / 2:
        return False
    try:
        return bool(column.groupby(part.to_numpy()).nunique(dropna=False).max() <= 1)
    except TypeError:  # values that are not compared
        return False


def found_among(sides: list[NDArray[np.float64]], columns: list[NDArray[np.float64]]) -> NDArray[np.bool_] | None:
    """Return the rows whose values some held numbers have; ``None`` where any other sample's would be found as well.

    Parameters
    ----------
    sides : list of array
        Held numbers, of one row each at the same place.
    columns : list of array
        The columns of the data in which they are found, one for each side.

    Notes
    -----
    The share of fresh draws whose value the data has already is estimated by that of rows whose value occurs more than
    once (Good 1953), and for a grid by the share of its points that occur.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> fine = generator.normal(size=200)
    >>> found_among([fine[:50]], [fine]).sum(), found_among([fine[:50].round(1)], [fine.round(1)])
    (np.int64(50), None)
    """
    kept = np.logical_and.reduce([np.isfinite(each) for each in columns])
    held, counts = np.unique(np.column_stack(columns)[kept], axis=0, return_counts=True)
    asked = np.unique(np.column_stack(sides), axis=0)
    if not len(held) or not len(asked):
        return None
    there = pd.MultiIndex.from_arrays(list(held.T))
    found = int(pd.MultiIndex.from_arrays(list(asked.T)).isin(there).sum())
    fresh = max(1 - (counts == 1).sum() / counts.sum(), float(np.prod([_covered(each[kept]) for each in columns])))
    if found < SHARE_COARSE * len(asked) or fresh > SEEN or _as_many(found, len(asked), fresh) > CHANCE:
        return None
    return np.asarray(pd.MultiIndex.from_arrays(columns).isin(pd.MultiIndex.from_arrays(list(asked.T))), dtype=np.bool_)


def _as_many(found: int, asked: int, share: float) -> float:
    """Return the probability that equally many are found by chance."""
    from scipy.stats import binom

    return float(binom.sf(found - 1, asked, max(share, 1 / asked)))


def _covered(column: NDArray[np.float64]) -> float:
    """Return the share of the points of the coarsest grid on which all values lie, between their ends, that occur."""
    values = np.unique(column)
    points = values * 10.0**DECIMALS
    if len(values) < 2 or np.abs(points).max() > 2**53 or np.abs(points - points.round()).max() > 0.1:  # noqa: PLR2004
        return 0.0
    steps = np.diff(points.round().astype(np.int64))
    return float((len(values) - 1) / (steps.sum() / np.gcd.reduce(steps)))
