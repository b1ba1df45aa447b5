"""The fixed grid that rows are counted on: windows of time, cuts of numbers, levels of categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.summaries import GroupedSum


def is_number(column: pd.Series) -> bool:
    """Whether a column is compared as numbers: numeric and not yes-or-no."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def numbers_of(column: pd.Series) -> NDArray[np.float64]:
    """Return a numeric column as floats, NaN for null; infinities count as null."""
    try:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"the column {column.name!r} held numbers in the reference and holds {column.dtype} now",
            "repair the feed, or convert the column: this is no drift",
        ) from error
    return np.where(np.isfinite(values), values, np.nan)


def levels_of(column: pd.Series) -> pd.Series:
    """Return a column's levels as texts, null where it is null."""
    return column.astype("str") if not isinstance(column.dtype, pd.StringDtype) else column


def seconds_of(times: pd.Series) -> NDArray[np.float64]:
    """Return times as seconds since 1970 in UTC, NaN for null."""
    plain = times.dt.tz_convert("UTC").dt.tz_localize(None) if times.dt.tz is not None else times
    values = plain.astype("datetime64[s]").to_numpy()
    return np.where(np.isnat(values), np.nan, values.astype(np.int64).astype(np.float64))


class Counted:
    """Counts of rows by window and bin of every column, with sums of numbers; adds exactly.

    Parameters
    ----------
    bins : dict of str to ndarray of shape (windows, bins)
        Whole numbers. The last bin of a column is null.
    sums : dict of str to GroupedSum
        Sum of a numeric column in each window.
    """

    def __init__(self, bins: dict[str, NDArray[np.int64]], sums: dict[str, GroupedSum]) -> None:
        self.bins, self.sums = bins, sums

    def __add__(self, other: Counted) -> Counted:
        bins = {name: counts + other.bins[name] for name, counts in self.bins.items()}
        return Counted(bins, {name: total + other.sums[name] for name, total in self.sums.items()})

    def state(self) -> dict[str, Any]:
        """Return plain arrays."""
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
    for name, column in grid["columns"].items():
        if "cuts" in column:
            values = numbers_of(frame[name])
            known = ~np.isnan(values)
            size = len(column["cuts"]) + 2
            codes = np.where(known, np.searchsorted(column["cuts"], values, side="left"), size - 1)
            sums[name] = GroupedSum.of(place[known], values[known], windows)
        else:
            size = len(column["levels"]) + 2
            order = {level: code for code, level in enumerate(column["levels"])}
            texts = levels_of(frame[name])
            found = texts.map(order).to_numpy(dtype=np.float64, na_value=np.nan)
            codes = np.where(texts.isna().to_numpy(), size - 1, np.where(np.isnan(found), size - 2, found))
        flat = place * size + codes.astype(np.int64)
        bins[name] = np.bincount(flat, minlength=windows * size).reshape(windows, size).astype(np.int64)
    return Counted(bins, sums)


def window_of(frame: pd.DataFrame, grid: Mapping[str, Any]) -> NDArray[np.int64]:
    """Return the window of each row."""
    if grid["time"] is None:
        return np.zeros(len(frame), dtype=np.int64)
    elapsed = np.nan_to_num(seconds_of(frame[grid["time"]]) - grid["start"])
    places = np.floor(elapsed / grid["length"]).astype(np.int64)
    return np.asarray(np.clip(places, 0, int(grid["windows"]) - 1), dtype=np.int64)
