"""SeasonLag: for each step ahead, earlier values of the same place in the season."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.data._made_columns import past_duration, refuse_taken
from mlsys.data._on_grid import numbered_past
from mlsys.data._series import Grid
from mlsys.dataset import AHEAD
from mlsys.errors import ConfigurationError
from mlsys.steps import Field, History, Past

if TYPE_CHECKING:
    from collections.abc import Iterable


class SeasonLag(History):
    """Add earlier values of the same place in the season for each step ahead: last Monday for next Monday.

    Parameters
    ----------
    by : str or tuple of str
        Key columns; ``()`` for one series.
    columns : str or list of str
        Columns whose earlier values are added.
    season : str or int
        Length of a season: a duration such as ``"7D"``, or a number of steps.
    horizon : str or int
        How far ahead is predicted, as in :class:`~mlsys.Forecast`.
    seasons : int
        How many earlier seasons.
    step : str
        Distance between the times of a series, as in :class:`~mlsys.Forecast`.
    time : str
        Column of these times.
    late_by : str
        How long before the latest decision a request of a served model may still be decided; rows are kept that much
        longer.
    tail : int
        Rows per key that a served model keeps beyond those it needs.

    Raises
    ------
    ConfigurationError
        If season or horizon are no whole number of steps.
    DataError
        If a column is missing, or a name is taken; if a time is null or lies between steps.

    Notes
    -----
    With ``season="7D"``, writes ``<column>_7D_back_<n>_ahead_<steps>``, the value at the place in the season that lies
    so many steps ahead, of the latest season that may be known at the decision (``n`` = 1) and those before it, and
    ``<column>_7D_mean_ahead_<steps>``, the mean of those that are known. :class:`~mlsys.Forecast` gives each row those
    of its horizon, without ``_ahead_<steps>``. Values that were not known strictly before the decision are null.

    Cost: a search for each season and step ahead.

    Examples
    --------
    >>> day = pd.date_range("2024-01-01", periods=5)
    >>> sales = pd.DataFrame({"day": day, "sold": [3.0, 5.0, 8.0, 4.0, 6.0]})
    >>> lags = SeasonLag((), "sold", season=2, horizon=2, seasons=2, time="day").over(sales, time="day")
    >>> lags.filter(like="_ahead_1")
       sold_2_back_1_ahead_1  sold_2_back_2_ahead_1  sold_2_mean_ahead_1
    0                    NaN                    NaN                  NaN
    1                    NaN                    NaN                  NaN
    2                    3.0                    NaN                  3.0
    3                    5.0                    NaN                  5.0
    4                    8.0                    3.0                  5.5
    """

    columns: str | tuple[str, ...] | list[str]
    season: int | str = Field(kw_only=True)
    horizon: int | str = Field(kw_only=True)
    seasons: int = Field(default=1, ge=1, kw_only=True)
    step: str = Field(default="1D", kw_only=True)
    time: str = Field(kw_only=True)
    late_by: str | pd.Timedelta = Field(default="0s", kw_only=True)
    tail: int = Field(default=0, ge=0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse lengths that are no whole number of steps."""
        super().__post_init__()
        past_duration(self.late_by, f"{self.title}: late_by")
        try:
            _ = self._season, self._steps_ahead
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.title}: {error.problem}", error.remedy) from error

    @property
    def _columns(self) -> tuple[str, ...]:
        return (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)

    @property
    def _season(self) -> int:
        return Grid(self.step).count(self.season, "season")

    @property
    def _steps_ahead(self) -> int:
        return Grid(self.step).count(self.horizon, "horizon")

    def _backs(self, ahead: int) -> list[int]:
        """Return how many steps before the decision the places in earlier seasons lie."""
        latest = -(-ahead // self._season) * self._season - ahead + 1
        return [latest + place * self._season for place in range(self.seasons)]

    @property
    def reach(self) -> pd.Timedelta:
        """How long before the latest decision all rows are kept."""
        return Grid(self.step).longest * (self.seasons * self._season + self._steps_ahead) + self.slack

    @property
    def slack(self) -> pd.Timedelta:
        """How much earlier than the latest decision a request may be decided."""
        return past_duration(self.late_by, "late_by")

    @property
    def placed_by(self) -> str:
        """Column of the moment that must be within reach."""
        return self.time

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of the past that it reads."""
        return tuple(dict.fromkeys([*self.key_columns, *self._columns, self.time]))

    def column_in_words(self, column: str, /) -> str:
        """Return which season, and for how many steps ahead."""
        name, ahead = column.rsplit(AHEAD, 1)
        column = self.columns_behind(column)[0]
        which = name.rsplit("_", 1)[1]
        back = "mean of earlier ones" if which == "mean" else f"{which} back"
        return f"{column} of the same place in a season of {self.season}, {back}, {ahead} ahead"

    def columns_behind(self, column: str, /) -> tuple[str, ...]:
        """Return the column that it looks back at, the key and the time."""
        own = max((name for name in self._columns if column.startswith(f"{name}_{self.season}_")), key=len)
        return tuple(dict.fromkeys([own, *self.key_columns, self.time]))

    def apply(self, frame: pd.DataFrame, past: Past, /) -> pd.DataFrame:
        """Return the frame with the values of earlier seasons, for each step ahead."""
        made: dict[str, pd.Series] = {}
        now, numbered = numbered_past(frame, past, Grid(self.step), self.time, self.title)
        for ahead in range(1, self._steps_ahead + 1):
            places = [numbered.at(now - back) for back in self._backs(ahead)]
            for column in self._columns:
                found = [place.lag(column) for place in places]
                made |= {f"{column}_{self.season}_back_{n}{AHEAD}{ahead}": each for n, each in enumerate(found, 1)}
                if self.seasons > 1:
                    made[f"{column}_{self.season}_mean{AHEAD}{ahead}"] = _mean(found)
        refuse_taken(frame, made, self.title)
        return pd.concat([frame, pd.DataFrame(made, index=frame.index)], axis=1)


def _mean(values: list[pd.Series]) -> pd.Series:
    """Return the mean of those that are known, null where none is."""
    numbers = np.array([each.to_numpy(dtype=np.float64, na_value=np.nan) for each in values])
    known = ~np.isnan(numbers)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, numbers, 0.0).sum(axis=0) / known.sum(axis=0)
    return pd.Series(mean, index=values[0].index)
