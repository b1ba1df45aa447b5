"""Aggregate: one row for each entity as of a moment, out of its events."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  the type of a field
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.data._made_columns import aggregated, check_aggregates, past_duration
from mlsys.dataset import duration_of, require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, Past, Reshape
from mlsys.steps.keys import numbered
from mlsys.values import moments_of, moved, with_columns

if TYPE_CHECKING:
    from mlsys.dataset import Rows


class Aggregate(Reshape):
    """Make one row for each entity out of its events, as they were known at a moment.

    Parameters
    ----------
    by : str or list of str
        Columns that identify the entity.
    columns : dict
        For each new column, ``"count"`` for the number of events, or a column and a function: ``("paid", "sum")``. The
        functions are ``count``, ``sum``, ``mean``, ``min``, ``max``, ``last`` and ``distinct``.
    as_of : str, Timestamp or list of them
        The moment, or several: each gives one row per entity.
    time : str
        Column of the events' times.
    known_at : str, optional
        Column of the moment, or delay such as ``"1h"``, at which an event is known; by default, when it happens.
    window : str, optional
        Only events at most this long before the moment, such as ``"90D"``; by default all.
    at : str
        Name of the column that holds the moment.

    Raises
    ------
    DataError
        If a column is missing, or no event is known before the first moment.

    Notes
    -----
    Events known strictly before the moment count, and an entity has a row once one of its events is known. Functions
    are those of :class:`WindowAggregate`, and as independent of the order of rows. Name the column of the moment as
    ``time=`` of the pipeline; a label then comes from what happens later, by :class:`Join` or from another table.
    Several moments repeat entities: name the entity as ``group=``. Time is O(n log n) in the number of events.

    Examples
    --------
    >>> paid = pd.DataFrame({"who": ["ann", "ann", "bob"], "amount": [5.0, 7.0, 9.0],
    ...                      "day": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-02-01"])})
    >>> step = Aggregate("who", {"orders": "count", "spent": ("amount", "sum")}, ["2024-01-15", "2024-03-01"], "day")
    >>> step.reshape(paid)
       who      as_of  orders  spent
    0  ann 2024-01-15       1    5.0
    1  ann 2024-03-01       2   12.0
    2  bob 2024-03-01       1    9.0
    """

    by: str | tuple[str, ...] | list[str]
    columns: dict[str, str | tuple[str, str]]
    as_of: str | pd.Timestamp | Sequence[Any]
    time: str
    known_at: str | None = Field(default=None, kw_only=True)
    window: str | pd.Timedelta | None = Field(default=None, kw_only=True)
    at: str = Field(default="as_of", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse moments that are none, and unknown functions."""
        check_aggregates(self.columns, self.title)
        keys = [self.by] if isinstance(self.by, str) else list(self.by)
        names = [*keys, self.at, *self.columns]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ConfigurationError(f"{self.title} would make two columns {twice[0]!r}", "give one another name")
        self._moments()
        if self.window is not None:
            past_duration(self.window, f"{self.title}: window", positive=True)

    def reshape(self, frame: Rows | pd.DataFrame, /) -> pd.DataFrame:
        """Return one row for each entity and moment."""
        events = pd.DataFrame(frame)
        keys = [self.by] if isinstance(self.by, str) else list(self.by)
        read = [made[0] for made in self.columns.values() if not isinstance(made, str)]
        needed = [*keys, self.time, *read]
        require_columns(events.columns, needed, self.title, "correct by=, time= or columns=")
        numbered(keys, events)  # which refuses what is no key
        known = self._known(events)
        moments = self._moments_like(known)
        usable = known.notna() & events[keys].notna().all(axis=1)
        first = known[usable].groupby([events.loc[usable, name] for name in keys], observed=True).min().reset_index()
        first = first.set_axis([*keys, "first known"], axis=1)
        rows = first.merge(pd.DataFrame({self.at: moments}), how="cross")
        rows = rows[rows["first known"] < rows[self.at]].drop(columns="first known").reset_index(drop=True)
        if rows.empty:
            raise DataError(
                f"{self.title}: none of {len(events):,} events is known before {moments.max()}",
                "choose a later as_of=, or correct time= and known_at=",
            )
        past = Past(rows, events, keys, rows[self.at], known)
        past = past if self.window is None else past.within(self.window)
        return with_columns(rows, aggregated(past, self.columns))

    def _known(self, events: pd.DataFrame) -> pd.Series:
        happened = moments_of(events[self.time], self.title)
        if self.known_at is None:
            return happened
        if self.known_at in events.columns:
            known = moments_of(events[self.known_at], self.title)
            return known.where(known > happened, happened).where(known.notna())
        return moved(happened, duration_of(self.known_at, f"{self.title}: known_at"))

    def _moments(self) -> pd.Series:
        given: Any = [self.as_of] if isinstance(self.as_of, (str, pd.Timestamp)) else list(self.as_of)
        try:
            moments = pd.Series(pd.to_datetime(given)).drop_duplicates().sort_values(ignore_index=True)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                f"{self.title}: as_of={self.as_of!r} is no moment", 'write as_of="2024-06-01", or a list of such'
            ) from error
        if moments.empty or moments.isna().any():
            raise ConfigurationError(f"{self.title}: as_of= names no moment", 'write as_of="2024-06-01"')
        return moments

    def _moments_like(self, known: pd.Series) -> pd.Series:
        """Return the moments in the zone of the events."""
        moments, zone = self._moments(), known.dt.tz
        if zone is not None:
            zoned: pd.Series = moments.dt.tz_localize(zone) if moments.dt.tz is None else moments.dt.tz_convert(zone)
            return zoned
        if moments.dt.tz is not None:
            raise DataError(
                f"{self.title}: as_of= has a time zone, and {self.time!r} has none",
                "write as_of= without a zone, or give the times their zone with Derive",
            )
        return moments
