"""A split by time once its boundaries are known: each row is assigned alone, and counts of rows add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from mlsys.sampling._boundaries import times_of
from mlsys.sampling._shares import named
from mlsys.sampling._windows import Windows, judged, stamp
from mlsys.summaries import SummaryMap


@dataclass(frozen=True)
class SettledByTime:
    """Parts that follow each other, with known boundaries.

    Parameters
    ----------
    windows : Windows
        Where they start.
    embargo : str
        As it was given.
    """

    windows: Windows
    embargo: str

    @property
    def names(self) -> list[str]:
        """Parts in order of time."""
        return ["train", *(each.part for each in self.windows.starts)]

    def assign(self, keys: pd.DataFrame) -> pd.Series:
        """Return the part of each row; null for rows left out."""
        return named(self.windows.places(keys), self.names, keys.index)

    def told(self, keys: pd.DataFrame) -> SummaryMap:
        """Count rows; the counts of pieces add up to those of all rows."""
        places, known = self.windows.places(keys), judged(keys)
        parts = np.bincount(places[known & (places >= 0)], minlength=len(self.names)).tolist()
        late = [int((each & known).sum()) for each in self.windows.labelled_late(keys)]
        return SummaryMap(
            parts=SummaryMap(zip(self.names, parts, strict=True)),
            late=SummaryMap(zip(self.names[1:], late, strict=True)),
            embargoed=int(self.windows.embargoed(keys).sum()),
            timeless=int(times_of(keys, self.windows.who).isna().sum()),
        )

    def empty(self, told: SummaryMap) -> list[str]:
        """Return the parts without a labelled row."""
        return [name for name in self.names if not told["parts"][name]]

    def explained(self, told: SummaryMap, groups: Sequence[str] = ()) -> tuple[str, ...]:
        """Return when each part starts, how that was read, and how many rows are left out."""
        said = []
        for how, alike in groupby(self.windows.starts, key=lambda each: each.how):
            said.append(", ".join(f"{each.part} starts at {stamp(each.start)}" for each in alike) + f" ({how})")
        if told["embargoed"]:
            said.append(f"{told['embargoed']:,} rows in the embargo of {self.embargo}")
        said += [
            f"{told['late'][each.part]:,} earlier rows whose label was not known at {stamp(each.start)}, "
            f"when {each.part} starts"
            for each in self.windows.starts
            if told["late"][each.part]
        ]
        said += groups
        return (*said, f"{told['timeless']:,} rows without a time") if told["timeless"] else tuple(said)
