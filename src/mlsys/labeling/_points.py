"""Rows as points, for what measures distances between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError


def points_of(features: Any, who: str, remedy: str) -> NDArray[np.float64]:
    """Return features as one table of numbers, or raise with a ``remedy`` besides naming columns."""
    features = features.toarray() if hasattr(features, "toarray") else features
    frame = features.to_frame() if isinstance(features, pd.Series) else pd.DataFrame(features)
    odd = [str(name) for name in frame.columns if frame[name].dtype.kind not in "biuf" or frame[name].isna().any()]
    if odd:
        raise DataError(
            f"{who} measures distances, but {odd[0]!r} holds nulls or is no number",
            f"{remedy}, or name numeric columns in features=",
        )
    return frame.to_numpy(dtype=np.float64)


def in_deviations(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each column in units of its deviation; a constant as it is."""
    deviation = table.std(axis=0)
    return np.asarray(table / np.where(deviation > 0, deviation, 1.0))
