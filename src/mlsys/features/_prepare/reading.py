"""Texts read as what they say: nothing, numbers, truth values, moments."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlsys.summaries import distinct_values
from mlsys.values import plain

NULLS = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "<na>", "nat", "?", ".", "-", "--"})
"""Texts that say, in any case, that nothing is known."""

PAIRS = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"))
"""Pairs of texts that stand for false and true, in any case."""
_TRUTHS = {word: float(place) for pair in PAIRS for place, word in enumerate(pair)}

_BEFORE, _BEHIND = r"^[-+]?[$€£]?[ ]?[-+]?", r"(?:[eE][-+]?[0-9]+)?[ ]?[%$€£]?$"
NUMBERS = {
    ".": _BEFORE + r"(?:[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]*)?|[0-9]+\.?[0-9]*|\.[0-9]+)" + _BEHIND,
    ",": _BEFORE + r"(?:[0-9]{1,3}(?:[. '][0-9]{3})+(?:,[0-9]*)?|[0-9]+,?[0-9]*|,[0-9]+)" + _BEHIND,
}
"""How numbers are written where a point, or a comma, stands before the decimals."""
_PATTERNS = {mark: re.compile(pattern) for mark, pattern in NUMBERS.items()}
_BESIDE = {".": re.compile(r"[$€£% ,]"), ",": re.compile(r"[$€£% .']")}

_FEW_ROWS = 64
"""Up to here a loop over values beats what Arrow needs to begin."""
TEXT = pd.StringDtype(na_value=np.nan)


def text_of(value: Any) -> str | None:
    """Return a value as a text without spaces around it; None where it says nothing.

    Examples
    --------
    >>> [text_of(value) for value in (" a ", "n/a", b"x", 3.0, 3)]
    ['a', None, 'x', '3', '3']
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return None if text.lower() in NULLS else text


def number_of(text: str, mark: str) -> float:
    """Return the number that a text says, NaN for none.

    Examples
    --------
    >>> number_of("$1,234.5", "."), number_of("1.234,5 €", ","), number_of("5 %", ".")
    (1234.5, 1234.5, 5.0)
    """
    if not _PATTERNS[mark].match(text):
        return np.nan
    found = _BESIDE[mark].sub("", text)
    try:
        number = float(found if mark == "." else found.replace(",", "."))
    except ValueError:  # two signs
        return np.nan
    return number if np.isfinite(number) else np.nan


def truth_of(text: str) -> float:
    """Return 1 for a text that says yes, 0 for one that says no, NaN for others."""
    return _TRUTHS.get(text.lower(), np.nan)


def encoded(column: pd.Series) -> tuple[NDArray[np.int64], list[str | None]]:
    """Return for each row the place of its text (-1 for null), and the texts: those of distinct values, cleaned."""
    made = plain(column)
    if isinstance(made.dtype, pd.StringDtype):
        texts = pa.array(made, type=pa.large_string(), from_pandas=True)
        texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        found = texts.dictionary_encode()
        codes = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return codes, [text_of(value) for value in found.dictionary.to_pylist()]
    codes, distinct = distinct_values(made)
    return codes, [text_of(value) for value in distinct]


def texts(column: pd.Series) -> pd.Series:
    """Return a column as texts without spaces around them, null where they say nothing.

    Examples
    --------
    >>> texts(pd.Series([" a", "?", "b"])).tolist()
    ['a', nan, 'b']
    """
    values = _each(column, lambda text: text, None)
    return pd.Series(pd.array(values, dtype=TEXT), index=column.index, name=column.name)


def numbers(column: pd.Series, mark: str) -> NDArray[np.float64]:
    """Return the numbers that texts say."""
    return _each(column, lambda text: number_of(text, mark), np.nan).astype(np.float64)


def truths(column: pd.Series) -> NDArray[np.float64]:
    """Return 1 and 0 for texts that say yes and no."""
    return _each(column, truth_of, np.nan).astype(np.float64)


def moments(column: pd.Series, form: str) -> pd.Series:
    """Return the moments that texts say in one format, in UTC where they name a zone."""
    if len(column) <= _FEW_ROWS:
        return pd.Series(read_moments(cleaned(column), form), index=column.index, name=column.name)
    codes, known = encoded(column)
    read = read_moments([*known, None], form)
    return pd.Series(read.take(codes), index=column.index, name=column.name)


def read_moments(found: Sequence[str | None], form: str) -> pd.DatetimeIndex:
    """Return the moments that texts say in one format, null for those that are written otherwise."""
    made = pd.to_datetime(_objects(found), format=form, errors="coerce", utc=True)
    return made.tz_localize(None).as_unit("us")


def cleaned(column: pd.Series) -> list[str | None]:
    """Return a few values as texts without spaces around them, None where they say nothing."""
    made = plain(column)
    values = made.tolist()
    if isinstance(made.dtype, pd.StringDtype):
        return [text_of(value) if isinstance(value, str) else None for value in values]
    missing = made.isna().to_numpy()
    return [None if gone else text_of(value) for value, gone in zip(values, missing, strict=True)]


def _each(column: pd.Series, read: Callable[[str], Any], null: Any) -> NDArray[Any]:
    """Return what is read of each value; distinct ones are read once."""
    made = plain(column)
    if len(column) <= _FEW_ROWS:
        return _objects([null if text is None else read(text) for text in cleaned(made)])
    codes, distinct = encoded(made)
    return _objects([*(null if text is None else read(text) for text in distinct), null])[codes]


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made
