"""Groups inside names: the patient in ``P007_3.png``, which is one of many pictures of one patient."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.all_parts import AllParts, Grouping
from mlsys.leakage.levels import levels_of_column, some_rows
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NEARLY_ALL = 0.85
"""Share of rows with a name of their own, from which on a column is one of names."""
PARTED, FEWEST, MOST = 0.95, 5, 0.5
"""Share of names that have a part, number of parts, and their share of the names."""
MOST_NAMES = 48_000
_ENDING = re.compile(r"\.[A-Za-z]\w{0,4}$")
"""Of a file name, such as ``.png``."""
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(\D.*)?")
"""A day or a moment: its year is no group that somebody forgot."""
_PARTS = (
    ("before the last separator", re.compile(r"(.*[^\W_])[\W_]+[^\W_]+")),
    ("before the first separator", re.compile(r"([^\W_]+)[\W_].*")),
    ("before its last letter", re.compile(r"(\w*\d)[A-Za-z]")),
    *(
        (f"before its last {many} digits".replace("1 digits", "digit"), re.compile(rf"(\w*\d)\d{{{many}}}"))
        for many in (1, 2, 3)
    ),
)
"""Numbers in a row are neighbours, so the parts of numbers are compared with those beside them."""


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

    Names are texts or whole numbers, nearly all different, of which nearly all have the part and many have the same.
    """
    for name in dict.fromkeys(together.asked):
        if name == together.target or name not in together.rows.columns or len(together.rows) > MOST_NAMES:
            continue
        column = together.rows[name]
        texts = _names(column)
        if texts is None or some_rows(texts).str.fullmatch(_DATE).mean() > 1 - PARTED:
            continue
        seen: list[np.ndarray] = []
        for place, (called, _) in enumerate(_PARTS):
            parts = texts.map(lambda text, place=place: part_of(str(text), place), na_action="ignore")
            there = parts.notna().mean()
            count = parts.nunique()
            if there < PARTED or not FEWEST <= count <= MOST * len(parts):
                continue
            in_order = "digit" in called and parts.dropna().str.isdecimal().all()
            levels = levels_of_column(parts.astype("float64") if in_order else parts)
            if not any(np.array_equal(levels.codes, each) for each in seen):
                seen.append(levels.codes)
                yield Grouping(name, np.arange(len(parts)), levels, ordered="digit" in called), called, parts


def _names(column: pd.Series) -> pd.Series | None:
    """Return texts or whole numbers, nearly all different, as texts; ``None`` where a column is nothing of the kind."""
    some = some_rows(column)
    if some.nunique() < NEARLY_ALL * len(some):
        return None
    if values_of(column).means is Kind.TEXT:
        return plain(column)
    numbers = values_of(column).kind is Kind.NUMBER and values_of(column).whole
    return plain(column).astype("Int64").astype("str").where(column.notna()) if numbers else None
