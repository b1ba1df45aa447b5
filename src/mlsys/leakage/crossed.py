"""Levels of two or three columns together: groups that no column names alone, or those of a statistic."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.all_parts import AllParts, Grouping, grouping_of
from mlsys.leakage.levels import Levels, levels_of_column, numbers_of
from mlsys.leakage.off_grid import MOST_DECIMALS
from mlsys.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

FEWEST, MOST, MOST_COLUMNS = 2, 60, 8
"""Levels of a column that is crossed, and such columns."""
AND = " and "
MOST_WITHHELD = 5
"""Columns that the model is not given, of which any two are asked for groups."""
ROWS_A_LEVEL = 3
"""Rows of a crossed level, on average: of rows alone any column has one value each."""
COMPUTED = 0.5
"""Share of values with many decimals: statistics have them, and few other columns whose values come again."""


def crossing_of(together: AllParts, name: str) -> Grouping | None:
    """Return the two or three columns within whose levels a computed column has one value; ``None`` for none.

    Parameters
    ----------
    together : AllParts
        All rows.
    name : str
        The column.

    Examples
    --------
    >>> rows = pd.DataFrame({"a": np.arange(90) % 3, "b": np.arange(90) % 5, "y": 0.0})
    >>> rows["z"] = np.sqrt(2 + 3 * rows["a"] + rows["b"])
    >>> together = AllParts.of(rows[:50], rows[50:], "y", ["a", "b", "z"], ["a", "b", "z"])
    >>> crossing_of(together, "z").name
    'a and b'
    """
    if not _is_computed(together, name):
        return None
    values, names = together.numbers[name], _crossed_columns(together, name)
    some = {each: levels_of_column(together.some[each]) for each in names}
    few = numbers_of(together.some[name])
    for chosen in (each for size in (2, 3) for each in combinations(names, size)):
        if _has_one_value(_crossed([some[each] for each in chosen]), few):
            levels = _crossed([levels_of_column(together.rows[each]) for each in chosen])
            if _has_one_value(levels, values):
                return Grouping(AND.join(chosen), np.arange(len(values)), levels, ordered=False)
    return None


def _is_computed(together: AllParts, name: str) -> bool:
    look, few = together.looks[name], numbers_of(together.some[name])
    few = few[np.isfinite(few)]
    again = look.levels * ROWS_A_LEVEL <= look.counted
    return bool(again and look.levels > FEWEST and (few.round(MOST_DECIMALS) != few).mean() > COMPUTED)


def _crossed_columns(together: AllParts, name: str) -> list[str]:
    """Return the columns of few levels, those of fewest first."""
    found = {}
    for each in together.levels_asked():
        look = together.looks.get(each)
        kind = together.kinds[each].kind
        if each == name or (look is None and kind not in {Kind.TEXT, Kind.CATEGORY}) or (look and not look.whole):
            continue
        levels = look.levels if look else together.some[each].nunique()
        if FEWEST <= levels <= MOST:
            found[each] = levels
    return sorted(found, key=lambda each: found[each])[:MOST_COLUMNS]


def _crossed(parts: Sequence[Levels]) -> Levels:
    codes, count = parts[0].codes, parts[0].count
    for each in parts[1:]:
        codes = np.where((codes < 0) | (each.codes < 0), -1, codes * each.count + each.codes)
        count *= each.count
    return Levels(codes, count)


def _has_one_value(levels: Levels, values: NDArray[np.float64]) -> bool:
    """Whether each level has one value, and rows enough for that to say something."""
    there = len(np.unique(levels.codes[levels.codes >= 0]))
    return bool(there * ROWS_A_LEVEL <= len(values) and levels.constant(values))


def withheld_pairs(together: AllParts) -> Iterator[tuple[Grouping, pd.Series]]:
    """Yield the levels of two columns together that the model is not given, such as ward and bed; with all rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"ward": np.arange(90) % 9, "bed": np.arange(90) % 5, "y": 0.0})
    >>> asked = AllParts.of(rows[:50], rows[50:], "y", [], ["ward", "bed"])
    >>> [(each.name, each.levels.count) for each, _ in withheld_pairs(asked)]
    [('ward and bed', 45)]
    """
    names = [each for each in _crossed_columns(together, "") if each not in set(together.features)]
    for one, other in combinations(names[:MOST_WITHHELD], 2):
        first, second = (each for each in together.levels_asked() if each in {one, other})
        levels = _crossed([levels_of_column(together.rows[each]) for each in (first, second)])
        codes = pd.Series(levels.codes, together.rows.index).astype("Int64").mask(levels.codes < 0)
        column = codes.astype("category")
        found = grouping_of(AND.join((first, second)), column)
        if found is not None:
            yield found, column
