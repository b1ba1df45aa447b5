"""What series say of steps: columns with a value for each step ahead, gaps, and lags that should count steps."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.data._series import Known
from mlsys.dataset import AHEAD
from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


def by_step_ahead(columns: Iterable[str], steps: int) -> dict[str, list[str]]:
    """Return names with a column for each step ahead, and these columns.

    Examples
    --------
    >>> by_step_ahead(["temp_ahead_1", "temp_ahead_2", "look_ahead_1"], 2)
    {'temp': ['temp_ahead_1', 'temp_ahead_2']}
    """
    there = dict.fromkeys(map(str, columns))
    names = dict.fromkeys(name.removesuffix(f"{AHEAD}1") for name in there if name.endswith(f"{AHEAD}1"))
    found = {name: [f"{name}{AHEAD}{ahead}" for ahead in range(1, steps + 1)] for name in names}
    return {name: each for name, each in found.items() if all(one in there for one in each)}


def say_gaps(frame: pd.DataFrame, target: str, keys: Integers, steps: Integers, step: str, who: str) -> None:
    """Warn where lags of the target count rows, and so look further back than so many steps."""
    rows = Known(keys, steps, np.zeros(len(keys)))
    for name in map(str, frame.columns):
        back = name.removeprefix(f"{target}_lag_")
        if back == name or not back.isdecimal():
            continue
        gap = np.isnan(rows.at(keys, steps - int(back)))
        further = int((frame[name].notna().to_numpy() & gap).sum())
        if further:
            warnings.warn(
                f"{who}: in {further:,} of {len(frame):,} rows {name!r} is not the value {back} steps back, because "
                f"series have gaps and the lag counts rows; to count steps write Lag(..., step={step!r}, time=...)",
                stacklevel=2,
            )


def refuse_gaps(
    frame: pd.DataFrame,
    by: Sequence[str],
    time: str,
    keys: Integers,
    steps: Integers,
    known: NDArray[np.bool_],
    who: str,
) -> None:
    """Raise where a series has steps without a value between two that have one, with the first such place."""
    place = np.flatnonzero(known)
    place = place[np.lexsort((steps[place], keys[place]))]
    after, before = place[1:], place[:-1]
    lacking = np.where(keys[after] == keys[before], steps[after] - steps[before] - 1, 0)
    if not lacking.any():
        return
    first = int(np.argmax(lacking > 0))
    row, then = frame.iloc[before[first]], frame.iloc[after[first]]
    of = "".join(f" of {name}={row[name]!r}" for name in by)
    count = len(np.unique(keys[after][lacking > 0]))
    raise DataError(
        f"{who}: {int(lacking.sum()):,} steps of {count:,} series have no value; the first lie between {row[time]} and "
        f"{then[time]}{of}",
        'add the rows with FillGaps before the lags, fill null targets, or leave gaps out: gaps="leave"',
    )
