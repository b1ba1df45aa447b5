"""score_slices: metrics of predictions by slice, from plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import Event
from mlsys.errors import ConfigurationError
from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.by_slice.count_slices import Given, Grouping, counted
from mlsys.evaluation.by_slice.given_rows import given_rows
from mlsys.evaluation.by_slice.intervals import OF_ROWS, hidden_by_bins
from mlsys.evaluation.by_slice.slice_counts import SliceCounts
from mlsys.evaluation.intervals import at_once
from mlsys.evaluation.judging import Judge
from mlsys.evaluation.statistic import OfCells, OfRanks
from mlsys.pages import drawing
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FIRST = ["column", "slice", "metric", "value", "lower", "upper", "n", "verdict"]


def score_slices(
    y: Any,
    prediction: Any = None,
    by: Any = None,
    *,
    metrics: Sequence[Any] | None = None,
    probability: Any = None,
    score: Any = None,
    weight: Any = None,
    group: Any = None,
    event: Any = None,
    crossed: bool = False,
    level: float | None = 0.95,
    bins: int = 0,
) -> Result:
    """Return metrics of predictions for all rows and for each slice of them, with intervals.

    Parameters
    ----------
    y : array of shape (rows,)
        Truth: classes or numbers. Rows in which it is null do not count.
    prediction : array of shape (rows,), optional
        Classes or numbers; by default the likeliest class of ``probability``.
    by : array, Series, DataFrame or mapping of str to array, optional
        What slices rows: each column for itself, null as a level. Without it, all rows are scored.
    metrics : list of str, Metric or callable, optional
        As in :class:`Evaluate`; by default the usual ones for the task. The first is the headline metric.
    probability : array of shape (rows,) or (rows, classes), or DataFrame, optional
        Of the event, or of each class in sorted order, or by name of the class.
    score : array of shape (rows,) or (rows, classes), or DataFrame, optional
        What orders rows on a scale of its own, where there are no probabilities.
    weight : array of shape (rows,), optional
        Weights; a row of weight 0 does not count.
    group : array of shape (rows,), optional
        Rows of one value are not independent; intervals are then those between groups.
    event : bool, number or str, optional
        Of two classes the one that recall and precision speak of; chosen as in a pipeline when not given.
    crossed : bool
        Whether the columns of ``by`` are crossed with each other.
    level : float or None
        Confidence level of the intervals, which hold simultaneously for all slices (Sidak); ``None`` gives values
        alone, which is faster.
    bins : int
        Number of bins of equal width that probabilities are put into for ROC AUC and average precision; 0 keeps every
        distinct value. ``bound`` then says how far the value can lie from that without bins, and intervals of the ROC
        AUC are widened by it.

    Returns
    -------
    Result
        ``table`` has a row for each slice and metric: ``column``, ``slice``, ``metric``, ``value``, ``lower``,
        ``upper``, ``n`` (rows that it is of), ``verdict`` (worse, not worse, not enough data). ``plot()`` draws the
        headline metric.

    Raises
    ------
    ConfigurationError
        If a metric is unknown, or not of this task.
    DataError
        If lengths differ, or a probability is null or not between 0 and 1.

    Notes
    -----
    Rows are counted once for each column: metrics of a confusion matrix, their intervals (Wilson, or the delta method)
    and verdicts are read from the counts, whatever the number of metrics; log loss, errors and R2 from exact sums;
    rankings from one sort. Your own metrics, medians, and intervals with groups, or with weights of what is read from
    counts, need the rows of each slice, and take as long as in :class:`Evaluate`.

    Examples
    --------
    >>> y, said = [0, 1] * 100, [0, 1, 1, 1] * 50
    >>> found = score_slices(y, said, ["north", "north", "south", "south"] * 50, metrics=["accuracy", "recall"])
    >>> found.table[["slice", "metric", "value", "n", "verdict"]]
             slice    metric  value    n    verdict
    0          all  accuracy   0.75  200
    1          all    recall   1.00  100
    2  slice=north  accuracy   1.00  100  not worse
    3  slice=north    recall   1.00   50  not worse
    4  slice=south  accuracy   0.50  100      worse
    5  slice=south    recall   1.00   50  not worse
    """
    given, groupings = given_rows(y, prediction, by, probability, score, weight, group, event, crossed, bins)
    named = None if event is None else Event(event)
    judge = given.judge(metrics, level or 0.95, named)
    of_counts = [each for each in judge.metrics if _is_counted(each, given)]
    slices = sum(len(each.names) for each in groupings)
    each_level = None if level is None else at_once(level, slices)
    table = pd.DataFrame()
    if of_counts:
        found = counted(given, groupings, replace(judge, metrics=of_counts), bins, spread=level is not None)
        table = _levelled(found, level, each_level)
        table = table.assign(bound=_bounds(found)) if bins else table
    table = _with_rows(table, given, groupings, judge, each_level)
    return _result(table, judge, level)


def count_slices(
    y: Any,
    prediction: Any = None,
    by: Any = None,
    *,
    metrics: Sequence[str] | None = None,
    probability: Any = None,
    score: Any = None,
    weight: Any = None,
    group: Any = None,
    event: Any = None,
    crossed: bool = False,
    bins: int = 0,
) -> SliceCounts:
    """Count scored rows by slice; counts of several partitions are added with ``+``.

    Parameters
    ----------
    y, prediction, by, metrics, probability, score, weight, event, crossed, bins
        As in :func:`score_slices`; metrics are built-in ones, by name.
    group : array of shape (rows,), optional
        The query of each row, for NDCG, MAP and MRR. All rows of a query belong to one partition.

    Returns
    -------
    SliceCounts
        ``scores(level=)`` returns the metrics by slice. Counts of partitions are those of all rows together, to the
        last bit.

    Raises
    ------
    ConfigurationError
        If a metric is not read from counts, sums or ranks, such as a median or your own; if there are queries, and a
        metric is not of them: its rows would not be independent.

    Examples
    --------
    >>> monday = count_slices([0, 1, 1], [0, 1, 0], ["a", "a", "b"], metrics=["accuracy"])
    >>> tuesday = count_slices([1, 0, 0], [1, 0, 1], ["a", "b", "b"], metrics=["accuracy"])
    >>> (monday + tuesday).scores(level=None)[["slice", "value", "n"]]
         slice     value  n
    0      all  0.666667  6
    1  slice=a  1.000000  3
    2  slice=b  0.333333  3
    """
    given, groupings = given_rows(y, prediction, by, probability, score, weight, group, event, crossed, bins)
    judge = given.judge(metrics, 0.95, None if event is None else Event(event))
    other = [each.name for each in judge.metrics if not _is_counted(each, given)]
    if other:
        raise ConfigurationError(
            f"count_slices() cannot read {', '.join(other)} from counts", "leave it out, or use score_slices(...)"
        )
    alone = [each.name for each in judge.metrics if not (isinstance(each, SampleMetric) and each.by_query)]
    if group is not None and alone:
        raise ConfigurationError(
            f"count_slices(group=...) counts queries, but {', '.join(alone)} is read from rows",
            "count it without group=, or use score_slices(..., group=...)",
        )
    return counted(given, groupings, judge, bins)


def _is_counted(metric: Metric, given: Given) -> bool:
    """Whether a metric is read from counts, ranks or sums that are small enough to be held."""
    fits = given.is_of_numbers or given.holds_tables or not isinstance(metric.statistic, OfCells)
    return isinstance(metric, SampleMetric) and metric.statistic is not None and fits


def _levelled(found: SliceCounts, level: float | None, each: float | None) -> pd.DataFrame:
    """Return scores: of all rows with their own interval, of slices with intervals that hold together."""
    table = found.scores(each)
    if level != each:
        alone = found.everyone.scores(level)
        table.loc[table["column"] == "", ["lower", "upper"]] = alone[["lower", "upper"]].to_numpy()
    return table


def _bounds(found: SliceCounts) -> np.ndarray:
    columns = []
    for metric in found.judge.metrics:
        table = next(iter(found.ranks.values()), None) if len(found.ranks) == 1 else None
        if table is not None and isinstance(metric, SampleMetric) and isinstance(metric.statistic, OfRanks):
            columns.append(hidden_by_bins(metric, table))
        else:
            columns.append(np.zeros(len(found.names)))
    return np.column_stack(columns).ravel()


def _with_rows(
    table: pd.DataFrame, given: Given, groupings: Sequence[Grouping], judge: Judge, level: float | None
) -> pd.DataFrame:
    """Add what needs the rows of each slice: own metrics, and intervals with weights or groups."""
    noted = () if table.empty else zip(table["metric"].tolist(), table["note"].tolist(), strict=True)
    lacking = list(dict.fromkeys(name for name, note in noted if note == OF_ROWS))
    if given.group is not None and level is not None:
        lacking = [metric.name for metric in judge.metrics]
    there = set() if table.empty else set(table["metric"])
    slow = [each for each in judge.metrics if each.name in lacking or each.name not in there]
    if not slow:
        return table
    of_rows = replace(judge, metrics=slow, level=level or judge.level)
    judged, found = of_rows.read(given.scored()), []
    for column, name, rows in _slices(groupings, len(given.y)):
        some, what = judged.taken(rows), f"rows of the slice {name!r}"
        if level is None:
            values = of_rows.values(some, what)
            scores = [{"metric": key, "value": value, "n": len(rows)} for key, value in values.items()]
        else:
            asked = of_rows if column else replace(of_rows, level=judge.level)
            scores = asked.scores(some, what)
        found += [{"column": column, "slice": name, **row} for row in scores]
    slowly = pd.DataFrame(found).rename(columns={"verdict": "note"})
    kept = table[~table["metric"].isin([each.name for each in slow])] if len(table) else table
    both = pd.concat([kept, slowly], ignore_index=True)
    order = {name: place for place, name in enumerate(dict.fromkeys(slowly["slice"]))}
    metrics = {each.name: place for place, each in enumerate(judge.metrics)}
    keys = pd.DataFrame({"slice": both["slice"].map(order), "metric": both["metric"].map(metrics)})
    return both.loc[keys.sort_values(["slice", "metric"]).index].reset_index(drop=True)


def _slices(groupings: Sequence[Grouping], rows: int) -> list[tuple[str, str, np.ndarray]]:
    found = [("", "all", np.arange(rows))]
    for each in groupings:
        order = np.argsort(each.places, kind="stable")
        ends = np.searchsorted(each.places[order], np.arange(1, len(each.names)))
        parts = np.split(order, ends)
        found += [(each.column, name, part) for name, part in zip(each.names, parts, strict=True)]
    return found


def _result(table: pd.DataFrame, judge: Judge, level: float | None) -> Result:
    names = [*_FIRST, *(["bound"] if "bound" in table else [])]
    verdicts = table["note"].fillna("").tolist() if "note" in table else [""] * len(table)
    sliced = [column != "" for column in table["column"]]
    if level is not None:
        overall = {row["metric"]: row["value"] for row in table.to_dict("records") if not row["column"]}
        rows = zip(verdicts, table.to_dict("records"), sliced, strict=True)
        verdicts = [note or (judge.verdict(row, overall[row["metric"]]) if one else "") for note, row, one in rows]  # type: ignore[arg-type]
    worse = list(dict.fromkeys(name for name, each in zip(table["slice"], verdicts, strict=True) if each == "worse"))
    table["verdict"] = verdicts
    said = f"worse: {', '.join(worse)}" if worse else "no slice is worse than all rows" if any(sliced) else ""
    facts = {"headline": judge.headline.name, "level": level}
    return Result("slices", table.reindex(columns=names), summary=said, facts=facts, draw=draw_slices)


def draw_slices(result: Result, ax: Axes) -> None:
    """Draw the headline metric of all rows and of each slice, those that are worse in red."""
    rows = result.table[result.table["metric"] == result.facts["headline"]]
    rows = rows[rows["value"].notna()].to_dict("records")
    for place, row in enumerate(rows):
        colour = drawing.BAD if row["verdict"] == "worse" else drawing.MINE if not row["column"] else drawing.OTHER
        drawing.dot(ax, place, row["value"], row["lower"], row["upper"], colour, f"{row['value']:.3f}")
    level = "" if result.facts["level"] is None else f" ({result.facts['level']:.0%} intervals, together)"
    drawing.finish(ax, [str(row["slice"]) for row in rows], f"{result.facts['headline']}{level}")
    drawing.as_high_as(ax, len(rows))
