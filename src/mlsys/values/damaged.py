"""Small damage to values: noise in numbers, nulls, typing errors in texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.values.kinds import Kind, values_of
from mlsys.values.plain import plain

_BESIDE = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioposdfghjklkxcvbnmn", strict=True))
"""The key beside each key of an English keyboard."""


def takes_damage(column: pd.Series, change: str) -> bool:
    """Whether values of a column can be damaged so."""
    values = values_of(column)
    if change == "noise":
        return values.kind is Kind.NUMBER
    return change == "nulls" or (values.kind in {Kind.TEXT, Kind.CATEGORY} and values.means is Kind.TEXT)


def like(values: pd.Series, column: pd.Series) -> pd.Series:
    """Return values in the type of a column, where it holds them unchanged."""
    if values.dtype == column.dtype:
        return values
    try:
        made = values.astype(column.dtype)
    except (TypeError, ValueError, OverflowError):
        return values
    same = made.astype(object) == values.astype(object)
    return made if bool((same | (made.isna() & values.isna())).all()) else values


def noisy(column: pd.Series, size: float, rng: np.random.Generator) -> pd.Series:
    """Return numbers with normal noise of a share of their standard deviation, within their range.

    Whole numbers stay whole: a fraction is rounded up as often as it is large.
    """
    known = _known(column)
    return jittered(column, size * float(known.std()), rng) if len(known) else column


def jittered(column: pd.Series, deviation: float, rng: np.random.Generator) -> pd.Series:
    """Return numbers with normal noise of a standard deviation, within their range; whole numbers stay whole."""
    known = _known(column)
    if not len(known):
        return column
    values = plain(column).to_numpy(dtype=np.float64, na_value=np.nan)
    noise = rng.normal(size=len(values)) * deviation
    if values_of(column).whole:
        noise = np.floor(noise + rng.random(len(values)))
    moved = pd.Series(np.clip(values + noise, known.min(), known.max()), index=column.index, name=column.name)
    return like(moved, column)


def _known(column: pd.Series) -> NDArray[np.float64]:
    values = plain(column).to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values[np.isfinite(values)], dtype=np.float64)


def nulled(column: pd.Series) -> pd.Series:
    """Return nulls in the type of a column; floats where it cannot hold nulls."""
    nothing: Any = None
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return pd.Series(np.nan, index=column.index, name=column.name, dtype=np.float64)
    return pd.Series([nothing] * len(column), index=column.index, name=column.name, dtype=column.dtype)


def mistyped(column: pd.Series, size: int, rng: np.random.Generator) -> pd.Series:
    """Return texts with so many typing errors each: letters swapped, left out, doubled, or the key beside."""
    texts = plain(column).astype(object).tolist()
    found = [_mistyped(text, size, rng) if isinstance(text, str) else text for text in texts]
    kind: Any = "str" if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    made: pd.Series = pd.Series(found, index=column.index, name=column.name, dtype=kind)
    return made


def _mistyped(text: str, size: int, rng: np.random.Generator) -> str:
    for _ in range(size):
        letters = [place for place, letter in enumerate(text) if letter.isalnum()]
        if not letters:
            return text
        text = _ERRORS[int(rng.integers(len(_ERRORS)))](text, letters[int(rng.integers(len(letters)))])
    return text


def _swapped(text: str, place: int) -> str:
    other = place + 1 if place + 1 < len(text) else place - 1
    if other < 0 or text[place] == text[other]:
        return _doubled(text, place)
    first, second = sorted((place, other))
    return text[:first] + text[second] + text[first] + text[second + 1 :]


def _left_out(text: str, place: int) -> str:
    return text[:place] + text[place + 1 :] if len(text) > 1 else _doubled(text, place)


def _doubled(text: str, place: int) -> str:
    return text[: place + 1] + text[place:]


def _beside(text: str, place: int) -> str:
    letter = text[place]
    key = _BESIDE.get(letter.casefold())
    if key is None:
        return _doubled(text, place)
    return text[:place] + (key.upper() if letter.isupper() else key) + text[place + 1 :]


_ERRORS = (_swapped, _left_out, _doubled, _beside)
