"""Level: what features are taken relative to, and what tells a model the scale of its target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import CHANGE, FACTOR, OFFSET
from mlsys.errors import DataError
from mlsys.values import NUMERIC, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Relative = Literal["difference", "ratio"]


def relative_to(frame: pd.DataFrame, level: str, how: Relative, target: str, who: str) -> dict[str, Any]:
    """Return features on the scale of the target, named after it, relative to a level; and the scale of each row.

    Raises
    ------
    DataError
        If the level holds no numbers, or is negative where it is divided by.
    """
    levels = _numbers(frame, level, who)
    if how == "ratio" and (levels < 0).any():
        row = frame.index[int(np.argmax(levels < 0))]
        raise DataError(
            f"{who}: the level {level!r} is negative in {int((levels < 0).sum()):,} rows, the first is row {row!r}; "
            "shares of it say nothing",
            'take differences from it: relative="difference"',
        )
    own = [name for name in frame.columns if str(name).startswith(f"{target}_") and _is_number(frame[name])]
    without = np.zeros(len(frame))  # a change has no level left to subtract
    made = {}
    for name in own:
        is_change = name.startswith(f"{target}{CHANGE}") and how == "difference"
        made[name] = _taken(_numbers(frame, name, who), without if is_change else levels, how)
    return {**made, OFFSET if how == "difference" else FACTOR: levels}


def _taken(values: Numbers, levels: Numbers, how: Relative) -> Numbers:
    if how == "difference":
        return values - levels
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(levels > 0, values / levels, np.nan)


def _is_number(column: pd.Series) -> bool:
    return values_of(column).means in NUMERIC


def _numbers(frame: pd.DataFrame, name: str, who: str) -> Numbers:
    try:
        return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{who}: the level {name!r} holds {frame[name].dtype}", "name a column of numbers: level="
        ) from error
