"""Series on a grid of equal steps: where each value lies, and what was known of a key before each step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.summaries import SpanSums
from mlsys.values import moments_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Numbers = NDArray[np.float64]

DAY = pd.Timedelta("1D")
CALENDAR = {"MS": "M", "ME": "M", "QS": "Q", "QE": "Q", "YS": "Y", "YE": "Y"}
"""Steps of no fixed length, with the period that holds one value: names of pandas' offsets."""
SHORTEST, LONGEST = {"M": 28, "Q": 90, "Y": 365}, {"M": 31, "Q": 92, "Y": 366}
"""Days that such a step lasts at least, and at most."""


@dataclass(frozen=True)
class Grid:
    """Steps of one length: a duration, or months, quarters or years.

    Parameters
    ----------
    step : str
        A duration such as ``"1h"``, or one of ``MS``, ``ME``, ``QS``, ``QE``, ``YS``, ``YE``.

    Examples
    --------
    >>> Grid("1D").count("14D", "horizon"), Grid("MS").count(12, "horizon")
    (14, 12)
    """

    step: str

    def __post_init__(self) -> None:
        if self.step not in CALENDAR and not self.length > pd.Timedelta(0):
            raise ConfigurationError(f"step={self.step!r} is no positive duration", 'write "1D", "1h" or "MS" (months)')

    @cached_property
    def length(self) -> pd.Timedelta:
        """How long a step lasts, at least."""
        if self.step in CALENDAR:
            return pd.Timedelta(SHORTEST[CALENDAR[self.step]], "D")
        try:
            return pd.Timedelta(self.step)
        except ValueError as error:
            raise ConfigurationError(
                f"step={self.step!r} is neither a duration nor a step of the calendar",
                f'write "1D", "1h", "15min", or one of {", ".join(CALENDAR)}',
            ) from error

    @property
    def longest(self) -> pd.Timedelta:
        """How long a step lasts at most; a day may be that of a change of clocks."""
        if self.step in CALENDAR:
            return pd.Timedelta(LONGEST[CALENDAR[self.step]], "D")
        return self.length if self.length % DAY else self.length + pd.Timedelta("1h")

    def count(self, given: int | str, what: str) -> int:
        """Return a number of steps, given as such or as a duration."""
        if isinstance(given, str):
            try:
                duration = pd.Timedelta(given)
            except ValueError as error:
                raise ConfigurationError(
                    f"{what}={given!r} is not a duration", f'write "7D", or a number of steps: {what}=7'
                ) from error
            if self.step in CALENDAR or duration % self.length:
                raise ConfigurationError(
                    f"{what}={given!r} is not a whole number of steps of {self.step}",
                    f"give the number of steps: {what}=7",
                )
            given = duration // self.length
        if given < 1:
            raise ConfigurationError(
                f"{what}={given!r} is less than one step", f"give at least one step of {self.step}"
            )
        return int(given)

    def numbered(self, times: pd.Series, who: str, begin: pd.Timestamp | None = None) -> Integers:
        """Return the number of the step at which each time lies, counted from ``begin`` or the earliest.

        Raises
        ------
        DataError
            When a time is null, or lies between steps.
        """
        times = moments_of(times, who)
        if times.isna().any():
            raise DataError(
                f"{who}: {int(times.isna().sum()):,} rows have no time, the first is row {times.isna().idxmax()!r}",
                "fill the column, or drop these rows first",
            )
        if self.step in CALENDAR:
            periods = wall(times).dt.to_period(CALENDAR[self.step])
            return np.asarray(periods.astype("int64"), dtype=np.int64)
        ticks = _ticks(times, self.length)
        length = self.length.value
        first = int(ticks.min()) if len(ticks) and begin is None else 0
        if begin is not None and not pd.isna(begin):
            first = int(_ticks(pd.Series([begin], dtype=times.dtype), self.length)[0])
        off = np.flatnonzero((ticks - first) % length)
        if len(off):
            usual = pd.Series(np.diff(np.unique(ticks))).mode()
            found = pd.Timedelta(int(usual[0])) if len(usual) else self.length
            raise DataError(
                f"{who}: times are not regular: {times.iloc[off[0]]} (row {times.index[off[0]]!r}) is not a whole "
                f"number of steps of {self.step} after {times.min() if begin is None else begin}",
                f"round the times, or give the step they have (the commonest distance: step={duration_text(found)!r})",
            )
        return np.asarray((ticks - first) // length, dtype=np.int64)

    def after(self, moment: pd.Timestamp, steps: int) -> pd.Timestamp:
        """Return the moment so many steps later; days are those of the clock on the wall."""
        if self.step in CALENDAR:
            return pd.Timestamp(moment + steps * pd.tseries.frequencies.to_offset(self.step))
        if moment.tz is None or self.length % DAY:
            return pd.Timestamp(moment + steps * self.length)
        local = moment.tz_localize(None) + steps * self.length
        return pd.Timestamp(local.tz_localize(moment.tz, ambiguous=True, nonexistent="shift_forward"))


def wall(times: pd.Series) -> pd.Series:
    """Return times as the clock on the wall shows them."""
    return times if times.dt.tz is None else times.dt.tz_localize(None)


def duration_text(duration: pd.Timedelta) -> str:
    """Return a duration as users write it.

    Examples
    --------
    >>> duration_text(pd.Timedelta("1h")), duration_text(pd.Timedelta("2D"))
    ('1h', '2D')
    """
    for unit, length in (("D", DAY), ("h", pd.Timedelta("1h")), ("min", pd.Timedelta("1min"))):
        if not duration % length:
            return f"{duration // length}{unit}"
    return f"{duration.total_seconds():g}s"


def _ticks(times: pd.Series, length: pd.Timedelta) -> Integers:
    """Return nanoseconds: days by the clock on the wall, shorter steps by what has passed (clocks are changed)."""
    absolute = times if times.dt.tz is None else times.dt.tz_convert("UTC")
    return np.asarray(wall(absolute if length % DAY else times).dt.as_unit("ns").astype("int64"), dtype=np.int64)


class Known:
    """Known values of series on a grid, and what had been known of a key by a step.

    Parameters
    ----------
    keys, steps : array of int
        Of each value.
    values : array of float
        NaN for one that is not known.
    """

    def __init__(self, keys: Integers, steps: Integers, values: Numbers) -> None:
        known = np.flatnonzero(~np.isnan(values))
        self.first = int(steps.min()) if len(steps) else 0
        self._span = int(steps.max()) - self.first + 2 if len(steps) else 2
        codes = self._codes(keys[known], steps[known])
        order = np.argsort(codes, kind="stable")
        self._held, self._keys = codes[order], keys[known][order]
        self._steps, self._values = steps[known][order], values[known][order]

    def _codes(self, keys: Integers, steps: Integers) -> Integers:
        return keys * self._span + np.clip(steps - self.first, -1, self._span - 2) + 1

    def at(self, keys: Integers, steps: Integers) -> Numbers:
        """Return the values at steps, NaN where none is known."""
        codes, inside = self._codes(keys, steps), steps >= self.first
        places = np.minimum(np.searchsorted(self._held, codes), max(len(self._held) - 1, 0))
        if not len(self._held):
            return np.full(len(keys), np.nan)
        there = inside & (self._held[places] == codes) & (self._steps[places] == steps)
        return np.where(there, self._values[places], np.nan)

    def last(self, keys: Integers, steps: Integers) -> Numbers:
        """Return the latest value known up to a step, NaN where there is none."""
        places = np.searchsorted(self._held, self._codes(keys, steps), "right") - 1
        there = (places >= 0) & (np.r_[self._keys, -1][places] == keys)
        return np.where(there, np.r_[self._values, np.nan][places], np.nan)

    def mean(self, keys: Integers, steps: Integers, since: Integers | None = None) -> Numbers:
        """Return the mean of all values known up to a step and, where given, after another; NaN without any."""
        after = np.searchsorted(self._held, self._codes(keys, steps), "right")
        before = np.searchsorted(self._held, keys * self._span)
        if since is not None:
            before = np.searchsorted(self._held, self._codes(keys, since), "right")
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self._sums.of(before, after) / (after - before))

    @cached_property
    def _sums(self) -> SpanSums:
        """Exact sums: a mean must not move with values of other series, nor with later ones."""
        return SpanSums(self._values, len(self._values))

    def differences(self, season: int) -> tuple[Integers, Integers, Numbers]:
        """Return keys, steps and differences from the value a season before, where both are known."""
        gaps = self._values - self.at(self._keys, self._steps - season)
        both = ~np.isnan(gaps)
        return self._keys[both], self._steps[both], gaps[both]

    def by_phase(self, season: int) -> Known:
        """Return the same values, those of each place in the season as a series of its own."""
        return Known(self._keys * season + self._steps % season, self._steps, self._values)


def decision_numbers(rows: pd.DataFrame, by: Sequence[str], time: str) -> NDArray[np.uint64]:
    """Return what rows of one series and one moment share, and others do not; it depends on no other row."""
    hashed = pd.util.hash_pandas_object(rows[[*by, time]], index=False)
    return np.asarray(hashed.to_numpy(dtype=np.uint64))


def longest(keys: Integers, steps: Integers) -> int:
    """Return from how many steps the longest series has come, gaps included."""
    spans = pd.Series(steps).groupby(keys).agg(lambda each: each.max() - each.min() + 1)
    return int(spans.max()) if len(spans) else 0


def refuse_repeated(
    frame: pd.DataFrame, by: Sequence[str], time: str, keys: Integers, steps: Integers, who: str
) -> None:
    """Raise where a series has two rows at one step."""
    twice = pd.DataFrame({"key": keys, "step": steps}).duplicated(keep="first").to_numpy()
    if twice.any():
        row = frame.iloc[int(np.flatnonzero(twice)[0])]
        of = "".join(f" of {name}={row[name]!r}" for name in by)
        raise DataError(
            f"{who}: {int(twice.sum()):,} rows repeat a step of their series; the first is at {row[time]}{of}",
            "keep one row a step (sum or average them first), or name what tells the series apart: by=",
        )
