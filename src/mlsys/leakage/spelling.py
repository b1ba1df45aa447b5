"""Ids in two spellings: new to the training rows only by case, punctuation, spaces and leading zeros."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.levels import may_be_levels, some_rows
from mlsys.leakage.remedies import REMEDIES
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Collection

FEWEST_LEVELS, MOST_LEVELS, MOST_ROWS = 20, 20_000, 50_000
FEWEST = 3
"""Minimum number of values to report; for a declared group one is enough."""
SHOWN = 3
LONGEST = 40
"""Characters of a text on average; longer ones are compared as such."""
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")
_WHOLE = re.compile(r"\s*(\d+)\.0+\s*")
_LEADING = re.compile(r"(?<!\d)(?<!\0)0+(?=\d)")
"""Zeros before a number; not those of its second part, as in 1.05."""


def folded(value: str) -> str:
    """Return a value without case, punctuation, spaces and leading zeros; digits that these part stay apart.

    Examples
    --------
    >>> folded(" Patient_07 ") == folded("PATIENT-7"), folded("1.5") == folded("15"), folded("0012.0") == folded("12")
    (True, False, True)
    >>> folded("1.05") == folded("1.5"), folded("P-100") == folded("P-10")
    (False, False)
    """
    whole = _WHOLE.fullmatch(value)
    text = whole[1] if whole else unicodedata.normalize("NFKC", value).casefold()
    parted = _BETWEEN_DIGITS.sub("\0", text)
    return _LEADING.sub("", re.sub(r"[^\w\0]|_", "", parted))


def is_short_text(column: pd.Series) -> bool:
    """Whether a column is of texts of at most 40 characters on average.

    Examples
    --------
    >>> is_short_text(pd.Series(["New York", None])), is_short_text(pd.Series([1, 2]))
    (True, False)
    """
    if values_of(column).means is not Kind.TEXT:
        return False
    known = plain(some_rows(column)).dropna()
    return bool(len(known)) and float(known.astype("str").str.len().mean()) <= LONGEST


def as_folded(column: pd.Series) -> pd.Series:
    """Return a column of texts folded; null and what nothing is left of stay as they are.

    Examples
    --------
    >>> as_folded(pd.Series(["New York", "new york ", "-"])).tolist()
    ['newyork', 'newyork', '-']
    """
    codes, levels = pd.factorize(plain(column))
    told = np.array([*(folded(str(each)) or str(each) for each in levels), None], dtype=object)
    return pd.Series(told[codes], index=column.index)


def spelling_findings(
    train: pd.DataFrame, part: pd.DataFrame, name: str, asked: Collection[str], group: str | None
) -> list[Finding]:
    """Return findings for columns of ids whose values occur in training rows with another spelling.

    Parameters
    ----------
    train, part : DataFrame
        Training rows and evaluated rows.
    name : str
        Name of the part.
    asked : collection of str
        Columns to check.
    group : str, optional
        The declared group: its rows are then on both sides, whatever the split guarantees.

    Notes
    -----
    Of 39 public tables with such columns 5 have a value in two spellings, mostly one to three of them.
    """
    found = []
    for column in asked:
        if column not in train.columns or column not in part.columns or not _may_be_ids(train[column]):
            continue
        there = plain(train[column].head(MOST_ROWS)).dropna().unique()
        if len(there) > MOST_LEVELS:
            continue
        known = set(there.tolist())
        new = [each for each in plain(part[column].head(MOST_ROWS)).dropna().unique().tolist() if each not in known]
        if not new or len(new) > MOST_LEVELS:
            continue
        spelled = {folded(str(each)): str(each) for each in known}
        again = [each for each in new if folded(str(each)) in spelled and folded(str(each))]
        if len(again) >= (1 if column == group else FEWEST):
            found.append(_finding(column, again, spelled, name, column == group))
    return found


def _may_be_ids(column: pd.Series) -> bool:
    return values_of(column).means is Kind.TEXT and may_be_levels(column, FEWEST_LEVELS)


def _finding(column: str, again: list[str], spelled: dict[str, str], name: str, declared: bool) -> Finding:
    shown = ", ".join(f"{each!r} ({spelled[folded(str(each))]!r} in training rows)" for each in again[:SHOWN])
    more = f" and {len(again) - SHOWN} more" if len(again) > SHOWN else ""
    parted = ", so rows of one group are on both sides" if declared else ""
    return Finding(
        "LK232",
        f"{len(again):,} value{'s' * (len(again) > 1)} of {column!r} in {name} rows occur in training rows, spelled "
        f"differently: {shown}{more}{parted}; {REMEDIES['spelling']}",
        "warning" if declared else "information",
        columns=(column,),
    )
