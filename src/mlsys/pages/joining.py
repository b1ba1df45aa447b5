"""Values with their intervals in one column, as tables show them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from mlsys.pages.numbers import interval, number

LOWER, UPPER = "lower", "upper"


def joined(frame: pd.DataFrame, signed: Collection[Any] = ()) -> pd.DataFrame:
    """Return a frame in which the ends of an interval stand behind the value to their left.

    Examples
    --------
    >>> frame = pd.DataFrame({"auc": [0.8, None], "lower": [0.7, None], "upper": [0.9, None], "n": [3, 1]})
    >>> joined(frame).to_dict("list")
    {'auc': ['0.800 [0.700, 0.900]', ''], 'n': [3, 1]}
    """
    names = list(frame.columns)
    bases = {place - 1: place for place in range(1, len(names) - 1) if _are_ends(names[place], names[place + 1])}
    left_out = {end for place in bases.values() for end in (place, place + 1)}
    made = {
        place: _with_ends(frame.iloc[:, [place, bases[place], bases[place] + 1]], names[place] in signed)
        if place in bases
        else frame.iloc[:, place]
        for place in range(len(names))
        if place not in left_out
    }
    return pd.DataFrame(made, index=frame.index).set_axis([names[place] for place in made], axis=1)


def filled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that hold something.

    Examples
    --------
    >>> list(filled(pd.DataFrame({"a": [1.0], "b": [None]})).columns)
    ['a']
    """
    return frame if frame.empty else frame.loc[:, frame.notna().any().to_numpy()]


def _are_ends(one: Any, other: Any) -> bool:
    first, second = str(one), str(other)
    return first.endswith(LOWER) and second.endswith(UPPER) and first.removesuffix(LOWER) == second.removesuffix(UPPER)


def _with_ends(columns: pd.DataFrame, signed: bool) -> list[str]:
    rows = columns.astype(object).itertuples(index=False, name=None)
    return [
        " ".join(filter(None, [number(value, signed), interval(lower, upper, signed)])) for value, lower, upper in rows
    ]
