"""The past of rows on a grid of equal steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.dataset import require_columns
from mlsys.values import moments_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlsys.data._series import Grid
    from mlsys.steps import Past


def numbered_past(frame: pd.DataFrame, past: Past, grid: Grid, time: str, who: str) -> tuple[NDArray[np.int64], Past]:
    """Return the number of the step of each row, and its past by such numbers.

    Raises
    ------
    DataError
        If the column is missing, or a time is null or lies between steps.
    """
    require_columns(frame.columns, [time], who, "correct the name in time=")
    begin = moments_of(frame[time], who).min()
    return grid.numbered(frame[time], who, begin), past.numbered(time, lambda times: grid.numbered(times, who, begin))
