"""Convert a column of a request to its type in training, if that loses nothing."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.values import EXACT_IN_FLOAT, Kind, meaning_of, plain

Refuse = Callable[[Any, int], DataError]
_LEAST, _MOST = np.iinfo(np.int64).min, np.iinfo(np.uint64).max
_WITHOUT_UNIT = re.compile(r"\s*[+-]?[\d.]*\s*")
"""A duration such as '90', which pandas would read as nanoseconds, or an empty one."""


@functools.lru_cache(maxsize=256)
def type_named(kind: str) -> Any:
    """Return the dtype of a name, ``None`` if nothing is asked of such a column.

    Examples
    --------
    >>> type_named("int64"), type_named("unknown")
    (dtype('int64'), None)
    """
    try:
        named = pd.api.types.pandas_dtype(kind)
    except (TypeError, ValueError):
        return None
    return named.subtype if isinstance(named, pd.SparseDtype) else named


def family(dtype: Any) -> str:
    """Return what values of a dtype are: whole numbers, numbers, truth values, texts, times, ...

    Examples
    --------
    >>> family(np.dtype("int8")), family(pd.StringDtype()), family(np.dtype(object))
    ('whole numbers', 'text', '')
    """
    values = meaning_of(dtype)
    if values is None:
        return ""
    if values.kind is Kind.NUMBER and values.whole:
        return "whole numbers"
    if values.kind is Kind.MOMENT:
        return "times without a zone" if values.zone is None else "times with a zone"
    return _FAMILIES.get(values.kind, "")


_FAMILIES = {
    Kind.CATEGORY: "categories",
    Kind.TEXT: "text",
    Kind.NUMBER: "numbers",
    Kind.TRUTH: "truth values",
    Kind.DURATION: "durations",
    Kind.DATE: "dates",
}


def null_column(wanted: Any, rows: int) -> pd.Series:
    """Return nulls in the nearest type that holds them."""
    nearest = {"whole numbers": "float64", "truth values": "boolean", "": "object"}.get(family(wanted), wanted)
    if not isinstance(wanted, np.dtype) and wanted is not None:
        nearest = wanted  # nullable types hold nulls themselves
    return pd.Series([None] * rows, dtype=nearest)


def converted(column: pd.Series, wanted: Any) -> pd.Series:
    """Return a column as it was in training.

    Parameters
    ----------
    column : Series
        Of a request.
    wanted : dtype
        Type in training; categories with their levels.

    Raises
    ------
    DataError
        If a value cannot be converted to that type; names column, row and value.

    Examples
    --------
    >>> converted(pd.Series([1.0, 2.0], name="x"), np.dtype("int64")).tolist()
    [1, 2]
    """
    try:
        return _converted(column, wanted, family(wanted))
    except DataError:
        raise
    except (TypeError, ValueError, ArithmeticError, pa.ArrowException) as error:
        raise DataError(
            f"the request's column {column.name!r} cannot be read as {family(wanted) or wanted}: "
            f"{type(error).__name__}: {error}",
            _REMEDIES.get(family(wanted), "send values of the kind it had in training, or null"),
        ) from error


def _converted(column: pd.Series, wanted: Any, kind: str) -> pd.Series:
    if not kind:
        return column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    if column.isna().all():
        return null_column(wanted, len(column)).set_axis(column.index)
    if kind == "categories":
        return _categories(column, wanted)
    column = plain(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)

    def refuse(value: Any, row: int) -> DataError:
        shown = value.item() if isinstance(value, np.generic) else value
        return DataError(
            f"the request's column {column.name!r} holds {shown!r} in row {row}; in training it held {kind} ({wanted})",
            _REMEDIES[kind],
        )

    return _CONVERSIONS[kind](column, wanted, refuse)


def _numbers(column: pd.Series, wanted: Any, refuse: Refuse) -> pd.Series:
    column = _as_numbers(column, refuse)
    if column.dtype.kind in "iu" and max(abs(int(column.max())), abs(int(column.min()))) > EXACT_IN_FLOAT:
        row = int(column.abs().to_numpy(dtype=np.float64, na_value=0.0).argmax())
        raise refuse(column.iloc[row], row)
    return column.astype(wanted)


def _whole_numbers(column: pd.Series, wanted: Any, refuse: Refuse) -> pd.Series:
    column = _as_numbers(column, refuse)
    missing = column.isna().to_numpy()
    if column.dtype.kind == "f":
        values = column.to_numpy(dtype=np.float64, na_value=0.0)
        odd = ~missing & (~np.isfinite(values) | (values != np.floor(values)) | (np.abs(values) > EXACT_IN_FLOAT))
        if odd.any():
            row = int(odd.argmax())
            raise refuse(column.iloc[row], row)
        if not missing.any():
            column = column.astype("int64")
    if missing.any() and isinstance(wanted, np.dtype):
        return column.astype("float64")
    limits = np.iinfo(getattr(wanted, "numpy_dtype", wanted))
    fits = limits.min <= int(column.min()) and int(column.max()) <= limits.max
    return column.astype(wanted) if fits else column


def _as_numbers(column: pd.Series, refuse: Refuse) -> pd.Series:
    if getattr(column.dtype, "kind", "O") in "iuf":
        return column
    row = _first(column, _is_number)
    if row is not None:
        raise refuse(column.iloc[row], row)
    return pd.to_numeric(column)


def _is_number(value: Any) -> bool:
    """Whether a value is a number that fits into 64 bits; truth values are not numbers."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number, Decimal)):
        return False
    return not isinstance(value, int) or _LEAST <= value <= _MOST


def _truth_values(column: pd.Series, wanted: Any, refuse: Refuse) -> pd.Series:
    values = column.tolist()
    truth = (bool, np.bool_, int, float, np.number)
    row = _first(column, lambda value: isinstance(value, truth) and value in (0, 1))
    if row is not None:
        raise refuse(values[row], row)
    missing = column.isna().to_numpy()
    held = [pd.NA if null else bool(value) for value, null in zip(values, missing, strict=True)]
    found = pd.Series(held, index=column.index, name=column.name, dtype="boolean")
    return found if missing.any() and isinstance(wanted, np.dtype) else found.astype(wanted)


def _texts(column: pd.Series, wanted: Any, refuse: Refuse) -> pd.Series:
    if family(column.dtype) != "text":
        row = _first(column, lambda value: isinstance(value, str))
        if row is not None:
            raise refuse(column.iloc[row], row)
    return column.astype(wanted)


def _times(column: pd.Series, wanted: Any, refuse: Refuse) -> pd.Series:
    if getattr(column.dtype, "kind", "O") != "M":
        row = _first(column, lambda value: isinstance(value, (str, datetime.date)))
        if row is not None:
            raise refuse(column.iloc[row], row)
        column = _parsed(column, refuse)
    if (_zone(column.dtype) is None) != (_zone(wanted) is None):
        row = int(column.notna().to_numpy().argmax())
        raise refuse(str(column.iloc[row]), row)
    zoned = column if _zone(wanted) is None else column.dt.tz_convert(_zone(wanted))
    return zoned.astype(wanted)


def _parsed(column: pd.Series, refuse: Refuse) -> pd.Series:
    row = _first(column, lambda value: not isinstance(value, str) or value.strip()[:1].isdigit())
    if row is not None:  # pandas takes '' and 'NaT' for null, and 'now' for the moment
        raise refuse(column.iloc[row], row)
    try:
        return pd.to_datetime(column, format="ISO8601")
    except (ValueError, TypeError, OverflowError):
        moments = [_moment(value, row, refuse) for row, value in enumerate(column.tolist())]
    zoned = [moment.tzinfo is not None for moment in moments if moment is not pd.NaT]
    if any(zoned) and not all(zoned):
        row = next(row for row, moment in enumerate(moments) if moment is not pd.NaT and moment.tzinfo is None)
        raise refuse(column.iloc[row], row)
    return pd.Series(pd.to_datetime(moments, utc=any(zoned)), index=column.index, name=column.name)


def _moment(value: Any, row: int, refuse: Refuse) -> Any:
    if pd.isna(value):
        return pd.NaT
    try:
        return pd.to_datetime(value, format="ISO8601") if isinstance(value, str) else pd.Timestamp(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise refuse(value, row) from error


def _dates(column: pd.Series, wanted: Any, refuse: Refuse) -> pd.Series:
    moments = _times(column, np.dtype("datetime64[us]"), refuse)
    odd = moments.notna() & (moments.dt.normalize() != moments)
    if odd.any():
        row = int(odd.to_numpy().argmax())
        raise refuse(str(column.iloc[row]), row)
    return pd.Series(moments.dt.date.to_numpy(), index=column.index, name=column.name).astype(wanted)


def _durations(column: pd.Series, wanted: Any, refuse: Refuse) -> pd.Series:
    if column.dtype.kind == "m":
        return column.astype(wanted)
    found: list[Any] = []
    for row, (value, null) in enumerate(zip(column.tolist(), column.isna(), strict=True)):
        if null:
            found.append(pd.NaT)
            continue
        try:
            text = isinstance(value, str)
            if text and _WITHOUT_UNIT.fullmatch(value) or not (text or isinstance(value, datetime.timedelta)):
                raise refuse(value, row)
            found.append(pd.Timedelta(value))
            if found[-1] is pd.NaT:  # texts such as 'NaT'
                raise refuse(value, row)
        except (ValueError, OverflowError) as error:
            raise refuse(value, row) from error
    return pd.Series(found, index=column.index, name=column.name).astype(wanted)


def _categories(column: pd.Series, wanted: Any) -> pd.Series:
    """Give levels their codes of training; new levels are kept after them."""
    if wanted.categories is None:  # levels that JSON cannot hold
        return column.astype("category")
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    values = converted(column, wanted.categories.dtype)
    new = pd.Index(values.dropna().unique()).difference(wanted.categories, sort=False)
    return values.astype(pd.CategoricalDtype([*wanted.categories, *new], ordered=wanted.ordered))


def _first(column: pd.Series, fits: Callable[[Any], bool]) -> int | None:
    """Return the first row with a value that is neither null nor valid."""
    missing: NDArray[np.bool_] = column.isna().to_numpy()
    pairs = enumerate(zip(column.tolist(), missing, strict=True))
    return next((row for row, (value, null) in pairs if not null and not fits(value)), None)


def _zone(dtype: Any) -> Any:
    arrow = getattr(dtype, "pyarrow_dtype", None)
    return getattr(dtype, "tz", None) if arrow is None else getattr(arrow, "tz", None)


_CONVERSIONS: dict[str, Callable[[pd.Series, Any, Refuse], pd.Series]] = {
    "numbers": _numbers,
    "whole numbers": _whole_numbers,
    "truth values": _truth_values,
    "text": _texts,
    "times with a zone": _times,
    "times without a zone": _times,
    "durations": _durations,
    "dates": _dates,
}
_REMEDIES = {
    "numbers": "send numbers (not as text) or null",
    "whole numbers": "send whole numbers (not as text) or null",
    "truth values": "send true, false, 1, 0 or null",
    "text": "send text or null; in CSV, digits are read as numbers, so send JSON",
    "times with a zone": "send ISO 8601 with an offset, such as 2024-10-27T02:30:00+01:00, or null",
    "times without a zone": "send ISO 8601 without an offset, such as 2024-10-27T02:30:00, or null",
    "durations": "send ISO 8601 durations such as PT1H30M, or null",
    "dates": "send dates such as 2024-10-27, or null",
}
