"""Counting rows by slice: from plain arrays to what metrics are read from."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, Event
from mlsys.errors import DataError, listed
from mlsys.evaluation._metric import SampleMetric
from mlsys.evaluation.by_slice.rank_table import RankTable
from mlsys.evaluation.by_slice.slice_counts import Codes, SliceCounts
from mlsys.evaluation.by_slice.summed import Summed
from mlsys.evaluation.class_levels import AT_ONCE, Levels
from mlsys.evaluation.counts.formulas import MOST_CLASSES
from mlsys.evaluation.judging import Judge, judge_for
from mlsys.evaluation.levels import names_of
from mlsys.evaluation.sample import EVENT, Sample, Values
from mlsys.evaluation.statistic import OfCells, OfRanks, OfSums
from mlsys.summaries import GroupedSum
from mlsys.values import values_of


@dataclass(frozen=True)
class Grouping:
    """A column that rows are sliced by: the place of each row, and the names of the places."""

    column: str
    places: Codes
    names: tuple[str, ...]

    @classmethod
    def of(cls, column: str, values: pd.Series) -> Grouping:
        """Number the levels of a column that rows have; null is one of them."""
        try:
            levels = Levels.of(values.cat.remove_unused_categories() if hasattr(values, "cat") else values)
        except TypeError:  # what has no hash has no levels either
            raise DataError(f"by={column!r} holds {values_of(values)}", "slice by columns of plain values") from None
        found = [*levels.values, *([None] if levels.may_be_null else [])]
        return cls(column, levels.nulls_last, tuple(f"{column}={name}" for name in names_of(found)))

    def __len__(self) -> int:
        return len(self.names)

    def crossed(self, other: Grouping) -> Grouping:
        """Return the combinations of the levels of two columns that occur."""
        joint = self.places * len(other.names) + other.places
        there = np.flatnonzero(np.bincount(joint, minlength=len(self.names) * len(other.names)))
        names = [f"{self.names[each // len(other.names)]}, {other.names[each % len(other.names)]}" for each in there]
        return Grouping(f"{self.column}, {other.column}", np.searchsorted(there, joint), tuple(names))


@dataclass(frozen=True)
class Given:
    """Rows as they were given, each column once, with what is read from them when it is first needed.

    Parameters
    ----------
    y, prediction : Series
        Truth and prediction.
    shares : DataFrame
        Columns ``probability_<class>`` or ``score_<class>``; none where there are no such.
    weight : ndarray, optional
        Weights above 0.
    group : Series, optional
        Rows of one value are not independent.
    leading : Grouping, optional
        The first column that rows are sliced by: its counts are those of all rows, too.
    """

    y: pd.Series
    prediction: pd.Series
    shares: pd.DataFrame
    weight: Values | None
    group: pd.Series | None
    leading: Grouping | None

    @cached_property
    def levels(self) -> tuple[Levels, Levels]:
        """Different values of truth and prediction."""
        return Levels.of(self.y), Levels.of(self.prediction)

    @cached_property
    def is_of_numbers(self) -> bool:
        """Whether numbers are predicted rather than classes."""
        both = (self.y, self.prediction)
        numbers = all(pd.api.types.is_numeric_dtype(each) and not pd.api.types.is_bool_dtype(each) for each in both)
        return numbers and not len(self.shares.columns) and any(pd.api.types.is_float_dtype(each) for each in both)

    def judge(self, metrics: Sequence[Any] | None, level: float, event: Event | None) -> Judge:
        """Return the judge of these rows; each pair of truth and prediction stands for all rows that have it."""
        if self.is_of_numbers:
            return judge_for(self._frame(slice(0, 2)), metrics, level, event)
        truth, said = self.levels
        self._check_classes(event)
        weights = self._of_pairs()
        there = np.flatnonzero(weights) if isinstance(weights, np.ndarray) else weights.index.to_numpy()
        first, second = np.divmod(there, len(said.values) + 1)
        some = pd.DataFrame({"y": _at(self.y, truth, first), PREDICTION: _at(self.prediction, said, second)})
        some = some.assign(weight=np.asarray(weights[there]), **dict.fromkeys(self.shares.columns, 0.5))
        some = some if self.group is None else some.assign(group=0)
        return judge_for(some, metrics, level, event)

    def _check_classes(self, event: Event | None) -> None:
        """Refuse predictions of other classes, and an event that is none."""
        truth, said = (each.texts for each in self.levels)
        if not set(truth) & set(said):
            raise DataError(
                f"y holds {listed(truth)} and prediction {listed(said)}: no class is in both",
                "pass classes of the same type, such as prediction.astype(y.dtype)",
            )
        if event is not None and not any(event.is_called(name) for name in {*truth, *said}):
            raise DataError(f"event={event.value!r} is no class of y ({listed(truth)})", "name one of its classes")

    @property
    def _pairs(self) -> int:
        truth, said = self.levels
        return (len(truth.values) + 1) * (len(said.values) + 1)

    @property
    def holds_tables(self) -> bool:
        """Whether classes are few enough for a table of truth and prediction."""
        return self._pairs <= MOST_CLASSES**2

    def _of_pairs(self) -> Values | pd.Series:
        """Return the weight of the rows of each pair of truth and prediction; of very many, of those that occur."""
        if self.holds_tables:
            return np.asarray(self.joint(self.leading).floats().reshape(-1, self._pairs).sum(axis=0))
        truth, said = (each.nulls_last for each in self.levels)
        pair = pd.Series(truth * (len(self.levels[1].values) + 1) + said)
        return pair.map(lambda _: 1.0).groupby(pair).sum()

    @cached_property
    def _joints(self) -> dict[str, GroupedSum]:
        return {}

    def joint(self, grouping: Grouping | None) -> GroupedSum:
        """Return the weight of rows by slice and by pair of truth and prediction as they stand in the data.

        Rows are read once, some at a time, so that what is made of them stays in the processor's cache.
        """
        key = "" if grouping is None else grouping.column
        if key not in self._joints:
            truth, said = (each.nulls_last for each in self.levels)
            across, pairs, slices = (
                len(self.levels[1].values) + 1,
                self._pairs,
                1 if grouping is None else len(grouping),
            )
            total = np.zeros(slices * pairs, np.int64)
            every = np.empty(len(truth), np.int64) if self.weight is not None else None
            for begin in range(0, len(truth), AT_ONCE):
                some = slice(begin, begin + AT_ONCE)
                codes = np.multiply(truth[some], across)
                if grouping is not None:  # (slice * classes + truth) * predictions + prediction, in place
                    codes += np.multiply(grouping.places[some], pairs)
                codes += said[some]
                if every is None:
                    total += np.bincount(codes, minlength=len(total))
                else:
                    every[some] = codes
            weighed = None if every is None else GroupedSum.of(every, self.weight, len(total))  # type: ignore[arg-type]
            self._joints[key] = GroupedSum.of_counts(total) if weighed is None else weighed
        return self._joints[key]

    def cells(self, judge: Judge, grouping: Grouping | None) -> GroupedSum:
        """Return the weight of rows by slice, true and predicted class."""
        truth, said = self.levels
        slices, size = 1 if grouping is None else len(grouping), len(judge.classes) + 1
        codes = {name: float(place) for place, name in enumerate(judge.classes)}
        first, second = (np.nan_to_num(each.coded(codes), nan=size - 1).astype(np.int64) for each in (truth, said))
        moved = (first[:, None] * size + second).ravel()
        joint = self.joint(self.leading if grouping is None else grouping)
        place = np.zeros(len(joint) // self._pairs, np.int64) if grouping is None else np.arange(slices)
        return joint.regroup((place[:, None] * size**2 + moved).ravel(), slices * size**2)

    def rows_of(self, grouping: Grouping | None) -> Codes:
        """Return the number of rows of each slice."""
        if grouping is None:
            return np.array([len(self.y)])
        if self.weight is None and grouping.column in self._joints:
            return np.asarray(self.joint(grouping).floats().reshape(len(grouping), -1).sum(axis=1).astype(np.int64))
        return np.bincount(grouping.places, minlength=len(grouping))

    def sample(self, judge: Judge) -> Sample:
        """Return the rows as arrays."""
        return Sample.of(self._frame(slice(None)), judge.classes)

    def scored(self) -> pd.DataFrame:
        """Return the rows as scored rows."""
        return self._frame(slice(None))

    def _frame(self, rows: slice) -> pd.DataFrame:
        frame = pd.DataFrame({"y": self.y, PREDICTION: self.prediction}).join(self.shares)
        if self.weight is not None:
            frame["weight"] = self.weight
        if self.group is not None:
            frame["group"] = self.group
        return frame.iloc[rows]


def _at(values: pd.Series, levels: Levels, places: Codes) -> pd.Series:
    """Return the values at places, null for the last one."""
    found = pd.Series([*levels.values, None], dtype=object)[places].reset_index(drop=True)
    return found.astype(values.dtype) if found.notna().all() else found


def counted(
    given: Given, groupings: Sequence[Grouping], judge: Judge, bins: int = 0, spread: bool = True
) -> SliceCounts:
    """Count rows once for each column that they are sliced by.

    Parameters
    ----------
    given : Given
        Rows.
    groupings : sequence of Grouping
        Columns to slice by.
    judge : Judge
        Of built-in metrics that are read from counts, sums or ranks.
    bins : int
        Number of bins for scores from 0 to 1; 0 keeps each distinct score.
    spread : bool
        Whether what intervals of sums need is added up, too.
    """
    kinds = {type(each.statistic) for each in judge.metrics}
    sample = given.sample(judge) if {OfSums, OfRanks} & kinds else None
    found: list[SliceCounts] = []
    for each in (None, *groupings):
        names = (("", "all"),) if each is None else tuple((each.column, name) for name in each.names)
        tabled = OfCells in kinds or judge.task == "binary"  # what needs either class asks for its rows
        cells, sums, ranks = given.cells(judge, each) if tabled else None, {}, {}
        if sample is not None:
            places = np.zeros(len(given.y), np.int64) if each is None else each.places
            sums = {
                metric.name: Summed.of(metric, sample, places, len(names), given.weight, spread)
                for metric in judge.metrics
                if isinstance(metric, SampleMetric) and isinstance(metric.statistic, OfSums)
            }
            ranks = _ranked(judge, sample, places, len(names), given.weight, bins)
        rows = given.rows_of(each)
        found.append(SliceCounts(judge, names, rows, given.weight is None, cells, sums, ranks))
    return functools.reduce(operator.add, found)


def _ranked(
    judge: Judge, sample: Sample, places: Codes, slices: int, weight: Values | None, bins: int
) -> dict[int, RankTable]:
    """Return the ranks of the event, or of each class."""
    read = [each.statistic for each in judge.metrics if isinstance(each.statistic, OfRanks)]
    codes = range(len(judge.classes)) if any(each.by_class for each in read) else [EVENT] if read else []
    said = sample.by_class
    return {
        code: RankTable.of(places, slices, said[:, code], sample.y == code, weight, bins)
        for code in codes
        if said is not None
    }
