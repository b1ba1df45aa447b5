"""shadow: a challenger answers the same requests as the champion, and nobody sees its answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION
from mlsys.detached import detached
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.behaviour.answers import Answers, Asked, answers, asked_of
from mlsys.evaluation.finding.in_frame import find_slices
from mlsys.evaluation.production.reading import check_between, check_frame
from mlsys.evaluation.production.shadow_scores import scored, scores
from mlsys.pages import Folded, Lines, Page, Table, Title, Verdict, drawing, filled, percent
from mlsys.steps import Result
from mlsys.steps.result import OF_ROWS
from mlsys.values import with_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WHO = "shadow"
ARMS = ("champion", "challenger")
SINGLE = 20
"""Rows that each model is asked for alone, to time a request; as many as a benchmark of a second can hold."""
FEWEST_FOR_SLICES = 200
"""Rows from which slices on which the models differ are searched."""


@dataclass(frozen=True, repr=False)
class ShadowResult(Result):
    """Result of :func:`~mlsys.shadow`.

    ``table`` has one row for each metric, where labels are known: values of both models, the ``difference`` (challenger
    less champion, on the same rows) with its interval, and ``verdict``. ``tables["latency"]`` has milliseconds for one
    row, and ``tables["slices"]`` the slices on which the models differ more often than elsewhere.

    Parameters
    ----------
    rows : DataFrame
        The requests on which the models differ, with both answers, those that differ most first.
    answers : DataFrame
        The champion's answers, which are to be used.

    Examples
    --------
    >>> from mlsys import shadow
    >>> from sklearn.dummy import DummyClassifier
    >>> rows = pd.DataFrame({"income": [1.0, 2.0, 3.0, 4.0] * 25})
    >>> late = (rows["income"] > 2).astype(int)
    >>> old, new = (DummyClassifier(strategy="constant", constant=each).fit(rows, late) for each in (0, 1))
    >>> found = shadow(old, new, rows, late)
    >>> found.agreement, len(found.rows), found.answers["prediction"].unique().tolist()
    (0.0, 100, [0])
    """

    rows: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=OF_ROWS)
    answers: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=OF_ROWS)

    @property
    def agreement(self) -> float:
        """Share of requests on which both models say the same."""
        return self.scalars["agreement"]

    def _page(self) -> Page:
        slow = self.tables["latency"]
        times = "; ".join(f"{row.model} {row.p50:.2g} ms (95 % within {row.p95:.2g})" for row in slow.itertuples())
        lines = [
            ("agreement", f"{percent(self.agreement)} of {int(self.scalars['requests']):,} requests"),
            ("one row", times),
            ("answers", "those of the champion; the challenger's are seen by nobody"),
        ]
        verdict = [Verdict(self.verdict, self.summary)] if self.verdict else [Lines([("labels", self.summary)])]
        slices = self.tables["slices"]
        where = (
            [Folded(f"{len(slices)} slices on which they differ more", [Table(filled(slices))])] if len(slices) else []
        )
        table = [Table(filled(self.table), signed=("difference",))] if len(self.table) else []
        return Page([Title(self.name), *verdict, Lines(lines), *table, *where])


def shadow(
    champion: Any,
    challenger: Any,
    requests: pd.DataFrame,
    labels: Any = None,
    *,
    metrics: Sequence[Any] | None = None,
    columns: Sequence[str] | None = None,
    tolerance: float = 0.0,
    level: float = 0.95,
) -> ShadowResult:
    """Let a challenger answer the requests of the champion, and compare what both say.

    Parameters
    ----------
    champion, challenger : model
        Runs, loaded models, references such as ``"models:/flights@champion"``, or fitted estimators.
    requests : DataFrame
        One row for each request.
    labels : str, Series or array of shape (requests,), optional
        Truth, or the name of its column; null where it is not known yet. A Series with another index is read by index.
    metrics : list of str, Metric or callable, optional
        As in :class:`~mlsys.Evaluate`; by default the usual ones for the task.
    columns : sequence of str, optional
        Columns that slices are made of; by default all columns of the requests.
    tolerance : float
        Predicted numbers that are no farther apart count as the same.
    level : float
        Of intervals.

    Returns
    -------
    ShadowResult
        ``agreement``, ``rows`` on which they differ, ``tables["slices"]``, ``tables["latency"]``, and with labels the
        paired difference of each metric. ``verdict`` is that of the first metric: ``"better"`` or ``"worse"`` (of the
        challenger), ``"not told apart"`` or ``"not enough data"``; empty without labels.

    Raises
    ------
    DataError
        If there are no requests, labels do not fit them, or a model does not answer each row.

    Notes
    -----
    What a shadow cannot show is what the challenger's answers would have changed: clicks on what it would have shown.
    For this run an :class:`~mlsys.ABTest`. Intervals are paired, on the same rows (see
    :func:`mlsys.evaluation.paired_difference`), and hold at one look. Slices are found on one half of the requests and
    confirmed on the other. Latencies are of this process: 20 single rows of each model, in turn.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame(rng.normal(size=(3000, 2)), columns=["income", "age"])
    >>> late = (rows["income"] * rows["age"] + rng.normal(0, 0.5, 3000) > 0).astype(int)
    >>> old = LogisticRegression().fit(rows[:1000], late[:1000])
    >>> new = DecisionTreeClassifier(max_depth=6, random_state=0).fit(rows[:1000], late[:1000])
    >>> found = shadow(old, new, rows[1000:], late[1000:])
    >>> found.verdict, round(found.agreement, 2)
    ('better', 0.58)
    """
    check_between(_WHO, "level", level, 0.95)
    if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 <= tolerance < np.inf:
        raise ConfigurationError(f"{_WHO}: tolerance={tolerance!r}", "give 0 or more, in the unit of the prediction")
    check_frame(requests, _WHO, [labels] if isinstance(labels, str) else [])
    truth = _labels(requests, labels)
    rows = requests.drop(columns=labels) if isinstance(labels, str) else requests
    models = [_asked(model, rows, name) for model, name in zip((champion, challenger), ARMS, strict=True)]
    kept: list[pd.DataFrame] = []
    said = [_answered(asked, rows, kept) for asked in models]
    differs, apart = _differing(said[0], said[1], tolerance)
    slices = _slices(rows, differs, columns)
    table, verdict, why = pd.DataFrame(), "", "none given: which model is right is not known"
    if truth is not None:
        table, verdict, why = scores(scored(kept[0], truth), scored(kept[1], truth), metrics, level, ARMS)
    tables = {"latency": _latency(models, rows), "slices": slices}
    scalars = {"agreement": 1 - float(differs.mean()), "requests": float(len(rows))}
    return ShadowResult("shadow", table, scalars, verdict, why, tables, draw=_draw,
                        rows=_rows(rows, said, differs, apart), answers=kept[0])  # fmt: skip


def _asked(model: Any, rows: pd.DataFrame, name: str) -> Asked:
    given = detached("load", model) if isinstance(model, str) else model
    try:
        return asked_of(given, rows)
    except ConfigurationError as error:
        raise ConfigurationError(f"{_WHO}: the {name}: {error.problem}", error.remedy) from None


def _answered(asked: Asked, rows: pd.DataFrame, kept: list[pd.DataFrame]) -> Answers:
    """Return what a model says, and keep its columns as they are."""

    def predict(frame: pd.DataFrame) -> pd.DataFrame:
        kept.append(asked.predict(frame))
        if any(str(name).startswith(f"{PREDICTION}_") for name in kept[-1].columns):
            raise DataError(f"{_WHO}: the model predicts several targets", "compare models of one target")
        return kept[-1]

    return answers(Asked(predict, asked.inputs, asked.event, asked.names), rows)


def _labels(requests: pd.DataFrame, labels: Any) -> pd.Series | None:
    if labels is None:
        return None
    if isinstance(labels, str):
        return requests[labels]
    given = labels if isinstance(labels, pd.Series) else pd.Series(np.asarray(labels))
    if isinstance(labels, pd.Series) and not labels.index.equals(requests.index):
        if not (labels.index.is_unique and requests.index.is_unique):
            raise DataError(
                f"{_WHO}: labels have another index than the requests, and not each row has an index of its own",
                "give one label for each request, in their order: labels.to_numpy()",
            )
        if not labels.index.isin(requests.index).any():
            raise DataError(f"{_WHO}: no label belongs to a request by its index", "give labels.to_numpy()")
        given = labels.reindex(requests.index)
    if len(given) != len(requests):
        raise DataError(f"{_WHO} got {len(given):,} labels for {len(requests):,} requests", "give one for each; null "
                        "where it is not known")  # fmt: skip
    return given


def _differing(one: Answers, other: Answers, tolerance: float) -> tuple[Any, Any]:
    """Return which answers differ, and by how much they are apart."""
    if (one.decisions is None) != (other.decisions is None):
        raise DataError(f"{_WHO}: one model predicts classes, and the other numbers", "compare models of one target")
    has_values = one.values.shape == other.values.shape and one.values.shape[1] > 0
    apart = np.abs(other.values - one.values).max(axis=1) if has_values else np.zeros(len(one.values))
    if one.decisions is not None:
        return np.asarray(one.decisions != other.decisions), apart
    return ~(apart <= tolerance), apart  # a null answer is no agreement


def _slices(rows: pd.DataFrame, differs: Any, columns: Sequence[str] | None) -> pd.DataFrame:
    if len(rows) < FEWEST_FOR_SLICES or differs.all() or not differs.any():
        return pd.DataFrame()
    found = find_slices(rows.reset_index(drop=True), error=differs, columns=columns)
    worse = found.table[found.table["slice"].isin(found.worse)]
    shown = worse[["slice", "value", "lower", "upper", "n"]].rename(columns={"value": "share that differs"})
    return shown.reset_index(drop=True)


def _rows(rows: pd.DataFrame, said: Sequence[Answers], differs: Any, apart: Any) -> pd.DataFrame:
    both = {f"{name} says": each.shown() if each.decisions is None or each.of_one else each.decisions
            for name, each in zip(ARMS, said, strict=True)}  # fmt: skip
    found = with_columns(rows, both)[differs]
    order = np.argsort(-np.nan_to_num(apart[differs], nan=np.inf), kind="stable")
    return pd.DataFrame(found.iloc[order])


def _latency(models: Sequence[Asked], rows: pd.DataFrame) -> pd.DataFrame:
    """Ask both models for the same single rows, in turn."""
    seconds: list[list[float]] = [[], []]
    for turn in range(SINGLE):
        row = rows.iloc[[turn % len(rows)]]
        for place in (0, 1) if turn % 2 else (1, 0):
            began = time.perf_counter()
            models[place].predict(row)
            seconds[place].append((time.perf_counter() - began) * 1000)
    ends = [np.percentile(each[1:], (50, 95)) for each in seconds]  # the first loads what is lazy
    return pd.DataFrame({"model": ARMS, "p50": [each[0] for each in ends], "p95": [each[1] for each in ends]})


def _draw(result: Result, ax: Axes) -> None:
    """Draw the paired difference of each metric; without labels, how often the models differ by slice."""
    table = result.table
    if len(table):
        drawing.bar_at(ax, 0.0)
        tones = {"better": drawing.GOOD, "worse": drawing.BAD}
        for place, row in enumerate(table.to_dict("records")):
            colour = tones.get(str(row["verdict"]), drawing.OTHER)
            drawing.dot(ax, place, row["difference"], row["lower"], row["upper"], colour, str(row["verdict"]))
        drawing.finish(ax, table["metric"].tolist(), "challenger less champion, same rows")
        return
    overall, slices = 1 - result.scalars["agreement"], result.tables["slices"].head(8)
    drawing.bar_at(ax, overall, drawing.DIM, "--")
    drawing.dot(ax, 0, overall, np.nan, np.nan, drawing.MINE, f"{overall:.1%}")
    for place, row in enumerate(slices.to_dict("records"), start=1):
        value = float(row["share that differs"])
        drawing.dot(ax, place, value, row["lower"], row["upper"], drawing.WATCH, f"{value:.1%}")
    names = ["all requests", *(slices["slice"].tolist() if len(slices) else [])]
    drawing.finish(ax, names, "share of requests on which the models differ")
