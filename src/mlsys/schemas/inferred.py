"""A schema written from the rows of a frame, for somebody to edit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlsys.schemas.column import Column
from mlsys.values import TIMES, Kind, plain, values_of

MOST_LEVELS = 12
"""A text column of no more values than this lists them; somebody can still read the list."""
FEWEST_ROWS = 5
"""Rows per value from which a list of values is no accident."""
KEY_ROWS = 50
"""Rows from which whole numbers or texts that never repeat are taken for a key."""


def inferred(frame: pd.DataFrame) -> dict[str, Column]:
    """Return a column for each of a frame: its type, whether nulls occur, range or values.

    Examples
    --------
    >>> inferred(pd.DataFrame({"age": [30, 41], "city": ["Bonn", None]}))
    {'age': Column('int', least=30, greatest=41), 'city': Column('str', null=True)}
    """
    return {str(name): _column(frame[name]) for name in frame.columns}


def _column(given: pd.Series) -> Column:
    values = plain(given)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    found = values_of(values)
    null, known = bool(values.isna().any()), values.dropna()
    options: dict[str, Any] = {"null": null}
    if found.kind is Kind.NUMBER:
        return _numbers(known, options)
    if found.kind is Kind.TRUTH:
        return Column("bool", **options)
    if found.kind in TIMES and found.kind is not Kind.DATE:
        zone = None if found.zone is None else str(found.zone)
        return Column("datetime", least=known.min(), greatest=known.max(), zone=zone, **options)
    if found.kind is Kind.TEXT:
        return _texts(known, options)
    return Column("any", **options)


def _numbers(known: pd.Series, options: dict[str, Any]) -> Column:
    numbers = known.to_numpy(dtype="float64") if known.dtype.kind not in "iu" else known.to_numpy()
    finite = numbers[np.isfinite(numbers)]
    whole = known.dtype.kind in "iu" or (len(finite) and len(finite) == len(numbers) and (finite % 1 == 0).all())
    whole = whole and (known.dtype.kind == "i" or bool((np.abs(finite) < 2.0**63).all()))  # else beyond 64 bits
    if len(finite) < len(numbers):
        options["infinite"] = True
    if len(finite):
        least, greatest = finite.min().item(), finite.max().item()
        options |= {"least": int(least) if whole else least, "greatest": int(greatest) if whole else greatest}
    if whole and _is_key(known):
        options |= {"unique": True, "greatest": None}
    return Column("int" if whole else "float", **options)


def _texts(known: pd.Series, options: dict[str, Any]) -> Column:
    counts = known.value_counts()
    if 1 < len(counts) <= MOST_LEVELS and len(known) >= FEWEST_ROWS * len(counts):
        return Column("str", allowed=sorted(map(str, counts.index)), **options)
    return Column("str", unique=_is_key(known), **options)


def _is_key(known: pd.Series) -> bool:
    return len(known) >= KEY_ROWS and not known.duplicated().any()
