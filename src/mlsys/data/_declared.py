"""Columns in the types that a user declares: texts, numbers, times, categories."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.data._csv_options import in_categories
from mlsys.data._times import as_times
from mlsys.errors import DataError
from mlsys.values import Kind, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_TEXT = pd.StringDtype(na_value=np.nan)


def formats_of(times: Collection[str] | Mapping[str, str]) -> dict[str, str | None]:
    """Return the time columns, each with its format if given."""
    return dict(times) if isinstance(times, dict) else dict.fromkeys(times)


def is_text(dtype: Any) -> bool:
    """Whether a declared type is made of texts."""
    return isinstance(pd.api.types.pandas_dtype(dtype), (pd.StringDtype, pd.CategoricalDtype))


def typed(
    frame: pd.DataFrame,
    dtypes: Mapping[str, Any],
    formats: Mapping[str, str | None],
    zone: str | None,
    who: str,
    row: Callable[[int], str] | None = None,
) -> pd.DataFrame:
    """Return a frame whose columns have the declared types; no value changes.

    Parameters
    ----------
    frame : DataFrame
        As it was read.
    dtypes : mapping of str to dtype
        Types of columns.
    formats : mapping of str to str
        Columns that become timestamps, each with its format if it has one.
    zone : str or None
        Time zone of these.
    who : str
        For messages.
    row : callable, optional
        Names the row at a position; its place when not given.

    Raises
    ------
    DataError
        When a value is none of its type, with column and row.
    """
    row = row or (lambda place: f"row {frame.index[place]}")
    changed: dict[str, pd.Series] = {}
    for name, written in formats.items():
        if name in frame.columns:
            remedy = partial(_option, name)
            changed[name] = as_times(frame[name], who, zone, written=written, row=row, remedy=remedy)
    for name, dtype in dtypes.items():
        if name in frame.columns:
            changed[name] = _as(frame[name], dtype, who, row)
    return with_columns(frame, changed) if changed else frame


def _option(name: str, written: str) -> str:
    return f"give its format: times={{{name!r}: {written!r}}}"


def _as(column: pd.Series, dtype: Any, who: str, row: Callable[[int], str]) -> pd.Series:
    wanted = pd.api.types.pandas_dtype(dtype)
    if isinstance(wanted, pd.CategoricalDtype):
        return in_categories(column, dtype, who, row)
    if isinstance(wanted, pd.StringDtype):
        return _texts(column).astype(wanted)
    numbers = column
    if values_of(column).kind is Kind.TEXT and not column.dtype == wanted:
        numbers = pd.to_numeric(column.str.strip(), errors="coerce")
        _refuse(column, numbers.isna() & column.notna(), wanted, who, row)
    try:
        made = numbers.astype(wanted)
    except (TypeError, ValueError, OverflowError) as error:
        _refuse(column, pd.Series([not _fits(each, wanted) for each in numbers], index=column.index), wanted, who, row)
        raise DataError(f"{who}: column {column.name!r} cannot be read as {wanted}: {error}", _REMEDY) from error
    if wanted.kind in "iu" and numbers.dtype.kind in "f":
        _refuse(column, numbers.notna() & (made.astype("float64") != numbers), wanted, who, row)
    return made


_REMEDY = "correct the value, or give another type in dtypes= (whole numbers with nulls: 'Int64')"


def _refuse(column: pd.Series, wrong: pd.Series, wanted: Any, who: str, row: Callable[[int], str]) -> None:
    places = np.flatnonzero(wrong.fillna(True).to_numpy(dtype=bool))
    if len(places):
        value = column.iloc[places[0]]
        value = value.item() if isinstance(value, np.generic) else value
        raise DataError(
            f"{who}: column {column.name!r} holds {'nothing' if pd.isna(value) else repr(value)} in "
            f"{row(int(places[0]))}, which {wanted} cannot represent ({len(places):,} such rows)",
            _REMEDY,
        )


def _fits(value: Any, wanted: Any) -> bool:
    try:
        pd.Series([value]).astype(wanted)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _texts(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.StringDtype):
        return column
    return column.map(lambda value: value if isinstance(value, str) else str(value), na_action="ignore").astype(_TEXT)
