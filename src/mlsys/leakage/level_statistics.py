"""Columns that hold statistics of another column by level, or its distance from them, over all rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts, Grouping
from mlsys.leakage.crossed import crossing_of
from mlsys.leakage.levels import numbers_of
from mlsys.leakage.power import is_measured
from mlsys.leakage.read_once import has_fractions
from mlsys.leakage.remedies import REMEDIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FEWEST_LEVELS, FEWEST_OTHERWISE = 5, 3
"""Levels in which a column varies, all of which must agree; and those in which training rows must not."""
FEWEST_VALUES = 20
"""Of a column of distances: fewer are the codes of a design, which are balanced on purpose."""
LARGE = 100
"""Rows of the median level from which on it is a category, and not a group whose size was known."""
EXACT = 1e-9
OF_TARGETS = {"mean": "mean", "median": "median", "std": "standard deviation", "min": "minimum", "max": "maximum",
              "sum": "sum"}  # fmt: skip
OF_FEATURES = ("mean", "median", "std")
"""Sums, counts and extremes of a group may be known beforehand: an order's total, a family's size."""
MOST_SOURCES = 30


def level_statistic_findings(together: AllParts, made_by: Mapping[str, str]) -> list[Finding]:
    """Return findings for columns that equal a statistic by level over all rows, but not over training rows.

    Parameters
    ----------
    together : AllParts
        All rows.
    made_by : mapping of str to str
        Columns to the steps that made them.

    Notes
    -----
    A statistic of a measured target by level is an error; the mean, median or standard deviation of another feature,
    and a number whose mean is 0 within every level, are a warning. Values must agree to nine digits in all levels in
    which the column varies, at least five, and those of training rows must differ in at least three. So must shares of
    rows by level, numbers of rows of large levels, and numbers divided by the mean of their level. Levels are those of
    a column, or of two or three together.
    """
    found: dict[str, Finding] = {}
    measured = is_measured(together.rows[together.target])
    some = len(together.some)
    asked = [name for name, column in together.columns.items()
             if measured or column.has_fractions or together.looks[name].levels * LARGE <= some]  # fmt: skip
    for each in together.groupings if asked else ():
        training = together.training[each.places]
        for name in asked:
            if name == each.name or name in found:
                continue
            said = _said(together, each, name, training)
            if said:
                found[name] = _finding(name, *said, made_by.get(name, ""))
    for name in [name for name in asked if name not in found]:
        crossed = crossing_of(together, name)
        said = None if crossed is None else _said(together, crossed, name, together.training)
        if said:
            found[name] = _finding(name, *said, made_by.get(name, ""))
    return list(found.values())


def _said(together: AllParts, each: Grouping, name: str, training: NDArray[np.bool_]) -> tuple[str, bool] | None:
    """Return what a column is, and whether it is of the target; ``None`` where it is nothing of the kind."""
    column = together.numbers[name]
    if not each.constant(column):
        if together.looks[name].distinct < FEWEST_VALUES or not together.columns[name].has_fractions:
            return None
        values = column[each.places]
        for word, given in (("centred within", values), ("divided by its mean within", values - 1)):
            if _is_centred(each.levels.codes, given, training) and has_fractions(values):
                return f"{word} each {each.name!r}", False
        return None
    values = column[each.places]
    stated = each.levels.per_level(values)
    if not has_fractions(stated) and _is_number_of_rows(each.levels.codes, stated, training):
        return f"the number of rows of each {each.name!r}", False
    if has_fractions(values) and _is_share(each.levels.codes, stated, training):
        return f"the share of rows by {each.name!r}", False
    for source, wanted, of_target in _sources(together, each, name):
        for statistic in wanted:
            if _is_statistic(each.levels.codes, source, stated, statistic, training):
                what = "target" if of_target else "a feature"
                return f"the {OF_TARGETS[statistic]} of {what} in each {each.name!r}", of_target
    return None


def _is_share(codes: NDArray[np.int64], stated: Numbers, training: NDArray[np.bool_]) -> bool:
    """Whether the numbers of levels are their shares of all rows, and not of training rows."""
    found = [np.bincount(each[each >= 0], minlength=len(stated)) / len(each) for each in (codes, codes[training])]
    agree = [_equal(stated, each) for each in found]
    return bool(len(stated) >= FEWEST_LEVELS and agree[0].all() and (~agree[1]).sum() >= FEWEST_OTHERWISE)


def _is_number_of_rows(codes: NDArray[np.int64], stated: Numbers, training: NDArray[np.bool_]) -> bool:
    """Whether the numbers of large levels are those of their rows; a small level may be a family, or an order."""
    counts = np.bincount(codes[codes >= 0], minlength=len(stated))
    told = np.median(counts) >= LARGE and len(np.unique(counts)) > len(counts) // 2
    return bool(
        told and len(stated) >= FEWEST_LEVELS and not training.all() and _equal(stated, counts.astype(np.float64)).all()
    )


def _sources(together: AllParts, each: Grouping, name: str) -> Iterator[tuple[Numbers, tuple[str, ...], bool]]:
    """Yield the columns of which a statistic may be taken, with the statistics."""
    target = together.rows[together.target]
    if is_measured(target):
        yield numbers_of(target)[each.places], tuple(OF_TARGETS), True
    fine = together.columns[name].has_fractions
    others = [other for other in together.numbers if fine and other not in {name, each.name}]
    for other in others[:MOST_SOURCES]:
        yield together.numbers[other][each.places], OF_FEATURES, False


def _is_statistic(
    codes: NDArray[np.int64], source: Numbers, stated: Numbers, statistic: str, training: NDArray[np.bool_]
) -> bool:
    first = _statistics(codes, source, statistic)  # a few rows of all levels would not have it
    places = first.index.to_numpy()
    given, there = stated[places], first.to_numpy()
    if len(places) < FEWEST_LEVELS or len(np.unique(given)) < FEWEST_OTHERWISE or not _equal(given, there).all():
        return False
    own = _statistics(codes[training], source[training], statistic)
    return int((~_equal(stated[own.index.to_numpy()], own.to_numpy())).sum()) >= FEWEST_OTHERWISE


def _statistics(codes: NDArray[np.int64], source: Numbers, statistic: str) -> pd.Series:
    """Return a statistic of the levels in which a column varies."""
    known = (codes >= 0) & np.isfinite(source)
    groups = pd.Series(source[known]).groupby(codes[known])
    low, high = groups.min(), groups.max()
    found: pd.Series = groups.agg(statistic)[high > low]
    return found


def _equal(one: Numbers, other: Numbers) -> NDArray[np.bool_]:
    return np.asarray(np.abs(one - other) <= EXACT * np.maximum(np.abs(one), np.abs(other)))


def _is_centred(codes: NDArray[np.int64], values: Numbers, training: NDArray[np.bool_]) -> bool:
    """Whether the mean within every level is 0 over all rows, and not over training rows."""
    if len(np.unique(values[:: max(1, len(values) // 1_000)])) < FEWEST_VALUES:
        return False
    of_all, many = _off_centre(codes, values)
    if many < FEWEST_LEVELS or of_all > 0:
        return False
    return _off_centre(codes[training], values[training])[0] >= FEWEST_OTHERWISE


def _off_centre(codes: NDArray[np.int64], values: Numbers) -> tuple[int, int]:
    """Return how many levels have another mean than 0, and how many are of two rows or more that differ."""
    known = (codes >= 0) & np.isfinite(values)
    size = max(int(codes.max(initial=0)) + 1, 1)
    rows, sums, sizes = (np.bincount(codes[known], each, size) for each in (None, values[known], np.abs(values[known])))
    asked = (rows > 1) & (sizes > 0)
    return int((np.abs(sums[asked]) > EXACT * sizes[asked]).sum()), int(asked.sum())


def _finding(name: str, said: str, of_target: bool, step: str) -> Finding:
    where = "over all rows, including held-out ones, but not over training rows"
    if of_target:
        message = f"{name!r} is {said} {where}; {REMEDIES['encoded beforehand']}"
        return Finding("LK229", message, "error", columns=(name,), step=step)
    return Finding(
        "LK226",
        f"{name!r} is {said} {where}; {REMEDIES['by level beforehand']}; if it "
        'was published like this, waive={"LK226": "why"}',
        "warning",
        columns=(name,),
        step=step,
    )
