"""Hashes of row ids that are the same in every process, on every machine and for every partitioning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mlsys.errors import ConfigurationError, DataError
from mlsys.values import Kind, plain, values_of

Hashes = NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_NULL, _FLOAT, _TEXT, _TIME = (np.uint64(_GOLDEN * tag & (2**64 - 1)) for tag in (3, 5, 7, 9))
"""Kinds of values that never compare equal start from different constants."""

_WHOLE_LIMIT = 2.0**63
_AT_ONCE = 1 << 14
"""Hashes that are mixed together: they stay in the processor's cache."""
_WORD = 8
_BLOCK = 4_096
"""Bytes of a text that are mixed in one after another; a longer one is cut into blocks, which are hashed at once."""
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def hash_ids(values: pd.Series | pd.Index | NDArray[Any], seed: int = 0) -> Hashes:
    """Hash values to 64 bits.

    Parameters
    ----------
    values : Series, Index or array
        Of any type but lists and mappings.
    seed : int
        Another seed gives unrelated hashes.

    Returns
    -------
    array of uint64

    Raises
    ------
    DataError
        For lists, mappings and objects that only their address tells apart.

    Notes
    -----
    SplitMix64's finalizer (Steele, Lea and Flood 2014) over the number, the UTC nanoseconds, or the UTF-8 text
    eight bytes at a time, texts longer than 4,096 bytes as the hashes of blocks of so many. Values that compare equal
    hash equal: ``1``, ``1.0`` and ``True`` whatever the width of the column; dates and the midnight they begin with.
    Not meant to resist somebody who looks for collisions.
    10 million whole numbers take about 0.5 s.

    Examples
    --------
    >>> hash_ids(np.array([1, 2], dtype="int32")) == hash_ids(pd.Series([1.0, 2.0]))
    array([ True,  True])
    """
    start = _mix(np.array([seed & (2**64 - 1)], dtype=np.uint64) + np.uint64(_GOLDEN))[0]
    return _hash(pd.Series(values, copy=False), start)


def uniform(hashes: Hashes) -> NDArray[np.float64]:
    """Map hashes to numbers in [0, 1).

    Examples
    --------
    >>> uniform(np.array([0, 2**63], dtype=np.uint64))
    array([0. , 0.5])
    """
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53


def fold_of(ids: pd.Series | pd.Index | NDArray[Any], folds: int, seed: int = 0) -> NDArray[np.int64]:
    """Give each id a fold from 0 to ``folds - 1`` that depends on the id and the seed alone.

    Examples
    --------
    >>> fold_of(np.arange(6), 3).tolist() == fold_of(np.arange(6)[::-1], 3).tolist()[::-1]
    True
    """
    if folds < 1:
        raise ConfigurationError(f"{folds} folds", "ask for one fold or more")
    if not isinstance(ids, pd.RangeIndex):
        return _folds_of_hashes(hash_ids(ids, seed), folds)
    found = np.empty(len(ids), np.int64)
    for start in range(0, len(ids), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        found[rows] = _folds_of_hashes(hash_ids(ids[rows], seed), folds)
    return found


def _folds_of_hashes(hashes: Hashes, folds: int) -> NDArray[np.int64]:
    return np.floor(uniform(hashes) * folds).astype(np.int64)


def places_by_hash(ids: pd.Series | pd.Index | NDArray[Any], most: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the places of at most so many ids, chosen and ordered by their hash, whatever order they came in.

    Examples
    --------
    >>> ids = np.arange(10)
    >>> ids[places_by_hash(ids, 3)].tolist() == ids[::-1][places_by_hash(ids[::-1], 3)].tolist()
    True
    """
    hashes = hash_ids(ids, seed)
    if not 0 < most < len(hashes):
        return np.argsort(hashes, kind="stable")[:most]
    there = np.flatnonzero(
        hashes <= np.partition(hashes, most - 1)[most - 1]
    )  # to sort all costs several times as much
    return there[np.argsort(hashes[there], kind="stable")[:most]]


def sample_by_hash(frame: pd.DataFrame, most: int, seed: int = 0) -> pd.DataFrame:
    """Return at most so many rows, chosen by the hash of their index, in the order they came in."""
    return frame if len(frame) <= most else frame.iloc[np.sort(places_by_hash(frame.index, most, seed))]


def _mix(state: Hashes) -> Hashes:
    """Finish a hash: every bit of the input moves about half of the output."""
    mixed = np.empty_like(state)
    room = np.empty(min(len(state), _AT_ONCE), np.uint64)
    for start in range(0, len(state), _AT_ONCE):
        given, out = state[start : start + _AT_ONCE], mixed[start : start + _AT_ONCE]
        shifted = room[: len(out)]
        np.right_shift(given, 30, out=shifted)
        np.bitwise_xor(given, shifted, out=out)
        out *= np.uint64(0xBF58476D1CE4E5B9)
        np.right_shift(out, 27, out=shifted)
        out ^= shifted
        out *= np.uint64(0x94D049BB133111EB)
        np.right_shift(out, 31, out=shifted)
        out ^= shifted
    return mixed


def _hash(series: pd.Series, start: np.uint64) -> Hashes:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        hashes = _hash(pd.Series(series.cat.categories), start)
        return np.append(hashes, _null(start))[codes]
    if isinstance(dtype, (pd.ArrowDtype, pd.SparseDtype)):
        made = plain(series)
        return _hash_objects(series.astype(object), start) if made.dtype == dtype else _hash(made, start)
    if isinstance(dtype, pd.PeriodDtype):
        ordinals = pd.Series(series.array.asi8)
        return _without_nulls(_hash(ordinals, start ^ _tag(f"period {dtype.freq.freqstr}")), series, start)
    if isinstance(dtype, pd.IntervalDtype):
        ends = (_hash(pd.Series(end), start) for end in (series.array.left, series.array.right))
        return _without_nulls(_mix(next(ends) + _tag(f"interval {dtype.closed}")) ^ next(ends), series, start)
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind in "mM":
        return _hash_times(series, start)
    if isinstance(dtype, pd.StringDtype):
        return _hash_text(pa.array(series, type=pa.large_string(), from_pandas=True), start)
    if dtype.kind not in "iubf":
        return _hash_objects(series.astype(object), start)
    return _hash_numbers(series, start)


def _hash_numbers(series: pd.Series, start: np.uint64) -> Hashes:
    kind, missing = series.dtype.kind, series.isna().to_numpy()
    if kind == "f":
        hashes = _hash_floats(series.to_numpy(dtype=np.float64, na_value=np.nan), start)
    else:
        if not isinstance(series.dtype, np.dtype) and missing.any():
            series = series.where(~missing, 0 if kind != "b" else False)
        numbers = series.to_numpy(dtype=np.uint64 if kind == "u" else np.int64).view(np.uint64)
        hashes = _mix(numbers + start)
    return np.where(missing, _null(start), hashes) if missing.any() else hashes


def _without_nulls(hashes: Hashes, series: pd.Series, start: np.uint64) -> Hashes:
    return np.where(series.isna().to_numpy(), _null(start), hashes)


def _tag(text: str) -> np.uint64:
    return np.uint64(_hash_text(pa.array([text], type=pa.large_string()), np.uint64(0))[0])


def _null(start: np.uint64) -> np.uint64:
    return np.uint64(_mix(np.array([start ^ _NULL]))[0])


def _hash_floats(numbers: NDArray[np.float64], start: np.uint64) -> Hashes:
    whole = (np.floor(numbers) == numbers) & (np.abs(numbers) < _WHOLE_LIMIT)
    as_whole = np.where(whole, numbers, 0.0).astype(np.int64).view(np.uint64)
    hashes = np.where(whole, _mix(as_whole + start), _mix(numbers.view(np.uint64) ^ _FLOAT ^ start))
    large = (numbers >= _WHOLE_LIMIT) & (numbers < 2 * _WHOLE_LIMIT)  # an unsigned column may hold these
    if large.any():
        hashes[large] = _mix(numbers[large].astype(np.uint64) + start)
    return hashes


def _hash_times(series: pd.Series, start: np.uint64) -> Hashes:
    kind = series.dtype.kind
    plain = series.dt.tz_convert("UTC").dt.tz_localize(None) if isinstance(series.dtype, pd.DatetimeTZDtype) else series
    ticks = plain.to_numpy().view(np.int64).view(np.uint64) * np.uint64(_NANOSECONDS[series.dt.unit])
    hashes = _mix(ticks + (start ^ (_TIME if kind == "M" else _mix(np.array([_TIME]))[0])))
    missing = series.isna().to_numpy()
    return np.where(missing, _null(start), hashes) if missing.any() else hashes


def _hash_text(text: pa.Array, start: np.uint64) -> Hashes:
    """Hash UTF-8 text eight bytes at a time, all rows at once."""
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    rows = len(text)
    if not rows:
        return np.zeros(0, np.uint64)
    offsets = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + rows + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    data = np.zeros(last - first + _WORD, np.uint8)
    if last > first:
        data[: last - first] = np.frombuffer(text.buffers()[2], np.uint8)[first:last]
    begins, lengths = offsets[:-1] - first, np.diff(offsets)
    hashes = _mix(lengths.astype(np.uint64) + (start ^ _TEXT))
    hashes = _mixed_in(hashes, *_in_blocks(data, begins, lengths))
    missing = text.is_null().to_numpy(zero_copy_only=False)
    return np.where(missing, _null(start), hashes) if missing.any() else hashes


def _in_blocks(
    data: NDArray[np.uint8], begins: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Put the hashes of its blocks in the place of each long text, so that all of them are hashed at once."""
    long = np.flatnonzero(lengths > _BLOCK)
    if not len(long):
        return data, begins, lengths
    counts = -(-lengths[long] // _BLOCK)
    ends = np.cumsum(counts)
    offsets = _BLOCK * (np.arange(ends[-1]) - np.repeat(ends - counts, counts))
    sizes = np.minimum(_BLOCK, np.repeat(lengths[long], counts) - offsets)
    blocks = _mixed_in(_mix(sizes.astype(np.uint64) + _TEXT), data, np.repeat(begins[long], counts) + offsets, sizes)
    begins, lengths, place = begins.copy(), lengths.copy(), len(data)
    begins[long], lengths[long] = place + _WORD * (ends - counts), _WORD * counts
    return np.concatenate([data, blocks.astype("<u8").view(np.uint8), np.zeros(_WORD, np.uint8)]), begins, lengths


def _mixed_in(hashes: Hashes, data: NDArray[np.uint8], begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> Hashes:
    """Mix each row's bytes into its hash, eight at a time."""
    words = np.lib.stride_tricks.as_strided(data.view(), shape=(len(data) - _WORD + 1, _WORD), strides=(1, 1))
    active = np.arange(len(hashes))
    done = 0
    while True:
        active = active[lengths[active] > done]
        if not len(active):
            break
        word = np.ascontiguousarray(words[begins[active] + done]).view("<u8").ravel().astype(np.uint64)
        spare = np.maximum(done + _WORD - lengths[active], 0).astype(np.uint64) * np.uint64(8)
        word &= np.uint64(2**64 - 1) >> spare
        hashes[active] = _mix((hashes[active] ^ word) + np.uint64(_GOLDEN))
        done += _WORD
    return hashes


def _hash_objects(series: pd.Series, start: np.uint64) -> Hashes:
    """Hash objects as the plain values they are; those of several classes class by class, other ones by their text."""
    values = values_of(series)
    if values.kind in {Kind.TEXT, Kind.NOTHING}:
        return _hash_text(pa.array(series, type=pa.large_string(), from_pandas=True), start)
    if values.kind is Kind.NESTED:
        raise DataError(f"{_named(series)} holds {values}, which cannot be hashed", _REMEDY)
    made = plain(series)
    if made.dtype != object:
        return _hash(made, start)
    hashes = np.full(len(series), _null(start))
    types, filled = series.map(type).to_numpy(), series.notna().to_numpy()
    for kind in pd.unique(types[filled]):
        at = np.fromiter((each is kind for each in types), dtype=bool, count=len(types)) & filled
        piece = pd.Series(series[at], dtype=object)
        if kind is int:
            hashes[at] = _hash_whole(piece, start)
            continue
        hashes[at] = _hash(_texts_of(piece, kind), start) if values.kind is Kind.OTHER else _hash_objects(piece, start)
    return hashes


def _hash_whole(series: pd.Series, start: np.uint64) -> Hashes:
    """Hash whole numbers of any size: as other columns hash them where 64 bits hold them, else by their text."""
    numbers = series.tolist()
    fits = np.array([-(2**63) <= number < 2**64 for number in numbers], dtype=bool)
    words = np.array([number & (2**64 - 1) for number in numbers], dtype=np.uint64)
    hashes = _mix(words + start)
    if not fits.all():
        hashes[~fits] = _hash(_texts_of(series[~fits], int), start)
    return hashes


def _texts_of(series: pd.Series, kind: type) -> pd.Series:
    """Return what tells values apart that pandas has no type for: the name of their class and their text."""
    if all(getattr(kind, name) is getattr(object, name) for name in ("__str__", "__repr__")):
        raise DataError(f"{_named(series)} holds values of type {kind.__name__}, which have no text form", _REMEDY)
    return pd.Series([f"{kind.__name__} {value}" for value in series], dtype="str")


_REMEDY = "use whole numbers, text or times as ids and groups; convert them with Derive"


def _named(series: pd.Series) -> str:
    return "an id" if series.name is None else f"the column {series.name!r}"
