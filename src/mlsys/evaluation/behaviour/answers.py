"""Answers: what a model says of rows, as numbers that can move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import PREDICTION, PROBABILITY, SCORE, Event, decided, probability_columns, score_columns
from mlsys.dataset.predictions import predictions_alone
from mlsys.errors import ConfigurationError, DataError, listed, meant
from mlsys.values import NUMERIC, plain, values_of

Numbers = NDArray[np.float64]
_EACH = f"{PREDICTION}_"


@runtime_checkable
class Uncounted(Protocol):
    """A served model, which counts what it is asked; a copy of it leaves these counts alone."""

    inputs: Any

    def uncounted(self) -> Any:
        """Return the same model with counts of its own."""
        ...


@dataclass(frozen=True)
class Asked:
    """Whom a behavioural test asks.

    Parameters
    ----------
    predict : callable
        Takes rows, and returns ``prediction`` and ``probability_<class>``.
    inputs : sequence of str
        Columns that it reads.
    event : Event, optional
        The class that the probability speaks of, for two classes.
    names : bool
        Whether predicted numbers are names of classes or clusters, between which there is no distance.
    target : str, optional
        The one of several targets whose prediction is read.
    """

    predict: Callable[[pd.DataFrame], pd.DataFrame]
    inputs: Sequence[str]
    event: Event | None = None
    names: bool = False
    target: str | None = None


@dataclass(frozen=True)
class Answers:
    """What a model says of some rows.

    Parameters
    ----------
    values : array of shape (rows, k)
        Probabilities (of one class, or of all), scores, or predicted numbers; no column for bare classes.
    decisions : Series or None
        Predicted classes as texts; ``None`` for numbers.
    unit : str
        What the values are.
    scale : float
        A move of 1 in probability, or of one standard deviation of the predicted numbers.
    """

    values: Numbers
    decisions: NDArray[Any] | None
    unit: str
    scale: float

    @property
    def of_one(self) -> bool:
        """Whether a move has a direction."""
        return bool(self.values.shape[1] == 1)

    def moves(self, after: Answers) -> Numbers:
        """Return by how much each row moved: with a sign where there is one number a row; infinite where one is null.

        Bare classes move by 1.
        """
        if not self.values.shape[1]:
            assert self.decisions is not None and after.decisions is not None
            return np.asarray(self.decisions != after.decisions, dtype=np.float64)
        moved = after.values - self.values
        moved[np.isnan(self.values) & np.isnan(after.values)] = 0.0
        moved[np.isnan(moved)] = np.inf
        if self.of_one:
            return np.asarray(moved[:, 0])
        return np.asarray(np.abs(moved).max(axis=1))

    def flipped(self, after: Answers) -> NDArray[np.bool_] | None:
        """Return which rows have another class than before; ``None`` for numbers."""
        if self.decisions is None or after.decisions is None:
            return None
        return np.asarray(self.decisions != after.decisions)

    def shown(self) -> list[Any]:
        """Return one value a row, for people."""
        if self.of_one:
            found: list[Any] = self.values[:, 0].tolist()
            return found
        assert self.decisions is not None
        return list(self.decisions.tolist())


def answers(asked: Asked, rows: pd.DataFrame, event: Any = None) -> Answers:
    """Ask about rows.

    Parameters
    ----------
    asked : Asked
        Whom.
    rows : DataFrame
        As a request brings them.
    event : str, number or bool, optional
        The class whose probability is read; by default the event of two classes, otherwise all classes.
    """
    said = _of_target(asked.predict(rows), asked.target)
    shares = probability_columns(said.columns) or score_columns(said.columns)
    chosen, unit = _chosen(shares, asked.event, event)
    predicted = plain(said[PREDICTION]) if PREDICTION in said.columns else None
    if predicted is None and not shares:
        raise DataError(
            f"the model answers with {listed(said.columns)}, and none of these is the column {PREDICTION!r}",
            "of several targets name one: target=...",
        )
    is_number = not asked.names and predicted is not None and not shares and values_of(predicted).kind in NUMERIC
    if event is not None and not shares:
        raise DataError(f"event={event!r} names a class, but the model gives no probabilities", "leave event= out")
    if chosen:
        values = said[chosen].to_numpy(dtype=np.float64, na_value=np.nan)
    elif is_number:
        assert predicted is not None
        values, unit = predicted.to_numpy(dtype=np.float64, na_value=np.nan).reshape(-1, 1), PREDICTION
    else:
        values, unit = np.empty((len(said), 0)), "predicted class"
    decisions = None
    if predicted is not None and not is_number:
        decisions = predicted.astype("str").to_numpy(dtype=object)
    of_shares = bool(chosen) and chosen[0].startswith(PROBABILITY)
    scale = 1.0 if of_shares or not values.shape[1] else float(np.nanstd(values)) or 1.0
    return Answers(values, decisions, unit, scale)


def _of_target(said: pd.DataFrame, target: str | None) -> pd.DataFrame:
    """Return the predictions of one of several targets."""
    if target is None or PREDICTION in said.columns:
        return said
    several = [str(name).removeprefix(_EACH) for name in said.columns if str(name).startswith(_EACH)]
    if target not in several:
        raise DataError(
            f"target={target!r} is none of the model's targets",
            f"{meant(target, several)}targets are {listed(several)}",
        )
    return predictions_alone(said, target, several)


def _chosen(shares: Sequence[str], usual: Event | None, event: Any) -> tuple[list[str], str]:
    """Return the columns that are read, and what they are."""
    if not shares:
        return [], ""
    prefix = PROBABILITY if shares[0].startswith(PROBABILITY) else SCORE
    kind = prefix.rstrip("_")
    classes = [name.removeprefix(prefix) for name in shares]
    if event is not None:
        named = Event.named(event)
        same = [name for name in classes if named.is_called(name)]
        if not same:
            raise DataError(
                f"event={event!r} is no class of the model",
                f"{meant(str(event), classes)}classes are {', '.join(classes)}",
            )
        return [f"{prefix}{same[0]}"], f"{kind} of {same[0]!r}"
    if len(classes) == 1:
        return list(shares), f"{kind} of {classes[0]!r}"
    if len(classes) > 2:
        return list(shares), f"{kind} of any class"
    found = usual or decided([(name, 1.0) for name in sorted(classes)])
    assert found is not None
    same = [name for name in classes if found.is_called(name)] or classes[-1:]
    return [f"{prefix}{same[0]}"], f"{kind} of {same[0]!r}"


def asked_of(model: Any, frame: pd.DataFrame, target: str | None = None) -> Asked:
    """Return whom to ask: a run, a served or loaded model, a fitted step, or an estimator with ``predict``.

    Raises
    ------
    ConfigurationError
        If it cannot predict.
    """
    served = model if isinstance(model, Uncounted) else getattr(model, "model", None)
    if isinstance(served, Uncounted):
        alone = served.uncounted()
        return Asked(alone.predict, tuple(alone.inputs), target=target)
    if not callable(getattr(model, "predict", None)):
        raise ConfigurationError(
            f"{type(model).__name__} cannot predict", "pass a run, mlsys.load(...), or a fitted estimator"
        )
    names = getattr(model, "features", None) or getattr(model, "feature_names_in_", None)
    inputs = tuple(frame.columns if names is None else names)
    return Asked(lambda rows: _said(model, rows[list(inputs)]), inputs, names=_names(model), target=target)


def _names(model: Any) -> bool:
    """Whether an estimator predicts names of classes or clusters."""
    from sklearn.base import ClusterMixin

    return isinstance(model, ClusterMixin) or getattr(model, "classes_", None) is not None


def _said(model: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """Return an answer with the columns that a served model writes."""
    said = model.predict(rows)
    if isinstance(said, pd.DataFrame) and PREDICTION in said.columns:
        return said
    predicted = np.asarray(said)
    if predicted.ndim > 1 and predicted.shape[1:] == (1,):
        predicted = predicted[:, 0]
    if predicted.ndim != 1 or len(predicted) != len(rows):
        raise DataError(
            f"the model returned an answer of shape {predicted.shape} for {len(rows):,} rows",
            "it must return one prediction for each row",
        )
    columns: dict[str, Any] = {PREDICTION: predicted}
    classes = getattr(model, "classes_", None)
    if classes is not None and callable(getattr(model, "predict_proba", None)):
        shares = np.asarray(model.predict_proba(rows))
        columns |= {f"{PROBABILITY}{name}": shares[:, place] for place, name in enumerate(classes)}
    return pd.DataFrame(columns, index=rows.index)
