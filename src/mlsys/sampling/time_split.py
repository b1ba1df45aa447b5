"""TimeSplit: train on the past, judge on what came after."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import duration_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._boundaries import Boundary, boundaries, labelled_times, read_start, times_of
from mlsys.sampling._shares import named
from mlsys.steps import Field, Split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class TimeSplit(Split):
    """Split by the time role, with an embargo, and without labels that were not known yet.

    Parameters
    ----------
    validation, test : date, duration, share or None
        When the part starts: a date (``"2013-09-01"``, read in the zone of the time column), a duration that it
        lasts (``"28D"``), or its share of the rows (``.2``); ``None`` for no such part. It ends where the next one
        starts, the last one with the data.
    embargo : str
        Rows this close before the start of the next part are left out, so that what overlaps in time is not on
        both sides.

    Raises
    ------
    DataError
        No time role; a part would be empty; boundaries in the wrong order or outside the data. The message has the
        range of the data.

    Notes
    -----
    A training row counts only if its label was known (``known_at`` of the label) before validation starts, which is
    when training would have happened; a label without a known-at is known with its row. Durations and shares count
    from the last row whose label is known. Rows at the same moment stay together. Rows left out are null and
    counted by the run. Groups may stand on both sides; the run finds them. Cost: one sort by time.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 7, for embargo.

    Examples
    --------
    >>> days = pd.DataFrame({"id": range(10), "time": pd.date_range("2024-01-01", periods=10)})
    >>> TimeSplit(validation="2024-01-07", test="1D", embargo="1D").assign(days).tolist()
    ['train', 'train', 'train', 'train', 'train', nan, 'validation', nan, 'test', 'test']
    """

    validation: Any = 0.2
    test: Any = 0.2
    embargo: str = Field(default="0D", kw_only=True)

    def __post_init__(self) -> None:
        """Read the boundaries as far as they can be read without data."""
        if not self._wanted:
            raise ConfigurationError(
                f"{self.title} has neither validation= nor test=", "name one part that follows the training rows"
            )
        for part, given in self._wanted.items():
            read_start(given, part)
        if duration_of(self.embargo, "embargo") < pd.Timedelta(0):
            raise ConfigurationError(f"{self.title}: embargo={self.embargo!r} is negative", 'write "1D", for example')

    @property
    def _wanted(self) -> dict[str, Any]:
        wanted = {"validation": self.validation, "test": self.test}
        return {part: given for part, given in wanted.items() if given is not None}

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row; null for embargoed rows and labels known too late."""
        starts = boundaries(self._wanted, labelled_times(keys, self.title), self.title)
        places = self._places(keys, starts)
        names = ["train", *self._wanted]
        counts = np.bincount(places[_judged(keys) & (places >= 0)], minlength=len(names))
        empty = [name for name, count in zip(names, counts, strict=True) if not count]
        if empty:
            times = labelled_times(keys, self.title)
            raise DataError(
                f"{self.title} leaves no labelled rows for {' and '.join(empty)} (labelled rows run from "
                f"{times.iloc[0]} to {times.iloc[-1]}; {'; '.join(self.explain(keys))})",
                "move the boundaries, shorten the embargo, or check known_at of the label",
            )
        return named(places, names, keys.index)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return expanding windows: train on what came before, validate on the next stretch of equal size.

        Fewer than ``k`` where there are too few moments; rows that come later are in no part of a window.
        """
        times = labelled_times(keys, self.title)
        edges = times.iloc[[len(times) * block // (k + 1) for block in range(1, k + 1)]].drop_duplicates()
        starts = [edge for edge in edges if edge > times.iloc[0]]
        windows = []
        for start, stop in zip(starts, [*starts[1:], None], strict=True):
            places = self._places(keys, [Boundary("validation", start, "")])
            if stop is not None:
                places[(times_of(keys, self.title) >= stop).to_numpy()] = -1
            if {0, 1} <= set(places[_judged(keys)].tolist()):
                windows.append(named(places, ["train", "validation"], keys.index))
        if not windows:
            raise DataError(
                f"{self.title} finds no window to validate in: rows run from {times.iloc[0]} to {times.iloc[-1]}",
                "give more rows or a shorter embargo, or name a validation part",
            )
        return windows

    def notes(self) -> tuple[str, ...]:
        """Say how boundaries are read, for the plan."""
        return ("dates without a zone are read in the zone of the time column",)

    def explain(self, keys: pd.DataFrame) -> tuple[str, ...]:
        """Say when each part starts, how that was read, and which rows are left out."""
        starts = boundaries(self._wanted, labelled_times(keys, self.title), self.title)
        said = []
        for how, alike in groupby(starts, key=lambda each: each.how):
            said.append(", ".join(f"{each.part} starts at {_stamp(each.start)}" for each in alike) + f" ({how})")
        embargoed = int(self._embargoed(keys, starts).sum())
        if embargoed:
            said.append(f"{embargoed:,} rows in the embargo of {self.embargo}")
        late = int((self._labelled_late(keys, starts) & _judged(keys)).sum())
        if late:
            said.append(f"{late:,} earlier rows whose label was not known at {_stamp(starts[0].start)}")
        missing = int(times_of(keys, self.title).isna().sum())
        return (*said, f"{missing:,} rows without a time") if missing else tuple(said)

    def _places(self, keys: pd.DataFrame, starts: Sequence[Boundary]) -> NDArray[np.int64]:
        """Number the part of each row in order of time, -1 for none."""
        times = times_of(keys, self.title)
        places = np.where(times.isna(), np.int64(-1), np.int64(0))
        for boundary in starts:
            places += (times >= boundary.start).to_numpy()
        places[self._embargoed(keys, starts) | self._labelled_late(keys, starts)] = -1
        return places

    def _embargoed(self, keys: pd.DataFrame, starts: Sequence[Boundary]) -> NDArray[np.bool_]:
        times, embargo = times_of(keys, self.title), duration_of(self.embargo, "embargo")
        inside = np.zeros(len(keys), dtype=bool)
        for boundary in starts:
            inside |= ((times >= boundary.start - embargo) & (times < boundary.start)).to_numpy()
        return inside

    def _labelled_late(self, keys: pd.DataFrame, starts: Sequence[Boundary]) -> NDArray[np.bool_]:
        """Rows before the first boundary whose label was not known there."""
        if "known_at" not in keys.columns:
            return np.zeros(len(keys), dtype=bool)
        start = starts[0].start
        try:
            known = (keys["known_at"] < start).to_numpy()
        except TypeError as error:
            raise DataError(
                f"{self.title}: the label's known-at ({keys['known_at'].dtype}) cannot be compared with the time "
                f"column ({keys['time'].dtype})",
                "make both timestamps, with time zones or without",
            ) from error
        return np.asarray((times_of(keys, self.title) < start).to_numpy() & ~known, dtype=bool)


def _judged(keys: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows whose label is known, or all where there is no target."""
    if "target" not in keys.columns:
        return np.ones(len(keys), dtype=bool)
    return np.asarray(keys["target"].notna().to_numpy(), dtype=bool)


def _stamp(moment: pd.Timestamp) -> str:
    """Return a date without its midnight, or the whole moment."""
    return f"{moment:%Y-%m-%d}" if moment == moment.normalize() else str(moment)
