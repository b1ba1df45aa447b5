"""FillGaps: a row for each step of a series that has none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.data._series import Grid, refuse_repeated
from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, Reshape
from mlsys.steps.keys import NO_KEY, names_of, numbered
from mlsys.values import with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Integers = NDArray[np.int64]

logger = logging.getLogger("mlsys")


class FillGaps(Reshape):
    """Add the missing rows of series, such as the days on which nothing was sold.

    Parameters
    ----------
    by : str or tuple of str
        Columns that tell series apart; ``()`` if there is one series.
    values : mapping of str to object
        What columns hold in an added row: ``{"sold": 0}``.
    carried : list of str
        Columns that keep the value of the row before, such as a price.
    step : str
        Distance between the times of a series, as in :class:`~mlsys.Forecast`.
    time : str
        Column of these times.
    until : {"own", "all"}
        Last row of a series: its own, or the latest of all series, for series that may have nothing at the end.

    Raises
    ------
    DataError
        If a column is missing; if times are not regular, null, or occur twice in a series.
    ConfigurationError
        If a column is filled in two ways.

    Notes
    -----
    Stands before the lags. Columns in neither ``values`` nor ``carried`` are null in added rows. Nulls of rows that are
    there stay: use :class:`~mlsys.Impute`. An added row looks at no later one; that the series goes on is known from
    its next row. The log (``mlsys``, level INFO) says how many rows were added. Rows keep their order, with the added
    ones behind, by key and time.

    A served model absorbs series as they are given: pass events through :meth:`reshape` first where gaps matter.
    Cost: a sort.

    Examples
    --------
    >>> sales = pd.DataFrame({"day": pd.to_datetime(["2024-01-01", "2024-01-04"]), "sold": [3, 5], "price": [2.0, 2.5]})
    >>> FillGaps((), {"sold": 0}, ["price"], time="day").reshape(sales)
             day  sold  price
    0 2024-01-01     3    2.0
    1 2024-01-04     5    2.5
    2 2024-01-02     0    2.0
    3 2024-01-03     0    2.0
    """

    of_no_earlier_rows: ClassVar[bool] = True
    by: str | tuple[str, ...]
    values: dict[str, Any] = Field(default_factory=dict)
    carried: tuple[str, ...] | list[str] = ()
    step: str = Field(default="1D", kw_only=True)
    time: str = Field(kw_only=True)
    until: Literal["own", "all"] = Field(default="own", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse columns that are filled in two ways."""
        taken = [*self.key_columns, self.time, *self.values, *self.carried]
        twice = next((name for name in taken if taken.count(name) > 1), None)
        if twice is not None:
            raise ConfigurationError(
                f"{self.title} names {twice!r} twice among by=, time=, values= and carried=", "name each column once"
            )
        _ = Grid(self.step).length

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns in ``by``."""
        return names_of(self.by)

    def reshape(self, frame: Rows | pd.DataFrame, /) -> pd.DataFrame:
        """Return the rows, and those that are added."""
        rows = pd.DataFrame(frame)
        names = [*self.key_columns, self.time, *self.values, *self.carried]
        require_columns(rows.columns, names, self.title, "correct by=, time=, values= or carried=")
        (keys,) = numbered(self.key_columns, rows)
        if (keys == NO_KEY).any():
            raise DataError(
                f"{self.title}: row {rows.index[int(np.argmax(keys == NO_KEY))]!r} has no "
                f"{' or '.join(self.key_columns)}",
                "fill the column, or drop these rows first",
            )
        grid = Grid(self.step)
        steps = grid.numbered(rows[self.time], self.title)
        refuse_repeated(rows, self.key_columns, self.time, keys, steps, self.title)
        before, ahead = self._missing(keys, steps)
        logger.info("%s adds %s rows to %s", self.title, f"{len(before):,}", f"{len(rows):,}")
        if not len(before):
            return rows.reset_index(drop=True)
        given = {*self.key_columns, *self.carried, *self.values, self.time}
        truths = [name for name in rows.select_dtypes("bool").columns if name not in given]
        rows = rows.astype(dict.fromkeys(truths, "boolean"))  # which may be null
        return pd.concat([rows, self._added(rows, grid, before, ahead)], ignore_index=True)

    def _missing(self, keys: Integers, steps: Integers) -> tuple[Integers, Integers]:
        """Return for each missing row the place of the row before it, and how many steps after that it lies."""
        order = np.lexsort((steps, keys))
        keys, steps = keys[order], steps[order]
        last = np.r_[keys[1:] != keys[:-1], True] if len(keys) else np.zeros(0, dtype=bool)
        end = steps.max(initial=0) + 1 if self.until == "all" else steps + 1
        gaps = np.where(last, end, np.r_[steps[1:], 0]) - steps - 1
        ahead = np.arange(gaps.sum()) - np.repeat(np.cumsum(gaps) - gaps, gaps) + 1
        return np.repeat(order, gaps), ahead

    def _added(self, rows: pd.DataFrame, grid: Grid, before: Integers, ahead: Integers) -> pd.DataFrame:
        """Return the missing rows: times, keys, what is carried, what is given, and nulls."""
        times = rows[self.time].iloc[before].reset_index(drop=True)
        # Few different pairs of moment and distance: many series have the same.
        pairs = pd.DataFrame({"time": times, "ahead": ahead})
        unique = pairs.drop_duplicates()
        unique = unique.assign(then=[grid.after(*each) for each in unique.itertuples(index=False)])
        then = pairs.merge(unique, on=["time", "ahead"], how="left")["then"].astype(times.dtype)
        kept = {name: rows[name].iloc[before].array for name in (*self.key_columns, *self.carried)}
        nulls = rows.iloc[:0].reindex(range(len(before)))
        return with_columns(nulls, {**kept, **self.values, self.time: then.array})
