"""Kinds of values: number, truth, text, category, moment, ..., from the type and, for objects, from the values."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.values.block import BlockDtype


class Kind(StrEnum):
    """The meaning of a value to a reader of the column."""

    NUMBER = "number"
    TRUTH = "truth value"
    TEXT = "text"
    CATEGORY = "category"
    MOMENT = "time"
    DATE = "date"
    DURATION = "duration"
    PERIOD = "period"
    INTERVAL = "interval"
    NESTED = "list or mapping"
    BLOCK = "block of numbers"
    OTHER = "other value"
    NOTHING = "nothing known"
    MIXED = "mixed values"


NUMERIC = frozenset({Kind.NUMBER, Kind.TRUTH})
"""Kinds that are used in computations as they are."""
TIMES = frozenset({Kind.MOMENT, Kind.DATE})
"""Kinds of which each value is a point in time."""
EXACT_IN_FLOAT = 2**53
"""Whole numbers up to here keep their value as float64."""


@dataclass(frozen=True)
class Values:
    """What the values of one column are.

    Parameters
    ----------
    kind : Kind
        ``CATEGORY`` if levels are fixed, ``NOTHING`` if neither type nor values say anything, ``MIXED`` if a column of
        objects contains values of several kinds.
    held : str
        The type in words, for messages: ``"float64"``, ``"datetime.date"``.
    levels : Values, optional
        For categories, the kind of their levels.
    whole : bool
        Whether numbers are whole by their type, or all are.
    zone : tzinfo, optional
        Of times with a zone; of several zones, UTC.
    detail : str
        What must agree to compare two such columns: the frequency of periods, the class of other values.
    strange : tuple, optional
        For mixed values, label and value of the first row that differs from the rows before.

    Examples
    --------
    >>> str(values_of(pd.Series([True, None], dtype=object)))
    'truth values (object)'
    >>> values_of(pd.Series([1, "a"], index=["p", "q"], dtype=object)).strange
    ('q', 'a')
    """

    kind: Kind
    held: str
    levels: Values | None = None
    whole: bool = False
    zone: datetime.tzinfo | None = None
    detail: str = ""
    strange: tuple[Any, Any] | None = None

    @property
    def means(self) -> Kind:
        """The kind of a category's levels; else the kind itself."""
        return self.kind if self.levels is None else self.levels.means

    @property
    def zoned(self) -> bool:
        """Whether these are times with a zone."""
        return (self if self.levels is None else self.levels).zone is not None

    def __str__(self) -> str:
        if self.levels is not None:
            return f"categories of {_plural(self.levels)}"
        return f"{_plural(self)} ({self.held})" if self.held else _plural(self)


def _plural(values: Values) -> str:
    if values.kind is Kind.MOMENT:
        return "times without a zone" if values.zone is None else "times with a zone"
    if values.kind is Kind.NUMBER and values.whole:
        return "whole numbers"
    if values.kind is Kind.NESTED:
        return "lists or mappings"
    if values.kind is Kind.CATEGORY:
        return "categories"
    if values.kind is Kind.BLOCK:
        return "blocks of numbers"
    if values.kind is Kind.OTHER:
        return f"values of type {values.detail}"
    return str(values.kind) if values.kind in {Kind.TEXT, Kind.NOTHING, Kind.MIXED} else f"{values.kind}s"


_OF_NUMPY = {"b": Kind.TRUTH, "i": Kind.NUMBER, "u": Kind.NUMBER, "f": Kind.NUMBER, "m": Kind.DURATION}


def meaning_of(dtype: Any) -> Values | None:
    """Return what a type says of its values by itself; ``None`` for objects, whose values must be looked at.

    Examples
    --------
    >>> meaning_of(np.dtype("int8")).kind, meaning_of(np.dtype(object))
    (<Kind.NUMBER: 'number'>, None)
    """
    held = str(dtype)
    if isinstance(dtype, np.dtype):
        if dtype.kind == "M":
            return Values(Kind.MOMENT, held)
        if dtype.kind == "O":
            return None
        if dtype.kind in _OF_NUMPY:
            return Values(_OF_NUMPY[dtype.kind], held, whole=dtype.kind in "iu")
        return Values(Kind.OTHER, held, detail=held)
    if isinstance(dtype, pd.StringDtype):
        return Values(Kind.TEXT, held)
    if isinstance(dtype, pd.CategoricalDtype):
        levels = pd.Index([], dtype=object) if dtype.categories is None else dtype.categories
        return Values(Kind.CATEGORY, held, values_of(levels))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return Values(Kind.MOMENT, held, zone=dtype.tz)
    if isinstance(dtype, pd.PeriodDtype):
        return Values(Kind.PERIOD, held, detail=dtype.freq.freqstr)
    if isinstance(dtype, pd.IntervalDtype):
        return Values(Kind.INTERVAL, held, detail=f"closed {dtype.closed}")
    if isinstance(dtype, pd.SparseDtype):
        inner = meaning_of(dtype.subtype)
        return inner and Values(inner.kind, held, whole=inner.whole)
    if isinstance(dtype, pd.ArrowDtype):
        return _of_arrow(dtype.pyarrow_dtype, held)
    if isinstance(dtype, BlockDtype):
        return Values(Kind.BLOCK, held)
    if dtype.kind in _OF_NUMPY and hasattr(dtype, "numpy_dtype"):
        return Values(_OF_NUMPY[dtype.kind], held, whole=dtype.kind in "iu")
    return Values(Kind.OTHER, held, detail=held)


def is_of_type(dtype: Any, kinds: Collection[Kind]) -> bool:
    """Whether a type alone says that its values are of one of these kinds; no column of objects is looked through.

    Examples
    --------
    >>> is_of_type(np.dtype("int8"), NUMERIC), is_of_type(np.dtype(object), NUMERIC)
    (True, False)
    """
    values = meaning_of(dtype)
    return values is not None and values.kind in kinds


_OF_ARROW = (
    (pa.types.is_boolean, Kind.TRUTH),
    (pa.types.is_integer, Kind.NUMBER),
    (pa.types.is_floating, Kind.NUMBER),
    (pa.types.is_decimal, Kind.NUMBER),
    (pa.types.is_string, Kind.TEXT),
    (pa.types.is_large_string, Kind.TEXT),
    (pa.types.is_string_view, Kind.TEXT),
    (pa.types.is_date, Kind.DATE),
    (pa.types.is_duration, Kind.DURATION),
    (pa.types.is_null, Kind.NOTHING),
    (pa.types.is_nested, Kind.NESTED),
)


def _of_arrow(kind: pa.DataType, held: str) -> Values:
    if pa.types.is_timestamp(kind):
        return Values(Kind.MOMENT, held, zone=None if kind.tz is None else pd.DatetimeTZDtype(tz=kind.tz).tz)
    if pa.types.is_dictionary(kind):
        return Values(Kind.CATEGORY, held, _of_arrow(kind.value_type, str(kind.value_type)))
    if pa.types.is_run_end_encoded(kind):
        return _of_arrow(kind.value_type, held)
    if isinstance(kind, pa.BaseExtensionType):
        return Values(Kind.OTHER, held, detail=held)
    for is_such, meaning in _OF_ARROW:
        if is_such(kind):
            return Values(meaning, held, whole=bool(pa.types.is_integer(kind)))
    names = {"binary": "bytes", "time": "datetime.time"}
    found = next((name for word, name in names.items() if word in str(kind)), held)
    return Values(Kind.OTHER, held, detail=found)


def values_of(column: pd.Series | pd.Index) -> Values:
    """Return what the values of a column are.

    Parameters
    ----------
    column : Series or Index
        A column of any type; non-null objects are examined.

    Notes
    -----
    Most types decide at once; a column of objects takes about 10 ns per value, and 100 ns for kinds unknown to pandas.

    Examples
    --------
    >>> values_of(pd.Series([1.5, 2])).kind, values_of(pd.Series(["a"], dtype="category")).means
    (<Kind.NUMBER: 'number'>, <Kind.TEXT: 'text'>)
    >>> str(values_of(pd.Series([datetime.date(2024, 1, 1)])))
    'dates (datetime.date)'
    """
    return meaning_of(column.dtype) or _of_objects(column)


def values_by_column(frame: pd.DataFrame, names: Sequence[Any] | None = None) -> dict[Any, Values]:
    """Return what the values of each column of a frame are; of all columns when none are named.

    Examples
    --------
    >>> {name: str(each) for name, each in values_by_column(pd.DataFrame({"x": [1], "who": ["a"]})).items()}
    {'x': 'whole numbers (int64)', 'who': 'text (str)'}
    """
    dtypes = dict(zip(frame.columns.tolist(), frame.dtypes.tolist(), strict=True))
    wanted = list(dtypes) if names is None else list(names)
    of_type = {dtype: meaning_of(dtype) for dtype in {dtypes[name] for name in wanted}}
    return {name: of_type[dtypes[name]] or values_of(frame[name]) for name in wanted}


def of_pieces(pieces: Sequence[Values]) -> Values:
    """Return what the values of a column are that was looked at piece by piece.

    Examples
    --------
    >>> texts, nothing = values_of(pd.Series(["a"], dtype=object)), values_of(pd.Series([None], dtype=object))
    >>> of_pieces([nothing, texts]).kind, of_pieces([texts, values_of(pd.Series([1], dtype=object))]).kind
    (<Kind.TEXT: 'text'>, <Kind.MIXED: 'mixed values'>)
    """
    telling = [piece for piece in pieces if piece.kind is not Kind.NOTHING] or list(pieces[:1])
    unlike = next((piece for piece in telling if piece.kind is not telling[0].kind), None)
    return telling[0] if unlike is None else Values(Kind.MIXED, "object", strange=unlike.strange)


_INFERRED = {
    "string": Kind.TEXT,
    "boolean": Kind.TRUTH,
    "integer": Kind.NUMBER,
    "floating": Kind.NUMBER,
    "mixed-integer-float": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "timedelta": Kind.DURATION,
    "timedelta64": Kind.DURATION,
    "empty": Kind.NOTHING,
}
_LARGEST, _SMALLEST = 2**64 - 1, -(2**63)


def _of_objects(column: pd.Series | pd.Index) -> Values:
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    kind = _INFERRED.get(inferred)
    if kind is not None:
        if inferred == "integer" and not _in_64_bits(column):
            return Values(Kind.OTHER, "object", detail="int beyond 64 bits")
        if inferred == "mixed-integer-float":
            return _whole_and_broken(column[column.notna()])
        return Values(kind, "object", whole=inferred == "integer")
    filled = column[column.notna()]
    if not len(filled):
        return Values(Kind.NOTHING, "object")
    return _of_classes(filled)


def _in_64_bits(column: pd.Series | pd.Index) -> bool:
    values = column[column.notna()]
    smallest, largest = min(values), max(values)
    return bool(_SMALLEST <= smallest and largest <= (_LARGEST if smallest >= 0 else 2**63 - 1))


def _whole_and_broken(filled: pd.Series | pd.Index) -> Values:
    """Tell floats from whole numbers of which some are written 1.0; what no float holds beside 1.5 has no type."""
    if all(float(value).is_integer() for value in filled) and _in_64_bits(filled):
        return Values(Kind.NUMBER, "object", whole=True)
    if any(isinstance(value, (int, np.integer)) and abs(int(value)) > EXACT_IN_FLOAT for value in filled):
        return Values(Kind.OTHER, "object", detail="int beyond what floats hold")
    return Values(Kind.NUMBER, "object")


_NESTED = (list, dict, tuple, set, frozenset, np.ndarray, pd.Series, pd.DataFrame, pd.Index)
_CLASSES: tuple[tuple[tuple[type, ...], Kind], ...] = (
    ((bool, np.bool_), Kind.TRUTH),
    ((str,), Kind.TEXT),
    ((datetime.datetime, np.datetime64), Kind.MOMENT),
    ((datetime.date,), Kind.DATE),
    ((datetime.timedelta, np.timedelta64), Kind.DURATION),
    ((pd.Period,), Kind.PERIOD),
    ((pd.Interval,), Kind.INTERVAL),
    (_NESTED, Kind.NESTED),
)


def _kind_of_class(each: type) -> tuple[Kind, str]:
    from decimal import Decimal

    for classes, kind in _CLASSES:
        if issubclass(each, classes):
            return kind, ""
    if issubclass(each, (int, float, np.integer, np.floating, Decimal)):
        return Kind.NUMBER, ""
    module = "" if each.__module__ == "builtins" else f"{each.__module__}."
    return Kind.OTHER, f"{module}{each.__qualname__}"


def _of_classes(filled: pd.Series | pd.Index) -> Values:
    """Tell values class by class; the first class decides, and the first value of another kind is the strange one."""
    values = list(filled)
    classes = {type(value): _kind_of_class(type(value)) for value in values}
    first = classes[type(values[0])]
    if len(set(classes.values())) > 1:
        return _mixed(filled, [classes[type(value)] != first for value in values])
    kind, detail = first
    if kind is Kind.MOMENT:
        zones = [getattr(value, "tzinfo", None) for value in values]
        if any((zone is None) != (zones[0] is None) for zone in zones):
            return _mixed(filled, [(zone is None) != (zones[0] is None) for zone in zones])
        same = all(zone == zones[0] for zone in zones)
        return Values(kind, "datetime.datetime", zone=zones[0] if same else datetime.UTC)
    if kind is Kind.PERIOD:
        return _alike(filled, kind, "pandas.Period", [value.freqstr for value in values])
    if kind is Kind.INTERVAL:
        return _alike(filled, kind, "pandas.Interval", [f"closed {value.closed}" for value in values])
    if kind is Kind.NUMBER:
        return Values(kind, "object")
    held = {Kind.DATE: "datetime.date", Kind.NESTED: type(values[0]).__name__}.get(kind, detail or "object")
    return Values(kind, held, detail=detail)


def _alike(filled: pd.Series | pd.Index, kind: Kind, held: str, details: list[str]) -> Values:
    if len(set(details)) > 1:
        return _mixed(filled, [detail != details[0] for detail in details])
    return Values(kind, held, detail=details[0])


def _mixed(filled: pd.Series | pd.Index, odd: list[bool]) -> Values:
    at = odd.index(True)
    labels = filled.index if isinstance(filled, pd.Series) else range(len(filled))
    value = filled.iloc[at] if isinstance(filled, pd.Series) else filled[at]
    label = labels[at]
    return Values(Kind.MIXED, "object", strange=(label.item() if isinstance(label, np.generic) else label, value))
