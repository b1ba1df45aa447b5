"""Read a column as its declared type: values, and which rows hold none of that type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlsys.errors import DataError
from mlsys.schemas.decimals import Mask, decimals, like, mask_of
from mlsys.values import EXACT_IN_FLOAT, TIMES, Kind, iso_moments, moments_of, most_iso_moments, plain, values_of

if TYPE_CHECKING:
    from mlsys.schemas.column import Column

_WHOLE = r"^[+-]?[0-9]+$"
_BROKEN_BY_NOTHING = r"^[+-]?[0-9]+\.0*$"
_INFINITE = r"^[+-]?([iI]nf(inity)?|INF(INITY)?)$"
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")
_DIGITS_OF_64_BITS = 18
"""Whole numbers of so many digits fit in 64 bits."""


@dataclass(frozen=True)
class Read:
    """A column as its declared type.

    Parameters
    ----------
    values : Series
        Where a row is bad, anything.
    bad : list of (array of bool, str)
        Rows whose value is not of the type, and what is said of them after the value.
    """

    values: pd.Series
    bad: list[tuple[Mask, str]]


def read_column(column: pd.Series, declared: Column, parse: str | None, who: str) -> Read:
    """Return a column as its declared type.

    Parameters
    ----------
    column : Series
        Of a frame, or of a file of text.
    declared : Column
        What it must be.
    parse : str or None
        The decimal mark where texts are read as numbers, times and truth values; ``None``: texts are only text.
    who : str
        For messages.

    Raises
    ------
    DataError
        If the column as a whole holds another type, so that no row can be right.
    """
    if declared.type == "any":
        return Read(column, [])
    values = plain(column)
    if isinstance(values.dtype, pd.CategoricalDtype):
        if declared.type == "str" and values_of(column).means is Kind.TEXT:
            return Read(column, [])
        values = values.astype(values.cat.categories.dtype)
    kind = values_of(values).kind
    if kind is Kind.NOTHING or not len(values):
        return Read(_nothing(values, declared), [])
    if kind is Kind.MIXED or (kind is Kind.OTHER and values.dtype == object):
        return _of_each(values, declared, parse, who)
    if kind is Kind.TEXT and parse is not None and declared.type != "str":
        return _PARSED[declared.type](_arrow(values), values, declared, parse)
    if kind not in _FIT[declared.type]:
        raise DataError(
            f"{who}: column {column.name!r} holds {values_of(column)}, and the schema says {declared.type!r}",
            "correct the type in the schema, or convert the column first",
        )
    return _HELD[declared.type](values, declared)


_FIT = {
    "int": {Kind.NUMBER},
    "float": {Kind.NUMBER},
    "bool": {Kind.TRUTH, Kind.NUMBER},
    "str": {Kind.TEXT},
    "datetime": TIMES,
}


def _nothing(values: pd.Series, declared: Column) -> pd.Series:
    dtypes = {"str": "str", "datetime": "datetime64[us]", "bool": "boolean"}
    kind: Any = dtypes.get(declared.type, "float64")
    made: pd.Series = pd.Series(np.nan, index=values.index, name=values.name).astype(kind)
    zoned: pd.Series = made.dt.tz_localize(declared.zone) if declared.zone is not None else made
    return zoned


def _of_each(values: pd.Series, declared: Column, parse: str | None, who: str) -> Read:
    """Return values of several kinds in one column: those of a strange kind are bad, the others are read."""
    given: Any = {"int": (int, float, np.number), "float": (int, float, np.number), "bool": bool, "str": str}.get(
        declared.type
    )
    filled = values.notna().to_numpy()
    if declared.type == "datetime":
        fits = np.array([isinstance(each, (pd.Timestamp,)) or hasattr(each, "isoformat") for each in values])
    else:
        numeric = declared.type in {"int", "float"}
        fits = np.array([
            isinstance(each, given) and not (numeric and isinstance(each, bool))
            for each in values
        ])  # fmt: skip
    if parse is not None:
        fits |= np.array([isinstance(each, str) for each in values])
    strange = filled & ~fits
    held = values.mask(pd.Series(strange, index=values.index))
    told = [(strange, _words(declared.type))] if strange.any() else []
    held = held.infer_objects()
    if values_of(held).kind in {Kind.MIXED, Kind.OTHER}:
        held = held.map(lambda each: each if pd.isna(each) else str(each)).astype("str")
        inner = read_column(held, declared, parse or ".", who)
    else:
        inner = read_column(held, declared, parse, who)
    return Read(inner.values, [*told, *inner.bad])


def _words(kind: str) -> str:
    return {
        "int": "not a whole number",
        "float": "not a number",
        "bool": "not true or false",
        "str": "not text",
        "datetime": "not a time",
    }[kind]


def _arrow(values: pd.Series) -> pa.Array:
    made = pa.array(values.array, from_pandas=True)
    texts = made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
    return texts if pa.types.is_large_string(texts.type) or pa.types.is_string(texts.type) else texts.cast(pa.string())


def _clean(texts: pa.Array, decimal: str) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts)
    return trimmed if decimal == "." else pc.replace_substring(trimmed, decimal, ".")


def _parsed_floats(texts: pa.Array, column: pd.Series, declared: Column, decimal: str) -> Read:
    clean = _clean(texts, decimal)
    values, unfit = decimals(clean)
    told = []
    if unfit.any():
        infinite = np.flatnonzero(unfit)[mask_of(like(clean.filter(pa.array(unfit)), _INFINITE))]
        values[infinite] = np.inf
        unfit[infinite] = False
        told = [(unfit, _words("float"))]
    return _floats(pd.Series(values, index=column.index, name=column.name), declared, told)


def _parsed_ints(texts: pa.Array, column: pd.Series, declared: Column, decimal: str) -> Read:
    clean = _clean(texts, decimal)
    fit = like(clean, _WHOLE)
    if not pc.all(fit).as_py():
        broken = like(clean, _BROKEN_BY_NOTHING)
        if pc.any(broken).as_py():
            clean = pc.if_else(broken, pc.replace_substring_regex(clean, r"\.0*$", ""), clean)
            fit = pc.or_(fit, broken)
    told: list[tuple[Mask, str]] = []
    unfit = mask_of(pc.invert(fit))
    if unfit.any():
        told.append((unfit, _words("int")))
    known = pc.if_else(fit, pc.utf8_ltrim(clean, "+"), None)
    long = mask_of(pc.greater(pc.utf8_length(known), _DIGITS_OF_64_BITS))
    if long.any():
        beyond = np.zeros(len(long), dtype=bool)
        for place in np.flatnonzero(long).tolist():
            beyond[place] = not -(2**63) <= int(known[place].as_py()) < 2**63
        if beyond.any():
            told.append((beyond, "beyond 64 bits"))
            known = pc.if_else(pa.array(beyond), None, known)
    whole = known.cast(pa.int64())
    made = pd.arrays.IntegerArray(
        pc.fill_null(whole, 0).to_numpy(zero_copy_only=False).astype("int64"), mask_of(pc.is_null(whole))
    )
    return Read(pd.Series(made, index=column.index, name=column.name), told)


def _parsed_truths(texts: pa.Array, column: pd.Series, declared: Column, decimal: str) -> Read:
    clean = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    yes = mask_of(pc.is_in(clean, value_set=pa.array(_TRUE, clean.type)))
    no = mask_of(pc.is_in(clean, value_set=pa.array(_FALSE, clean.type)))
    filled = column.notna().to_numpy()
    unfit = filled & ~yes & ~no
    made = pd.arrays.BooleanArray(yes, ~yes & ~no)
    return Read(pd.Series(made, index=column.index, name=column.name), [(unfit, _words("bool"))] if unfit.any() else [])


def _parsed_times(texts: pa.Array, column: pd.Series, declared: Column, decimal: str) -> Read:
    written = declared.format or "ISO8601"
    times = _iso_times(column) if declared.format is None else _times_in(column, written)
    if isinstance(times.dtype, pd.DatetimeTZDtype) or times.dtype.kind == "M":
        read = _in_zone(times, declared, [])
    else:
        stripped = times
        times = pd.to_datetime(stripped, format=written, errors="coerce", utc=True)
        read = _of_several_offsets(times, _has_offset(stripped), column.notna().to_numpy(), declared)
    unfit = column.notna().to_numpy() & times.isna().to_numpy()
    told = [(unfit, f"not a time as {'ISO 8601' if written == 'ISO8601' else repr(written)}")] if unfit.any() else []
    return Read(read.values, [*told, *read.bad])


def _iso_times(texts: pd.Series) -> pd.Series:
    """Return times of ISO 8601: most of them fast, where few are written in another way or none."""
    plain_times = iso_moments(texts)
    if plain_times is not None:
        return plain_times
    apart = most_iso_moments(texts)
    if apart is None:
        return _times_in(texts, "ISO8601")
    times, others = apart
    rest = _times_in(texts[others], "ISO8601")
    if rest.dtype.kind != "M" or isinstance(rest.dtype, pd.DatetimeTZDtype):
        return _times_in(texts, "ISO8601")
    if rest.notna().any():
        if rest.dtype != times.dtype:
            return _times_in(texts, "ISO8601")
        times[others] = rest
    return times


def _times_in(texts: pd.Series, written: str) -> pd.Series:
    """Return times, null where there is none; the texts themselves where some have an offset, or several offsets."""
    stripped = texts.astype("str").str.strip() if not isinstance(texts.dtype, pd.StringDtype) else texts.str.strip()
    clock = stripped.isin(("now", "today")).to_numpy()
    if clock.any():  # pandas would put the moment of reading there
        stripped = stripped.mask(pd.Series(clock, index=texts.index), "never")
    try:
        return pd.to_datetime(stripped, format=written, errors="coerce")
    except (ValueError, TypeError):  # offsets beside none, or several offsets
        return stripped


def _of_several_offsets(utc: pd.Series, offset: Mask, filled: Mask, declared: Column) -> Read:
    """Return times of which some have an offset: in the zone, or without one those that are like the first."""
    clocks = utc.dt.tz_localize(None)
    if declared.zone is not None:
        inside = pd.Series(offset, index=utc.index)
        zoned = _in_zone(clocks.mask(inside), declared, [])
        return Read(zoned.values.mask(inside, utc.dt.tz_convert(declared.zone)), zoned.bad)
    known = filled & utc.notna().to_numpy()
    first = bool(offset[known][:1].all())
    unlike = known & (offset != first)
    words = "has no offset, unlike other rows" if first else "has an offset, unlike other rows"
    return Read(utc if first else clocks, [(unlike, words)] if unlike.any() else [])


def _has_offset(texts: pd.Series) -> Mask:
    found: Mask = texts.str.contains(r"(?:[Zz]|[Tt ].*[+-]\d{2}(?::?\d{2})?)$", na=False).to_numpy(dtype=bool)
    return found


def _in_zone(times: pd.Series, declared: Column, told: list[tuple[Mask, str]]) -> Read:
    if declared.zone is None:
        return Read(times, told)
    if times.dt.tz is not None:
        return Read(times.dt.tz_convert(declared.zone), told)
    zoned = times.dt.tz_localize(declared.zone, ambiguous="NaT", nonexistent="NaT")
    lost = (zoned.isna() & times.notna()).to_numpy()
    if lost.any():
        told = [*told, (lost, f"an hour that clocks in {declared.zone} skip or show twice")]
    return Read(zoned, told)


def _floats(values: pd.Series, declared: Column, told: list[tuple[Mask, str]] | None = None) -> Read:
    told = list(told or [])
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "f":
        held = values
    else:
        held = pd.Series(values.to_numpy(dtype="float64", na_value=np.nan), index=values.index, name=values.name)
    if not declared.infinite:
        infinite = np.isinf(held.to_numpy())
        if infinite.any():
            told.append((infinite, "infinite"))
    return Read(held, told)


def _ints(values: pd.Series, declared: Column) -> Read:
    if values.dtype.kind == "i":
        return Read(values, [])
    if values.dtype.kind == "u":
        far = (values >= 2**63).fillna(False).to_numpy(dtype=bool)
        return Read(values, [(far, "beyond 64 bits")] if far.any() else [])
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    with np.errstate(invalid="ignore"):
        broken = np.isfinite(numbers) & (numbers != np.floor(numbers))
        beyond = np.isinf(numbers) | (np.abs(numbers) >= 2.0**63)
    told = [(mask, words) for mask, words in ((broken, _words("int")), (beyond, "beyond 64 bits")) if mask.any()]
    return Read(pd.Series(numbers, index=values.index, name=values.name), told)


def _truths(values: pd.Series, declared: Column) -> Read:
    if values_of(values).kind is Kind.TRUTH:
        return Read(values.astype("boolean") if values.dtype == object else values, [])
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    unfit = ~(np.isnan(numbers) | (numbers == 0) | (numbers == 1))
    made = pd.arrays.BooleanArray(numbers == 1, np.isnan(numbers) | unfit)
    return Read(pd.Series(made, index=values.index, name=values.name), [(unfit, _words("bool"))] if unfit.any() else [])


def _texts(values: pd.Series, declared: Column) -> Read:
    return Read(values, [])


def _times(values: pd.Series, declared: Column) -> Read:
    return _in_zone(moments_of(values, "the schema"), declared, [])


_PARSED: dict[str, Callable[[pa.Array, pd.Series, Column, str], Read]] = {
    "int": _parsed_ints,
    "float": _parsed_floats,
    "bool": _parsed_truths,
    "datetime": _parsed_times,
}
_HELD: dict[str, Callable[[pd.Series, Column], Read]] = {
    "int": _ints,
    "float": _floats,
    "bool": _truths,
    "str": _texts,
    "datetime": _times,
}


def settled(values: pd.Series, declared: Column, pieces: bool) -> pd.Series:
    """Return the values of rows that fit, in the type that the declaration gives.

    Whole numbers with nulls are floats where these hold each, as everywhere; of pieces they keep the type they came in.
    """
    if declared.type == "int" and not (isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu"):
        if not declared.null:
            return values.astype("int64")
        if pieces:
            return values
        if not values.hasnans:
            return values.astype("int64")
        if values.dtype == "Int64" and _is_exact(values):
            return values.astype("float64")
    if declared.type == "bool" and values.dtype == "boolean" and not (values.hasnans if not pieces else declared.null):
        return values.astype("bool")
    return values


def _is_exact(values: pd.Series) -> bool:
    known = values.dropna()
    return not len(known) or max(abs(int(known.min())), abs(int(known.max()))) <= EXACT_IN_FLOAT
