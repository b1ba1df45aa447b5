"""Rows of windows in time: which stand where, and which are left out at the boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.sampling._boundaries import Boundary, times_of
from mlsys.sampling._groups import elsewhere, groups_of
from mlsys.sampling._shares import named

ONLY_JUDGES = "validation"
"""A part that nothing is learned from: what happens after it was judged cannot have leaked into it, and to leave out
its rows whose labels take long would leave those that are known quickly, which are other rows."""


@dataclass(frozen=True)
class Windows:
    """Parts that follow each other in time.

    Parameters
    ----------
    who : str
        For messages.
    starts : sequence of Boundary
        Where each part after training starts.
    embargo : Timedelta
        Rows so close before a boundary are left out.
    groups_together : bool
        Whether a group stands in one part only.
    seed : int
        Deals the groups that stand in several.
    """

    who: str
    starts: Sequence[Boundary]
    embargo: pd.Timedelta
    groups_together: bool = False
    seed: int = 0

    def places(self, keys: pd.DataFrame) -> NDArray[np.int64]:
        """Number the part of each row in order of time, -1 for rows left out."""
        places = self._by_label(keys)
        if self.groups_together:
            places[self.straddling(keys)] = -1
        return places

    def embargoed(self, keys: pd.DataFrame) -> NDArray[np.bool_]:
        """Return the rows that stand too close before a boundary behind which the model is judged."""
        times = times_of(keys, self.who)
        inside = np.zeros(len(keys), dtype=bool)
        for boundary, guarded in zip(self.starts, self._guarded, strict=True):
            if guarded:
                inside |= ((times >= boundary.start - self.embargo) & (times < boundary.start)).to_numpy()
        return inside

    def labelled_late(self, keys: pd.DataFrame) -> list[NDArray[np.bool_]]:
        """Return for each boundary the learned rows before it whose label was not known when it came."""
        places = self._by_time(keys)
        return [
            self._late(keys, (places == number) & guarded, each)
            for number, (each, guarded) in enumerate(zip(self.starts, self._guarded, strict=True))
        ]

    def straddling(self, keys: pd.DataFrame) -> NDArray[np.bool_]:
        """Return the rows that stand in another part than the one their group is dealt to."""
        return elsewhere(self._by_label(keys), groups_of(keys, self.who), self.seed)

    @property
    def _guarded(self) -> list[bool]:
        """Whether the part before each boundary is learned from."""
        return [before != ONLY_JUDGES for before in ("train", *(each.part for each in self.starts))][:-1]

    def _by_time(self, keys: pd.DataFrame) -> NDArray[np.int64]:
        times = times_of(keys, self.who)
        places = np.where(times.isna(), np.int64(-1), np.int64(0))
        for boundary in self.starts:
            places += (times >= boundary.start).to_numpy()
        return places

    def _by_label(self, keys: pd.DataFrame) -> NDArray[np.int64]:
        places = self._by_time(keys)
        gone = self.embargoed(keys)
        for late in self.labelled_late(keys):
            gone |= late
        places[gone] = -1
        return places

    def _late(self, keys: pd.DataFrame, before: NDArray[np.bool_], boundary: Boundary) -> NDArray[np.bool_]:
        if "known_at" not in keys.columns:
            return np.zeros(len(keys), dtype=bool)
        try:
            known = (keys["known_at"] < boundary.start).to_numpy(dtype=bool, na_value=False)
        except TypeError as error:
            raise DataError(
                f"{self.who}: the known-at of the label ({keys['known_at'].dtype}) cannot be compared with the time "
                f"column ({keys['time'].dtype})",
                "convert both to timestamps, both with time zones or both without",
            ) from error
        return before & ~known


def judged(keys: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows whose label is known, or all where there is no target."""
    if "target" not in keys.columns:
        return np.ones(len(keys), dtype=bool)
    return np.asarray(keys["target"].notna().to_numpy(), dtype=bool)


def window(
    keys: pd.DataFrame, windows: Windows, since: pd.Timestamp | None, stop: pd.Timestamp | None
) -> pd.Series | None:
    """Return one fold: training rows from ``since`` on, validation rows up to ``stop``; ``None`` if a side is empty."""
    times = times_of(keys, windows.who)
    inside = np.ones(len(keys), dtype=bool)
    if since is not None:
        inside &= (times >= since).to_numpy()
    if stop is not None:
        inside &= (times < stop).to_numpy()
    places = np.full(len(keys), -1, dtype=np.int64)
    places[inside] = windows.places(keys[inside])
    if not {0, 1} <= set(places[judged(keys)].tolist()):
        return None
    return named(places, ["train", "validation"], keys.index)


def stamp(moment: pd.Timestamp) -> str:
    """Return a date without its midnight, or the whole moment."""
    return f"{moment:%Y-%m-%d}" if moment == moment.normalize() else str(moment)
