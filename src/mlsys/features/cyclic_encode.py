"""CyclicEncode: hours, weekdays and angles as points on a circle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mlsys.errors import ConfigurationError
from mlsys.features._columns import blocks_of_numbers, refuse_taken, replaced, require
from mlsys.steps import RowTransform

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


class CyclicEncode(RowTransform):
    """Replace columns by their sine and cosine, so that the end of a period is close to its beginning.

    Parameters
    ----------
    periods : dict of str to float
        For each column, the value at which it starts again: ``{"hour": 24, "weekday": 7}``.
    keep : bool
        Whether to keep the column in addition to ``<column>_sin`` and ``<column>_cos``.

    Notes
    -----
    Learns nothing. Null gives null.

    Examples
    --------
    >>> import pandas as pd
    >>> CyclicEncode({"hour": 24}).apply(pd.DataFrame({"hour": [0, 6, 12]})).round(3)
       hour_sin  hour_cos
    0       0.0       1.0
    1       1.0       0.0
    2       0.0      -1.0
    """

    periods: dict[str, float]
    keep: bool = False
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what is not a period."""
        wrong = [name for name, period in self.periods.items() if not (math.isfinite(period) and period > 0)]
        if wrong:
            raise ConfigurationError(
                f"CyclicEncode: the period of {wrong[0]!r} is {self.periods[wrong[0]]}", "give a positive number"
            )

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the frame with the columns replaced."""
        require(frame, list(self.periods), self.title)
        added = {}
        for names, block in blocks_of_numbers(frame, list(self.periods), self.title):
            for name, values in zip(names, block, strict=True):
                angle = values * (2 * np.pi / self.periods[name])
                added[f"{name}_sin"], added[f"{name}_cos"] = np.sin(angle), np.cos(angle)
        dropped = () if self.keep else tuple(self.periods)
        refuse_taken(frame, list(added), dropped, self.title)
        return replaced(frame, {}, added, dropped)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the encoded columns."""
        return tuple(self.periods)
