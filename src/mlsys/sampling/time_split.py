"""TimeSplit: train on the past, judge on what came after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator

from mlsys.dataset import duration_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._boundaries import CLOCKS, boundaries, labelled_times, read_start, usable_times
from mlsys.sampling._settled import SettledByTime
from mlsys.sampling._shares import SHARE
from mlsys.sampling._time_windows import blocks, folds_at
from mlsys.sampling._windows import Windows
from mlsys.steps import Field, Split
from mlsys.steps.facts import Dealing


def _in_order(parts: Any) -> Any:
    """Turn a mapping into pairs, whose order counts when steps are compared."""
    return tuple(parts.items()) if isinstance(parts, Mapping) else parts


class TimeSplit(Split):
    """Split by the time role, with an embargo, and without labels that were not yet known.

    Parameters
    ----------
    validation, test : date, duration, share or None
        When the part starts: a date (``"2013-09-01"``, read in the zone of the time column), its
        duration (``"28D"``), or its share of the rows (``.2``); ``None`` for no such part. It ends where the next one
        starts; the last one ends with the data.
    embargo : str
        Training and calibration rows within this time before the start of the next part are left out, so that rows
        that overlap in time are not on both sides.
    parts : dict, optional
        Parts in order of time, instead of ``validation`` and ``test``, such as
        ``{"validation": "28D", "calibration": "14D", "test": "28D"}``; training comes before all of them.
    keep_groups_together : bool
        Whether a group is in only one part. A group with rows in several parts is assigned to one of them by its hash,
        and its other rows are left out.
    seed : int
        A different seed assigns groups that are in several parts differently.

    Raises
    ------
    DataError
        If there is no time role, a part would be empty, or boundaries are in the wrong order or outside the data. The
        message gives the range of the data.

    Notes
    -----
    A training or calibration row counts only if its label was known (``known_at`` of the label) before the next part
    starts, when a model would have learned from it; a label without a known-at is known with its row.
    Validation rows are only evaluated, and stay whenever their label arrived. If labels take long, the known labels
    of the last period are the quick ones: set an ``embargo`` as long as a label takes. Durations and shares count
    from the last row whose label is known. Rows at the same time stay together. Rows left out are null, and the run
    counts them for each boundary. Without ``keep_groups_together``, groups may be on both sides; the run
    reports them. Duplicate rows are assigned by their own time. A column of dates counts as midnight at the start of
    each day. Cost: one sort by time.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 7, for purging and embargo.

    Examples
    --------
    >>> days = pd.DataFrame({"id": range(10), "time": pd.date_range("2024-01-01", periods=10)})
    >>> TimeSplit(validation="2024-01-07", test="1D", embargo="1D").assign(days).tolist()
    ['train', 'train', 'train', 'train', 'train', nan, 'validation', 'validation', 'test', 'test']
    """

    validation: Any = SHARE
    test: Any = SHARE
    embargo: str = Field(default="0D", kw_only=True)
    parts: Annotated[Any, BeforeValidator(_in_order)] = Field(default=None, kw_only=True)
    keep_groups_together: bool = Field(default=False, kw_only=True)
    seed: int = Field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        """Read the boundaries as far as they can be read without data."""
        if self.parts is not None and (self.validation, self.test) != (SHARE, SHARE):
            raise ConfigurationError(
                f"{self.title} got parts= and also validation={self.validation!r} or test={self.test!r}",
                'put all parts into parts=, for example parts={"validation": "28D", "test": "28D"}',
            )
        if not self._wanted:
            raise ConfigurationError(
                f"{self.title} has neither validation= nor test=", "name one part that follows the training rows"
            )
        if "train" in self._wanted:
            raise ConfigurationError(
                f"{self.title}: parts= names 'train', which is everything before the other parts",
                "remove 'train' from parts=",
            )
        for part, given in self._wanted.items():
            read_start(given, part)
        if duration_of(self.embargo, "embargo") < pd.Timedelta(0):
            raise ConfigurationError(f"{self.title}: embargo={self.embargo!r} is negative", 'write "1D", for example')

    @property
    def deals(self) -> Dealing:
        """Rows are dealt by time."""
        return "by time"

    @property
    def _wanted(self) -> dict[str, Any]:
        wanted = {"validation": self.validation, "test": self.test} if self.parts is None else dict(self.parts)
        return {part: given for part, given in wanted.items() if given is not None}

    @property
    def parts_named(self) -> tuple[str, ...]:
        """Parts that follow the training rows."""
        return tuple(self._wanted)

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row; null for embargoed rows, late labels, and rows left out for their group."""
        settled = self._settled(labelled_times(keys, self.title))
        empty = settled.empty(settled.told(keys))
        if empty:
            times = labelled_times(keys, self.title)
            raise DataError(
                f"{self.title} leaves no labelled rows for {' and '.join(empty)} (labelled rows run from "
                f"{times.iloc[0]} to {times.iloc[-1]}; {'; '.join(self.explain(keys))})",
                "move the boundaries, shorten the embargo, or check known_at of the label",
            )
        return settled.assign(keys)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return expanding windows: train on earlier rows, validate on the next period of equal size.

        Fewer than ``k`` if there are too few distinct times; later rows are in no part of a window.
        """
        times = labelled_times(keys, self.title)
        windows = Windows(self.title, (), duration_of(self.embargo, "embargo"), self.keep_groups_together, self.seed)
        return folds_at(blocks(times, k), keys, windows)

    def notes(self) -> tuple[str, ...]:
        """Return how boundaries are read, for the plan."""
        return CLOCKS

    def explain(self, keys: pd.DataFrame) -> tuple[str, ...]:
        """Return when each part starts, how that was read, and which rows are left out."""
        settled, groups = self._settled(labelled_times(keys, self.title)), list[str]()
        if self.keep_groups_together:
            apart = settled.windows.straddling(keys)
            count = keys["group"][apart].nunique()
            groups = [f"{int(apart.sum()):,} rows of {count:,} groups in several parts; each goes to one"]
        return settled.explained(settled.told(keys), groups)

    @property
    def settles_by_time(self) -> bool:
        """Whether each row is assigned alone once the times of all are known."""
        return not self.keep_groups_together

    def times_to_settle(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the times of the rows whose label is known."""
        return usable_times(keys, self.title)

    def settled(self, times: pd.Series, /) -> SettledByTime:
        """Return the split with the boundaries that the times of all rows place."""
        return self._settled(times.sort_values(ignore_index=True))

    def _settled(self, times: pd.Series) -> SettledByTime:
        starts = boundaries(self._wanted, times, self.title)
        embargo = duration_of(self.embargo, "embargo")
        windows = Windows(self.title, starts, embargo, self.keep_groups_together, self.seed)
        return SettledByTime(windows, self.embargo)
