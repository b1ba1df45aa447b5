"""Where the windows of folds in time begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from mlsys.errors import DataError
from mlsys.sampling._boundaries import Boundary
from mlsys.sampling._windows import Windows, window


@dataclass(frozen=True)
class Stretch:
    """One window: training rows from ``since`` (all, if null) to ``start``, validation rows from there to ``stop``."""

    start: pd.Timestamp
    stop: pd.Timestamp | None
    since: pd.Timestamp | None = None


def blocks(times: pd.Series, k: int) -> list[Stretch]:
    """Cut ordered times into ``k + 1`` blocks of equal size; each but the first is one window's validation.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2024-01-01", periods=6))
    >>> [each.start.day for each in blocks(days, 2)]
    [3, 5]
    """
    edges = times.iloc[[len(times) * block // (k + 1) for block in range(1, k + 1)]].drop_duplicates()
    return _following([edge for edge in edges if edge > times.iloc[0]])


def sized(times: pd.Series, k: int, size: float | pd.Timedelta, who: str) -> list[Stretch]:
    """Return the last ``k`` stretches of a size, given as a duration or as a share of the rows."""
    if isinstance(size, pd.Timedelta):
        starts = [times.iloc[-1] - number * size for number in range(k, 0, -1)]
        needed = f"{k} windows of {size}"
    else:
        rows = max(round(size * len(times)), 1)
        starts = [times.iloc[max(len(times) - number * rows, 0)] for number in range(k, 0, -1)]
        needed = f"{k} windows of {size:g} of the rows"
    if starts[0] <= times.iloc[0]:
        raise DataError(
            f"{who}: {needed} leave no training rows before the first (rows run from {times.iloc[0]} to "
            f"{times.iloc[-1]})",
            "use fewer or smaller windows",
        )
    return _following(sorted(set(starts)))


def sliding(stretches: Sequence[Stretch], times: pd.Series, length: float | pd.Timedelta | None) -> list[Stretch]:
    """Let each window train on a stretch of one length only; that of the first window, when none is given."""
    slid = []
    first = int(times.searchsorted(stretches[0].start)) if stretches else 0
    for each in stretches:
        if isinstance(length, pd.Timedelta):
            slid.append(replace(each, since=each.start - length))
            continue
        rows = first if length is None else max(round(length * len(times)), 1)
        slid.append(replace(each, since=times.iloc[max(int(times.searchsorted(each.start)) - rows, 0)]))
    return slid


def folds_at(stretches: Sequence[Stretch], keys: pd.DataFrame, windows: Windows) -> list[pd.Series]:
    """Return one assignment a stretch that has labelled rows on both sides.

    Raises
    ------
    DataError
        None has.
    """
    found = []
    for each in stretches:
        here = replace(windows, starts=[Boundary("validation", each.start, "")])
        fold = window(keys, here, each.since, each.stop)
        if fold is not None:
            found.append(fold)
    if not found:
        raise DataError(
            f"{windows.who} finds no validation window in {len(keys):,} rows",
            "use more rows or a shorter embargo, or name a validation part",
        )
    return found


def _following(starts: Sequence[pd.Timestamp]) -> list[Stretch]:
    return [Stretch(start, stop) for start, stop in zip(starts, [*starts[1:], None], strict=True)]
