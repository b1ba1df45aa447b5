"""Forecast: rows of a decision moment and a horizon out of series."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.data._level import Relative, relative_to
from mlsys.data._made_columns import past_duration, refuse_taken
from mlsys.data._series import Grid, Known, decision_numbers, longest, refuse_repeated
from mlsys.data._step_ahead import by_step_ahead, refuse_gaps, say_gaps
from mlsys.dataset import (
    DECISION,
    FACTOR,
    HORIZON,
    LAG,
    LEVEL_LAG,
    NAIVE_ERROR,
    NAIVE_SQUARED_ERROR,
    OFFSET,
    STEPS_AHEAD,
    STRETCH,
    TARGET_TIME,
    Roles,
    Rows,
    require_columns,
)
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, Reshape
from mlsys.steps.keys import NO_KEY, numbered
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

logger = logging.getLogger("mlsys")

TARGET_KNOWN = "target_known"
LAST, SAME_SEASON, SEASON_MEAN = "last_value", "same_season", "season_mean"
SOON = "1us"
"""How long after its time a value is known: at the next step, and not at its own."""
LEAST_HORIZONS = 3
"""Horizons that a series must last: one to learn from, one to choose by, one to test on."""


class Forecast(Reshape):
    """Make rows to forecast from: each step of a series as a decision moment, with each horizon from there.

    Parameters
    ----------
    horizon : str or int
        How far ahead is predicted: a duration such as ``"7D"``, or a number of steps.
    step : str
        Distance between the times of a series: a duration, or ``MS``, ``ME``, ``QS``, ``QE``, ``YS``, ``YE`` for
        months, quarters and years.
    by : str or list of str
        Columns that tell series apart; ``()`` if there is one series.
    known_ahead : list of str
        Columns known before their time, such as holidays or a planned price: rows get the values at the time that is
        predicted.
    season : str or int, optional
        Length of a season, for the seasonal baselines and the scaled metrics.
    seasons : int, optional
        How many earlier seasons the baseline ``season_mean`` is the mean of; by default all that are known.
    gaps : {"leave", "refuse"}
        Whether steps of a series without a row, or without a value of the target, are left out or refused.
        :class:`~mlsys.FillGaps` fills them.
    every : str or int, optional
        Distance between decision moments; by default each step is one.
    known_after : str, optional
        How long after its time a value is known; by default before the next step.
    level : str, optional
        Column with the level of a series, known at the decision: its mean over the last weeks, or its last value. The
        numbers named after the target (``sold_lag_1``, ``sold_month``) are then relative to it, and
        :class:`~mlsys.TrainForecast` learns the target relative to it. Trees predict no level that they have not seen;
        this way they need not.
    relative : {"difference", "ratio"}
        Whether the level is subtracted or divided by. Ratios suit series whose ups and downs grow with their level; it
        must then not be negative.

    Raises
    ------
    DataError
        If times are not regular or occur twice in a series, a series has no time role or target, or no series lasts
        three horizons; with ``gaps="refuse"``, if a series has a gap.
    ConfigurationError
        If a horizon or season is not a whole number of steps.

    Notes
    -----
    The time role is the decision moment: what carries an earlier time is known, what carries this time or a later one
    is not. A row has the ``horizon`` (1 for the step at the decision moment itself), the ``target_time`` that is
    predicted, the target as it became known then, and the columns of the row at the decision moment. Of these, all but
    the keys and ``known_ahead`` are known only after it and are no features: use their past with :class:`~mlsys.Lag` or
    :class:`~mlsys.WindowAggregate` before this step. The label is known at ``target_time``, so that
    :class:`~mlsys.TimeSplit` and :class:`~mlsys.TimeFolds` leave out training rows whose target lies behind the
    boundary; no further embargo is needed.

    The columns ``last_value``, ``same_season`` (the latest known value of the same place in the season) and
    ``season_mean`` (the mean of all of them, or of the last ``seasons``) are forecasts without a model, for
    ``Evaluate(baselines=[...])``; ``naive_error`` and ``naive_squared_error`` are the mean errors so far of the value
    one season before, by which the metrics ``mase`` and ``rmsse`` are scaled (Hyndman and Koehler 2006).
    ``stretch`` numbers stretches of time, each
    as long as the horizon, in which targets lie: without a group role, intervals are bootstraps of whole stretches,
    since a target is predicted from several decisions and errors of neighbouring times are alike; fewer than ten
    stretches give no interval. None of these is a feature.

    Rows without a value at ``target_time`` and decision moments before the first known value of a series are left out,
    and counted in the log (``mlsys``, level INFO). Steps of whole days follow the clock on the wall, shorter ones the
    time that has passed, so that a change of clocks moves no row. ``Lag("store", "sold", 7)`` counts rows, and in a
    series with gaps looks further back than seven steps, which a warning says;
    ``Lag(..., step="1D", time="day")`` counts steps. Columns with a value for each step ahead, such as a weather
    forecast ``temp_ahead_1`` to ``temp_ahead_7`` or those of :class:`~mlsys.SeasonLag`, become one column (``temp``)
    with the value for the row's horizon. Memory: rows times horizons.

    References
    ----------
    Hyndman and Koehler (2006), Another look at measures of forecast accuracy. Ben Taieb et al. (2012), A review and
    comparison of strategies for multi-step ahead time series forecasting.

    Examples
    --------
    >>> sales = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=7), "sold": [3, 5, 8, 4, 6, 9, 5]})
    >>> rows = Forecast("2D").over(sales, target="sold", time="day")
    >>> rows[["day", "horizon", "target_time", "sold", "last_value"]].head(4)
             day  horizon target_time  sold  last_value
    0 2024-01-02        1  2024-01-02     5         3.0
    1 2024-01-02        2  2024-01-03     8         3.0
    2 2024-01-03        1  2024-01-03     8         5.0
    3 2024-01-03        2  2024-01-04     4         5.0
    """

    of_no_earlier_rows: ClassVar[bool] = True
    horizon: int | str
    step: str = "1D"
    by: str | tuple[str, ...] = ()
    known_ahead: tuple[str, ...] | list[str] = Field(default=(), kw_only=True)
    season: int | str | None = Field(default=None, kw_only=True)
    seasons: int | None = Field(default=None, ge=1, kw_only=True)
    gaps: Literal["leave", "refuse"] = Field(default="leave", kw_only=True)
    every: int | str = Field(default=1, kw_only=True)
    known_after: str = Field(default="", kw_only=True)
    level: str | None = Field(default=None, kw_only=True)
    relative: Relative = Field(default="difference", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse lengths that are no whole number of steps."""
        for what in ("horizon", "every", *(("season",) if self.season is not None else ())):
            try:
                self.grid.count(getattr(self, what), what)
            except ConfigurationError as error:
                raise ConfigurationError(f"{self.title}: {error.problem}", error.remedy) from error
        if self.known_after:
            past_duration(self.known_after, f"{self.title}: known_after", positive=True)

    @property
    def grid(self) -> Grid:
        """The steps."""
        return Grid(self.step)

    @property
    def steps_ahead(self) -> int:
        """Number of horizons."""
        return self.grid.count(self.horizon, "horizon")

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns in ``by``."""
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)

    @property
    def _behind(self) -> int:
        """How many steps before a decision the latest known value lies."""
        return 1 + (pd.Timedelta(self.known_after) // self.grid.length if self.known_after else 0)

    def moments_read(self, columns: Iterable[str], roles: Roles) -> Mapping[str, str]:
        """Return when the columns of a series are known: with the next step, unless they are known ahead."""
        ahead = {*self.key_columns, *self.known_ahead, *(name for name in roles.columns() if name != roles.target)}
        return {name: self.known_after or SOON for name in columns if name not in ahead}

    def moments_written(self, roles: Roles) -> Mapping[str, str]:
        """Return when the target is known: at the time that is predicted."""
        return {} if roles.target is None else {roles.target: TARGET_KNOWN if self.known_after else TARGET_TIME}

    def withholds(self) -> tuple[str, ...]:
        """Columns that judge a model, and are no features."""
        judging = (LAST, SAME_SEASON, SEASON_MEAN, NAIVE_ERROR, NAIVE_SQUARED_ERROR, STRETCH, TARGET_KNOWN)
        return (*judging, STEPS_AHEAD, DECISION, OFFSET, FACTOR, LEVEL_LAG)

    def over(self, data: pd.DataFrame, /, target: str, time: str) -> pd.DataFrame:
        """Return the rows that a pipeline with these roles makes of a frame of series."""
        return self.reshape(Rows.of(data, Roles(target=target, time=time), ()))

    def reshape(self, frame: Rows, /) -> pd.DataFrame:
        """Return a row for each decision moment and horizon whose target is known."""
        target, time, given = self._target(frame.roles), self._time(frame.roles), pd.DataFrame(frame)
        remedy = "correct the names in by=, known_ahead= and level=, or the roles of the Pipeline"
        wide = by_step_ahead(given.columns, self.steps_ahead)
        level = [] if self.level is None or self.level in wide else [self.level]
        require_columns(given.columns, [time, target, *self.key_columns, *self.known_ahead, *level], self.title, remedy)
        refuse_taken(given, [HORIZON, TARGET_TIME, *self.withholds(), *wide], self.title)
        keys, steps = self._placed(given, time)
        values = _numbers(frame, target, self.title)
        if self.gaps == "refuse":
            refuse_gaps(given, self.key_columns, time, keys, steps, ~np.isnan(values), self.title)
        say_gaps(given, target, keys, steps, self.step, self.title)
        origins, ahead, rows = self._pairs(keys, steps, values)
        if not len(rows):
            raise DataError(f"{self.title} finds no decision moment with a known value before and after it",
                            "give longer series, or a shorter horizon")  # fmt: skip
        predicted = given.iloc[rows]
        made = given.drop(columns=[name for each in wide.values() for name in each]).iloc[origins]
        made = made.reset_index(drop=True)
        then: dict[str, Any] = {name: predicted[name].array for name in dict.fromkeys([target, *self.known_ahead])}
        facts: dict[str, Any] = {HORIZON: ahead, TARGET_TIME: predicted[time].array}
        if self.known_after:
            facts[TARGET_KNOWN] = (predicted[time] + pd.Timedelta(self.known_after)).array
        for name, each in wide.items():
            facts[name] = given[each].to_numpy(dtype=np.float64, na_value=np.nan)[origins, ahead - 1]
        made = with_columns(
            made, {**then, **facts, **self._beside(Known(keys, steps, values), keys, steps, origins, ahead)}
        )
        told = {STEPS_AHEAD: ahead, DECISION: decision_numbers(made, self.key_columns, time)}
        return self._scaled(with_columns(made, told), target)

    def to_complete(self, columns: Iterable[str], roles: Roles) -> dict[str, Any]:
        """Return what must be kept of the series to complete rows of a request."""
        wide = by_step_ahead(columns, self.steps_ahead)
        return {"target": self._target(roles), "time": self._time(roles), "wide": wide}

    def completed(self, rows: pd.DataFrame, kept: Mapping[str, Any], /) -> pd.DataFrame:
        """Return rows of decisions and horizons, as the steps before have changed them, as this step leaves them."""
        ahead = rows[HORIZON].to_numpy(dtype=np.int64)
        made: dict[str, Any] = {STEPS_AHEAD: ahead}
        if {*self.key_columns, kept["time"]} <= set(rows.columns):
            made[DECISION] = decision_numbers(rows, self.key_columns, kept["time"])
        for name, each in kept["wide"].items():
            if set(each) <= set(rows.columns):
                there = np.clip(ahead, 1, len(each))
                made[name] = rows[each].to_numpy(dtype=np.float64, na_value=np.nan)[np.arange(len(rows)), there - 1]
        return self._scaled(with_columns(rows, made), kept["target"])

    def completes(self, kept: Mapping[str, Any], /) -> Mapping[str, tuple[str, ...]]:
        """Return the columns that :meth:`completed` adds, and of which it makes them."""
        wide = {name: (HORIZON, *each) for name, each in kept["wide"].items()}
        level = () if self.level is None else wide.get(self.level, (self.level,))
        decision = (*self.key_columns, kept["time"])
        return {STEPS_AHEAD: (HORIZON,), DECISION: decision, OFFSET: level, FACTOR: level, LEVEL_LAG: (), **wide}

    def _scaled(self, rows: pd.DataFrame, target: str) -> pd.DataFrame:
        if self.level is None:
            return rows
        back = self.level.removeprefix(f"{target}{LAG}")
        lag = {LEVEL_LAG: int(back)} if back != self.level and back.isdecimal() else {}
        return with_columns(rows, {**lag, **relative_to(rows, self.level, self.relative, target, self.title)})

    def rows_ahead(
        self, keys: pd.DataFrame, last: pd.Timestamp, time: str, horizon: int | str | None = None, /
    ) -> pd.DataFrame:
        """Return a row for each key and horizon of the decision one step after the last known time."""
        steps = self.steps_ahead if horizon is None else self.grid.count(horizon, "horizon")
        if steps > self.steps_ahead:
            raise ConfigurationError(
                f"{self.title} has learned {self.steps_ahead} steps ahead, not {steps}",
                f"ask for at most horizon={self.steps_ahead}, or train with a longer one",
            )
        times = [self.grid.after(last, 1 + ahead) for ahead in range(steps)]
        rows = keys.loc[keys.index.repeat(steps)].reset_index(drop=True)
        ahead = np.tile(np.arange(1, steps + 1), len(keys))
        then = pd.Series(times)
        made: dict[str, Any] = {
            time: then.iloc[[0]].repeat(len(rows)).array,
            HORIZON: ahead,
            TARGET_TIME: pd.concat([then] * len(keys)).array,
        }
        return with_columns(rows, made)

    def _target(self, roles: Roles) -> str:
        if roles.has_several_targets:
            raise ConfigurationError(
                f"{self.title} forecasts one target, but there are several: {roles.targets_said}",
                "make one pipeline for each",
            )
        if roles.target is None:
            raise ConfigurationError(f"{self.title} has no target to forecast", 'name it: Pipeline(target="sold")')
        return roles.target

    def _time(self, roles: Roles) -> str:
        decision = roles.decision
        if roles.time is None or decision is None or decision.column != roles.time or decision.shift:
            raise ConfigurationError(
                f"{self.title} decides at the time role, which is {roles.time!r}, with decide_at {decision}",
                'name the time of the series, and leave decide_at= out: Pipeline(time="day")',
            )
        return roles.time

    def _placed(self, given: pd.DataFrame, time: str) -> tuple[Integers, Integers]:
        """Return the series and the step of each row."""
        (keys,) = numbered(self.key_columns, given)
        if (keys == NO_KEY).any():
            row = given.index[int(np.argmax(keys == NO_KEY))]
            raise DataError(
                f"{self.title}: row {row!r} has no {' or '.join(self.key_columns)}",
                "fill the column, or drop these rows first",
            )
        steps = self.grid.numbered(given[time], self.title)
        refuse_repeated(given, self.key_columns, time, keys, steps, self.title)
        lasts, needed = longest(keys, steps), LEAST_HORIZONS * self.steps_ahead
        if lasts < needed:
            raise DataError(
                f"{self.title}: the longest series has {lasts} steps of {self.step}, and a horizon of "
                f"{self.steps_ahead} needs at least {needed}: to learn from, to choose by and to test on",
                "give longer series, or a shorter horizon",
            )
        return keys, steps

    def _pairs(self, keys: Integers, steps: Integers, values: Any) -> tuple[Integers, Integers, Integers]:
        """Return the place of each decision moment, the horizon, and the place of the row that is predicted."""
        where, known = Known(keys, steps, np.arange(len(keys), dtype=np.float64)), Known(keys, steps, values)
        before = ~np.isnan(known.last(keys, steps - self._behind))
        regular = (steps - steps.min()) % self.grid.count(self.every, "every") == 0
        origins = np.flatnonzero(before & regular)
        places = np.repeat(origins, self.steps_ahead)
        ahead = np.tile(np.arange(1, self.steps_ahead + 1), len(origins))
        found = where.at(keys[places], steps[places] + ahead - 1)
        there = ~np.isnan(found)
        there[there] = ~np.isnan(values[found[there].astype(np.int64)])
        if not there.all():
            logger.info(
                "%s leaves out %s of %s pairs of decision moment and horizon: no value at the time that is predicted",
                self.title, f"{int((~there).sum()):,}", f"{len(there):,}",
            )  # fmt: skip
        return places[there], ahead[there], found[there].astype(np.int64)

    def _beside(
        self, known: Known, keys: Integers, steps: Integers, origins: Integers, ahead: Integers
    ) -> dict[str, NDArray[Any]]:
        """Return forecasts without a model, and the errors by which metrics are scaled, as known at the decision."""
        keys, now = keys[origins], steps[origins]
        until = now - self._behind
        last = known.last(keys, until)
        season = 1 if self.season is None else self.grid.count(self.season, "season")
        found: dict[str, NDArray[Any]] = {LAST: last}
        if self.season is not None:
            then = now + ahead - 1
            back = -(-(then - until) // season) * season
            same = known.at(keys, then - back)
            since = None if self.seasons is None else until - season * self.seasons
            mean = known.by_phase(season).mean(keys * season + then % season, until, since)
            found |= {
                SAME_SEASON: np.where(np.isnan(same), last, same),
                SEASON_MEAN: np.where(np.isnan(mean), last, mean),
            }
        of, at, gaps = known.differences(season)
        found[STRETCH] = (now + ahead - 1 - known.first) // self.steps_ahead
        for name, errors in ((NAIVE_ERROR, np.abs(gaps)), (NAIVE_SQUARED_ERROR, gaps**2)):
            scale = Known(of, at, errors).mean(keys, until)
            found[name] = np.where(scale > 0, scale, np.nan)
        return found


def _numbers(frame: Rows, target: str, who: str) -> NDArray[np.float64]:
    try:
        return np.asarray(frame.y.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise DataError(f"{who} forecasts numbers, but the target {target!r} holds {frame.y.dtype}",
                        "derive a number from it first, such as a count a step") from error  # fmt: skip
