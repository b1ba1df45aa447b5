"""AsOfJoin: columns of another table, as known when each row was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd

from mlsys.data._as_of import AsOfLookUp
from mlsys.data._made_once import made_once
from mlsys.data._side import TableOrPath, output_names, read_side, served_names, side_files, table_in_words, with_taken
from mlsys.data._times import Zone, as_times
from mlsys.dataset import Moment, duration_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import RowTransform
from mlsys.steps.capabilities import AsOf
from mlsys.values import moved

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path


class AsOfJoin(RowTransform, AsOf):
    """Add columns of the latest row of another table that was known before each row's decision.

    Parameters
    ----------
    table : DataFrame, str or Path
        The other table, or a CSV or Parquet file that holds it (read when first needed, then kept). If it is
        changed in place or replaced, the new content is used.
    by : str or list of str
        Key columns, with the same names in both; an empty list for a table of one series.
    time : str
        Column of the table with the event times.
    columns : list of str, optional
        Columns to add; by default all except keys and times.
    known_at : str, optional
        Column of the table that says when each row became known (published, corrected).
    known_after : str, optional
        Alternatively, a delay after ``time``, such as ``"1h"``; ``"0s"`` if a row is known at once.
    tolerance : str, optional
        Rows whose event lies further before the decision give nulls; by default no limit.
    at_serving : {"input", "stored"}
        Whether the request contains the added columns, or a served model carries the table.
    suffix : str, optional
        Appended to added columns whose name is taken; without it they are refused.
    at : str, optional
        The decision moment of each row, such as ``"1h before departs"``; by default ``decide_at`` of the pipeline.
    strict : bool
        Use only rows known strictly before the decision; ``False`` also allows the same instant.
    duplicates : {"error", "last"}
        What to do with several rows with the same key, event time and known time: refuse them, or use the last.

    Notes
    -----
    Of the rows known in time, the one with the latest event is used, and of its corrections the one known last: a
    point-in-time join by event *and* known time. By construction, the added values were known before the decision.
    Times without a zone in the table are read in the zone of the rows' own times. Sorting the table costs O(n log n)
    once, each row one binary search; 300,000 rows take about 0.2 s of CPU time.

    Examples
    --------
    >>> weather = pd.DataFrame({"hour": pd.to_datetime(["2024-01-01 06:00", "2024-01-01 07:00"]), "temp": [1.0, 2.0]})
    >>> trips = pd.DataFrame({"starts": pd.to_datetime(["2024-01-01 08:00", "2024-01-01 08:01"])})
    >>> AsOfJoin(weather, [], "hour", known_after="1h", at="starts").apply(trips)["temp"].tolist()
    [1.0, 2.0]
    """

    table: TableOrPath
    by: str | tuple[str, ...] | list[str]
    time: str
    columns: tuple[str, ...] | list[str] | None = None
    known_at: str | None = None
    known_after: str | None = None
    tolerance: str | None = None
    at_serving: Literal["input", "stored"] = "input"
    suffix: str | None = None
    at: str | None = None
    strict: bool = True
    duplicates: Literal["error", "last"] = "error"

    def __post_init__(self) -> None:
        """Refuse a table of which nobody knows when its rows were known."""
        if (self.known_at is None) == (self.known_after is None):
            said = (
                "got known_at= twice"
                if self.known_at is not None
                else "does not say when the rows of its table were known"
            )
            raise ConfigurationError(
                f"AsOfJoin {said}",
                'give one of known_at="<column of the table>" and known_after="1h" ("0s" when known at once)',
            )
        for field in ("known_after", "tolerance"):
            if getattr(self, field) is not None and duration_of(getattr(self, field), field) < pd.Timedelta(0):
                raise ConfigurationError(f"AsOfJoin got a negative {field}", "give a duration of zero or more")

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the key columns."""
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)

    @property
    def side_keys(self) -> tuple[str, ...]:
        """Return the columns of the table used to find its rows: keys and times."""
        return (*self.keys, self.time, *([self.known_at] if self.known_at else []))

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the frame with the looked-up columns."""
        moments = self._moment().of(frame)
        zone = moments.dt.tz
        found = made_once(self, self.table, zone, lambda: self._look_up(zone))
        names = output_names(frame, found.added, self.suffix, self.title)
        positions = found.positions(frame, moments, self.strict)
        return with_taken(frame, found.side, positions, names)

    def files_read(self) -> list[Path] | None:
        """Return the files that hold the table."""
        return side_files(self.table, self.title)

    def column_in_words(self, column: str, /) -> str:
        """Return the table that a column is looked up in."""
        return f"looked up in {table_in_words(self.table)}"

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the keys and the time column of the decision."""
        return self.keys if self.at is None else (*self.keys, self._moment().column)

    def side_state(self) -> pd.DataFrame:
        """Return the part of the table that a served model needs."""
        return read_side(self.table, self.side_keys, self.columns, self.title)

    def with_table(self, frame: pd.DataFrame) -> AsOfJoin:
        """Return the same join with another table."""
        return self.with_(table=frame)

    def side_known(self, zone: Zone | None = None) -> pd.Series:
        """Return the time when each row of the table was known; times without a zone are read in ``zone``."""
        return self._known(self.side_state(), zone)

    def notes(self) -> tuple[str, ...]:
        """Return what was assumed, for the plan."""
        when = f"known at {self.known_at}" if self.known_at else f"known {self.known_after} after {self.time}"
        zone = f"times of {self.time} without a zone are read in the zone of the rows' own times"
        return (f"table rows are {when}; {'strictly before' if self.strict else 'at or before'} the decision", zone)

    def _moment(self) -> Moment:
        if self.at is None:
            raise ConfigurationError(
                f"{self.title} does not know the decision moment of the rows",
                'set decide_at= or time= on the Pipeline, or at="1h before departs" on the step',
            )
        return Moment.parse(self.at)

    def _known(self, side: pd.DataFrame, zone: Zone | None) -> pd.Series:
        if self.known_at is not None:
            return as_times(side[self.known_at], self.title, zone)
        return moved(as_times(side[self.time], self.title, zone), duration_of(self.known_after or "0s", "known_after"))

    def for_serving(self, written: Collection[str]) -> AsOfJoin:
        """Return the same join for serving: a suffix depends on the other columns, which a request need not have."""
        if self.suffix is None:
            return self
        side = self.side_state()
        added = [name for name in (self.columns or side.columns) if name not in self.side_keys]
        made: AsOfJoin = served_names(self, side, added, written)
        return made

    def _look_up(self, zone: Zone | None) -> AsOfLookUp:
        side = self.side_state()
        events, known = as_times(side[self.time], self.title, zone), self._known(side, zone)
        if zone is None and (events.dt.tz is not None or known.dt.tz is not None):
            raise DataError(
                f"{self.title}: the times of the table have a zone ({events.dt.tz or known.dt.tz}) and the rows' own "
                f"{self._moment().column!r} has none, so they cannot be compared",
                f"give {self._moment().column!r} its zone in a Derive step: f[...].dt.tz_localize('America/New_York')",
            )
        added = [name for name in (self.columns or side.columns) if name not in self.side_keys]
        tolerance = None if self.tolerance is None else duration_of(self.tolerance, "tolerance")
        found = AsOfLookUp(side, self.keys, events, known, added, tolerance, self.title)
        if self.duplicates == "error":
            found.refuse_repeated()
        return found
