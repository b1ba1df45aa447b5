"""Constraints: which rows of a column break what is declared of its values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.values import Kind, values_of

if TYPE_CHECKING:
    from mlsys.schemas.column import Column

Mask = NDArray[np.bool_]
_MOST_SHOWN = 5
"""Allowed values that a reason lists."""
_SAMPLE = 4_096
"""Texts that tell whether most repeat: then each is matched once."""
_LONGEST = 40
"""Characters of a value in a reason."""


def broken(
    values: pd.Series, declared: Column, who: str, earlier: NDArray[np.intp] | None = None
) -> Iterator[tuple[Mask, str]]:
    """Yield which rows break a constraint, and what is said of them after the value; nulls break none.

    Parameters
    ----------
    values : Series
        Of the declared type.
    declared : Column
        What they must be.
    who : str
        For messages.
    earlier : array of int, optional
        Rows that repeat the value of a row of an earlier piece.
    """
    try:
        yield from _outside(values, declared)
    except TypeError as error:
        raise DataError(
            f"{who}: column {values.name!r} holds {values_of(values)}, which cannot be compared with its bounds in "
            f"the schema ({error})",
            "give bounds of the same kind; for times without a zone, bounds without a zone",
        ) from error
    if declared.allowed is not None:
        yield ~_among(values, declared.allowed), f"not {_one_of(declared.allowed)}"
    if declared.pattern is not None or declared.shortest is not None or declared.longest is not None:
        yield from _misshapen(values, declared, who)
    if declared.unique:
        repeats = (values.duplicated() & values.notna()).to_numpy(copy=True)
        if earlier is not None:
            repeats[earlier] = True
        yield repeats, "repeats the value of an earlier row"


def _outside(values: pd.Series, declared: Column) -> Iterator[tuple[Mask, str]]:
    for bound, is_outside, words in (
        (declared.least, np.less, "below"),
        (declared.greatest, np.greater, "above"),
        (declared.above, np.less_equal, "not above"),
        (declared.below, np.greater_equal, "not below"),
    ):
        if bound is not None:
            yield _compared(values, is_outside, bound), f"{words} {shown(bound)}"


def _compared(values: pd.Series, compare: Any, bound: Any) -> Mask:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
        with np.errstate(invalid="ignore"):
            made: Mask = compare(values.to_numpy(), bound)
        return made
    if isinstance(values.dtype, pd.DatetimeTZDtype) and isinstance(bound, pd.Timestamp) and bound.tz is None:
        bound = bound.tz_localize(values.dtype.tz)
    outside = {"less": "lt", "greater": "gt", "less_equal": "le", "greater_equal": "ge"}[compare.__name__]
    found = getattr(values, outside)(bound)
    return np.asarray(found.fillna(False) if found.dtype == "boolean" else found, dtype=bool)


def _among(values: pd.Series, allowed: Any) -> Mask:
    """Return which values are allowed; null is."""
    null = values.isna().to_numpy()
    if values_of(values).kind is Kind.TEXT:
        texts = pa.array(values.array, from_pandas=True)
        among = pc.is_in(texts, value_set=pa.array([str(each) for each in allowed], texts.type))
        return null | _flat(among)
    found: Mask = values.isin(list(allowed)).to_numpy(dtype=bool)
    return null | found


def _flat(values: Any) -> Mask:
    held = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return np.asarray(pc.fill_null(held, False).to_numpy(zero_copy_only=False), dtype=bool)


def _misshapen(values: pd.Series, declared: Column, who: str) -> Iterator[tuple[Mask, str]]:
    if values_of(values).means is not Kind.TEXT and values.notna().any():
        raise DataError(
            f"{who}: column {values.name!r} holds {values_of(values)}, and the schema declares the form of its text",
            'declare the column as "str"',
        )
    texts = pa.array(values.astype("str").array, from_pandas=True)
    if declared.pattern is not None:
        yield _flat(pc.invert(_matching(texts, declared.pattern))), f"not like {shown(declared.pattern)}"
    if declared.shortest is not None or declared.longest is not None:
        lengths = pc.utf8_length(texts)
        if declared.shortest is not None:
            yield _flat(pc.less(lengths, declared.shortest)), f"shorter than {declared.shortest:,} characters"
        if declared.longest is not None:
            yield _flat(pc.greater(lengths, declared.longest)), f"longer than {declared.longest:,} characters"


def _matching(texts: Any, pattern: str) -> Any:
    """Return which texts match as a whole; by Python where the fast matcher lacks something, such as looking ahead."""
    if len(texts) > _SAMPLE and pc.count_distinct(texts.slice(0, _SAMPLE)).as_py() < _SAMPLE / 4:
        coded = (texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts).dictionary_encode()
        return pc.take(_matching(coded.dictionary, pattern), coded.indices)
    try:
        return pc.match_substring_regex(texts, rf"\A(?:{pattern})\z")
    except pa.ArrowInvalid:
        whole = re.compile(pattern)
        different = pc.unique(texts)
        fit = [each is not None and whole.fullmatch(each) is not None for each in different.to_pylist()]
        matched = pc.is_in(texts, value_set=different.filter(pa.array(fit, pa.bool_())))
        return pc.if_else(pc.is_valid(texts), matched, None)


def _one_of(allowed: Any) -> str:
    named = ", ".join(shown(each) for each in allowed[:_MOST_SHOWN])
    more = len(allowed) - _MOST_SHOWN
    return f"one of {named}{f' or {more:,} more' if more > 0 else ''}" if len(allowed) > 1 else named


def shown(value: Any) -> str:
    """Return a value for a message.

    Examples
    --------
    >>> shown("a" * 50), shown(2.0)
    ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ...", '2.0')
    """
    if isinstance(value, pd.Timestamp):
        text = str(value.date() if value.tz is None and value == value.normalize() else value)
    else:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    return shortened(text, _LONGEST)


def shortened(text: str, longest: int) -> str:
    """Return a text, or its beginning."""
    return text if len(text) <= longest else f"{text[: longest - 1]} ..."
