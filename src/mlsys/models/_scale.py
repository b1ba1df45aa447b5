"""The scale of a target that is learned relative to a level of its series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import FACTOR, OFFSET, Rows
from mlsys.errors import DataError
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_NONE = {OFFSET: 0.0, FACTOR: 1.0}


@dataclass(frozen=True)
class Scale:
    """What the target of each row is divided by, once an offset is subtracted."""

    offset: Numbers
    factor: Numbers

    @classmethod
    def of(cls, frame: pd.DataFrame, usual: Mapping[str, float]) -> Scale:
        """Return the scale of each row; where it has none, the usual one."""
        found = {name: np.full(len(frame), given) for name, given in _NONE.items()}
        for name, given in usual.items():
            values = _numbers(frame, name)
            found[name] = np.where(np.isnan(values), given, values)
        return cls(found[OFFSET], found[FACTOR])


def usual_scale(train: pd.DataFrame, who: str) -> dict[str, float]:
    """Return the mean offset and factor of training rows, as far as these have some."""
    found = {}
    for name in (OFFSET, FACTOR):
        if name in train.columns:
            values = _numbers(train, name)
            if np.isnan(values).all():
                raise DataError(
                    f"{who}: no training row has a level, so nothing can be learned relative to it",
                    "name another column in Forecast(level=...), or correct the step of its lags",
                )
            found[name] = float(np.nanmean(values))
    return found


def on_scale(train: Rows, usual: Mapping[str, float]) -> Rows:
    """Return training rows with their target on the scale of their series; those without a scale are left out."""
    target = train.roles.target
    if not usual or target is None:
        return train
    known = np.logical_and.reduce([~np.isnan(_numbers(train, name)) for name in usual])
    known &= Scale.of(train, usual).factor > 0
    rows = train.take_rows(known)
    scale = Scale.of(rows, usual)
    y = (rows.y.to_numpy(dtype=np.float64, na_value=np.nan) - scale.offset) / scale.factor
    return Rows.of(with_columns(pd.DataFrame(rows), {target: y}), train.roles, train.feature_names)


def _numbers(frame: pd.DataFrame, name: str) -> Numbers:
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))
