"""WindowAggregate: what happened to a key in the time before each decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mlsys.data._made_columns import aggregated, check_aggregates, past_duration, refuse_taken
from mlsys.steps import Field, History, Past
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable


class WindowAggregate(History):
    """Add aggregates of earlier rows of the same key over a time window before each decision.

    Parameters
    ----------
    by : str or tuple of str
        Key columns.
    columns : dict
        For each new column, ``"count"`` for the number of rows, or a column and a function: ``("price", "mean")``. The
        functions are ``count``, ``sum``, ``mean``, ``min``, ``max``, ``last`` and ``distinct``.
    window : str
        Length of the window, such as ``"3h"`` or ``"30D"``; a row of exactly that age is included.
    time : str, optional
        Column of the moment that must lie in the window. By default, the moment from which a row was known: the values
        of slow rows are then not missed, because what is known late counts when it becomes known.
    late_by : str
        How long before the latest decision a request of a served model may still be decided; rows are kept that much
        longer.
    tail : int
        Rows per key that a served model keeps beyond the window.

    Raises
    ------
    ConfigurationError
        For an unknown function, or a window that is not a positive duration.
    DataError
        If a column is missing, its name is taken, or values to add up are no numbers.

    Notes
    -----
    Only rows known strictly before the decision are used: a row that waits for a column with a known-at, or for its
    label, counts from the moment when it is known. Nulls are skipped; without values, ``count``, ``distinct`` and
    ``sum`` are 0 and the others null. ``last`` of several rows of the same moment is the largest value, and sums are
    exact and rounded once, so that the order of rows does not matter.

    The same rows give the same bytes in a batch, in a stream (:meth:`~mlsys.History.stream`) and from a served model,
    which keeps the rows of one window before the latest decision. Time is O(n log n) in the number of rows, whatever
    the window; with ``time=``, if rows are known in another order than that of their times, O(n log² n), and for
    ``distinct`` the number of rows in all windows.

    Examples
    --------
    >>> visits = pd.DataFrame({"shop": ["a", "a", "a", "b"], "paid": [10.0, 20.0, 5.0, 7.0],
    ...                        "at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-09", "2024-01-09"])})
    >>> week = WindowAggregate("shop", {"visits": "count", "paid_mean": ("paid", "mean")}, window="7D")
    >>> week.over(visits, time="at")[["visits", "paid_mean"]]
       visits  paid_mean
    0       0        NaN
    1       1       10.0
    2       1       20.0
    3       0        NaN
    """

    columns: dict[str, str | tuple[str, str]]
    window: str | pd.Timedelta
    time: str | None = None
    late_by: str | pd.Timedelta = Field(default="0s", kw_only=True)
    tail: int = Field(default=0, ge=0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse an unknown function and a window of no length."""
        super().__post_init__()
        past_duration(self.window, f"{self.title}: window", positive=True)
        past_duration(self.late_by, f"{self.title}: late_by")
        check_aggregates(self.columns, self.title)

    @property
    def reach(self) -> pd.Timedelta:
        """How long before the latest decision rows are kept."""
        return past_duration(self.window, "window") + self.slack

    @property
    def slack(self) -> pd.Timedelta:
        """How much earlier than the latest decision a request may be decided."""
        return past_duration(self.late_by, "late_by")

    @property
    def placed_by(self) -> str | None:
        """Column of the moment that places a row in the window."""
        return self.time

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of the past that are aggregated, and that of the time."""
        read = [made[0] for made in self.columns.values() if not isinstance(made, str)]
        return tuple(dict.fromkeys([*self.key_columns, *read, *([self.time] if self.time else [])]))

    def column_in_words(self, column: str, /) -> str:
        """Return the aggregate, the window and the key."""
        made, key = self.columns[column], " and ".join(self.key_columns)
        what = "count of rows" if isinstance(made, str) else f"{made[1]} of {made[0]}"
        return f"{what} over {self.window} by {key}"

    def columns_behind(self, column: str, /) -> tuple[str, ...]:
        """Return the columns of the past that it is made of, and the key."""
        made = self.columns[column]
        read = (*(() if isinstance(made, str) else made[:1]), *self.key_columns, *([self.time] if self.time else []))
        return tuple(dict.fromkeys(read))

    def apply(self, frame: pd.DataFrame, past: Past, /) -> pd.DataFrame:
        """Return the frame with the aggregates."""
        refuse_taken(frame, self.columns, self.title)
        return with_columns(frame, aggregated(past.within(self.window, self.time), self.columns))
