"""SliceCounts: what metrics are read from, counted once for every slice, and added up over partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.by_slice.intervals import Found, of_cells, of_ranks, of_sums
from mlsys.evaluation.by_slice.rank_table import RankTable
from mlsys.evaluation.by_slice.summed import Summed
from mlsys.evaluation.counts import formulas
from mlsys.evaluation.counts.formulas import Values
from mlsys.evaluation.judging import Judge
from mlsys.evaluation.statistic import OfCells, OfRanks
from mlsys.summaries import GroupedSum

Codes = NDArray[np.int64]
SEED = 0


@dataclass(frozen=True, eq=False, repr=False)
class SliceCounts:
    """Counts and sums of scored rows by slice; made by :func:`count_slices`, and added with ``+``.

    Parameters
    ----------
    judge : Judge
        Task, metrics, classes and event.
    names : tuple of (str, str)
        Column and level of each slice; the first, of no column, holds all rows.
    rows : ndarray of int, shape (slices,)
        Rows of each slice.
    plain : bool
        Whether no row has a weight other than 1.
    cells : GroupedSum, optional
        Weight of rows by slice, true class and predicted class.
    sums : mapping of str to Summed
        By metric: what it adds up, by slice, and what its interval needs.
    ranks : mapping of int to RankTable
        By class: weight of rows of it and of others, by slice and distinct score.

    Notes
    -----
    Sums are exact, so the counts of rows do not depend on how these are divided, nor on their order. Memory: classes
    squared for each slice, and where a ranking is asked for, one line for each distinct score of a slice, or each bin.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys import count_slices
    >>> cities = pd.DataFrame({"city": ["Bonn", "Lyon"] * 2})
    >>> counted = count_slices([0, 1, 1, 0], [0, 1, 0, 0], cities, metrics=["accuracy"])
    >>> (counted + counted).rows.tolist()
    [8, 4, 4]
    """

    judge: Judge
    names: tuple[tuple[str, str], ...]
    rows: Codes
    plain: bool
    cells: GroupedSum | None
    sums: Mapping[str, Summed]
    ranks: Mapping[int, RankTable]

    def __add__(self, other: SliceCounts) -> SliceCounts:
        if not isinstance(other, SliceCounts):
            return NotImplemented
        mine, theirs = (_described(each.judge) for each in (self, other))
        if mine != theirs:
            raise DataError(
                f"counts of {theirs} cannot be added to counts of {mine}",
                "count all partitions with the same metrics, classes= and event=",
            )
        names = tuple(dict.fromkeys([*self.names, *other.names]))
        return self._under(names)._plus(other._under(names))

    def _plus(self, two: SliceCounts) -> SliceCounts:
        """Return the counts of the same slices added."""
        one = self
        return replace(
            one,
            rows=one.rows + two.rows,
            plain=one.plain and two.plain,
            cells=None if one.cells is None or two.cells is None else one.cells + two.cells,
            sums={name: each + two.sums[name] for name, each in one.sums.items()},
            ranks={code: each + two.ranks[code] for code, each in one.ranks.items()},
        )

    def _under(self, names: tuple[tuple[str, str], ...]) -> SliceCounts:
        """Return the same counts with slices in another order, more of them."""
        if names == self.names:
            return self
        places = {name: place for place, name in enumerate(names)}
        at = np.array([places[name] for name in self.names])
        rows = np.zeros(len(names), np.int64)
        rows[at] = self.rows

        def moved(sums: GroupedSum) -> GroupedSum:
            each = len(sums) // len(self.names)
            return sums.regroup((at[:, None] * each + np.arange(each)).ravel(), len(names) * each)

        return replace(
            self,
            names=names,
            rows=rows,
            cells=None if self.cells is None else moved(self.cells),
            sums={name: each.regroup(at, len(names)) for name, each in self.sums.items()},
            ranks={code: each.under(at, len(names)) for code, each in self.ranks.items()},
        )

    @property
    def everyone(self) -> SliceCounts:
        """The counts of all rows alone."""

        def first(sums: GroupedSum) -> GroupedSum:
            return sums.taken(np.arange(len(sums) // len(self.names)))

        return replace(
            self,
            names=self.names[:1],
            rows=self.rows[:1],
            cells=None if self.cells is None else first(self.cells),
            sums={name: each.taken(np.zeros(1, np.int64)) for name, each in self.sums.items()},
            ranks={code: each.first() for code, each in self.ranks.items()},
        )

    @property
    def tables(self) -> Values:
        """Weight of rows by slice, true class and predicted class; the last of either is of unknown ones."""
        assert self.cells is not None
        size = len(self.judge.classes) + 1
        return self.cells.floats().reshape(len(self.names), size, size)

    def scores(self, level: float | None = 0.95) -> pd.DataFrame:
        """Return the metrics of each slice.

        Parameters
        ----------
        level : float or None
            Of each interval; ``None`` gives values alone.

        Returns
        -------
        DataFrame
            One row for each slice and metric: ``column``, ``slice``, ``metric``, ``value``, ``lower``, ``upper``,
            ``n``, ``note``.
        """
        found = {each.name: self._found(each, level) for each in self.judge.metrics}
        columns, slices = zip(*self.names, strict=True)
        parts = {
            each: [getattr(one, each) for one in found.values()] for each in ("value", "lower", "upper", "n", "note")
        }
        return pd.DataFrame({
            "column": np.repeat(np.array(columns, dtype=object), len(found)),
            "slice": np.repeat(np.array(slices, dtype=object), len(found)),
            "metric": np.tile(np.array([*found], dtype=object), len(slices)),
            **{name: np.column_stack(each).ravel() for name, each in parts.items()},
        })  # fmt: skip

    def _found(self, metric: Metric, level: float | None) -> Found:
        assert isinstance(metric, SampleMetric)
        statistic = metric.statistic
        if isinstance(statistic, OfCells):
            return of_cells(metric, self.tables, self.rows, level, self.plain, self._fewest(metric))
        if isinstance(statistic, OfRanks):
            return of_ranks(metric, self.ranks, self.rows, level, self.plain)
        return of_sums(metric, self.sums[metric.name], self.rows, level, self.plain, self._fewest(metric))

    def _fewest(self, metric: SampleMetric) -> Values:
        """Return the rows of each slice, or of the rarer of two classes where the metric needs either."""
        if metric.either is None or self.judge.task != "binary" or not self.plain:
            return self.rows.astype(np.float64)
        return np.minimum(formulas.events(self.tables), self.rows - formulas.events(self.tables))


def _described(judge: Judge) -> str:
    event = f" with the event {judge.classes[-1]}" if judge.task == "binary" else ""
    classes = f" of the classes {', '.join(judge.classes)}" if judge.classes else ""
    return f"{', '.join(each.name for each in judge.metrics)}{classes}{event}"
