"""How columns spread before and after, in a few bars: counts on the profile's grid, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.two_sample import share
from mlsys.pages import Shape

BARS = 12
MOST_LEVELS = 8
FEWEST_ROWS = 20
"""Rows of the reference that share a level which is named: what fewer have may be a person."""
OUTER = 0.005
"""Share of the reference on either side that falls into the outer bars, so that a few far values do not squeeze the
others into one."""
Floats = NDArray[np.float64]


def shapes_of(columns: Mapping[str, Mapping[str, Any]], counts: Mapping[str, tuple[Floats, Floats]]) -> pd.DataFrame:
    """Return the bars of columns: ``column``, ``bar`` in words, shares of known values ``before`` and ``after``.

    Parameters
    ----------
    columns : mapping of str to mapping
        Bins or levels of each column.
    counts : mapping of str to two ndarrays of shape (bins,)
        Counts without nulls, before and after, of the columns to show.
    """
    names, bars, before, after = list[str](), list[str](), list[Floats](), list[Floats]()
    for name, sides in counts.items():
        column = columns[name]
        marks, shares = _of_numbers(column, *sides) if "cuts" in column else _of_levels(column, *sides)
        names += [name] * len(marks)
        bars += marks
        before.append(shares[0])
        after.append(shares[1])
    shown = [np.concatenate(each) if each else np.empty(0) for each in (before, after)]
    return pd.DataFrame({"column": names, "bar": bars, "before": shown[0], "after": shown[1]})


def shape_in(shapes: pd.DataFrame, name: str) -> Shape | str:
    """Return the shape of a column among those that were counted; nothing where it had no values."""
    mine = shapes[shapes["column"] == name]
    if mine.empty:
        return ""
    before, after = mine["before"].tolist(), mine["after"].tolist()
    bars = mine["bar"].tolist()
    then, now = (bars[side.index(max(side))] for side in (before, after))
    return Shape(after, f"{name}: most rows {then} before, {now} after; outline: before", before)


def _of_numbers(column: Mapping[str, Any], before: Floats, after: Floats) -> tuple[list[str], list[Floats]]:
    ends = [float(end) for end in column["ends"]]
    unit = max(map(abs, ends)) or 1.0  # differences of numbers at the end of what floats hold are endless, or nothing
    cuts = np.asarray(column["cuts"], dtype=np.float64) / unit
    below = [np.cumsum(share(counts))[:-1] for counts in (before, after)]
    low, high = (float(np.interp(at, below[0], cuts)) for at in (OUTER, 1 - OUTER))
    if not high > low:
        low, high = ends[0] / unit - 0.5, ends[1] / unit + 0.5
    edges = np.linspace(low, high, BARS + 1)
    shares = []
    for side, counts in zip(below, (before, after), strict=True):
        at = np.interp(edges, cuts, side, left=0.0, right=1.0)
        at[0], at[-1] = 0.0, 1.0
        shares.append(np.diff(at) if counts.sum() else np.zeros(BARS))
    marks = [f"{edge:.4g}" for edge in np.clip(edges, -1.0, 1.0) * unit]
    return [f"{one} to {other}" for one, other in zip(marks[:-1], marks[1:], strict=True)], shares


def _of_levels(column: Mapping[str, Any], before: Floats, after: Floats) -> tuple[list[str], list[Floats]]:
    levels = [str(level) for level in column["levels"]]
    most = np.argsort(-before[: len(levels)], kind="stable")[:MOST_LEVELS]
    most = most[before[most] >= FEWEST_ROWS]
    shares = []
    for counts in (before, after):
        shown = share(counts)[most]
        shares.append(np.append(shown, max(share(counts).sum() - shown.sum(), 0.0)))
    bars = [*(levels[place] for place in most), "others"]
    if len(most) and not any(each[-1] > 0 for each in shares):
        return bars[:-1], [each[:-1] for each in shares]
    return bars, shares
