"""Levels by value: the same category written as text, number, truth value or time is one level."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_TRUTHS = {"True": "1", "False": "0"}
_NUMBERS = re.compile(r"[\[(]?-?\d+(\.\d+)?(, -?\d+(\.\d+)?)*[\])]?")
"""A number, or numbers in brackets as intervals are written."""
_POINT_ZERO = re.compile(r"(\d)\.0(?=[,\])]|$)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")


def value_written(text: str) -> str:
    """Return one text for all ways in which types write the same value.

    Notes
    -----
    Whole numbers become floats beside a null, truth values become 0 and 1 in a file, times change zone and unit:
    then nothing moved. ``"01"`` and ``"1.10"`` stay what they are, for no type writes the numbers 1 and 1.1 so.

    Examples
    --------
    >>> [value_written(text) for text in ("1.0", "True", "(0.0, 2.5]", "2024-01-01", "01", "v1.0")]
    ['1', '1', '(0, 2.5]', '2024-01-01 00:00:00', '01', 'v1.0']
    """
    if text in _TRUTHS:
        return _TRUTHS[text]
    if _NUMBERS.fullmatch(text):
        return _POINT_ZERO.sub(r"\1", text)
    if _MOMENT.fullmatch(text):
        with suppress(ValueError):
            moment = pd.Timestamp(text)
            return str(moment if moment.tz is None else moment.tz_convert("UTC"))
    return text


def codes_of_levels(texts: pd.Series, levels: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the place of each text among the levels, and how many rows each other level has.

    After the levels come all other values together, then nulls.
    """
    order = {value_written(level): code for code, level in reversed(list(enumerate(levels)))}
    places, distinct = pd.factorize(texts)
    written = [value_written(str(text)) for text in distinct]
    known = [order.get(text, len(levels)) for text in written]
    codes = np.array([*known, len(levels) + 1], dtype=np.int64)[places]  # null has the place -1, which takes the last
    others = {text: number for number, text in enumerate(dict.fromkeys(text for text in written if text not in order))}
    if not others:
        return codes, np.zeros(0)
    numbered = np.array([*(others.get(text, -1) for text in written), -1], dtype=np.int64)[places]
    return codes, np.bincount(numbered[numbered >= 0], minlength=len(others)).astype(np.float64)
