"""Rows of Python values, as databases and services give them, as Arrow tables."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN = (bool, int, float, str, bytes, datetime.date, datetime.time, datetime.timedelta, dict, list)


def table_of(
    names: Sequence[str], rows: Sequence[Sequence[Any]], first: int, who: str, documents: str = ""
) -> pa.Table:
    """Return rows as a table.

    Parameters
    ----------
    names : sequence of str
        Of the columns.
    rows : sequence of sequence
        Their values.
    first : int
        Number of the first row, for messages.
    who : str
        For messages.
    documents : str
        A column whose objects become JSON texts.

    Raises
    ------
    DataError
        When values of one column are of different kinds, with the row.

    Examples
    --------
    >>> table_of(["n", "x"], [(2**63, 1.5), (1, None)], 0, "ReadSQL").schema.types
    [DataType(uint64), DataType(double)]
    """
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    if documents in names:
        place = list(names).index(documents)
        columns[place] = tuple(_document(value) for value in columns[place])
    made = [_column(name, values, first, who) for name, values in zip(names, columns, strict=True)]
    return pa.Table.from_arrays(made, names=list(names))


def _document(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.decode() if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, default=str)


def _column(name: str, values: Sequence[Any], first: int, who: str) -> pa.Array:
    kinds = {type(value) for value in values} - {type(None)}
    if any(not issubclass(kind, _PLAIN) for kind in kinds):
        values = [_plain(value) for value in values]
        kinds = {type(value) for value in values} - {type(None)}
    if len(kinds) > 1 and not kinds <= {int, float}:
        raise _mixed(name, values, first, who)
    try:
        if datetime.datetime in kinds:
            return _moments(name, values, first, who)
        return pa.array(values)
    except (OverflowError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        if kinds == {int}:
            return _beyond_64_bits(values)
        if kinds == {decimal.Decimal}:
            return pa.array([None if value is None else str(value) for value in values])
        raise DataError(
            f"{who}: column {name!r} cannot be held in one type in rows {first:,} to {first + len(values) - 1:,} "
            f"({' '.join(str(error).split())})",
            "convert it in the query, such as CAST(... AS TEXT), or leave it out",
        ) from error


def _beyond_64_bits(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.uint64())
    except (OverflowError, pa.ArrowInvalid):
        return pa.array([None if value is None else str(value) for value in values])


def _moments(name: str, values: Sequence[Any], first: int, who: str) -> pa.Array:
    """Return moments, those with an offset in UTC."""
    zoned = {value.tzinfo is not None for value in values if value is not None}
    if len(zoned) > 1:
        raise DataError(
            f"{who}: column {name!r} holds times with a zone and times without one",
            "convert it in the query to one of them",
        )
    return pa.array(values, pa.timestamp("us", "UTC") if zoned == {True} else pa.timestamp("us"))


def _mixed(name: str, values: Sequence[Any], first: int, who: str) -> DataError:
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    _, one = known[0]
    place, other = next((place, value) for place, value in known if type(value) is not type(one))
    return DataError(
        f"{who}: column {name!r} holds {other!r} in row {first + place:,}, a {type(other).__name__}, and {one!r} "
        f"before, a {type(one).__name__}",
        "convert it in the query to one type, such as CAST(... AS TEXT)",
    )


def _plain(value: Any) -> Any:
    """Return what a driver gives in a form that Arrow holds."""
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, decimal.Decimal):
        return value if value.is_finite() else None
    if isinstance(value, (memoryview, bytearray)):
        return bytes(value)
    if isinstance(value, tuple):
        return list(value)
    return str(value)  # UUIDs, addresses, ranges, ...
