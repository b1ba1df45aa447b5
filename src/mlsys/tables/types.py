"""Column types that all partitions of a table have."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mlsys.errors import DataError, listed
from mlsys.values import meaning_of, values_of

Types = tuple[tuple[Any, Any], ...]
"""Name and type of each column, in order."""


def types_of(frame: pd.DataFrame) -> Types:
    """Return name and type of each column, in order."""
    return tuple(zip(frame.columns.tolist(), frame.dtypes.tolist(), strict=True))


def held_to(types: Types, frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return a frame with given column types; values never change.

    Parameters
    ----------
    types : sequence of (name, type)
        What each column has to be.
    frame : DataFrame
        Some rows.
    where : str
        Which rows, for messages.

    Raises
    ------
    DataError
        When a column is missing or new, or has values that its type does not hold.

    Examples
    --------
    >>> held_to(types_of(pd.DataFrame({"x": [1]})), pd.DataFrame({"x": [2.0]}), "the second file")["x"].tolist()
    [2]
    """
    found = types_of(frame)
    if found == types and all(_same_levels(one, other) for (_, one), (_, other) in zip(found, types, strict=True)):
        return frame
    names, wanted = [name for name, _ in found], [name for name, _ in types]
    if names != wanted:
        raise DataError(
            f"{where or 'a piece'} comes out with the columns {listed(names)}, rows before it with {listed(wanted)}",
            "return the same columns in the same order, whatever the rows contain",
        )
    columns = [_held(frame.iloc[:, place], dtype, where) for place, (_, dtype) in enumerate(types)]
    return pd.concat(columns, axis=1).set_axis(frame.columns, axis=1)


def _held(column: pd.Series, dtype: Any, where: str) -> pd.Series:
    made = exactly(column, dtype)
    if made is None:
        category = isinstance(dtype, pd.CategoricalDtype)
        raise DataError(
            f"{where or 'a piece'} comes out with the column {column.name!r} as {_said(column.dtype)}, rows before it "
            f"with {_said(dtype)}, which cannot represent all its values",
            "name all levels where the column is made (pd.Categorical(values, categories=[...])), or learn them from "
            "training rows with Categories()"
            if category
            else "give the column one fixed type, such as .astype('float64') for numbers with nulls",
        )
    return made


def exactly(column: pd.Series, dtype: Any) -> pd.Series | None:
    """Return the same values in another type, ``None`` where it does not hold them.

    Examples
    --------
    >>> exactly(pd.Series([1.0, 2.0]), "int64").tolist(), exactly(pd.Series([1.5]), "int64")
    ([1, 2], None)
    """
    dtype = pd.api.types.pandas_dtype(dtype)
    if column.dtype == dtype and _same_levels(column.dtype, dtype):
        return column
    known, wanted = column.dropna(), meaning_of(dtype)
    if len(known) and wanted is not None and values_of(column).means is not wanted.means:
        return None
    if isinstance(dtype, pd.CategoricalDtype) and not known.isin(dtype.categories).all():
        return None
    try:
        made = column.astype(dtype) if len(known) else _nulls(column, dtype)
        back = made.astype(column.dtype) if len(known) else column
    except (TypeError, ValueError, OverflowError):
        return None
    return made if made.isna().equals(column.isna()) and back.equals(column) else None


def _nulls(column: pd.Series, dtype: Any) -> pd.Series:
    return pd.Series(pd.array([None] * len(column), dtype=dtype), index=column.index, name=column.name)


def _same_levels(one: Any, other: Any) -> bool:
    """Whether two equal types also have their levels in the same order, which equality leaves out."""
    return not isinstance(one, pd.CategoricalDtype) or one is other or one.categories.equals(other.categories)


def _said(dtype: Any) -> str:
    if isinstance(dtype, pd.CategoricalDtype):
        return f"a category of {listed(dtype.categories)}"
    return str(dtype)
