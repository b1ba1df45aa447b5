"""Equality by value across types: how two columns are made comparable, or why they cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.values.kinds import EXACT_IN_FLOAT, Kind, Values, values_of
from mlsys.values.moments import UNITS
from mlsys.values.plain import plain


@dataclass(frozen=True)
class Unlike(Exception):
    """The reason why values of two columns cannot be compared.

    Parameters
    ----------
    why : str
        In words, without the names of the columns.
    remedy : str
        How to make them comparable.
    """

    why: str
    remedy: str


def by_value(column: pd.Series) -> pd.Series:
    """Return a column in the form in which values of its kind are compared.

    Parameters
    ----------
    column : Series
        Of any type.

    Returns
    -------
    Series
        Plain values: categories as what they stand for, truth values as 0 and 1, times with a zone in UTC.

    Raises
    ------
    Unlike
        For nested and mixed values, for which equality is undefined.

    Examples
    --------
    >>> by_value(pd.Series(["b", None], dtype="category")).dtype
    <StringDtype(na_value=nan)>
    >>> by_value(pd.Series([[1]]))
    Traceback (most recent call last):
    mlsys.values.matching.Unlike: ...
    """
    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype) or (isinstance(dtype, np.dtype) and dtype.kind not in "Ob"):
        return column  # is in that form
    values = values_of(column)
    if values.means is Kind.NESTED:
        raise Unlike(f"holds {values}, which cannot be compared", "convert them to text or numbers with Derive")
    if values.means is Kind.MIXED:
        label, value = _strange(column, values)
        raise Unlike(
            f"holds values of several kinds: {value!r} in row {label!r} is unlike those before it",
            "convert them to one type with Derive, or read the column with dtypes=",
        )
    made = plain(column)
    if isinstance(made.dtype, pd.CategoricalDtype):
        levels = by_value(pd.Series(made.cat.categories))
        if levels.dtype.kind in "iu" and made.isna().any():
            levels = levels.astype("UInt64" if levels.dtype.kind == "u" else "Int64")  # keeps every digit beside nulls
        made = pd.Series(levels.array.take(made.cat.codes.to_numpy(), allow_fill=True), column.index, name=column.name)
    if made.dtype.kind == "b":
        made = made.astype("Int8" if made.isna().any() else "int8")
    return made.dt.tz_convert("UTC") if isinstance(made.dtype, pd.DatetimeTZDtype) else made


def _strange(column: pd.Series, values: Values) -> tuple[Any, Any]:
    if values.levels is None:
        return values.strange or (None, None)
    level = (values.levels.strange or (None, None))[1]
    return column.index[(column.astype(object) == level).to_numpy()][0], level


Sides = tuple[str, str]
_SIDES: Sides = ("on one side", "on the other")


def refuse_unlike(one: pd.Series, other: pd.Series, sides: Sides = _SIDES) -> None:
    """Raise if no value of ``one`` could equal a value of ``other``; both as returned by `by_value`.

    Parameters
    ----------
    one, other : Series
        The columns.
    sides : tuple of str
        Where each stands, for the message.

    Raises
    ------
    Unlike
        Which kinds they are of.

    Examples
    --------
    >>> refuse_unlike(pd.Series([1]), pd.Series([1.0]))
    >>> refuse_unlike(pd.Series([1]), pd.Series(["1"]))
    Traceback (most recent call last):
    mlsys.values.matching.Unlike: ...
    """
    mine, theirs = values_of(one), values_of(other)
    if Kind.NOTHING in {mine.kind, theirs.kind} or not one.notna().any() or not other.notna().any():
        return
    if (_family(mine), mine.zoned, mine.detail) != (_family(theirs), theirs.zoned, theirs.detail):
        raise Unlike(f"is {mine} {sides[0]} and {theirs} {sides[1]}, so nothing can match", _remedy(mine, theirs))
    if mine.kind is Kind.INTERVAL:
        refuse_unlike(pd.Series(one.array.left), pd.Series(other.array.left), sides)
    if mine.kind is Kind.NUMBER and mine.whole != theirs.whole:
        whole, floats = (one, other) if mine.whole else (other, one)
        if _beyond(whole) and _beyond(floats):
            at = int((floats.abs() > EXACT_IN_FLOAT).to_numpy(dtype=bool, na_value=False).argmax())
            raise Unlike(
                f"holds whole numbers beyond 2**53 {sides[not mine.whole]} and floats {sides[mine.whole]}, such as "
                f"{floats.iloc[at]:.0f}, which have lost their last digits",
                "keep integers with nulls as Int64: read them with dtypes={...: 'Int64'}, or as text",
            )


def _family(values: Values) -> Kind:
    return Kind.MOMENT if values.kind is Kind.DATE else values.kind


def _remedy(one: Values, other: Values) -> str:
    if {one.kind, other.kind} == {Kind.MOMENT}:
        return "set the zone of the times without one in a Derive step: f[...].dt.tz_localize('Europe/Berlin')"
    return "convert one of them with Derive, or read it with dtypes="


def _beyond(numbers: pd.Series) -> bool:
    known = numbers.dropna()
    return len(known) > 0 and (int(known.max()) > EXACT_IN_FLOAT or int(known.min()) < -EXACT_IN_FLOAT)


def as_values_like(column: pd.Series, like: pd.Series, sides: Sides = _SIDES) -> pd.Series:
    """Return a column in the type of another; values that the type cannot hold equal none of its values and are null.

    Parameters
    ----------
    column, like : Series
        As `by_value` returned them.
    sides : tuple of str
        Where each stands, for the message.

    Raises
    ------
    Unlike
        Where the kinds can never be compared.

    Examples
    --------
    >>> as_values_like(pd.Series([1.0, 1.5]), pd.Series([1, 2])).tolist()
    [1, <NA>]
    """
    if column.dtype == like.dtype and like.dtype != object:
        return column
    refuse_unlike(column, like, sides)
    if column.dtype == like.dtype:
        return column
    if like.dtype.kind in "iufb" and column.dtype.kind in "iufb":
        return _whole_like(column, like) if like.dtype.kind in "iub" else _floats(column)
    if like.dtype.kind in "mM" and column.dtype.kind in "mM":
        return _ticks_like(column, like)
    if isinstance(like.dtype, pd.StringDtype) and isinstance(column.dtype, pd.StringDtype):
        return column.astype(like.dtype)
    return column.astype(object)


def _whole_like(column: pd.Series, like: pd.Series) -> pd.Series:
    unsigned = like.dtype.kind == "u"
    smallest, limit = (0, 2**64) if unsigned else (-(2**63), 2**63)
    gone = column.isna().to_numpy()
    if column.dtype.kind == "f":
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        fits = ~gone & (np.floor(numbers) == numbers) & (numbers >= smallest) & (numbers < limit)
    else:
        other = np.uint64 if column.dtype.kind == "u" else np.int64
        numbers = column.to_numpy(dtype=other, na_value=0)
        fits = ~gone & (numbers >= 0 if unsigned and other is np.int64 else numbers < limit)
    values = np.where(fits, numbers, 0).astype(np.uint64 if unsigned else np.int64)
    return pd.Series(pd.arrays.IntegerArray(values, ~fits), index=column.index, name=column.name)


def _floats(column: pd.Series) -> pd.Series:
    """Return whole numbers as floats; those that no float holds exactly equal no float."""
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype.kind in "iu" and _beyond(column):
        held = [each == number for each, number in zip(column.tolist(), numbers.tolist(), strict=True)]
        numbers = np.where([each is True for each in held], numbers, np.nan)
    return pd.Series(numbers, index=column.index, name=column.name)


def _ticks_like(column: pd.Series, like: pd.Series) -> pd.Series:
    """Return times or durations in another unit; what lies between two ticks or beyond all equals none."""
    unit = like.dt.unit
    if UNITS.index(unit) >= UNITS.index(column.dt.unit):
        try:
            return pd.Series(column.dt.as_unit(unit))
        except (pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta):
            made = [_tick(value, unit) for value in column]
            return pd.Series(made, index=column.index, name=column.name).astype(like.dtype)
    coarse = column.dt.as_unit(unit)
    return pd.Series(coarse.where(coarse.dt.as_unit(column.dt.unit) == column))


def _tick(value: Any, unit: str) -> Any:
    try:
        return value.as_unit(unit)
    except (pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta):
        return pd.NaT


def refused(error: Unlike, where: str) -> DataError:
    """Return an error of the data that says where the columns stand."""
    return DataError(f"{where} {error.why}", error.remedy)
