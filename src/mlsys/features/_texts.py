"""Columns of texts, whatever type holds them, null as an empty one."""

from __future__ import annotations

import pandas as pd

from mlsys.tables import Column
from mlsys.values import Kind, plain

TEXTS = frozenset({Kind.TEXT, Kind.MIXED})


def texts_of(column: Column) -> pd.Series:
    """Return texts, null as an empty one."""
    if isinstance(column, list):
        return pd.Series(["" if value is None else value for value in column], dtype=object)
    made = plain(column if isinstance(column, pd.Series) else pd.Series(column, dtype=column.dtype))
    if isinstance(made.dtype, pd.CategoricalDtype):
        made = made.astype(made.cat.categories.dtype)
    if not isinstance(made.dtype, pd.StringDtype):
        return made.astype(object).where(made.notna(), "").map(str)
    return made.fillna("")
