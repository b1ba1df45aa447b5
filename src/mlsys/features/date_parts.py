"""DateParts: moments as numbers that a model can use: days, and the parts of the calendar and the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import Moment
from mlsys.errors import ConfigurationError
from mlsys.features._columns import refuse_taken, replaced, require, require_kinds
from mlsys.steps import ColumnChoice, Transform
from mlsys.steps.column_choice import names_or
from mlsys.summaries import Counts, Moments, SummaryMap
from mlsys.values import Kind, moments_of, plain, values_by_column, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

Part = Literal["year", "month", "day", "weekday", "hour"]
PARTS: tuple[Part, ...] = ("year", "month", "day", "weekday", "hour")

_MOMENTS = frozenset({Kind.MOMENT, Kind.DATE, Kind.PERIOD})
_BY_LEVEL = ("month", "weekday")
_TICKS_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_MINUTES_PER_DAY = 1440
_THURSDAY = 3
"""The weekday of 1970-01-01."""
_HARMONICS = (1, 2, 3)
"""A day at work or on the road has up to three peaks."""


class DateParts(Transform):
    """Replace times by days since an origin, and by the parts of the calendar and clock that vary.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Times, dates or periods, each dropped; by default all features of these kinds.
    parts : list of {"year", "month", "day", "weekday", "hour"}
        Parts to add; a part that is the same in all training rows is left out.
    age : bool
        Whether to add the days since 1970-01-01 as ``<column>_days``, or, with ``before``, the days from the time
        to the decision as ``<column>_age``.
    before : str, optional
        The decision moment, like ``decide_at`` of a pipeline: ``"departs"``, ``"1h before departs"``.
    cyclic : bool
        Encoding for linear models: a 0/1 column for each month and weekday of the training rows, and the hour as
        sines and cosines with periods of a day, half a day and a third of a day.

    Raises
    ------
    DataError
        If a named column holds no times.

    Notes
    -----
    Columns are ``<column>_year``, ``_month`` (1 to 12), ``_day`` (1 to 31), ``_weekday`` (0 is Monday) and ``_hour``
    (with minutes: 8.5 is half past eight). Times with a zone are used in UTC, dates as midnight at their start and
    periods as their start. Null gives null, and 0 in every 0/1 column. One pass, about 60 ms per million
    rows and column.

    Examples
    --------
    >>> frame = pd.DataFrame({"sold": pd.to_datetime(["2024-01-05", "2024-01-06", "2024-03-06"])})
    >>> DateParts().fit(frame).transform(frame)
       sold_days  sold_month  sold_day  sold_weekday
    0    19727.0         1.0       5.0           4.0
    1    19728.0         1.0       6.0           5.0
    2    19788.0         3.0       6.0           2.0
    """

    columns: ColumnChoice = None
    parts: tuple[Part, ...] | list[Part] = PARTS
    age: bool = True
    before: str | None = None
    cyclic: bool = False
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse a step that would make nothing."""
        if not self.parts and not self.age:
            raise ConfigurationError("DateParts got neither parts nor age", 'name parts, such as parts=["month"]')

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return which parts occur in each column."""
        decided = self._decided(part)
        found = SummaryMap()
        for name in self._chosen(part):
            clock = _Clock(part[name], self.title)
            seen = SummaryMap({each: Counts.of(clock.part(each)) for each in self.parts})
            if self.age:
                seen["age"] = Moments.of(clock.days if decided is None else decided.days - clock.days)
            found[name] = seen
        return found

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return the output columns of each column."""
        return [self._made_of(str(name), seen) for name, seen in summary.items()]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns replaced."""
        dropped = [each["column"] for each in state]
        require(frame, dropped, self.title)
        decided = self._decided(frame) if state else None
        added: dict[str, NDArray[Any]] = {}
        for each in state:
            clock = _Clock(frame[each["column"]], self.title)
            if each["age"]:
                added[each["age"]] = clock.days if decided is None else decided.days - clock.days
            for name in each["parts"]:
                added |= self._columns_of(each, name, clock.part(name))
        refuse_taken(frame, list(added), dropped, self.title)
        return replaced(frame, {}, added, dropped)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all columns, and the column of the decision."""
        return tuple(dict.fromkeys([*names_or(self.columns, columns), *self.columns_beside]))

    @property
    def columns_beside(self) -> tuple[str, ...]:
        """The column of the decision."""
        return () if self.before is None else (Moment.parse(self.before).column,)

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the replaced columns, and that of the decision."""
        return tuple(dict.fromkeys([*(each["column"] for each in state), *self.columns_beside]))

    def _chosen(self, part: Rows) -> Sequence[str]:
        shown = [name for name in part.feature_names if name not in self.columns_beside]
        if self.columns is not None:
            names = shown if self.chooses_columns else list(names_or(self.columns, ()))
            require_kinds(part, names, _MOMENTS, self.title)
            return names
        found = values_by_column(part, shown)
        return [name for name, values in found.items() if values.means in _MOMENTS]

    def _decided(self, frame: pd.DataFrame) -> _Clock | None:
        return None if self.before is None else _Clock(Moment.parse(self.before).of(frame), self.title)

    def _made_of(self, column: str, seen: SummaryMap) -> dict[str, Any]:
        parts = [name for name in self.parts if len(seen[name]) > 1]
        levels = {name: sorted(int(value) for value in seen[name]) for name in parts if name in _BY_LEVEL}
        varies = self.age and seen["age"].minimum < seen["age"].maximum
        age = f"{column}_{'days' if self.before is None else 'age'}" if varies else ""
        return {"column": column, "age": age, "parts": parts, "levels": levels if self.cyclic else {}}

    def _columns_of(self, known: dict[str, Any], part: str, values: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
        name = f"{known['column']}_{part}"
        if part in known["levels"]:
            return {f"{name}_{level}": (values == level).astype(np.uint8) for level in known["levels"][part]}
        if self.cyclic and part == "hour":
            made: dict[str, NDArray[Any]] = {}
            for times in _HARMONICS:
                angle = values * (2 * np.pi * times / 24)
                made |= {f"{name}_sin{times}": np.sin(angle), f"{name}_cos{times}": np.cos(angle)}
            return made
        return {name: values}


class _Clock:
    """Moments as whole days and minutes of the day, null as NaN."""

    def __init__(self, column: pd.Series, who: str) -> None:
        if values_of(column).means is Kind.PERIOD:
            column = _beginnings(column)
        ticks = pd.DatetimeIndex(moments_of(column, who).array)
        self.null = np.asarray(ticks.isna())
        per_day = _TICKS_PER_DAY[ticks.unit]
        self.day, rest = np.divmod(ticks.asi8, per_day)
        self.minute = rest // (per_day // _MINUTES_PER_DAY)
        self.days = self._with_nulls(self.day + rest / per_day)

    def part(self, name: str) -> NDArray[np.float64]:
        """Return one part of each moment."""
        if name == "hour":
            return self._with_nulls(self.minute / 60)
        if name == "weekday":
            return self._with_nulls((self.day + _THURSDAY) % 7)
        day = np.where(self.null, 0, self.day).astype("M8[D]")
        month = day.astype("M8[M]")
        if name == "day":
            return self._with_nulls((day - month.astype("M8[D]")).astype(np.int64) + 1)
        if name == "month":
            return self._with_nulls(month.astype(np.int64) % 12 + 1)
        return self._with_nulls(month.astype("M8[Y]").astype(np.int64) + 1970)

    def _with_nulls(self, values: NDArray[Any]) -> NDArray[np.float64]:
        return np.where(self.null, np.nan, values)


def _beginnings(column: pd.Series) -> pd.Series:
    made = plain(column)
    made = made.astype(made.cat.categories.dtype) if isinstance(made.dtype, pd.CategoricalDtype) else made
    return pd.Series(made.dt.to_timestamp(how="start"))
