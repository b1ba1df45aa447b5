"""Row filters that sources apply while they read: conditions on columns, as plain data."""

from __future__ import annotations

import datetime
import decimal
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlsys.errors import ConfigurationError, DataError, listed, meant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": pc.equal, "!=": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal,
}  # fmt: skip
_LISTS = ("in", "not in")
_NULLS = ("is null", "is not null")
_REMEDY = 'write where=[("price", ">", 10), ("city", "in", ["Rome", "Oslo"]), ("sold", "is not null", None)]'


@dataclass(frozen=True)
class Condition:
    """One condition on one column.

    Parameters
    ----------
    column : str
        Its name.
    operator : str
        ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``not in``, ``is null``, ``is not null``.
    value : object
        What it is compared with. A null meets ``is null`` alone, as in SQL.
    """

    column: str
    operator: str
    value: Any

    def met(self, values: pa.Array | pa.ChunkedArray, who: str) -> pa.Array | pa.ChunkedArray:
        """Return which values meet the condition."""
        if pa.types.is_floating(values.type) and self.operator in (*_NULLS, "!=", "not in"):
            values = pc.if_else(pc.is_nan(values), None, values)  # a frame tells no NaN from a null
        if self.operator in _NULLS:
            return pc.is_null(values) if self.operator == "is null" else pc.is_valid(values)
        if pa.types.is_null(values.type):
            return pa.array(np.zeros(len(values), dtype=bool))
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        if self.operator in _LISTS:
            found = [self._compared("==", each, values, who) for each in self.value]
            one_of = pa.array(np.zeros(len(values), dtype=bool))
            for each in found:
                one_of = pc.or_(one_of, pc.fill_null(each, False))
            return one_of if self.operator == "in" else pc.and_(pc.is_valid(values), pc.invert(one_of))
        return pc.fill_null(self._compared(self.operator, self.value, values, who), False)

    def may_be_met(self, low: Any, high: Any) -> bool:
        """Whether a value between two bounds can meet the condition; the bounds are of the column's own type."""
        if self.operator in _NULLS or self.operator in ("!=", "not in") or low is None or high is None:
            return True
        try:
            given = self.value if self.operator == "in" else [self.value]
            wanted = [_as_bound(each, low) for each in given]
            if self.operator in ("==", "in"):
                return any(bool(low <= each) and bool(each <= high) for each in wanted)
            bound = wanted[0]
            if self.operator in ("<", "<="):
                return bool(low < bound) or (self.operator == "<=" and bool(low == bound))
            return bool(high > bound) or (self.operator == ">=" and bool(high == bound))
        except (TypeError, ValueError):  # types that do not compare: told when the rows are there
            return True

    def _compared(self, operator: str, value: Any, values: Any, who: str) -> Any:
        kind = values.type
        if pa.types.is_integer(kind) and not isinstance(value, bool) and isinstance(value, (int, float)):
            operator, value = _among_whole(operator, value, kind)
        elif pa.types.is_floating(kind) and isinstance(value, int) and not isinstance(value, bool):
            operator, value = _among_floats(operator, value)
        if isinstance(value, _All):
            return pc.if_else(pc.is_valid(values), value.met, None)
        try:
            return _COMPARE[operator](values, _scalar(value, kind))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"{who}: where= compares the column {self.column!r}, which is {kind}, with {value!r}",
                "compare it with a value of its type; times are compared with times, such as "
                'pd.Timestamp("2024-03-01"), of the same zone',
            ) from error


def conditions_of(where: Sequence[Any], who: str) -> tuple[Condition, ...]:
    """Return conditions as they were written.

    Raises
    ------
    ConfigurationError
        When one is not written as ``(column, operator, value)``.

    Examples
    --------
    >>> conditions_of([("year", ">=", 2023)], "ReadParquet")
    (Condition(column='year', operator='>=', value=2023),)
    """
    given = [where] if len(where) == 3 and isinstance(where[0], str) else where  # noqa: PLR2004  one condition alone
    return tuple(_condition(each, who) for each in given)


def _condition(given: Any, who: str) -> Condition:
    operators = (*_COMPARE, *_LISTS, *_NULLS)
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3) or not isinstance(given[0], str):
        raise ConfigurationError(f"{who} got the condition {given!r} in where=", _REMEDY)
    column, operator = given[0], " ".join(str(given[1]).lower().split())
    value: Any = given[2] if len(given) == 3 else None  # noqa: PLR2004
    operator = {"=": "==", "<>": "!="}.get(operator, operator)
    if operator not in operators:
        raise ConfigurationError(
            f"{who} got the operator {given[1]!r} in where=",
            f"{meant(operator, operators)}use one of {', '.join(operators)}",
        )
    if operator in _LISTS:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise ConfigurationError(f"{who} got where= with {column!r} {operator} {value!r}, no list", _REMEDY)
        value = tuple(map(_plain, value))
    elif operator not in _NULLS:
        value = _plain(value)
        if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
            raise ConfigurationError(
                f"{who} got where= that compares {column!r} with nothing", f'write ("{column}", "is null", None)'
            )
    return Condition(column, operator, value)


def in_words(where: Sequence[Any], columns: Sequence[str] | None, who: str) -> tuple[str, ...]:
    """Say which rows and columns a reader chooses.

    Examples
    --------
    >>> in_words([("year", ">=", 2023)], ["x", "y"], "ReadParquet")
    ('columns x, y', 'rows with year >= 2023')
    """
    conditions = [
        " ".join(map(str, (each.column, each.operator, *(() if each.operator in _NULLS else (repr(each.value),)))))
        for each in conditions_of(where, who)
    ]
    chosen = () if columns is None else (f"columns {listed(columns)}",)
    return (*chosen, f"rows with {' and '.join(conditions)}") if conditions else chosen


def refuse_absent(conditions: Sequence[Condition], there: Iterable[str], who: str) -> None:
    """Raise for a condition on a column that is not there."""
    names = list(there)
    for each in conditions:
        if each.column not in names:
            raise DataError(
                f"{who}: where= names the column {each.column!r}, which is not there (columns: {', '.join(names)})",
                f"{meant(each.column, names)}correct where=",
            )


def mask_of(
    conditions: Sequence[Condition], column: Callable[[str], Any], rows: int, who: str
) -> NDArray[np.bool_] | None:
    """Return which rows meet all conditions; ``None`` where there are none.

    Parameters
    ----------
    conditions : sequence of Condition
        All must be met.
    column : callable
        Returns a column by name, as Arrow or pandas holds it.
    rows : int
        How many there are.
    who : str
        For messages.
    """
    if not conditions:
        return None
    kept = np.ones(rows, dtype=bool)
    for each in conditions:
        values = column(each.column)
        if isinstance(values, pd.Series):
            values = _of_pandas(values)
        met = each.met(values, who)
        kept &= np.asarray(met.to_numpy(zero_copy_only=False) if isinstance(met, pa.Array) else met.to_numpy(), bool)
    return kept


def _of_pandas(values: pd.Series) -> pa.Array:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        moments = pa.array(values.dt.tz_convert(None).to_numpy(), from_pandas=True)
        return moments.cast(pa.timestamp(values.dtype.unit, "UTC"))
    return pa.array(values.array, from_pandas=True)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value


def _as_bound(value: Any, low: Any) -> Any:
    return pd.Timestamp(value) if isinstance(low, datetime.date) else value


@dataclass(frozen=True)
class _All:
    """Stands for a value that all numbers of a type compare with in the same way."""

    met: bool


def _among_floats(operator: str, value: int) -> tuple[str, float | _All]:
    """Return the same comparison of floats with a float."""
    try:
        near = float(value)
    except OverflowError:
        near = math.inf if value > 0 else -math.inf
    if near == value:
        return operator, near
    if operator in ("==", "!="):
        return operator, _All(operator == "!=")
    below = near < value
    return ("<=" if below else "<") if operator[0] == "<" else (">" if below else ">="), near


def _among_whole(operator: str, value: float, kind: pa.DataType) -> tuple[str, int | _All]:
    """Return the same comparison of whole numbers with a whole number of their type."""
    low = 0 if pa.types.is_unsigned_integer(kind) else -(2 ** (kind.bit_width - 1))
    high = 2 ** (kind.bit_width - (not pa.types.is_unsigned_integer(kind))) - 1
    whole = isinstance(value, int) or value.is_integer()
    if value > high or value < low or (not whole and operator in ("==", "!=")):
        above = value > high
        return operator, _All(operator == "!=" or (operator in ("<", "<=") if above else operator in (">", ">=")))
    if not whole:
        value = math.floor(value) if operator in ("<", "<=") else math.ceil(value)
        operator = {"<": "<=", ">": ">="}.get(operator, operator)
    return operator, int(value)


def _scalar(value: Any, kind: pa.DataType) -> pa.Scalar:
    """Return what a column of a type is compared with.

    Raises
    ------
    TypeError
        When values of that type do not compare with it.
    """
    if pa.types.is_boolean(kind) != isinstance(value, (bool, np.bool_)):
        raise TypeError("truth values compare with truth values")
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        moment = pd.Timestamp(value) if isinstance(value, (str, datetime.date, np.datetime64)) else None
        if moment is None or (kind.tz if pa.types.is_timestamp(kind) else None) is None and moment.tzinfo is not None:
            raise TypeError("times compare with times")
        if pa.types.is_timestamp(kind) and kind.tz is not None and moment.tzinfo is None:
            raise TypeError("times with a zone compare with times with a zone")
        return pa.scalar(moment.to_datetime64() if moment.tzinfo is None else moment)
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if text != isinstance(value, str):
        raise TypeError("texts compare with texts")
    if isinstance(value, decimal.Decimal) or pa.types.is_decimal(kind):
        return pa.scalar(decimal.Decimal(str(value)))
    return pa.scalar(value, pa.float64()) if pa.types.is_floating(kind) else pa.scalar(value)
