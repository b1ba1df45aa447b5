"""The six facts that make a kind: what it sees, fits on, acts on, does to rows, whether it serves, where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sees = Literal["nothing", "row", "history", "keys", "train", "predictions", "all", "open parts"]
FitsOn = Literal["nothing", "train", "calibration"]
ActsOn = Literal["all", "every part", "train", "predictions", "nothing"]
RowsBecome = Literal["made", "same", "fewer", "other", "any"]
Stands = Literal["first", "before", "between", "after", "anywhere"]
Dealing = Literal["by chance", "by group", "by time", "as given"]
"""How a split brings rows to their parts."""


@dataclass(frozen=True)
class Facts:
    """What a step is allowed; printed by ``plan()`` and held to by the runner.

    Parameters
    ----------
    sees : str
        What its hooks are shown.
    fits_on : str
        The rows it learns from.
    acts_on : str
        The rows it changes.
    rows : str
        Which rows remain.
    serves : bool
        Whether it runs again when the model predicts.
    stands : str
        Where it stands: before the split, after it, on either side.
    """

    sees: Sees
    fits_on: FitsOn
    acts_on: ActsOn
    rows: RowsBecome
    serves: bool
    stands: Stands = "anywhere"

    def __str__(self) -> str:
        served = "serves" if self.serves else "does not serve"
        return f"sees {self.sees}, fits on {self.fits_on}, acts on {self.acts_on}, rows {self.rows}, {served}"
