"""Tokens of arrays and columns: bytes that depend on type and values, not on how memory holds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mlsys.values import BlockDtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

Token = Callable[[Any], bytes]


def array_token(array: NDArray[Any], token: Token) -> bytes:
    """Return the token of a numpy array: type, shape and values in C order; NaN equals NaN.

    Examples
    --------
    >>> grid = np.arange(6).reshape(2, 3)
    >>> array_token(grid, repr) == array_token(np.asfortranarray(grid), repr)
    True
    """
    if isinstance(array, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(array)
        return b"masked" + array_token(array.filled(), token) + array_token(mask, token)
    head = f"array {array.dtype.newbyteorder('=').str} {array.shape}".encode()
    return _finished(head, _array_parts(np.asarray(array), token))


def column_token(series: pd.Series, token: Token) -> bytes:
    """Return the token of a column: type and values, without name and index.

    Examples
    --------
    >>> words = pd.Series(["a", "b", "a"])
    >>> column_token(words[1:], repr) == column_token(pd.Series(["b", "a"]), repr)
    True
    """
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical(series, token)
    head = f"column {dtype}".encode()
    if isinstance(dtype, pd.StringDtype):
        return _finished(head, _text_parts(series))
    if isinstance(dtype, pd.DatetimeTZDtype):
        ticks = series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().view(np.int64)
        return _finished(head, [ticks])
    if isinstance(dtype, BlockDtype):
        return _finished(head, [part for each in series.array.parts() for part in _array_parts(each, token)])
    if isinstance(dtype, np.dtype):
        return _finished(head, _array_parts(series.to_numpy(), token))
    if dtype.kind in "iufb" and hasattr(series.array, "isna") and hasattr(dtype, "numpy_dtype"):
        missing = series.isna().to_numpy()
        filled = series.where(~missing, dtype.type(0)).to_numpy(dtype=dtype.numpy_dtype)
        return _finished(head, [*_array_parts(filled, token), missing])
    return _finished(head, _array_parts(series.to_numpy(dtype=object), token))


def _finished(head: bytes, parts: list[Any]) -> bytes:
    content = xxhash.xxh3_128(head)
    for part in parts:
        content.update(part if isinstance(part, bytes) else part.data)
    return b"[" + content.digest()


def _array_parts(array: NDArray[Any], token: Token) -> list[Any]:
    if array.dtype.names:
        parts: list[Any] = []
        for name in array.dtype.names:
            parts += [token(name), array_token(array[name], token)]
        return parts
    if array.dtype.kind in "OTV" and array.dtype.kind != "V":
        return [token(item) for item in array.ravel().tolist()]
    if array.dtype.kind in "fc":
        array = _one_nan(array)
    array = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False))
    return [array.reshape(-1).view(np.uint8)] if array.size else []


def _one_nan(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array with every NaN written with the same bits."""
    missing = np.isnan(array)
    if not missing.any():
        return array
    array = array.copy()
    array[missing] = np.nan
    return array


def _text_parts(series: pd.Series) -> list[Any]:
    text = pa.array(series, type=pa.large_string(), from_pandas=True)
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    rows = len(text)
    if not rows:
        return []
    missing = np.ascontiguousarray(text.is_null().to_numpy(zero_copy_only=False))
    if missing.any():
        text = pc.fill_null(text, "")
    offsets = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + rows + 1]
    data = text.buffers()[2]
    content = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if offsets[-1] > offsets[0] else b""
    return [np.diff(offsets), content, missing]


def _categorical(series: pd.Series, token: Token) -> bytes:
    """Categories that occur, in an order that follows from them, and the place of each row among them."""
    codes = series.cat.codes.to_numpy().astype(np.int64)
    categories = series.cat.categories.tolist()
    if series.cat.ordered:
        return _finished(b"ordered", [token(categories), codes])
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(categories)))
    tokens = {int(code): token(categories[code]) for code in used}
    order = sorted(tokens, key=lambda code: tokens[code])
    places = np.full(len(categories) + 1, -1)
    places[order] = np.arange(len(order))
    return _finished(b"category", [*(tokens[code] for code in order), places[codes]])
