"""training_history: train a model before each period of the past, and evaluate it on all later ones."""

from __future__ import annotations

import datetime
import time as clock
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.drift.asked import check_rows, row_named, window_seconds
from mlsys.drift.reading import times_of
from mlsys.drift.retraining.excess import Values
from mlsys.drift.retraining.training import TrainingHistory
from mlsys.errors import ConfigurationError, DataError
from mlsys.values import NUMERIC, values_of

Loss = Callable[[Any, Any], Any]
MOST_CLASSES = 20
"""Whole numbers of more different values are amounts, and their loss is the absolute error."""
FEWEST_PERIODS = 5
_WHO = "training_history"


def training_history(
    estimator: Any,
    frame: pd.DataFrame,
    *,
    target: str,
    time: str,
    every: str,
    window: str | None = None,
    features: Sequence[str] | None = None,
    loss: Loss | None = None,
    stateful: bool = False,
    start: int | None = None,
) -> TrainingHistory:
    """Train a model before each period on what came before, and evaluate each on all later periods.

    Parameters
    ----------
    estimator : estimator
        With ``fit`` and ``predict``, of scikit-learn or like it; ``pipeline.as_sklearn()`` of a pipeline.
    frame : DataFrame
        Labelled rows of the past.
    target, time : str
        Columns of labels and of times.
    every : str
        Length of a period, such as ``"7D"``.
    window : str, optional
        Length of the time before a period that models are trained on; by default all of it.
    features : sequence of str, optional
        Columns to learn from; by default all except target and time.
    loss : callable, optional
        ``loss(y, prediction)`` returns the loss of each row; by default 1 for a wrong class, or the absolute error.
    stateful : bool
        Train on: each model goes on from the one before with the newest period alone (``partial_fit``).
    start : int, optional
        Periods before the first training; by default those that a window spans, otherwise a tenth.

    Returns
    -------
    TrainingHistory
        Losses by model and period; ``freshness_curve()`` shows what newer data is worth.

    Raises
    ------
    ConfigurationError
        If the estimator cannot do what is asked.
    DataError
        If columns are missing, times or labels null, or periods fewer than five.

    Notes
    -----
    Cost: one training and one prediction of all later rows for each period. Periods without rows are left out.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> day = pd.date_range("2024-01-01", periods=400, freq="6h")
    >>> x = rng.normal(size=400)
    >>> rows = pd.DataFrame({"day": day, "x": x, "y": x * np.linspace(0, 4, 400) + rng.normal(size=400)})
    >>> history = training_history(LinearRegression(), rows, target="y", time="day", every="10D", window="20D")
    >>> history.freshness_curve().verdict
    'newer data helps'
    """
    from sklearn.base import clone

    ordered, labels, names = _rows(frame, target, time, features)
    starts, cuts, length = _periods(times_of(ordered[time]), every)
    number = len(starts)
    begins = _windows(window, time, starts, times_of(ordered[time]))
    if start is None:
        start = max(1, int(np.searchsorted(cuts, _first_full(begins, cuts))), number // 10 if window is None else 1)
    x, y = ordered[names], labels
    loss = loss or _own_loss(y)
    _check_estimator(estimator, stateful)
    losses, spreads = np.full((number, number), np.nan), np.full((number, number), np.nan)
    seconds = np.zeros(number)
    model = clone(estimator)
    if stateful:
        _learn_on(model, x.iloc[: cuts[start]], y.iloc[: cuts[start]], y)
    for trained in range(start, number):
        began = clock.perf_counter()
        if not stateful:
            rows = slice(begins[trained], cuts[trained])
            model = _fitted(clone(estimator), x.iloc[rows], y.iloc[rows])
        elif trained > start:
            rows = slice(cuts[trained - 1], cuts[trained])
            _learn_on(model, x.iloc[rows], y.iloc[rows], y)
        seconds[trained] = clock.perf_counter() - began
        each = _losses(loss, y.iloc[cuts[trained] :], model.predict(x.iloc[cuts[trained] :]))
        for served in range(trained, number):
            part = each[cuts[served] - cuts[trained] : cuts[served + 1] - cuts[trained]]
            losses[trained, served] = part.mean()
            spreads[trained, served] = part.std(ddof=min(1, len(part) - 1)) / np.sqrt(len(part))
    return TrainingHistory(starts, np.diff(cuts).astype(float), losses, spreads, seconds, length, stateful)


def _rows(
    frame: pd.DataFrame, target: str, time: str, features: Sequence[str] | None
) -> tuple[pd.DataFrame, pd.Series, list[str]]:
    """Return rows in order of time, their labels, and the names of features."""
    check_rows(frame, _WHO)
    for role, name in (("target", target), ("time", time), *(("features", each) for each in features or ())):
        if name not in frame.columns:
            raise DataError(f"{_WHO}: {role}= names {name!r}, which the rows do not have",
                            f"there are: {', '.join(frame.columns)}")  # fmt: skip
    for name in (target, time):
        if frame[name].isna().any():
            place = int(frame[name].isna().to_numpy().argmax())
            raise DataError(f"{_WHO}: {name!r} is null in row {row_named(frame, place)}", "leave such rows out")
    order = np.argsort(times_of(frame[time]).to_numpy(), kind="stable")
    ordered = frame.iloc[order].reset_index(drop=True)
    names = [name for name in frame.columns if name not in {target, time}] if features is None else list(features)
    if not names or target in names:
        raise ConfigurationError(f"{_WHO}: features={names!r}", "name columns to learn from, and not the target")
    return ordered, ordered[target], names


def _periods(times: pd.Series, every: str) -> tuple[tuple[pd.Timestamp, ...], Any, pd.Timedelta]:
    """Return the beginnings of periods, the first row of each and the end, and their length."""
    length = _length(every)
    origin = times.iloc[0].normalize() if length >= pd.Timedelta("1D") else times.iloc[0]
    places = ((times - origin) // length).to_numpy()
    held, cuts = np.unique(places, return_index=True)
    if len(held) < FEWEST_PERIODS:
        raise DataError(
            f"{_WHO}: every={every!r} cuts the rows into {len(held)} periods, and at least {FEWEST_PERIODS} are needed",
            "give a shorter period, or more rows",
        )
    return tuple(origin + int(each) * length for each in held), np.append(cuts, len(times)), length


def _length(every: Any) -> pd.Timedelta:
    try:
        length = pd.Timedelta(every) if isinstance(every, (str, datetime.timedelta)) else pd.NaT
    except ValueError:
        length = pd.NaT
    if pd.isna(length) or length < pd.Timedelta("1s"):
        raise ConfigurationError(
            f"{_WHO}: every={every!r} is not a fixed length of time", 'write a number and a unit: "12h", "7D", "30D"'
        )
    return length


def _windows(window: str | None, time: str, starts: Sequence[pd.Timestamp], times: pd.Series) -> Any:
    """Return the first row that the model before each period learns from."""
    seconds = window_seconds(window, time, _WHO)
    if seconds is None:
        return np.zeros(len(starts), dtype=int)
    begins = pd.DatetimeIndex(list(starts)) - pd.Timedelta(seconds, "s")
    return np.searchsorted(times.to_numpy(), begins.to_numpy().astype(times.to_numpy().dtype))


def _first_full(begins: Any, cuts: Any) -> int:
    """Return the row from which on windows are full."""
    full = np.flatnonzero(begins > 0)
    return int(cuts[full[0]]) if len(full) else 0


def _own_loss(y: pd.Series) -> Loss:
    """Return whether a class is wrong, or the absolute error of a number."""
    if values_of(y).kind in NUMERIC and y.nunique() > MOST_CLASSES:
        return lambda truth, said: np.abs(np.asarray(truth, dtype=float) - np.asarray(said, dtype=float))
    return lambda truth, said: np.asarray(truth) != np.asarray(said)


def _losses(loss: Loss, truth: pd.Series, said: Any) -> Values:
    made = np.asarray(loss(truth, said), dtype=np.float64)
    if made.shape != (len(truth),) or not np.isfinite(made).all():
        raise ConfigurationError(
            f"{_WHO}: loss= returned values of shape {made.shape} for {len(truth)} rows, or some that are not finite",
            "return one number for each row",
        )
    return made


def _check_estimator(estimator: Any, stateful: bool) -> None:
    if isinstance(estimator, type):
        raise ConfigurationError(f"{_WHO} got the class {estimator.__name__}", f"write {estimator.__name__}()")
    needed = ("fit", "predict", "get_params", *(("partial_fit",) if stateful else ()))
    lacking = [name for name in needed if not hasattr(estimator, name)]
    if lacking:
        raise ConfigurationError(
            f"{_WHO}: {type(estimator).__name__} has no {lacking[0]}",
            "give one that learns on, such as SGDClassifier" if lacking[0] == "partial_fit" else
            "give a scikit-learn estimator, or pipeline.as_sklearn()",
        )  # fmt: skip


def _fitted(model: Any, x: pd.DataFrame, y: pd.Series) -> Any:
    try:
        return model.fit(x, y)
    except Exception as error:
        error.add_note(f"{_WHO}: {type(model).__name__} did not learn from the columns {', '.join(x.columns)}; name "
                       "others (features=), or prepare them: Pipeline([...], target=...).as_sklearn()")  # fmt: skip
        raise


def _learn_on(model: Any, x: pd.DataFrame, y: pd.Series, all_labels: pd.Series) -> None:
    from sklearn.base import is_classifier

    if is_classifier(model):
        model.partial_fit(x, y, classes=np.unique(all_labels))
    else:
        model.partial_fit(x, y)
