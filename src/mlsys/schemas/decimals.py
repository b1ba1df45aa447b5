"""Numbers with decimals out of texts, and which texts are none; truth values and patterns of Arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def mask_of(values: Any) -> Mask:
    """Return truth values of Arrow as an array; null is false."""
    held = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return np.asarray(pc.fill_null(held, False).to_numpy(zero_copy_only=False), dtype=bool)


def like(texts: pa.Array, pattern: str) -> Any:
    """Return which texts a pattern finds something in; null stays null."""
    return pc.match_substring_regex(texts, pattern)


def _as_decimals(texts: pa.Array, fit: Any) -> NDArray[np.float64]:
    known = pc.if_else(fit, pc.utf8_ltrim(texts, "+"), None)
    made: NDArray[np.float64] = known.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return made


def _made_of(texts: pa.Array, letters: bytes) -> Mask:
    """Return which texts hold no other letters; a look at each byte takes a third of the time of a pattern."""
    others = np.ones(256, dtype=bool)
    others[list(letters)] = False
    wide = pa.types.is_large_string(texts.type)
    _, bounds, data = texts.buffers()
    ends = np.frombuffer(bounds, dtype=np.int64 if wide else np.int32)[texts.offset : texts.offset + len(texts) + 1]
    within = np.frombuffer(data or b"", dtype=np.uint8)[ends[0] : ends[-1]]
    made = np.ones(len(texts), dtype=bool)
    made[np.searchsorted(ends, np.flatnonzero(others[within]) + ends[0], side="right") - 1] = False
    return made


def decimals(texts: pa.Array) -> tuple[NDArray[np.float64], Mask]:
    """Return numbers, NaN for other texts and nulls, and which texts are none."""
    plain = _made_of(texts, b"0123456789.-eE")
    try:
        numbers = pc.if_else(plain, texts, None).cast(pa.float64())
    except pa.ArrowInvalid:  # such as "1-2"
        fit = like(texts, _DECIMAL)
        return _as_decimals(texts, fit), mask_of(pc.invert(fit))
    if plain.all():
        return numbers.to_numpy(zero_copy_only=False), ~plain
    values = np.array(numbers.to_numpy(zero_copy_only=False))
    unfit = ~plain
    rest = texts.filter(pa.array(unfit))
    fit = like(rest, _DECIMAL)
    values[unfit] = _as_decimals(rest, fit)
    unfit[unfit] = mask_of(pc.invert(fit))
    return values, unfit
