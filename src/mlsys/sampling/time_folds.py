"""TimeFolds: judge by several windows in time, each by what was known before it."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from mlsys.dataset import duration_of
from mlsys.errors import ConfigurationError
from mlsys.sampling._boundaries import CLOCKS, boundaries, labelled_times, read_start
from mlsys.sampling._folds import check_count
from mlsys.sampling._shares import named
from mlsys.sampling._time_windows import Stretch, blocks, folds_at, sized, sliding
from mlsys.sampling._windows import Windows, stamp
from mlsys.steps import Field, Split
from mlsys.steps.facts import Dealing


class TimeFolds(Split):
    """Train on the past and evaluate on the next period, several times.

    Parameters
    ----------
    n : int
        Number of windows.
    window : {"expanding", "sliding"}
        Whether each window trains on all rows before its validation period, or on a period of fixed length.
    size : duration or share, optional
        Length of a validation period (``"28D"``), or its share of the rows (``.1``): the last ``n`` such periods.
        By default, the rows are cut into ``n + 1`` periods with equally many rows.
    train_size : duration or share, optional
        Length of the training period of a sliding window; by default as many rows as in the first window.
    embargo : str
        Training rows within this time before a validation period are left out: the gap between training and validation.
    test : date, duration or share, optional
        Test part after all windows, as in :class:`TimeSplit`; it is sealed in a pipeline.
    keep_groups_together : bool
        Whether a group is on only one side of a window. A group on both sides is assigned to one by its hash, and
        its other rows are left out of that window.
    seed : int
        A different seed assigns groups that are on both sides differently.

    Raises
    ------
    DataError
        If there is no time role, windows of ``size`` leave no training rows, or a boundary is outside the data.

    Notes
    -----
    In each window, a training row counts only if its label was known (``known_at`` of the label) before the validation
    period begins: a row used in a late window may be left out of an early one. Rows at the same time stay
    together, so there are fewer than ``n`` windows if there are too few distinct times. Validation periods do not
    overlap; training periods do, so the scores of windows depend on each other. Cost: one sort by time, and one
    pass over the rows per window.

    References
    ----------
    Bergmeir and Benitez (2012), On the use of cross-validation for time series predictor evaluation.

    Examples
    --------
    >>> days = pd.DataFrame({"id": range(8), "time": pd.date_range("2024-01-01", periods=8)})
    >>> for fold in TimeFolds(2, size=0.25, embargo="1D").windows(days):
    ...     print("".join("." if part != part else part[0] for part in fold))
    ttt.vv..
    ttttt.vv
    """

    n: int = 5
    window: Literal["expanding", "sliding"] = "expanding"
    size: Any = None
    train_size: Any = Field(default=None, kw_only=True)
    embargo: str = Field(default="0D", kw_only=True)
    test: Any = Field(default=None, kw_only=True)
    keep_groups_together: bool = Field(default=False, kw_only=True)
    seed: int = Field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        """Check what can be checked without data."""
        check_count(self.title, self.n, 0.0, least=1)
        for what in ("size", "train_size"):
            given = getattr(self, what)
            if given is not None and isinstance(read_start(given, what), pd.Timestamp):
                raise ConfigurationError(
                    f"{self.title}: {what}={given!r} is a date",
                    'write a duration such as "28D", or a share such as 0.1',
                )
        if self.train_size is not None and self.window != "sliding":
            raise ConfigurationError(
                f"{self.title}: train_size= is the length of a sliding window, but the windows expand",
                'write window="sliding", or remove train_size=',
            )
        if self.test is not None:
            read_start(self.test, "test")
        if duration_of(self.embargo, "embargo") < pd.Timedelta(0):
            raise ConfigurationError(f"{self.title}: embargo={self.embargo!r} is negative", 'write "1D", for example')

    @property
    def deals(self) -> Dealing:
        """Rows are dealt by time."""
        return "by time"

    @property
    def fold_count(self) -> int:
        """Number of windows."""
        return self.n

    @property
    def parts_named(self) -> tuple[str, ...]:
        """The test part, if there is one."""
        return () if self.test is None else ("test",)

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return ``test`` for rows after its boundary, null for rows left out there, ``train`` for all others."""
        return named(self._windows(keys).places(keys), ["train", *self.parts_named], keys.index)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return up to ``k`` windows over the rows of ``keys``, whether or not ``test`` is given."""
        return folds_at(self._stretches(keys, k), keys, self._rules())

    def notes(self) -> tuple[str, ...]:
        """Return how boundaries are read, for the plan."""
        return CLOCKS

    def explain(self, keys: pd.DataFrame) -> tuple[str, ...]:
        """Return when the test part and the validation periods start."""
        windows = self._windows(keys)
        said = [f"{each.part} starts at {stamp(each.start)} ({each.how})" for each in windows.starts]
        starts = [stamp(each.start) for each in self._stretches(keys[windows.places(keys) == 0], self.n)]
        return (*said, f"{self.window} windows, validated from {', '.join(starts)} on")

    def _stretches(self, keys: pd.DataFrame, k: int) -> list[Stretch]:
        times = labelled_times(keys, self.title)
        size = None if self.size is None else read_start(self.size, "size")
        assert not isinstance(size, pd.Timestamp)
        found = blocks(times, k) if size is None else sized(times, k, size, self.title)
        if self.window == "expanding":
            return found
        length = None if self.train_size is None else read_start(self.train_size, "train_size")
        assert not isinstance(length, pd.Timestamp)
        return sliding(found, times, length)

    def _rules(self) -> Windows:
        return Windows(self.title, (), duration_of(self.embargo, "embargo"), self.keep_groups_together, self.seed)

    def _windows(self, keys: pd.DataFrame) -> Windows:
        times = labelled_times(keys, self.title)
        starts = boundaries({"test": self.test} if self.test is not None else {}, times, self.title)
        rules = self._rules()
        return Windows(rules.who, starts, rules.embargo, rules.groups_together, rules.seed)
