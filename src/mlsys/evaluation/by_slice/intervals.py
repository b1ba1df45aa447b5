"""Values and intervals of many slices at once, from counts, ranks and sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation._metric import SampleMetric
from mlsys.evaluation.by_slice.rank_table import RankTable
from mlsys.evaluation.by_slice.summed import Summed
from mlsys.evaluation.counts import formulas, slopes
from mlsys.evaluation.counts.formulas import Values
from mlsys.evaluation.counts.ranks import auc, auc_bound, average_precision, average_precision_ends
from mlsys.evaluation.delta_method import ends_of
from mlsys.evaluation.intervals import auc_interval
from mlsys.evaluation.statistic import TWO_CLASSES, OfCells, OfRanks, OfSums
from mlsys.evaluation.units import FEWEST, ROWS_WORTH
from mlsys.summaries.wilson import wilson_ends

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
    metric: SampleMetric, tables: Values, rows: NDArray[np.int64], level: float | None, plain: bool, fewest: Values
) -> Found:
    """Return a metric of confusion counts: Wilson for shares of rows, the delta method otherwise.

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
    fewest : ndarray
        The fewest of rows, or of what else the metric needs, in each slice.
    """
    assert isinstance(metric.statistic, OfCells)
    value = metric.statistic.formula(tables)
    if level is None:
        return Found.of(value, rows, None, None)
    if not plain:
        return _of_rows(value, rows)
    few = fewest < _needed(metric)
    if metric.among is None:
        variance = spread_of_cells(metric.statistic.formula, tables) * rows / np.maximum(rows - 1, 1)
        return Found.of(value, rows, ends_of(value, variance, fewest, level, metric.bounds), few)
    among = metric.among(tables)
    ends = wilson_ends(value * among, among, level)
    counted = np.where(few | ~np.isfinite(value), rows, among.astype(np.int64))
    return Found.of(value, counted, ends, few | (among < FEWEST))


def spread_of_cells(formula: Callable[[Any], Values], tables: Values) -> Values:
    """Return the sum over rows of the squared slopes of a metric, for each table."""
    if tables.shape[-1] <= TWO_CLASSES:
        return np.asarray((tables * slopes.of_tables(formula, tables) ** 2).sum(axis=(-2, -1)))
    found = []
    for table in tables:
        margins = formulas.margins_of(table)
        truth, said, agreed = slopes.of_margins(formula, margins)
        both = (margins.truth * truth**2).sum() + (margins.said * said**2).sum() + 2 * truth @ table @ said
        found.append(both + (margins.agreed * agreed * (agreed + 2 * truth + 2 * said)).sum())
    return np.maximum(found, 0.0)


def of_ranks(
    metric: SampleMetric, ranks: Mapping[int, RankTable], rows: NDArray[np.int64], level: float | None, plain: bool
) -> Found:
    """Return a metric of rankings: for the AUC Wilson at DeLong's variance, the delta method otherwise.

    Of scores in bins, intervals are widened by what these hide.
    """
    assert isinstance(metric.statistic, OfRanks)
    formula = metric.statistic.formula
    by_class = [[formula(*each) for each in table.by_slice()] for table in ranks.values()]
    known = np.isfinite(by_class)
    counts = known.sum(axis=0)
    sums = np.where(known, by_class, 0.0).sum(axis=0)
    value = np.divide(sums, counts, out=np.full(len(rows), np.nan), where=counts > 0)
    if level is None:
        return Found.of(value, rows, None, None)
    if not (plain and len(ranks) == 1):
        return _of_rows(value, rows)
    few, ends = np.zeros(len(rows), dtype=bool), np.full((2, len(rows)), np.nan)
    table = next(iter(ranks.values()))
    for place, (events, others) in enumerate(table.by_slice()):
        rarer = min(events.sum(), others.sum())
        few[place] = rarer < _needed(metric)
        if not few[place]:
            ends[:, place] = (
                auc_interval(events, others, level)[1:]
                if metric.delong
                else _of_slopes(metric, events, others, float(value[place]), float(rarer), level)
            )
    hidden = hidden_by_bins(metric, table) if table.bins else 0.0
    return Found.of(value, rows, (np.maximum(ends[0] - hidden, 0.0), np.minimum(ends[1] + hidden, 1.0)), few)


def _of_slopes(
    metric: SampleMetric, events: Values, others: Values, value: float, rarer: float, level: float
) -> tuple[float, float]:
    assert isinstance(metric.statistic, OfRanks)
    of_event, of_other = metric.statistic.slopes(events, others)
    rows = events.sum() + others.sum()
    variance = ((events * of_event**2).sum() + (others * of_other**2).sum()) * rows / (rows - 1)
    lower, upper = ends_of(value, variance, rarer, level, metric.bounds, ROWS_WORTH * rarer)
    return float(lower), float(upper)


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


def of_sums(
    metric: SampleMetric,
    summed: Summed,
    rows: NDArray[np.int64],
    level: float | None,
    plain: bool,
    fewest: Values,
) -> Found:
    """Return a metric of sums, with an interval by the delta method.

    Parameters
    ----------
    metric : SampleMetric
        What is read.
    summed : Summed
        Sums, and the variance of the metric.
    rows : ndarray
        Rows of each slice.
    level : float or None
        Of the intervals.
    plain : bool
        Whether rows have no weights.
    fewest : ndarray
        The fewest of rows, or of what else the metric needs, in each slice.
    """
    assert isinstance(metric.statistic, OfSums)
    value = metric.statistic.formula(summed.read(metric.statistic))
    if level is None:
        return Found.of(value, rows, None, None)
    if metric.either is not None and not plain:  # whose classes are not counted by their weight alone
        return _of_rows(value, rows)
    drawn = rows if summed.queries is None else summed.queries
    units = summed.units if summed.queries is None else summed.queries
    few = np.minimum(fewest, units) < _needed(metric)
    squares = summed.squares(metric.statistic)
    ends = ends_of(value, squares * drawn / np.maximum(drawn - 1, 1), units, level, metric.bounds)
    found = Found.of(value, rows, ends, few)
    found.note[(found.note == "") & np.isnan(squares)] = OF_ROWS
    return found


def _needed(metric: SampleMetric) -> int:
    return FEWEST if metric.either is None else metric.either[0]


def _of_rows(value: Values, rows: NDArray[np.int64]) -> Found:
    found = Found.of(value, rows, None, None)
    found.note[found.note == ""] = OF_ROWS
    return found
