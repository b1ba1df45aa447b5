"""Types of CSV columns: several files typed as one, and whole numbers with every digit."""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.errors import DataError
from mlsys.values import Kind, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlsys.data._csv_file import CSVFile

logger = logging.getLogger("mlsys")

_FIRST_ROWS = 1_000
"""Rows of a file in which zeros before numbers are looked for."""
_EXACT_IN_FLOAT = 2**53
"""Whole numbers up to here keep their value as float64."""

_NULLABLE = {"int64": "Int64", "uint64": "UInt64"}
_WHOLE = r"[+-]?[0-9]+"
_TEXT = pd.StringDtype(na_value=np.nan)


def common_frame(
    frames: Sequence[pd.DataFrame],
    files: Sequence[CSVFile],
    given: Collection[str],
    declared: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return the rows of all files under one another, each column in the type it would have in one file of them all.

    Parameters
    ----------
    frames : list of DataFrame
        What pandas guessed for each file alone.
    files : list of CSVFile
        The files, in the same order, to look at texts again.
    given : collection of str
        Columns whose type is not guessed.
    declared : mapping of str to str
        What a schema says of columns, so that no error need say it: ``"float"`` may round, and texts are kept where
        numbers would lose digits of an ``"int"``.
    """
    names = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    holding = [place for place, frame in enumerate(frames) if len(frame)] or [0]  # files without rows decide nothing
    frames, files = [frames[place] for place in holding], [files[place] for place in holding]
    said = declared or {}
    columns = {name: _Column(name, frames, files, said.get(name)).in_one_type(fixed=name in given) for name in names}
    if len(frames) == 1:
        changed = {name: parts[0] for name, parts in columns.items() if parts[0] is not frames[0].get(name)}
        return with_columns(frames[0], changed)[names]
    rows = sum(map(len, frames))
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in columns.items()}
    return pd.DataFrame(joined, index=pd.RangeIndex(rows), copy=False)


def warn_of_zeros(files: Sequence[CSVFile], numbers: Collection[str], who: str) -> None:
    """Log once a column of whole numbers that codes such as ``01234`` lose their zeros."""
    left = set(numbers)
    for file in files:
        places = [(name, place) for place, name in enumerate(file.header) if name in left]
        for _, record in islice(file.records(), 1, _FIRST_ROWS + 1) if places else ():
            for name, place in places:
                text = record[place].strip() if place < len(record) else ""
                if name in left and len(text) > 1 and text[0] == "0" and text.isdecimal():
                    left.discard(name)
                    logger.warning(
                        "%s: column %r of %r holds %s, which is read as the number %d; dtypes={%r: 'str'} keeps zeros",
                        *(who, name, file.file, text, int(text), name),
                    )


class _Column:
    """One column in all files; all null where a file does not have it."""

    def __init__(
        self, name: str, frames: Sequence[pd.DataFrame], files: Sequence[CSVFile], declared: str | None = None
    ) -> None:
        self._name, self._files, self._declared = name, files, declared
        self._there = [name in frame.columns for frame in frames]
        self._parts = [
            frame[name] if there else pd.Series(np.nan, index=frame.index, name=name)
            for frame, there in zip(frames, self._there, strict=True)
        ]

    def in_one_type(self, fixed: bool) -> list[pd.Series]:
        """Return the parts; of a type that is given, only parts that are not there are changed."""
        known = [place for place, part in enumerate(self._parts) if part.notna().any()]
        if fixed:
            held = self._parts[next((place for place, there in enumerate(self._there) if there), 0)].dtype
            return [part if there else part.astype(held) for part, there in zip(self._parts, self._there, strict=True)]
        for place in known:
            self._parts[place] = self._exact(place)
        kinds = {values_of(self._parts[place]).kind for place in known}
        if not kinds:  # nulls alone decide no type
            return self._as("float64")
        if kinds == {Kind.TRUTH}:
            return self._as("boolean" if self._has_nulls else "bool")
        return self._as_texts() if kinds != {Kind.NUMBER} else self._as_numbers(known)

    @property
    def _has_nulls(self) -> bool:
        return any(part.hasnans for part in self._parts)

    def _as(self, dtype: Any) -> list[pd.Series]:
        return [part if part.dtype == dtype else part.astype(dtype) for part in self._parts]

    def _as_texts(self) -> list[pd.Series]:
        return [self._texts(place).astype(_TEXT) for place in range(len(self._parts))]

    def _texts(self, place: int) -> pd.Series:
        part = self._parts[place]
        if not self._there[place] or isinstance(part.dtype, pd.StringDtype):
            return part
        return self._files[place].texts([self._name])[self._name]

    def _as_numbers(self, known: Sequence[int]) -> list[pd.Series]:
        whole = {place for place in known if self._parts[place].dtype.kind in "iu"}
        large = [place for place in whole if _bounds(self._parts[place])[1] > _EXACT_IN_FLOAT]
        if self._declared == "float":
            return self._as("float64")
        if large and self._declared == "int" and whole != set(known):
            return self._as_texts()
        if large:
            for place in set(known) - whole:  # floats: whole numbers with nulls, or none
                self._parts[place] = self._whole_beside(place, large[0])
            whole = set(known)
        if whole != set(known):
            return self._as("float64")
        if not large:
            return self._as("float64" if self._has_nulls else "int64")
        held = _whole_type([_bounds(self._parts[place]) for place in known])
        if held is None:
            return self._as_texts()
        return self._as(_NULLABLE[held] if self._has_nulls else held)

    def _whole_beside(self, place: int, large: int) -> pd.Series:
        found = _whole_numbers(self._texts(place))
        if found is None:
            raise DataError(
                f"{self._files[place].who}: column {self._name!r} holds whole numbers above 2**53 in "
                f"{self._files[large].file!r} and decimals in {self._files[place].file!r}, which no type holds with "
                "every digit",
                f"give its type: dtypes={{{self._name!r}: 'str'}} keeps every digit, 'float64' rounds",
            )
        return found

    def _exact(self, place: int) -> pd.Series:
        """Return a part in which no digit of a whole number is lost to pandas' guess of a type."""
        part = self._parts[place]
        if not _may_have_lost(part) or (self._declared == "float" and part.dtype.kind == "f"):
            return _truth(part)
        texts = self._files[place].texts([self._name])[self._name]
        found = _whole_numbers(texts)
        if found is not None:
            return found
        if part.dtype.kind != "f" or self._declared == "int":
            return texts
        lost = _first_lost(texts)
        if lost is not None:
            raise DataError(
                f"{self._files[place].who}: column {self._name!r} of {self._files[place].file!r} holds decimals, and "
                f"{texts.iloc[lost]!r} in row {lost}, which loses digits as a decimal",
                f"give its type: dtypes={{{self._name!r}: 'str'}} keeps every digit, 'float64' rounds",
            )
        return part


def _truth(part: pd.Series) -> pd.Series:
    """Return truth values with nulls, which pandas leaves as objects, in their own type."""
    if part.dtype == object and values_of(part).kind is Kind.TRUTH:
        return part.astype("boolean")
    return part


def _may_have_lost(part: pd.Series) -> bool:
    """Whether pandas may have made floats, objects or empty texts of whole numbers."""
    if part.dtype.kind == "f":
        values = part.to_numpy()
        return bool(max(np.fmax.reduce(values), -np.fmin.reduce(values)) >= _EXACT_IN_FLOAT)
    if part.dtype == object:
        return values_of(part).kind is not Kind.TRUTH
    if isinstance(part.dtype, pd.StringDtype):  # pandas writes a null beside an unsigned number as an empty text
        return not part.hasnans and bool((part == "").any())
    return False


def _whole_numbers(texts: pd.Series) -> pd.Series | None:
    """Return texts that are all whole numbers as such; ``None`` where one is not, or no type holds them."""
    known = texts.dropna().str.strip()
    if not known.str.fullmatch(_WHOLE).all():
        return None
    plain = pa.array(known.str.removeprefix("+"), pa.string())
    for held in ("int64", "uint64"):
        try:
            numbers = plain.cast(held).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            continue
        missing = texts.isna().to_numpy()
        values = np.zeros(len(texts), dtype=held)
        values[~missing] = numbers
        made = pd.arrays.IntegerArray(values, missing) if missing.any() else values
        return pd.Series(made, index=texts.index, name=texts.name)
    return None


def _first_lost(texts: pd.Series) -> int | None:
    for place, text in enumerate(texts):
        if isinstance(text, str) and text.strip().lstrip("+-").isdecimal() and int(text) != int(float(text)):
            return place
    return None


def _bounds(part: pd.Series) -> tuple[int, int]:
    """Return the least value, and the greatest distance from zero."""
    low, high = int(part.min()), int(part.max())
    return low, max(high, -low)


def _whole_type(bounds: Sequence[tuple[int, int]]) -> str | None:
    low, far = min(low for low, _ in bounds), max(far for _, far in bounds)
    if far < 2**63 or (far == 2**63 and low == -far):
        return "int64"
    return "uint64" if low >= 0 else None
