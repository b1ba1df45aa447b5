"""Texts read as what they say: nothing, numbers, truth values, moments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
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

_BEFORE, _BEHIND = r"^(?:[-+]?[$€£]?[ ]?|[$€£][ ]?[-+])", r"(?:[eE][-+]?[0-9]+)?[ ]?[%$€£]?$"
NUMBERS = {
    ".": _BEFORE + r"(?:[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]*)?|[0-9]+\.?[0-9]*|\.[0-9]+)" + _BEHIND,
    ",": _BEFORE + r"(?:[0-9]{1,3}(?:[. '][0-9]{3})+(?:,[0-9]*)?|[0-9]+,?[0-9]*|,[0-9]+)" + _BEHIND,
}
"""How numbers are written where a point, or a comma, stands before the decimals."""
_SAY_NOTHING = pa.array(sorted(NULLS), type=pa.large_string())
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
    number = float(found if mark == "." else found.replace(",", "."))
    return number if np.isfinite(number) else np.nan


def truth_of(text: str) -> float:
    """Return 1 for a text that says yes, 0 for one that says no, NaN for others."""
    return _TRUTHS.get(text.lower(), np.nan)


@dataclass(frozen=True)
class Encoded:
    """A column of texts as the place of each row's text (-1 for null), and the texts: those of distinct values."""

    codes: NDArray[np.int64]
    texts: pa.LargeStringArray
    is_clean: bool

    def spread(self, read: NDArray[Any], null: Any) -> NDArray[Any]:
        """Return for each row what was read of its text."""
        return np.append(read, np.array([null], dtype=read.dtype))[self.codes]


def encoded(column: pd.Series) -> Encoded:
    """Return a column of texts with each distinct one cleaned, null where it says nothing."""
    made = plain(column)
    if not isinstance(made.dtype, pd.StringDtype):
        codes, distinct = distinct_values(made)
        return Encoded(codes, pa.array([text_of(value) for value in distinct], type=pa.large_string()), False)
    given = pa.array(made, type=pa.large_string(), from_pandas=True)
    given = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    found = given.dictionary_encode()
    trimmed = pc.utf8_trim_whitespace(found.dictionary)
    says_nothing = pc.is_in(pc.utf8_lower(trimmed), value_set=_SAY_NOTHING)
    kept = pc.if_else(says_nothing, pa.scalar(None, pa.large_string()), trimmed)
    codes = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Encoded(codes, kept, kept.equals(found.dictionary))


def texts(column: pd.Series) -> pd.Series:
    """Return a column as texts without spaces around them, null where they say nothing; itself where it is so.

    Examples
    --------
    >>> texts(pd.Series([" a", "?", "b"])).tolist()
    ['a', nan, 'b']
    """
    if len(column) <= _FEW_ROWS:
        known = cleaned(column)
        is_clean = isinstance(column.dtype, pd.StringDtype) and column[column.notna()].tolist() == [
            text for text in known if text is not None
        ]
        return column if is_clean else pd.Series(pd.array(known, dtype=TEXT), index=column.index, name=column.name)
    found = encoded(column)
    if found.is_clean and isinstance(column.dtype, pd.StringDtype):
        return column
    places = pa.array(found.codes, mask=found.codes < 0)
    return pd.Series(pd.array(found.texts.take(places), dtype=TEXT), index=column.index, name=column.name)


def numbers(column: pd.Series | list[str | None], mark: str) -> NDArray[np.float64]:
    """Return the numbers that texts say."""
    if isinstance(column, list) or len(column) <= _FEW_ROWS:
        return np.array([np.nan if text is None else number_of(text, mark) for text in cleaned(column)])
    found = encoded(column)
    return found.spread(_numbers_of(found.texts, mark), np.nan)


def _numbers_of(found: pa.LargeStringArray, mark: str) -> NDArray[np.float64]:
    """Return what :func:`number_of` does of each text."""
    written = pc.fill_null(pc.match_substring_regex(found, NUMBERS[mark]), False)
    bare = pc.replace_substring_regex(found, _BESIDE[mark].pattern, "")
    bare = bare if mark == "." else pc.replace_substring(bare, ",", ".")
    bare = pc.replace_substring_regex(bare, "^[+]", "")
    read = pc.if_else(written, bare, pa.scalar(None, pa.large_string())).cast(pa.float64())
    values = read.to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.isinf(values), np.nan, values)


def truths(column: pd.Series | list[str | None]) -> NDArray[np.float64]:
    """Return 1 and 0 for texts that say yes and no."""
    if isinstance(column, list) or len(column) <= _FEW_ROWS:
        return np.array([np.nan if text is None else truth_of(text) for text in cleaned(column)])
    found = encoded(column)
    read = [np.nan if text is None else truth_of(text) for text in found.texts.to_pylist()]
    return found.spread(np.array(read, dtype=np.float64), np.nan)


def moments(column: pd.Series, form: str) -> pd.Series:
    """Return the moments that texts say in one format, in UTC where they name a zone."""
    if len(column) <= _FEW_ROWS:
        return pd.Series(read_moments(cleaned(column), form), index=column.index, name=column.name)
    found = encoded(column)
    read = read_moments([*found.texts.to_pylist(), None], form)
    return pd.Series(read.take(found.codes), index=column.index, name=column.name)


def read_moments(found: Sequence[str | None], form: str) -> pd.DatetimeIndex:
    """Return the moments that texts say in one format, null for those that are written otherwise."""
    made = pd.to_datetime(_objects(found), format=form, errors="coerce", utc=True)
    return made.tz_localize(None).as_unit("us")


def cleaned(column: pd.Series | list[str | None]) -> list[str | None]:
    """Return a few values as texts without spaces around them, None where they say nothing."""
    if isinstance(column, list):
        return [None if value is None else text_of(value) for value in column]
    made = plain(column)
    values = made.tolist()
    if isinstance(made.dtype, pd.StringDtype):
        return [text_of(value) if isinstance(value, str) else None for value in values]
    missing = made.isna().to_numpy()
    return [None if gone else text_of(value) for value, gone in zip(values, missing, strict=True)]


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made
