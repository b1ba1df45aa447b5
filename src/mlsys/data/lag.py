"""Lag: earlier values of the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.data._made_columns import past_duration, refuse_taken
from mlsys.data._on_grid import numbered_past
from mlsys.data._series import Grid
from mlsys.dataset import CHANGE, LAG
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, History, Past
from mlsys.values import Kind, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable


class Lag(History):
    """Add earlier values of columns: of the rows of the same key known before each decision, or of some time ago.

    Parameters
    ----------
    by : str or tuple of str
        Key columns.
    columns : str or list of str
        Columns whose earlier values are added, as ``<column>_lag_<back>``.
    back : int, str, or a list of both
        How far back: 1 for the most recent row, 2 for the one before it; a duration such as ``"7D"`` for the value as
        it stood that long before the decision.
    tolerance : str, optional
        How long a value may have been known, such as ``"1D"``: at the decision, or for a duration at that time before
        it. Older values are left out; by default none is too old.
    step : str, optional
        Distance between the times of a series (``"1D"``, ``"1h"``, ``"MS"``, as in :class:`~mlsys.Forecast`): numbers
        then count steps before the time of the row, not rows, and a lag in a gap is null.
    time : str, optional
        Column of these times; needed with ``step``.
    changes : bool
        Add, as ``<column>_change_<back>``, each of these values less the value one row (or step) earlier.
    late_by : str
        How long before the latest decision a request of a served model may still be decided; rows are kept that much
        longer.
    tail : int
        Rows per key that a served model keeps beyond those it needs.

    Raises
    ------
    ConfigurationError
        If ``back`` is neither a positive number nor a positive duration, or ``tolerance`` is no positive duration; if
        ``step`` comes without ``time``.
    DataError
        If a column is missing, or a name is taken; with ``step``, if a time is null or lies between steps.

    Notes
    -----
    Only rows known strictly before the decision count. A value that is null stays null. Of rows known at the same
    moment, the one with the larger value counts as the later, so that the order of rows does not matter. Whole numbers
    become floats, truth values nullable. A duration gives the value of the latest row known by then, at most
    ``tolerance`` before.

    Examples
    --------
    >>> sales = pd.DataFrame({"store": "a", "sold": [3, 5, 8],
    ...                       "day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"])})
    >>> Lag("store", "sold", [1, "2D"]).over(sales, time="day")[["sold_lag_1", "sold_lag_2D"]]
       sold_lag_1  sold_lag_2D
    0         NaN          NaN
    1         3.0          NaN
    2         5.0          3.0
    """

    columns: str | tuple[str, ...] | list[str]
    back: int | str | tuple[int | str, ...] | list[int | str] = 1
    tolerance: str | pd.Timedelta | None = Field(default=None, kw_only=True)
    step: str | None = Field(default=None, kw_only=True)
    time: str | None = Field(default=None, kw_only=True)
    changes: bool = Field(default=False, kw_only=True)
    late_by: str | pd.Timedelta = Field(default="0s", kw_only=True)
    tail: int = Field(default=0, ge=0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse lags that do not look back."""
        super().__post_init__()
        past_duration(self.late_by, f"{self.title}: late_by")
        if self.tolerance is not None:
            past_duration(self.tolerance, f"{self.title}: tolerance", positive=True)
        if not self._columns or not self._backs:
            raise ConfigurationError(f"{self.title} got no columns or no lags", 'write Lag("store", "sold", [1, 7])')
        for back in self._backs:
            if isinstance(back, str):
                past_duration(back, f"{self.title}: back", positive=True)
            elif back < 1:
                raise ConfigurationError(
                    f"{self.title} got back={back}, which is no earlier row", "count rows from 1, the most recent"
                )
        if self.changes and any(isinstance(back, str) for back in self._backs):
            raise ConfigurationError(
                f"{self.title}: changes=True takes a value less the one row or step before it, but back= has durations",
                "give numbers in back=, with step= and time= where they are to count steps",
            )
        if (self.step is None) != (self.time is None):
            raise ConfigurationError(
                f"{self.title} got {'time' if self.step is None else 'step'}= alone",
                'lags on a grid need both: Lag("store", "sold", [1, 7], step="1D", time="day")',
            )
        if self._grid is not None:
            _ = self._grid.length

    @property
    def _grid(self) -> Grid | None:
        return None if self.step is None else Grid(self.step)

    @property
    def _columns(self) -> tuple[str, ...]:
        return (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)

    @property
    def _backs(self) -> tuple[int | str, ...]:
        return (self.back,) if isinstance(self.back, (int, str)) else tuple(self.back)

    @property
    def _looked_at(self) -> tuple[int | str, ...]:
        """How far back the values lie that are needed: for a change also the one before it."""
        before = [back + 1 for back in self._backs if self.changes and not isinstance(back, str)]
        return tuple(dict.fromkeys([*self._backs, *before]))

    @property
    def kept_rows(self) -> int:
        """Rows of each key that a served model keeps in addition to those within reach."""
        if self._grid is not None:
            return self.tail
        return max(self.tail, *(1 if isinstance(back, str) else back for back in self._looked_at))

    @property
    def reach(self) -> pd.Timedelta:
        """How long before the latest decision all rows are kept."""
        durations = [past_duration(back, "back") for back in self._backs if isinstance(back, str)]
        if self._grid is not None:
            durations += [self._grid.longest * back for back in self._looked_at if not isinstance(back, str)]
        return max(durations, default=pd.Timedelta(0)) + self.slack

    @property
    def placed_by(self) -> str | None:
        """Column of the moment that must be within reach."""
        return self.time

    @property
    def slack(self) -> pd.Timedelta:
        """How much earlier than the latest decision a request may be decided."""
        return past_duration(self.late_by, "late_by")

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of the past that it reads."""
        return tuple(dict.fromkeys([*self.key_columns, *self._columns, *([] if self.time is None else [self.time])]))

    def column_in_words(self, column: str, /) -> str:
        """Return how far back and by which key."""
        column, between, back = _parsed(column)
        steps = "" if self.step is None or not back.isdecimal() else f" steps of {self.step}"
        what = "change of " if between == CHANGE else ""
        return f"{what}{column} {back}{steps} back by {' and '.join(self.key_columns)}"

    def columns_behind(self, column: str, /) -> tuple[str, ...]:
        """Return the column that it looks back at, and the key."""
        beside = [] if self.time is None else [self.time]
        return tuple(dict.fromkeys([_parsed(column)[0], *self.key_columns, *beside]))

    def apply(self, frame: pd.DataFrame, past: Past, /) -> pd.DataFrame:
        """Return the frame with the earlier values."""
        written = {LAG: self._backs, **({CHANGE: self._backs} if self.changes else {})}
        refuse_taken(frame, [f"{c}{between}{b}" for between, backs in written.items() for c in self._columns
                             for b in backs], self.title)  # fmt: skip
        placed = self._on_grid(frame, past)
        values = {
            (column, back): (
                placed[back].lag(column) if back in placed else self._known(past, back).lag(column, _rows(back))
            )
            for column in self._columns
            for back in self._looked_at
        }
        made = {f"{column}{LAG}{back}": values[column, back] for column in self._columns for back in self._backs}
        for (column, back), value in values.items():
            if self.changes and not isinstance(back, str) and back in self._backs:
                made[f"{column}{CHANGE}{back}"] = self._change(column, value, values[column, back + 1])
        return with_columns(frame, made)

    def _change(self, column: str, value: pd.Series, before: pd.Series) -> pd.Series:
        """Return a value less the one before it."""
        if values_of(value).kind is not Kind.NUMBER:
            raise DataError(
                f"{self.title}: changes=True takes differences of numbers, but {column!r} holds {values_of(value)}",
                "name columns of numbers, or leave changes= out",
            )
        with np.errstate(invalid="ignore"):  # infinite values have no change; a model says that it cannot use them
            return value - before

    def _on_grid(self, frame: pd.DataFrame, past: Past) -> dict[int | str, Past]:
        """Return the past at each number of steps before the rows; nothing where rows are counted."""
        grid = self._grid
        if grid is None or self.time is None:
            return {}
        now, numbered = numbered_past(frame, past, grid, self.time, self.title)
        return {back: numbered.at(now - back) for back in self._looked_at if not isinstance(back, str)}

    def _known(self, past: Past, back: int | str) -> Past:
        """Return the past that one lag looks at: up to some time before each decision, and of values not too old."""
        known = past.before(back) if isinstance(back, str) else past
        if self.tolerance is None:
            return known
        ago = past_duration(back, "back") if isinstance(back, str) else pd.Timedelta(0)
        return known.within(ago + past_duration(self.tolerance, "tolerance"))


def _rows(back: int | str) -> int:
    return 1 if isinstance(back, str) else back


def _parsed(name: str) -> tuple[str, str, str]:
    """Return the column, what stands between, and how far back.

    Examples
    --------
    >>> _parsed("sold_lag_7"), _parsed("sold_change_1")
    (('sold', '_lag_', '7'), ('sold', '_change_', '1'))
    """
    between = max((LAG, CHANGE), key=name.rfind)
    column, back = name.rsplit(between, 1)
    return column, between, back
