"""A frame with columns of any name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pandas as pd

Frame = TypeVar("Frame", bound=pd.DataFrame)


def with_columns(frame: Frame, columns: Mapping[Any, Any]) -> Frame:
    """Return a frame in which some columns are new or replaced; ``DataFrame.assign`` takes none named ``self``.

    Examples
    --------
    >>> with_columns(pd.DataFrame({"x": [1, 2]}), {"self": [3, 4]}).columns.tolist()
    ['x', 'self']
    """
    made = frame.copy(deep=False)
    for name, values in columns.items():
        made[name] = values
    return made
