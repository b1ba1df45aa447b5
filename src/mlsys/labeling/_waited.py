"""What is waited for: how long each row was observed, and whether it happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.values import moments_of, nanoseconds

NS_PER_DAY = 86_400 * 10**9


@dataclass(frozen=True)
class Waited:
    """How long each row was observed.

    Parameters
    ----------
    happened : Series
        Days until it happened; null where it had not when the data was drawn.
    observed : Series
        Days until the data was drawn; null where either moment is.
    window : float
        Days that are waited for.
    """

    happened: pd.Series
    observed: pd.Series
    window: float

    @classmethod
    def of(
        cls, frame: pd.DataFrame, event_at: str, since: str, window: pd.Timedelta, until: str | pd.Timestamp, who: str
    ) -> Waited:
        """Return it of rows, by the columns of their moments."""
        begins, event = moments_of(frame[since], who), moments_of(frame[event_at], who)
        drawn = _drawn(frame, until, begins, who)
        if event.notna().any() and (event.dt.tz is None) != (begins.dt.tz is None):
            raise DataError(f"{who}: one of {event_at!r} and {since!r} has a time zone", "give both a zone, or none")
        days = _days(event, begins).where(event <= drawn)
        early = (days < 0).to_numpy(dtype=bool, na_value=False)
        if early.any():
            raise DataError(
                f"{who}: {event_at!r} lies before {since!r} in {int(early.sum()):,} rows, row "
                f"{frame.index[early].tolist()[0]!r} first",
                "correct the moments, or leave out rows where it had happened already",
            )
        return cls(days, _days(drawn, begins), window / pd.Timedelta("1D"))

    def labels(self) -> pd.Series:
        """Return whether it happened in the window; null until the window has passed, whether it happened or not.

        Rows of the last days would otherwise all be positive: what happened early is known, what did not is not.
        """
        positive = (self.happened <= self.window).fillna(False)
        passed = (self.observed >= self.window).fillna(False)
        return positive.astype("boolean").where(passed)


def _days(later: pd.Series, earlier: pd.Series) -> pd.Series:
    days = (nanoseconds(later) - nanoseconds(earlier)) / NS_PER_DAY
    null = (later.isna() | earlier.isna()).to_numpy()
    return pd.Series(np.where(null, np.nan, days.astype(np.float64)), index=earlier.index)


def _drawn(frame: pd.DataFrame, until: str | pd.Timestamp, like: pd.Series, who: str) -> pd.Series:
    """Return when each row was looked at for the last time."""
    if until in frame.columns:
        return moments_of(frame[str(until)], who)
    try:
        moment = pd.Timestamp(until)
    except ValueError as error:
        raise DataError(
            f"{who}: until={until!r} is neither a column nor a moment", 'write until="2024-10-01"'
        ) from error
    if like.dt.tz is not None:
        moment = moment.tz_localize(like.dt.tz) if moment.tz is None else moment.tz_convert(like.dt.tz)
    elif moment.tz is not None:
        raise DataError(f"{who}: until= has a time zone, the rows have none", "write it without a zone")
    return pd.Series(moment, index=frame.index)
