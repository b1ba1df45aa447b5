"""From events to columns of declared types: what does not fit is told event by event, never raised."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.values import EXACT_IN_FLOAT, Kind, values_of

if TYPE_CHECKING:
    from mlsys.data.feeds import Message

_KINDS = {"f": "a number", "i": "a whole number", "u": "a whole number", "b": "true or false"}
_AS_THEY_ARE: dict[str, set[type]] = {
    "f": {float, int, type(None)},
    "i": {int, type(None)},
    "u": {int, type(None)},
    "b": {bool, type(None)},
    "O": {str, type(None)},
    "M": {str, type(None)},
}
"""Types of values that are taken as they are, for each family of types."""
_UNFIT = (ValueError, TypeError, OverflowError, pd.errors.OutOfBoundsDatetime)
_OFFSET = r"[Zz]$|[Tt ].*[+-]\d{2}(?::?\d{2})?$"
_NULLABLE = {"b": "boolean", "i": "Int64", "u": "UInt64"}
_TRUTH = {"true": True, "false": False, "1": True, "0": False}
_SHOWN = 60


def parsed(message: Message) -> tuple[Mapping[str, Any] | None, str]:
    """Return an event as a mapping, or why it is none.

    Examples
    --------
    >>> from mlsys.data.feeds import Message
    >>> parsed(Message("events", 1, '{"x": 1}', 1, "event 0")), parsed(Message("events", 1, "[1]", 1, "event 0"))
    (({'x': 1}, ''), (None, 'is a list, not an object'))
    """
    event = message.body
    if isinstance(event, (str, bytes)):
        try:
            event = json.loads(event if isinstance(event, str) else event.decode())
        except UnicodeDecodeError as error:
            return None, f"is not UTF-8 at byte {error.start}"
        except json.JSONDecodeError as error:
            return None, f"is not JSON at character {error.pos + 1}: {error.msg}"
        except (RecursionError, ValueError) as error:  # nested too deeply; a number of thousands of digits
            return None, f"cannot be read: {type(error).__name__}: {str(error)[:_SHOWN]}"
    if not isinstance(event, Mapping):
        return None, f"is a {type(event).__name__}, not an object"
    if event is message.body and any(not isinstance(name, str) for name in event):
        return None, "has a field whose name is not a text"
    return event, ""


def refuse_types(dtypes: Mapping[str, Any], who: str) -> None:
    """Raise for types that events cannot be read as.

    Examples
    --------
    >>> refuse_types({"price": "float64", "at": "datetime64[us, UTC]", "shop": "str"}, "ReadEvents")
    """
    for name, dtype in dtypes.items():
        try:
            made = pd.api.types.pandas_dtype(dtype)
        except (TypeError, ValueError):
            made = None
        if not (isinstance(made, pd.StringDtype) or getattr(made, "kind", "") in {*_KINDS, "M"}):
            raise ConfigurationError(
                f"{who} got dtypes= with {dtype!r} for {name!r}, which no event can be read as",
                'use "str", "float64", "int64", "bool", "datetime64[us]" or "datetime64[us, UTC]"',
            )


class EventColumns:
    """Reads columns from events.

    Parameters
    ----------
    dtypes : mapping of str to str
        Declared types; null where an event has no such field.
    columns : sequence of str, optional
        Columns to keep, in this order; by default the declared ones and all that occur.
    who : str
        For messages.
    """

    def __init__(self, dtypes: Mapping[str, Any], columns: Sequence[str] | None, who: str) -> None:
        self._dtypes = {name: pd.api.types.pandas_dtype(dtype) for name, dtype in dtypes.items()}
        self._columns, self._who = columns, who

    def declared(
        self, events: Sequence[Mapping[str, Any]], flat: Sequence[bool]
    ) -> tuple[dict[str, pd.Series], dict[int, str]]:
        """Return the declared columns, and for events that do not fit the reason; ``flat`` ones hold texts alone."""
        made: dict[str, pd.Series] = {}
        bad: dict[int, str] = {}
        for name, dtype in self._dtypes.items():
            values = [event.get(name) for event in events]
            if any(flat):
                values = [from_text(each, dtype) if text else each for each, text in zip(values, flat, strict=True)]
            made[name], unfit = typed(values, dtype)
            for place in unfit:
                bad.setdefault(place, f"{name!r} holds {_short(values[place])}, not {_kind(dtype)}")
        return made, bad

    def frame(self, events: Sequence[Mapping[str, Any]], made: Mapping[str, pd.Series]) -> pd.DataFrame:
        """Return the rows of events with the columns that were made, and the others in the types that they show."""
        names = self._columns
        if names is None:
            names = list(dict.fromkeys([*dict.fromkeys(chain.from_iterable(events)), *made]))
        index = pd.RangeIndex(len(events))
        columns = {name: made[name].set_axis(index) if name in made else self._found(name, events) for name in names}
        return pd.DataFrame(columns, index=index, columns=pd.Index(list(names), dtype="str"))

    def _found(self, name: str, events: Sequence[Mapping[str, Any]]) -> pd.Series:
        values = [event.get(name) for event in events]
        try:
            column = pd.Series(values)
            found = values_of(column)
        except (OverflowError, UnicodeEncodeError) as error:
            raise self._mixed(name, f"values that no type holds ({error})") from error
        if found.kind is Kind.MIXED:
            assert found.strange is not None
            raise self._mixed(name, f"values of several kinds, such as {_short(found.strange[1])}")
        if column.dtype == object and found.kind is Kind.TRUTH:
            return column.astype("boolean")
        if column.dtype == object and found.kind is Kind.NOTHING:
            return column.astype("float64")  # as a CSV column of nulls alone
        return column

    def _mixed(self, name: str, what: str) -> DataError:
        return DataError(
            f"{self._who}: field {name!r} holds {what}",
            f'declare its type, such as dtypes={{{name!r}: "float64"}}: events that do not fit are then set aside',
        )


def typed(values: list[Any], dtype: Any) -> tuple[pd.Series, list[int]]:
    """Return values in a type, and the places of those that do not fit, which are null.

    Examples
    --------
    >>> column, unfit = typed([1, None, "a"], np.dtype("float64"))
    >>> column.tolist(), unfit
    ([1.0, nan, nan], [2])
    """
    unfit: list[int] = []
    if not _AS_THEY_ARE[_family(dtype)] >= {*map(type, values)}:
        values = [_one(value, place, dtype, unfit) for place, value in enumerate(values)]
    try:
        return _column(values, dtype), unfit
    except _UNFIT:
        values = [_alone(value, place, dtype, unfit) for place, value in enumerate(values)]
        return _column(values, dtype), sorted({*unfit})


def from_text(text: Any, dtype: Any) -> Any:
    """Return what a text says where a feed knows nothing but texts; what cannot be read stays a text.

    Examples
    --------
    >>> from_text("12", np.dtype("float64")), from_text("true", np.dtype("bool")), from_text("", np.dtype("int64"))
    (12.0, True, None)
    """
    family = _family(dtype)
    if family == "O" or not isinstance(text, str):
        return text
    if not text.strip():
        return None
    try:
        if family == "f":
            return float(text)
        if family in "iu" or (family == "M" and text.strip().isdigit()):
            return int(text)
    except ValueError:
        return text
    return _TRUTH.get(text.strip().lower(), text) if family == "b" else text


def _family(dtype: Any) -> str:
    return "O" if isinstance(dtype, pd.StringDtype) else str(dtype.kind)


def _one(value: Any, place: int, dtype: Any, unfit: list[int]) -> Any:
    """Return a value in one of the types that are taken as they are."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    value = value.item() if isinstance(value, np.generic) else value
    family = _family(dtype)
    if type(value) in _AS_THEY_ARE[family]:
        return value
    if family in "iu" and isinstance(value, float) and value.is_integer() and abs(value) <= EXACT_IN_FLOAT:
        return int(value)
    if family == "b" and type(value) is int and value in (0, 1):
        return bool(value)
    if family == "M" and isinstance(value, datetime.date):
        return value.isoformat()
    if family == "M" and type(value) is int:
        try:
            return pd.Timestamp(value, unit=_unit(dtype), tz=None if _zone(dtype) is None else "UTC").isoformat()
        except _UNFIT:
            pass
    unfit.append(place)
    return None


def _alone(value: Any, place: int, dtype: Any, unfit: list[int]) -> Any:
    try:
        _column([value], dtype)
    except _UNFIT:
        unfit.append(place)
        return None
    return value


def _column(values: list[Any], dtype: Any) -> pd.Series:
    if _family(dtype) == "M":
        return _times(values, dtype)
    if _family(dtype) not in "iub" or not isinstance(dtype, np.dtype) or None not in values:
        made: pd.Series = pd.Series(values, dtype=dtype)
        return made
    column = pd.Series(values, dtype=_NULLABLE[dtype.kind])
    if dtype.kind == "b":
        return column
    if not column.notna().any():
        return column.astype("float64")
    low, high, limits = int(column.min()), int(column.max()), np.iinfo(dtype)
    if not (limits.min <= low and high <= limits.max):
        raise OverflowError(f"{low} to {high} for {dtype}")
    return column.astype("float64") if max(abs(low), abs(high)) <= EXACT_IN_FLOAT else column


def _times(values: list[Any], dtype: Any) -> pd.Series:
    """Return moments: of ISO 8601 texts, or of numbers in the type's unit since 1970."""
    zone, unit = _zone(dtype), _unit(dtype)
    if {*map(type, values)} == {int} or {*map(type, values)} == {int, type(None)}:
        ticks = pd.array(values, dtype="Int64").to_numpy(dtype="int64", na_value=np.iinfo("int64").min)
        made = pd.Series(ticks.view(f"M8[{unit}]"))
        return made if zone is None else made.dt.tz_localize("UTC").dt.tz_convert(zone)
    texts = pd.Series(values, dtype="str")
    known = texts.dropna()
    if not known.str.match(r"\d").all():  # pandas takes '' and 'NaT' for null, and 'now' for the moment
        raise ValueError("no time")
    if (known.str.contains(_OFFSET) != (zone is not None)).any():
        raise ValueError("an offset, or none")
    read = pd.to_datetime(texts, format="ISO8601", utc=zone is not None)
    return pd.Series(read.dt.as_unit(unit) if zone is None else read.dt.as_unit(unit).dt.tz_convert(zone))


def _zone(dtype: Any) -> Any:
    return getattr(dtype, "tz", None)


def _unit(dtype: Any) -> Any:
    return dtype.unit if isinstance(dtype, pd.DatetimeTZDtype) else np.datetime_data(dtype)[0]


def _kind(dtype: Any) -> str:
    if _family(dtype) == "M":
        return f"a time with{'out' if _zone(dtype) is None else ''} an offset"
    return "a text" if _family(dtype) == "O" else _KINDS[dtype.kind]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
