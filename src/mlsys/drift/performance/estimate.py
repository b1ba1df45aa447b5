"""estimate_performance: how good a model is on rows whose labels have not arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from mlsys.drift.asked import check_rows, names_asked, row_named
from mlsys.drift.performance.classes import OfClasses
from mlsys.drift.performance.lines import Asked, Method
from mlsys.drift.performance.numbers import OfNumbers
from mlsys.drift.performance.overlap import shared_features
from mlsys.drift.performance.result import NOT_ASSESSED, EstimatedPerformance, draw_performance
from mlsys.drift.performance.scored import Columns, has_classes, with_probabilities
from mlsys.drift.reading import times_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.pages import number

FEWEST_TODAY = 10
"""Rows of a period: of fewer, the interval of any metric is most of its range."""
_WHO = "estimate_performance"


def estimate_performance(
    reference: pd.DataFrame,
    today: pd.DataFrame,
    *,
    target: str,
    prediction: str | None = None,
    probability: str | Mapping[Any, str] | None = None,
    event: Any = None,
    threshold: float = 0.5,
    metrics: Sequence[str] | str | None = None,
    features: Sequence[str] | None = None,
    time: str | None = None,
    every: str | None = None,
    method: Method = "auto",
    level: float = 0.95,
    seed: int = 0,
) -> EstimatedPerformance:
    """Estimate the metrics of a model on rows without labels, from a reference with labels.

    Parameters
    ----------
    reference : DataFrame
        Labelled rows that the model did not learn from, with what it predicted.
    today : DataFrame
        Later rows with predictions. If they have the target, rows where it is not null give the realised metrics,
        shown beside the estimate; the estimate itself never uses these labels.
    target : str
        Column of labels.
    prediction : str, optional
        Column of predicted classes or numbers. Needed for numbers; classes follow from probabilities by default.
    probability : str or mapping of class to str, optional
        Column of the probability of the event, or one column for each class; by default columns named
        ``probability_<class>``.
    event : bool, number or str, optional
        For two classes, the one that probability, precision and recall refer to; by default as for ``Pipeline``.
    threshold : float
        Probability from which on the event is predicted, where ``prediction`` is not given.
    metrics : sequence of str, optional
        For two classes ``roc_auc``, ``accuracy``, ``balanced_accuracy``, ``precision``, ``recall``, ``f1``,
        ``false_positive_rate``, ``selection_rate``, ``log_loss``, ``brier``; for several ``accuracy``,
        ``balanced_accuracy``, ``macro_f1``, ``log_loss``; for numbers ``mae``, ``rmse``.
    features : sequence of str, optional
        Columns by which today's rows are compared with the reference's; by default all that both have, except roles,
        ids and constants. ``[]`` compares only what the model said.
    time : str, optional
        Time column of today's rows.
    every : str, optional
        Length of a period as pandas writes it, such as ``"7D"``, ``"MS"`` or ``"YS"``: one estimate for each.
    method : {"auto", "cbpe", "weighted"}
        For classes. ``"weighted"`` weights the reference like today's rows; ``"auto"`` does so where a classifier
        tells them apart with an AUC of at least 0.55.
    level : float
        Of the intervals.
    seed : int
        For draws and folds.

    Returns
    -------
    EstimatedPerformance
        One row for each period and metric. The verdict, by the first metric in the last period, is ``"worse"`` if the
        interval excludes the value of the reference on the bad side, and ``"not assessed"`` if today's rows lie where
        the reference has none.

    Raises
    ------
    DataError
        If a column is missing, a probability is null or outside [0, 1], or the reference has fewer than 100 labels.

    Notes
    -----
    Confidence-based estimation (CBPE; Bialek et al. 2024): the reference calibrates probabilities by isotonic
    regression, and labels of today's rows are expected to follow them. Weighted: the same, after the reference was
    weighted by the odds of a cross-fitted classifier that tells today's rows from the reference's (the idea of PAPE,
    same paper; Sugiyama et al. 2007 for the weights). Numbers: the loss of each row is predicted from its features and
    its prediction (direct loss estimation, DLE), and recalibrated out of fold.

    Intervals are forecasts of the metric that labels of these rows will give: they hold the sampling of the reference
    (Bayesian bootstrap, Rubin 1981) and that of today's labels, but not the error of the weights. For classes, what the
    bootstrap finds calibration to promise too much is taken off (Efron and Tibshirani 1993). All methods assume
    that the relation between features and label is what it was: **a changed relation (concept drift) is not seen**,
    only labels can tell. Cost: five boosted classifiers on at most 20,000 rows for each period.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> def rows(n, shift):
    ...     x = rng.normal(shift, 1, n)
    ...     p = 1 / (1 + np.exp(-2 * x))
    ...     return pd.DataFrame({"x": x, "p": p, "y": (rng.random(n) < p).astype(int)})
    >>> reference, today = rows(4000, 0.5), rows(2000, 0.0)
    >>> estimated = estimate_performance(reference, today.drop(columns="y"), target="y", probability="p")
    >>> estimated.table[["metric", "estimate", "lower", "upper", "reference"]].head(2).round(2)
         metric  estimate  lower  upper  reference
    0   roc_auc      0.86   0.84   0.88       0.86
    1  accuracy      0.78   0.75   0.80       0.79
    """
    asked = Asked((), method, level, seed)
    columns = Columns(target, prediction, probability, threshold)
    _check(reference, today, columns, time, every, asked)
    columns = with_probabilities(reference, columns)
    asked = Asked(tuple(_features(reference, today, columns, features, time)), method, level, seed)
    if has_classes(reference, columns):
        model: OfClasses | OfNumbers = OfClasses.of(reference, columns, event, metrics, _WHO)
    else:
        model = OfNumbers.of(reference, columns, metrics, _WHO)
    found = []
    for period, rows in _periods(today, time, every):
        why = f"{len(rows)} rows are too few" if len(rows) < FEWEST_TODAY else ""
        found.append(model.estimated(rows, asked, why).assign(period=period))
    table = pd.concat(found, ignore_index=True)
    table.insert(0, "period", table.pop("period"))
    verdict, summary = _judged(table)
    return EstimatedPerformance("performance", table, _scalars(table), verdict, summary, draw=draw_performance)


def _check(
    reference: pd.DataFrame, today: pd.DataFrame, columns: Columns, time: str | None, every: str | None, asked: Asked
) -> None:
    for frame, which in ((reference, "the reference"), (today, "today's rows")):
        check_rows(frame, f"{_WHO}: {which}")
    if columns.target not in reference.columns:
        raise DataError(
            f"{_WHO}: the reference lacks the target {columns.target!r}", "give labelled rows, and name their label"
        )
    roles = [name for name in columns.named if name != columns.target]
    for frame, which in ((reference, "the reference"), (today, "today's rows")):
        for name in [*roles, *([time] if time and frame is today else [])]:
            if name not in frame.columns:
                raise DataError(f"{_WHO}: {which} lack the column {name!r}", f"there are: {', '.join(frame.columns)}")
    if asked.method not in get_args(Method):
        raise ConfigurationError(f"{_WHO}: method={asked.method!r}", f"write one of {', '.join(get_args(Method))}")
    for name, value in (("level", asked.level), ("threshold", columns.threshold)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
            raise ConfigurationError(f"{_WHO}: {name}={value!r} is not between 0 and 1", f"write {name}=0.95")
    if (time is None) != (every is None):
        raise ConfigurationError(
            f"{_WHO}: time={time!r} and every={every!r} go together", 'write time="day", every="7D", or neither'
        )


def _features(
    reference: pd.DataFrame, today: pd.DataFrame, columns: Columns, features: Sequence[str] | None, time: str | None
) -> list[str]:
    excluded = [*columns.named, *([time] if time else [])]
    if features is None:
        return shared_features(reference, today, excluded)
    chosen = list(names_asked(features, _WHO) or ()) if len(features) else []
    for frame, which in ((reference, "the reference"), (today, "today's rows")):
        missing = [name for name in chosen if name not in frame.columns]
        if missing:
            raise DataError(f"{_WHO}: {which} lack the feature {missing[0]!r}", "correct features=")
    if columns.target in chosen:
        raise ConfigurationError(f"{_WHO}: features= holds the target {columns.target!r}", "leave it out")
    return chosen


def _periods(today: pd.DataFrame, time: str | None, every: str | None) -> Iterator[tuple[str, pd.DataFrame]]:
    """Cut today's rows into periods; empty ones are left out, and unsorted rows are put where they belong."""
    if time is None or every is None:
        yield "", today
        return
    times = times_of(today[time])
    if times.isna().any():
        place = int(times.isna().to_numpy().argmax())
        raise DataError(f"{_WHO}: {time!r} is null in row {row_named(today, place)}", "leave rows without a time out")
    try:
        grouper = pd.Grouper(freq=every)
        places = pd.Series(np.arange(len(today)), index=pd.DatetimeIndex(times))
        groups = [(start, held.to_numpy()) for start, held in places.groupby(grouper) if len(held)]
    except ValueError as error:
        raise ConfigurationError(
            f"{_WHO}: every={every!r} is not a length of time", 'write "7D", "MS" (months) or "YS" (years)'
        ) from error
    for start, held in groups:
        yield pd.Timestamp(str(start)).isoformat().removesuffix("T00:00:00"), today.iloc[held]


def _judged(table: pd.DataFrame) -> tuple[str, str]:
    """Judge by the first metric in the last period; judging by all of them would find chance too often."""
    own = table[table["metric"] == table["metric"].iloc[0]]
    known = own[own["estimate"].notna()]
    refused = own.loc[own["estimate"].isna(), "why"].drop_duplicates().tolist()
    if known.empty:
        return NOT_ASSESSED, f"nothing can be estimated: {'; '.join(refused)}"
    last = known.iloc[-1]
    at = f" in the period from {last['period']}" if last["period"] else ""
    ends = f"[{number(last['lower'])}, {number(last['upper'])}]"
    said = (
        f"{last['metric']} is estimated at {number(last['estimate'])} {ends}{at}, and was {number(last['reference'])}"
    )
    beside = f"; not assessed: {'; '.join(refused)}" if refused else ""
    return str(last["verdict"]), f"{said} on the reference, if the label depends on features as before{beside}"


def _scalars(table: pd.DataFrame) -> dict[str, float]:
    """Return the last period's estimates, for logging."""
    last = table[table["period"] == table["period"].iloc[-1]].dropna(subset="estimate")
    return {f"{row.metric}/{end}": float(getattr(row, end)) for row in last.itertuples()
            for end in ("estimate", "lower", "upper")}  # fmt: skip
