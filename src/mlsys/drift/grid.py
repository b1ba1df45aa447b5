"""The fixed grid that rows are counted on: windows of time, cuts of numbers, levels of categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.cuts import beyond
from mlsys.drift.levels import codes_of_levels
from mlsys.drift.reading import numbers_of, seconds_since_1970, texts_of, times_of
from mlsys.summaries import GroupedSum


class Counted:
    """Counts of rows by window and bin of every column, with sums of numbers; adds exactly.

    Parameters
    ----------
    bins : dict of str to ndarray of shape (windows, bins)
        Whole numbers. The last bin of a column is null.
    sums : dict of str to GroupedSum
        Sum of a numeric column in each window.
    outside : dict of str to ndarray of shape (windows,)
        How far numbers lie outside the reference's range, added up.
    unseen : dict of str to ndarray
        Rows of each level that the grid does not name; of one frame, not of a sum.
    """

    def __init__(
        self,
        bins: dict[str, NDArray[np.int64]],
        sums: dict[str, GroupedSum],
        outside: dict[str, NDArray[np.float64]] | None = None,
        unseen: dict[str, NDArray[np.float64]] | None = None,
    ) -> None:
        self.bins, self.sums, self.outside, self.unseen = bins, sums, outside or {}, unseen or {}

    def __add__(self, other: Counted) -> Counted:
        bins = {name: counts + other.bins[name] for name, counts in self.bins.items()}
        sums = {name: total + other.sums[name] for name, total in self.sums.items()}
        return Counted(bins, sums, {name: far + other.outside[name] for name, far in self.outside.items()})

    def state(self) -> dict[str, Any]:
        """Return plain arrays of a reference, outside of which it has nothing itself."""
        return {"bins": dict(self.bins), "sums": {name: total.floats() for name, total in self.sums.items()}}


def count_on_grid(frame: pd.DataFrame, grid: Mapping[str, Any]) -> Counted:
    """Count the rows of a frame on a grid.

    Parameters
    ----------
    frame : DataFrame
        Rows; windows before the first and after the last count into these.
    grid : mapping
        ``columns`` with cuts or levels, ``time``, ``start`` and ``length`` in seconds, ``windows``.
    """
    windows, place = int(grid["windows"]), window_of(frame, grid)
    bins, sums = {}, {}
    outside: dict[str, NDArray[np.float64]] = {}
    unseen: dict[str, NDArray[np.float64]] = {}
    for name, column in grid["columns"].items():
        if "cuts" in column:
            values = numbers_of(frame[name], column["kind"])
            known = ~np.isnan(values)
            size = len(column["cuts"]) + 2
            codes = np.where(known, np.searchsorted(column["cuts"], values, side="left"), size - 1)
            sums[name] = GroupedSum.of(place[known], values[known], windows)
            outside[name] = np.bincount(place[known], beyond(values[known], column), windows).astype(np.float64)
        else:
            size = len(column["levels"]) + 2
            codes, unseen[name] = codes_of_levels(texts_of(frame[name]), column["levels"])
        flat = place * size + codes
        bins[name] = np.bincount(flat, minlength=windows * size).reshape(windows, size).astype(np.int64)
    return Counted(bins, sums, outside, unseen)


def window_of(frame: pd.DataFrame, grid: Mapping[str, Any]) -> NDArray[np.int64]:
    """Return the window of each row."""
    if grid["time"] is None:
        return np.zeros(len(frame), dtype=np.int64)
    times = times_of(frame[grid["time"]], grid["time kind"])
    elapsed = np.nan_to_num(np.floor(seconds_since_1970(times)) - grid["start"])
    places = np.floor(elapsed / grid["length"]).astype(np.int64)
    return np.asarray(np.clip(places, 0, int(grid["windows"]) - 1), dtype=np.int64)
