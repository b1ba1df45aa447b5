"""Values and intervals of many slices at once, from counts, ranks and sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.by_slice.rank_table import RankTable
from mlsys.evaluation.counts.formulas import Values
from mlsys.evaluation.counts.ranks import auc, auc_bound, average_precision, average_precision_ends
from mlsys.evaluation.intervals import FEWEST, auc_interval, quantile_of, wilson_ends
from mlsys.evaluation.metric import SampleMetric
from mlsys.evaluation.statistic import OfCells, OfRanks, OfSums

UNDEFINED, TOO_FEW, OF_ROWS = "not defined here", "not enough data", "needs the rows: no interval from counts alone"


@dataclass(frozen=True)
class Found:
    """Values, ends of intervals, rows and remarks, one for each slice."""

    value: Values
    lower: Values
    upper: Values
    n: NDArray[np.int64]
    note: NDArray[np.object_]

    @classmethod
    def of(
        cls, value: Values, rows: NDArray[np.int64], ends: tuple[Values, Values] | None, few: NDArray[np.bool_] | None
    ) -> Found:
        """Put together what was found; ends that are not known, or of too few rows, are left out and said."""
        note = np.full(len(value), "", dtype=object)
        lower, upper = ends if ends is not None else (np.full(len(value), np.nan),) * 2
        if few is not None:
            lower, upper = (np.where(few, np.nan, end) for end in (lower, upper))
            note[few] = TOO_FEW
        unknown = ~np.isfinite(value)
        note[unknown] = UNDEFINED
        lower, upper = (np.where(unknown, np.nan, end) for end in (lower, upper))
        return cls(value, lower, upper, rows, note)


def of_cells(
    metric: SampleMetric,
    tables: Values,
    rows: NDArray[np.int64],
    level: float | None,
    plain: bool,
    drawn: Values | None,
    fewest: Values,
) -> Found:
    """Return a metric of confusion counts: Wilson for shares of rows, multinomial draws otherwise.

    Parameters
    ----------
    metric : SampleMetric
        What is read.
    tables : ndarray of shape (slices, classes, classes)
        Counts.
    rows : ndarray
        Rows of each slice.
    level : float or None
        Of the intervals.
    plain : bool
        Whether rows have no weights.
    drawn : ndarray of shape (2, slices), optional
        Ends of bootstrap intervals, for what is no share of rows.
    fewest : ndarray
        The fewest of rows, or of what else the metric needs, in each slice.
    """
    assert isinstance(metric.statistic, OfCells)
    value = metric.statistic.formula(tables)
    if level is None:
        return Found.of(value, rows, None, None)
    if not plain:
        return _of_rows(value, rows)
    few = fewest < FEWEST
    if metric.among is None:
        assert drawn is not None
        return Found.of(value, rows, (drawn[0], drawn[1]), few)
    among = metric.among(tables)
    ends = wilson_ends(value * among, among, level)
    counted = np.where(few | ~np.isfinite(value), rows, among.astype(np.int64))
    return Found.of(value, counted, ends, few | (among < FEWEST))


def of_ranks(
    metric: SampleMetric, ranks: Mapping[int, RankTable], rows: NDArray[np.int64], level: float | None, plain: bool
) -> Found:
    """Return a metric of rankings: Wilson at DeLong's variance for the AUC; of bins, widened by what these hide."""
    assert isinstance(metric.statistic, OfRanks)
    formula, area = metric.statistic.formula, metric.statistic.formula is auc
    by_class = [[formula(*each) for each in table.by_slice()] for table in ranks.values()]
    known = np.isfinite(by_class)
    counts = known.sum(axis=0)
    sums = np.where(known, by_class, 0.0).sum(axis=0)
    value = np.divide(sums, counts, out=np.full(len(rows), np.nan), where=counts > 0)
    if level is None:
        return Found.of(value, rows, None, None)
    if not (plain and area and len(ranks) == 1):
        return _of_rows(value, rows)
    few, ends = np.zeros(len(rows), dtype=bool), np.full((2, len(rows)), np.nan)
    table = next(iter(ranks.values()))
    for place, (events, others) in enumerate(table.by_slice()):
        few[place] = min(events.sum(), others.sum()) < FEWEST
        if not few[place]:
            ends[:, place] = auc_interval(events, others, level)[1:]
            hidden = float(auc_bound(events, others)) if table.bins else 0.0
            ends[:, place] += -hidden, hidden
    return Found.of(value, rows, (np.maximum(ends[0], 0.0), np.minimum(ends[1], 1.0)), few)


def hidden_by_bins(metric: SampleMetric, table: RankTable) -> Values:
    """Return how far the value of each slice can lie from that of scores that were not put into bins."""
    assert isinstance(metric.statistic, OfRanks)
    if metric.statistic.formula is auc:
        return np.array([float(auc_bound(*each)) for each in table.by_slice()])
    bounds = []
    for each in table.by_slice():
        value, (low, high) = float(average_precision(*each)), average_precision_ends(*each)
        bounds.append(max(value - float(low), float(high) - value))
    return np.array(bounds)


def of_sums(metric: SampleMetric, sums: Values, rows: NDArray[np.int64], level: float | None, fewest: Values) -> Found:
    """Return a metric of sums, with a normal interval where it is a mean.

    Parameters
    ----------
    metric : SampleMetric
        What is read.
    sums : ndarray of shape (slices, sums)
        As its formula takes them; of a mean, those of squared weights follow, alone, times values, and times squares.
    rows : ndarray
        Rows of each slice.
    level : float or None
        Of the intervals.
    fewest : ndarray
        The fewest of rows, or of what else the metric needs, in each slice.
    """
    assert isinstance(metric.statistic, OfSums)
    value, few = metric.statistic.formula(sums), fewest < FEWEST
    if level is None:
        return Found.of(value, rows, None, None)
    if metric.per_row is None:
        return _of_rows(value, rows)
    weight, (least, most) = sums[:, 0], metric.bounds
    squares = sums[:, 4] - 2 * value * sums[:, 3] + value**2 * sums[:, 2]
    spread = np.sqrt(np.maximum(squares, 0.0) * rows / np.maximum(rows - 1, 1))
    half = quantile_of(level) * np.divide(spread, weight, out=np.full(len(rows), np.nan), where=weight > 0)
    return Found.of(value, rows, (np.maximum(least, value - half), np.minimum(most, value + half)), few)


def _of_rows(value: Values, rows: NDArray[np.int64]) -> Found:
    found = Found.of(value, rows, None, None)
    found.note[found.note == ""] = OF_ROWS
    return found
