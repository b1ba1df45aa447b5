"""Groups inside names: the patient in ``P007_3.png``, which is one of many pictures of one patient."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.all_parts import AllParts, Grouping
from mlsys.leakage.levels import Levels, levels_of_column, numbers_of, some_rows
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NEARLY_ALL = 0.85
"""Share of rows with a name of their own, from which on a column is one of names."""
PARTED, FEWEST, MOST = 0.95, 5, 0.5
"""Share of names that have a part, number of parts, and their share of the names."""
MOST_NAMES = 48_000
EXACT_IN_FLOAT = 2**53
_ENDING = re.compile(r"\.[A-Za-z]\w{0,4}$")
"""Of a file name, such as ``.png``."""
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(\D.*)?")
"""A day or a moment: its year is no group that somebody forgot."""
_PARTS = (
    ("before the last separator", re.compile(r"(.*[^\W_])[\W_]+[^\W_]+")),
    ("before the first separator", re.compile(r"([^\W_]+)[\W_].*")),
)
_STEMS = (
    ("before its last letter", re.compile(r"(\w*\d)[A-Za-z]")),
    ("before its last digit", re.compile(r"(\w*\d)\d")),
    ("before its last 2 digits", re.compile(r"(\w*\d)\d{2}")),
    ("before its last 3 digits", re.compile(r"(\w*\d)\d{3}")),
)


def part_of(name: str, place: int) -> str | None:
    """Return a part of a name, its ending aside; ``None`` where it has none.

    Examples
    --------
    >>> part_of("P007_scan_3.png", 0), part_of("P007_scan_3.png", 1), part_of("P007", 1)
    ('P007_scan', 'P007', None)
    """
    found = _PARTS[place][1].fullmatch(_ENDING.sub("", name))
    return found[1] if found else None


def groupings_of_names(together: AllParts) -> Iterator[tuple[Grouping, str, pd.Series]]:
    """Yield the levels inside columns of names, how they are called, and the part of each row's name.

    Names are texts, nearly all different, of which nearly all have the part and many have the same.
    """
    for name, names in _columns_of_names(together):
        if values_of(together.rows[name]).kind is not Kind.NUMBER:
            parts = [(called, names.map(lambda text, place=place: part_of(str(text), place), na_action="ignore"))
                     for place, (called, _) in enumerate(_PARTS)]  # fmt: skip
            yield from _recurring(name, parts, ordered=False)


def groupings_of_numbers(together: AllParts) -> Iterator[tuple[Grouping, str, pd.Series]]:
    """Yield the levels inside running numbers, such as the patient 1031 in 103107, or in P1031b.

    Numbers in a row are neighbours: levels have the order of numbers, so that they are compared with those beside them.
    """
    for name, names in _columns_of_names(together):
        stems = [(called, stem) for called, stem in _STEMS if some_rows(names).str.fullmatch(stem).mean() >= PARTED]
        parts = [(called, names.str.extract(f"^(?:{stem.pattern})$", expand=False)) for called, stem in stems]
        yield from _recurring(name, parts, ordered=True)


def _columns_of_names(together: AllParts) -> Iterator[tuple[str, pd.Series]]:
    """Yield columns of texts or whole numbers, nearly all different, as texts; days and moments aside."""
    asked = together.levels_asked() if len(together.rows) <= MOST_NAMES else ()
    for name in asked:
        look = together.looks.get(name)
        if look is not None and (not look.whole or look.distinct < NEARLY_ALL * len(together.some)):
            continue
        names = _names(together.rows[name])
        if names is not None and some_rows(names).str.fullmatch(_DATE).mean() <= 1 - PARTED:
            yield name, names


def _recurring(
    name: str, parts: Sequence[tuple[str, pd.Series]], ordered: bool
) -> Iterator[tuple[Grouping, str, pd.Series]]:
    """Yield the parts that nearly all names have, and many have the same."""
    seen: list[np.ndarray] = []
    for called, each in parts:
        if each.notna().mean() < PARTED or not FEWEST <= each.nunique() <= MOST * len(each):
            continue
        levels = Levels(*_in_order(each)) if ordered else levels_of_column(each)
        if not any(np.array_equal(levels.codes, other) for other in seen):
            seen.append(levels.codes)
            yield Grouping(name, np.arange(len(each)), levels, ordered), called, each


def _in_order(parts: pd.Series) -> tuple[np.ndarray, int]:
    """Return the codes of parts in the order of their lengths and characters, as numbers have, and their count."""
    there = sorted(parts.dropna().unique(), key=lambda each: (len(each), each))
    codes = parts.map({each: place for place, each in enumerate(there)}).fillna(-1)
    return codes.to_numpy(dtype=np.int64), len(there)


def _names(column: pd.Series) -> pd.Series | None:
    """Return texts or whole numbers, nearly all different, as texts; ``None`` where a column is nothing of the kind."""
    means, kind = values_of(column).means, values_of(column).kind
    some = some_rows(column)
    if means is Kind.TEXT:
        return plain(column) if plain(some).nunique() >= NEARLY_ALL * len(some) else None
    if kind is not Kind.NUMBER or some.nunique() < NEARLY_ALL * len(some):
        return None
    numbers = numbers_of(column)
    there = numbers[np.isfinite(numbers)]
    if (there % 1 > 0).any() or (np.abs(there) >= EXACT_IN_FLOAT).any():
        return None
    return pd.Series(numbers, column.index).astype("Int64").astype("str").where(np.isfinite(numbers))
