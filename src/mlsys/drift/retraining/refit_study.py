"""refit_study: train anew, go on training, or leave a model alone: one report for all, paired by period."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.drift.retraining.by_period import Loss, training_history
from mlsys.drift.retraining.excess import Values, reach
from mlsys.drift.retraining.freshness import correlated_error
from mlsys.drift.retraining.training import TrainingHistory
from mlsys.pages import drawing, number
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATELESS, STATEFUL, ONCE = "stateless", "stateful", "once"
LEVEL = 0.95


def refit_study(
    estimator: Any,
    frame: pd.DataFrame,
    *,
    target: str,
    time: str,
    every: str,
    window: str | None = None,
    features: Sequence[str] | None = None,
    loss: Loss | None = None,
    start: int | None = None,
) -> Result:
    """Compare training anew before each period with going on from the model before, and with training once.

    Parameters
    ----------
    estimator : estimator
        With ``fit``, ``partial_fit`` and ``predict``, such as ``SGDClassifier``.
    frame : DataFrame
        Labelled rows of the past.
    target, time : str
        Columns of labels and of times.
    every : str
        Length of a period, such as ``"7D"``.
    window : str, optional
        Length of the time before a period that is trained on anew; by default all of it.
    features : sequence of str, optional
        Columns to learn from; by default all except target and time.
    loss : callable, optional
        ``loss(y, prediction)`` returns the loss of each row; by default 1 for a wrong class, or the absolute error.
    start : int, optional
        Periods before the first training, as for :func:`mlsys.training_history`.

    Returns
    -------
    Result
        ``table``: for ``"stateless"`` (anew), ``"stateful"`` (``partial_fit`` with the newest period) and ``"once"``
        (never again): mean ``loss`` of a row, mean ``seconds`` of a training, number of ``trainings``.
        ``tables["periods"]``: the loss of each in each period. ``tables["differences"]``: ``difference`` of two in the
        loss, with ``lower``, ``upper`` and a verdict; negative is better for the first.

    Raises
    ------
    ConfigurationError
        If the estimator has no ``partial_fit``.
    DataError
        As for :func:`mlsys.training_history`.

    Notes
    -----
    Each period is predicted by models that learned from earlier ones only. Differences are paired by period, weighted
    by its rows; their normal intervals allow for periods that are correlated with their neighbours.

    Examples
    --------
    >>> from sklearn.linear_model import SGDRegressor
    >>> rng = np.random.default_rng(0)
    >>> day, x = pd.date_range("2024-01-01", periods=400, freq="6h"), rng.normal(size=400)
    >>> rows = pd.DataFrame({"day": day, "x": x, "y": x * np.linspace(0, 4, 400) + rng.normal(size=400)})
    >>> study = refit_study(SGDRegressor(random_state=0), rows, target="y", time="day", every="10D", window="20D")
    >>> study.table["refit"].tolist(), study.tables["differences"]["verdict"].tolist()[1]
    (['stateless', 'stateful', 'once'], 'better')
    """
    shared: dict[str, Any] = {
        "target": target, "time": time, "every": every, "window": window, "features": features, "loss": loss,
        "start": start,
    }  # fmt: skip
    stateful = training_history(estimator, frame, stateful=True, **shared)  # it refuses what cannot go on
    stateless = training_history(estimator, frame, **shared)
    periods = _by_period(stateless, stateful)
    differences = pd.DataFrame([_difference(periods, *pair) for pair in itertools.combinations(_STRATEGIES, 2)])
    table = pd.DataFrame([
        {"refit": name, "loss": float(np.average(periods[name], weights=periods["rows"])), **_cost(history)}
        for name, history in ((STATELESS, stateless), (STATEFUL, stateful), (ONCE, None))
    ])  # fmt: skip
    return Result(
        "refit study",
        table,
        scalars={f"{row['refit']}/loss": float(row["loss"]) for row in table.to_dict("records")},
        summary=_said(table, differences),
        tables={"periods": periods, "differences": differences},
        draw=draw_refits,
    )


_STRATEGIES = (STATELESS, STATEFUL, ONCE)


def _by_period(stateless: TrainingHistory, stateful: TrainingHistory) -> pd.DataFrame:
    """Return the loss of each way in each period that all were evaluated on."""
    served = slice(max(stateless.first, stateful.first), None)
    losses: Mapping[str, Values] = {
        STATELESS: np.diagonal(stateless.losses),
        STATEFUL: np.diagonal(stateful.losses),
        ONCE: stateless.losses[stateless.first],
    }
    columns: dict[str, Any] = {"period": pd.DatetimeIndex(list(stateless.periods)), "rows": stateless.rows}
    return pd.DataFrame({**columns, **losses})[served].reset_index(drop=True)


def _difference(periods: pd.DataFrame, one: str, other: str) -> dict[str, Any]:
    gaps, weight = (periods[one] - periods[other]).to_numpy(), periods["rows"].to_numpy(dtype=np.float64)
    value = float(np.average(gaps, weights=weight))
    half = reach(LEVEL) * correlated_error(gaps - value, weight)
    lower, upper = value - half, value + half
    verdict = "better" if upper < 0 else "worse" if lower > 0 else "not told apart"
    return {"of": one, "against": other, "difference": value, "lower": lower, "upper": upper, "verdict": verdict}


def _cost(history: TrainingHistory | None) -> dict[str, float]:
    """Return what one training takes."""
    if history is None:
        return {"seconds": 0.0, "trainings": 1}
    trained = history.seconds[history.first :]
    return {"seconds": float(trained.mean()), "trainings": len(trained)}


def _said(table: pd.DataFrame, differences: pd.DataFrame) -> str:
    losses = ", ".join(f"{row['refit']} {number(row['loss'])}" for row in table.to_dict("records"))
    first = differences.iloc[0]
    between = f"[{number(first['lower'], True)}, {number(first['upper'], True)}]"
    return (
        f"loss {losses}; stateless against stateful {number(first['difference'], True)} {between}: {first['verdict']}"
    )


def draw_refits(result: Result, ax: Axes) -> None:
    """Draw the loss of each way by period, each named where it ends."""
    periods = result.tables["periods"]
    colours, last = dict[str, str](), dict[str, float]()
    for name, (colour, style) in zip(_STRATEGIES, drawing.SERIES, strict=False):
        ax.plot(periods["period"], periods[name], color=colour, linestyle=style)
        colours[name], last[name] = colour, float(periods[name].iloc[-1])
    low, high = ax.get_ylim()
    end = ax.get_xlim()[1]
    drawing.ends(ax, end, last, colours, high - low)
    ax.set(xlabel="period", ylabel="mean loss of a row")
    ax.set_title("Train anew, go on, or leave it?", loc="left")
    ax.figure.autofmt_xdate()
    drawing.bare(ax)
