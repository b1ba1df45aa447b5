"""Rows as numbers: ranks within the reference, indicators of frequent levels and of nulls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.levels import value_written
from mlsys.drift.reading import LEVEL, NOTHING, compared_as, numbers_of, texts_of

Floats = NDArray[np.float64]
FREQUENT = 10
"""Levels with an indicator of their own; the others share one."""


def coded(reference: pd.DataFrame, today: pd.DataFrame, columns: Sequence[str]) -> tuple[Floats, Floats, list[str]]:
    """Return both sides as matrices with the column that each number comes from.

    Notes
    -----
    Numbers become normal scores of their rank in the reference, so that no value is far from all others; a null takes
    the middle, beside an indicator. Indicators have a standard deviation of one in the reference.
    """
    from scipy.special import ndtri

    made: list[tuple[Floats, Floats]] = []
    names: list[str] = []

    def add(name: str, one: Floats, other: Floats) -> None:
        spread = one.std()
        if spread > 0 or other.std() > 0 or one.mean() != other.mean():
            made.append((one / (spread or 1.0), other / (spread or 1.0)))
            names.append(name)

    for name in columns:
        kind = compared_as(reference[name])
        if kind in {LEVEL, NOTHING}:
            sides = [_levels(frame[name]) for frame in (reference, today)]
            for level in sides[0].value_counts().index[:FREQUENT]:
                one, other = ((side == level).to_numpy().astype(np.float64) for side in sides)
                add(name, one, other)
        else:
            values = [numbers_of(frame[name], kind) for frame in (reference, today)]
            known = np.sort(values[0][~np.isnan(values[0])])
            scores = [ndtri((_rank(known, side) + 0.5) / (len(known) + 1)) for side in values]
            add(name, np.nan_to_num(scores[0]), np.nan_to_num(scores[1]))
        nulls: list[Floats] = [frame[name].isna().to_numpy().astype(np.float64) for frame in (reference, today)]
        if nulls[0].any() or nulls[1].any():
            add(name, nulls[0], nulls[1])
    if not made:
        return np.zeros((len(reference), 0)), np.zeros((len(today), 0)), []
    return np.column_stack([one for one, _ in made]), np.column_stack([other for _, other in made]), names


def _rank(known: Floats, values: Floats) -> Floats:
    low, high = np.searchsorted(known, values, "left"), np.searchsorted(known, values, "right")
    return np.where(np.isnan(values), np.nan, (low + high) / 2)


def _levels(column: pd.Series) -> pd.Series:
    return texts_of(column).map(lambda text: value_written(str(text)), na_action="ignore")
