"""Words of 64 bits that stand for the values of a column, and equality of values of two columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlsys.summaries.hashing import Hashes, hash_ids
from mlsys.values import BlockDtype

Reader = Callable[[slice], Hashes]

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_HALF = np.uint64(32)
_NULL = np.uint64(0x6E756C6C6E756C6C)
_BEYOND = np.uint64(0x9E3779B97F4A7C15)
_TIMES = {"M": np.uint64(0x74696D6574696D65), "m": np.uint64(0x6475726174696F6E)}
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}

_EXACT = 2**53
"""Whole numbers up to here are exact as float64."""
_SPARE = 4096
"""More than twice what float64 can be wrong about a 64-bit whole number."""

_PEEK = 1 << 16
"""Text is encoded by its distinct values unless more than half of so many values are distinct."""


def reader_of(column: pd.Series) -> Reader:
    """Return a function that gives the words of some rows; equal values have equal words, whatever the types."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _looked_up(words_of(pd.Series(dtype.categories)), column.cat.codes.to_numpy())
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind not in "iufb":
        return _arrow_reader(pa.array(column))
    if isinstance(dtype, pd.StringDtype):
        return _text_reader(pa.array(column, type=pa.large_string(), from_pandas=True))
    if isinstance(dtype, BlockDtype):
        return _ready(_block_words(column.array))
    if dtype.kind in "mM":
        return _time_reader(column)
    if dtype.kind in "iufb":
        return _number_reader(*_numbers(column))
    return _ready(_object_words(column))


def words_of(column: pd.Series) -> Hashes:
    """Return the words of a whole column."""
    return reader_of(column)(slice(0, len(column)))


def mixed(words: Hashes) -> Hashes:
    """Spread every bit over the word, in place; different words stay different."""
    words *= _FIRST
    words ^= words >> _HALF
    words *= _SECOND
    words ^= words >> _HALF
    return words


def _ready(words: Hashes) -> Reader:
    return lambda rows: words[rows]


def _looked_up(words: Hashes, codes: NDArray[Any]) -> Reader:
    table = np.append(words, _NULL)  # the code of null is -1
    return lambda rows: table[codes[rows]]


def _numbers(column: pd.Series) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return a column as numpy numbers, and which are null unless they are NaN."""
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy(), None
    missing = column.isna().to_numpy(dtype=bool)
    kind = {"i": np.int64, "u": np.uint64, "f": np.float64, "b": np.bool_}[column.dtype.kind]
    return column.to_numpy(dtype=kind, na_value=kind(0)), missing if missing.any() else None


def _number_reader(numbers: NDArray[Any], missing: NDArray[np.bool_] | None) -> Reader:
    """Words of numbers are the bits of the float64, so that 1, 1.0 and True are equal."""
    may_be_beyond = numbers.dtype.kind in "iu" and numbers.dtype.itemsize == 8

    def read(rows: slice) -> Hashes:
        block = numbers[rows]
        floats = block.astype(np.float64)
        floats += 0.0  # -0.0 becomes 0.0
        words: Hashes = floats.view(np.uint64)
        null = missing[rows] if missing is not None else np.isnan(floats)
        beyond = may_be_beyond and len(block) and (block.max() > _EXACT or block.min() < -_EXACT)
        if beyond:
            lost = (block & _SPARE - 1).astype(np.uint64) - np.mod(floats, _SPARE).astype(np.uint64)
            words += (lost & np.uint64(_SPARE - 1)) * _BEYOND
        words = mixed(words)
        if null.any():
            words[null] = _NULL
        return words

    return read


def _time_reader(column: pd.Series) -> Reader:
    plain = column.dt.tz_convert("UTC").dt.tz_localize(None) if isinstance(column.dtype, pd.DatetimeTZDtype) else column
    unit, ticks = column.dt.unit, plain.to_numpy().view(np.int64)
    return _tick_reader(ticks, ticks == np.iinfo(np.int64).min, unit, column.dtype.kind)


def _tick_reader(ticks: NDArray[np.int64], missing: NDArray[np.bool_], unit: str, kind: str) -> Reader:
    def read(rows: slice) -> Hashes:
        words = mixed(ticks[rows].view(np.uint64) * np.uint64(_NANOSECONDS[unit]) + _TIMES[kind])
        words[missing[rows]] = _NULL
        return words

    return read


def _text_reader(text: pa.Array) -> Reader:
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    some = text.slice(0, _PEEK)
    if pc.count_distinct(some).as_py() > len(some) // 2:
        return _ready(_text_words(text))
    encoded = text.dictionary_encode()
    return _looked_up(_text_words(encoded.dictionary), _codes(encoded))


def _text_words(text: pa.Array) -> Hashes:
    words = hash_ids(pd.Series(text, dtype=pd.StringDtype("pyarrow", na_value=np.nan)))
    return np.where(text.is_null().to_numpy(zero_copy_only=False), _NULL, words) if text.null_count else words


def _codes(encoded: pa.DictionaryArray) -> NDArray[np.int64]:
    codes: NDArray[np.int64] = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return codes


def _arrow_reader(values: pa.Array) -> Reader:
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _text_reader(values.cast(pa.large_string()))
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        ticks = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
        missing = values.is_null().to_numpy(zero_copy_only=False)
        return _tick_reader(ticks, missing, kind.unit, "M" if pa.types.is_timestamp(kind) else "m")
    if pa.types.is_dictionary(kind):
        return _looked_up(_arrow_reader(values.dictionary)(slice(0, len(values.dictionary))), _codes(values))
    encoded = values.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    return _looked_up(_object_words(pd.Series(distinct, dtype=object)), _codes(encoded))


def _block_words(block: Any) -> Hashes:
    """Words of the numbers other than zero and their places, added up: a dense block has those of the same sparse one.

    Examples
    --------
    >>> from mlsys.values import BlockArray
    >>> dense = BlockArray(np.array([[0.0, 2.0], [2.0, 0.0]]))
    >>> words = _block_words(dense)
    >>> bool(words[0] != words[1])
    True
    """
    values = block.values
    if isinstance(values, np.ndarray):
        words = np.zeros(len(values), dtype=np.uint64)
        for place in range(values.shape[1]):
            words += _placed(np.array([place], dtype=np.uint64), values[:, place])
        return words
    ends, places, numbers = block.parts()
    sums = np.append(np.zeros(1, dtype=np.uint64), np.cumsum(_placed(places.astype(np.uint64), numbers)))
    return np.asarray(sums[ends[1:]] - sums[ends[:-1]])


def _placed(places: Any, numbers: NDArray[Any]) -> Hashes:
    """Return a word for each number at its place; 0 for zero."""
    bits = numbers.astype(np.float64).view(np.uint64)
    return np.where(numbers == 0, np.uint64(0), mixed(bits ^ ((places + np.uint64(1)) * _BEYOND)))


def _object_words(column: pd.Series) -> Hashes:
    """Numbers, text and moments as in columns of their own type; values of other types by type and text."""
    if pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty"):
        return _text_words(pa.array(column, type=pa.large_string(), from_pandas=True))
    values, filled = column.to_numpy(dtype=object), column.notna().to_numpy()
    types = column.map(type).to_numpy()
    words = np.full(len(values), _NULL)
    for kind in pd.unique(types[filled]):
        at = np.fromiter((each is kind for each in types), dtype=bool, count=len(types)) & filled
        piece = pd.Series(values[at].tolist())
        if piece.dtype.kind not in "iufbmM" and not issubclass(kind, str):
            piece = pd.Series([f"{kind.__name__} {value}" for value in values[at]])
        words[at] = words_of(piece.astype("str") if piece.dtype == object else piece)
    return words


def is_hashable(column: pd.Series) -> bool:
    """Whether values can be compared by hash; lists, dictionaries and arrays cannot."""
    dtype = column.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return not pa.types.is_nested(dtype.pyarrow_dtype) or pa.types.is_dictionary(dtype.pyarrow_dtype)
    if not pd.api.types.is_object_dtype(dtype) or pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty"):
        return True
    values = pd.Series(np.asarray(column.array, dtype=object))  # sparse texts cannot be mapped
    return all(kind.__hash__ is not None for kind in pd.unique(values.map(type).to_numpy()))


def hashable_columns(frame: pd.DataFrame) -> list[Hashable]:
    """Return the names of the columns whose values can be compared by hash; most types say so of all their values."""
    names = frame.columns.tolist()
    return [names[place] for place in hashable_places(frame)]


def hashable_places(frame: pd.DataFrame) -> list[int]:
    """Return the places of the columns whose values can be compared by hash."""
    kinds = enumerate(frame.dtypes.tolist())
    return [place for place, dtype in kinds if _is_of_numpy(dtype) or is_hashable(frame.iloc[:, place])]


def _is_of_numpy(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "iufbmM"


def same_values(left: pd.Series, right: pd.Series) -> NDArray[np.bool_]:
    """Return where two columns of equal length hold the same value; null is the same as null.

    Examples
    --------
    >>> same_values(pd.Series([1, 2, None]), pd.Series([1, 3, None], dtype="Int8")).tolist()
    [True, False, True]
    """
    left, right = _decoded(left), _decoded(right)
    kinds = left.dtype.kind + right.dtype.kind
    gone = left.isna().to_numpy(dtype=bool), right.isna().to_numpy(dtype=bool)
    if set(kinds) <= set("iufb"):
        same = _numbers(left)[0] == _numbers(right)[0]
    elif set(kinds) <= set("mM"):
        same = words_of(left) == words_of(right)
    elif isinstance(left.dtype, pd.StringDtype) and isinstance(right.dtype, pd.StringDtype):
        texts = (pa.array(each, type=pa.large_string(), from_pandas=True) for each in (left, right))
        same = pc.fill_null(pc.equal(*texts), False).to_numpy(zero_copy_only=False)
    else:
        same, there = np.zeros(len(left), dtype=bool), ~(gone[0] | gone[1])
        pairs = zip(left.array[there].astype(object), right.array[there].astype(object), strict=True)
        same[there] = [bool(one is other or one == other) for one, other in pairs]
    return np.asarray(np.where(gone[0] | gone[1], gone[0] & gone[1], same), dtype=bool)


def _decoded(column: pd.Series) -> pd.Series:
    """Return a column of categories as what they stand for."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    return pd.Series(column.cat.categories).reindex(column.cat.codes.to_numpy())
