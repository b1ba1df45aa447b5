"""Errors of a model on later decisions than it learned from, and how wide intervals must be to hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import TARGET_TIME, require_columns
from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Numbers = NDArray[np.float64]
    Integers = NDArray[np.int64]

EARLIEST = 0.5
"""Share of the decision moments before the first window: what a model of half the rows says is near enough."""


def windows(train: Rows, count: int, who: str) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield rows to learn from and later rows to be wrong on: what is learned from was known before the first of these.

    Raises
    ------
    DataError
        If there are fewer decision moments than windows.
    """
    decided = train.time
    assert decided is not None
    moments = np.sort(decided.unique())
    if len(moments) < 2 * count + 2:
        raise DataError(
            f"{who}: {len(moments)} decision moments are too few for {count} windows of intervals",
            "give longer series, fewer windows=, or leave coverage= out",
        )
    known = pd.Series(train[TARGET_TIME]) if TARGET_TIME in train.columns else decided
    starts = np.linspace(int(len(moments) * EARLIEST), len(moments), count + 1).astype(int)
    for first, after in zip(starts[:-1], starts[1:], strict=True):
        begin = moments[first]
        judged = (decided >= begin) & ((decided < moments[after]) if after < len(moments) else True)
        yield (known < begin).to_numpy(dtype=bool), judged.to_numpy(dtype=bool)


def widths(errors: Numbers, horizons: Integers, coverage: float, who: str) -> dict[str, list[float]]:
    """Return for each horizon how far from the prediction the truth lies at most, in a share of the cases.

    Notes
    -----
    The ``ceil((n + 1) * coverage)``-th smallest of ``n`` absolute errors (Vovk et al. 2005; Lei et al. 2018).
    """
    found: dict[str, list[float]] = {"horizons": [], "widths": []}
    for horizon in np.unique(horizons).tolist():
        own = np.abs(errors[horizons == horizon])
        own = np.sort(own[~np.isnan(own)])
        place = int(np.ceil((len(own) + 1) * coverage))
        if place > len(own):
            needed = int(np.ceil(coverage / (1 - coverage)))
            raise DataError(
                f"{who}: {len(own)} errors {horizon} steps ahead say nothing of intervals with coverage {coverage}, "
                f"which need {needed}",
                "give longer series, or a smaller coverage=",
            )
        found["horizons"].append(int(horizon))
        found["widths"].append(float(own[place - 1]))
    return found


def width_of(horizons: Integers, known: dict[str, list[float]]) -> Numbers:
    """Return the width at each row's horizon, null at one that was not learned."""
    found = pd.Series(known["widths"], index=known["horizons"], dtype=np.float64)
    return np.asarray(found.reindex(horizons).to_numpy())


def usual_spread(train: Rows, name: str | None, who: str) -> float | None:
    """Return the middle spread of training rows; nothing where no column is named.

    Raises
    ------
    DataError
        If the column is missing, or above 0 nowhere.
    """
    if name is None:
        return None
    require_columns(train.columns, [name], who, "make the column before Forecast, or correct the name in spread=")
    values = spread_of(train, name, np.nan, who)
    if not (values > 0).any():
        raise DataError(
            f"{who}: the spread {name!r} is above 0 in no training row, so errors are no multiple of it",
            "name a column that says how far values vary: a standard deviation over a window",
        )
    return float(np.median(values[values > 0]))


def spread_of(frame: pd.DataFrame, name: str | None, usual: float, who: str) -> Numbers:
    """Return how far values vary at each row's decision; the usual where that is not known.

    Raises
    ------
    DataError
        If it is negative, or no number.
    """
    assert name is not None
    values = numbers_of(frame, name, who)
    if (values < 0).any():
        row = frame.index[int(np.argmax(values < 0))]
        raise DataError(
            f"{who}: the spread {name!r} is negative in {int((values < 0).sum()):,} rows, the first is row {row!r}",
            "name a column that was not scaled or taken relative to a level: its name does not begin with the target's",
        )
    return np.where(np.isnan(values), usual, values)


def numbers_of(frame: pd.DataFrame, name: str, who: str) -> Numbers:
    """Return a column of numbers, nulls as NaN."""
    try:
        return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise DataError(f"{who}: the spread {name!r} holds {frame[name].dtype}",
                        "name a column of numbers: spread=") from error  # fmt: skip
