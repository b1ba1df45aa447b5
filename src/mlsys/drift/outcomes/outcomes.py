"""Counts of rows by prediction and label, with their losses: all that is kept of a labelled reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.dependence import Dependence
from mlsys.drift.levels import value_written
from mlsys.drift.reading import NUMBER, numbers_of, texts_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.values import Kind, plain, values_of

Floats = NDArray[np.float64]
SCORE, CLASS, AMOUNT = "score", "class", "number"
"""What a prediction is: the probability of an event, a class, or a number."""
BINS = 20
"""Bins of scores and numbers, with about as many rows each."""
MOST_CLASSES = 100
_ALIKE = ("losses_alike", "expected_alike")
FEWEST_LABELS = 20
"""Labelled rows that a reference needs."""


@dataclass(frozen=True)
class Outcomes:
    """Rows by bin of the prediction and by class of the label, with the sum of losses and of their squares.

    Parameters
    ----------
    kind : {"score", "class", "number"}
        What the prediction is. The loss is 1 for a wrong class, 0 for the right one; for numbers the absolute error,
        in the unit of the target.
    bins : list
        Cuts of scores and of numbers, or the predicted classes.
    classes : list of str
        Classes of the label; one, ``"any"``, for numbers.
    counts, losses, squares : ndarray of shape (bins, classes)
        Number of rows, sum of losses, sum of squared losses.
    event : str
        Class that a score is the probability of.
    threshold : float
        Score from which on the event is predicted.
    losses_alike, expected_alike : Dependence
        How much losses, and losses expected of predictions, of rows of one window of time depend on each other.
    """

    kind: str
    bins: tuple[Any, ...]
    classes: tuple[str, ...]
    counts: Floats
    losses: Floats
    squares: Floats
    event: str = ""
    threshold: float = 0.5
    losses_alike: Dependence = Dependence()
    expected_alike: Dependence = Dependence()

    @classmethod
    def of(
        cls, prediction: pd.Series, label: pd.Series, threshold: float = 0.5, event: Any = None, who: str = "Monitor"
    ) -> Outcomes:
        """Count the rows of a reference whose label is known."""
        known = (label.notna() & prediction.notna()).to_numpy()
        prediction, label = prediction[known], label[known]
        if len(label) < FEWEST_LABELS:
            raise DataError(
                f"{who}: the reference has {len(label)} rows with a prediction and a label, fewer than {FEWEST_LABELS}",
                "give more labelled rows, or leave out target=",
            )
        made = _shape_of(prediction, label, threshold, event, who)
        return made.counted(prediction, label)

    def counted(self, prediction: pd.Series, label: pd.Series) -> Outcomes:
        """Return the same grid with the counts of these rows; rows without prediction or label are left out."""
        known = (label.notna() & prediction.notna()).to_numpy()
        prediction, label = prediction[known], label[known]
        places, numbers = self._bin(prediction), self._class(label)
        loss = self._loss(prediction, label)
        flat, size = places * len(self.classes) + numbers, len(self.counts) * len(self.classes)
        sums = [np.bincount(flat, weights, size).reshape(self.counts.shape) for weights in (None, loss, loss**2)]
        counts, losses, squares = (np.asarray(each, dtype=np.float64) for each in sums)
        return replace(self, counts=counts, losses=losses, squares=squares)

    def dependent(self, prediction: pd.Series, label: pd.Series, windows: NDArray[np.int64]) -> Outcomes:
        """Return the same counts, and how much losses depend on each other within windows of time.

        Parameters
        ----------
        prediction, label : Series
            Of the rows that were counted.
        windows : ndarray of shape (rows,)
            Window of each row.
        """
        known = (label.notna() & prediction.notna()).to_numpy()
        prediction, label, windows = prediction[known], label[known], windows[known]
        expected = self.losses.sum(axis=1) / np.maximum(self.counts.sum(axis=1), 1)
        return replace(
            self,
            losses_alike=Dependence.of_values(self._loss(prediction, label), windows),
            expected_alike=Dependence.of_values(expected[self._bin(prediction)], windows),
        )

    def by_bin(self, prediction: pd.Series) -> Floats:
        """Return how many rows have a prediction in each bin."""
        known = prediction[prediction.notna()]
        return np.bincount(self._bin(known), minlength=len(self.counts)).astype(np.float64)

    @property
    def rows(self) -> float:
        """Rows counted."""
        return float(self.counts.sum())

    @property
    def metric(self) -> str:
        """What the mean loss is called."""
        return "absolute error" if self.kind == AMOUNT else "error rate"

    def state(self) -> dict[str, Any]:
        """Return plain data to be stored."""
        kept = {name: getattr(self, name) for name in ("kind", "counts", "losses", "squares", "event", "threshold")}
        alike = {name: asdict(getattr(self, name)) for name in _ALIKE}
        return {**kept, **alike, "bins": list(self.bins), "classes": list(self.classes)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Outcomes:
        """Read what :meth:`state` returned."""
        alike = {name: Dependence(**state[name]) for name in _ALIKE}
        return cls(**{**state, **alike, "bins": tuple(state["bins"]), "classes": tuple(state["classes"])})

    def _bin(self, prediction: pd.Series) -> NDArray[np.int64]:
        if self.kind == CLASS:
            return _places(prediction, self.bins)
        values = _numbers(prediction)
        if self.kind == SCORE:
            _check_scores(prediction, values)
        return np.searchsorted(np.asarray(self.bins, dtype=np.float64), values, side="right").astype(np.int64)

    def _class(self, label: pd.Series) -> NDArray[np.int64]:
        return np.zeros(len(label), dtype=np.int64) if self.kind == AMOUNT else _places(label, self.classes)

    def _loss(self, prediction: pd.Series, label: pd.Series) -> Floats:
        if self.kind == AMOUNT:
            return np.abs(_numbers(prediction) - _numbers(label))
        said = _written(label)
        if self.kind == CLASS:
            return np.asarray(_written(prediction) != said, dtype=np.float64)
        return np.asarray((_numbers(prediction) >= self.threshold) != (said == self.event), dtype=np.float64)


def _shape_of(prediction: pd.Series, label: pd.Series, threshold: float, event: Any, who: str) -> Outcomes:
    """Return an empty grid: what the prediction is, its bins, the classes of the label."""
    numeric = values_of(plain(prediction)).kind is Kind.NUMBER
    amounts = values_of(plain(label)).kind is Kind.NUMBER
    classes = sorted(set(_written(label)), key=_in_order)
    predicted = set(_written(prediction)) if not numeric or len(classes) <= MOST_CLASSES else set()
    if predicted and predicted <= set(classes) and len(classes) <= MOST_CLASSES and not (amounts and len(classes) > 20):
        return _empty(CLASS, tuple(classes), tuple(classes), threshold)
    if numeric and len(classes) == 2:
        chosen = classes[-1] if event is None else value_written(str(event))
        if chosen not in classes:
            raise ConfigurationError(f"{who}: event={event!r} is no value of the target", f"name one of {classes}")
        values = _numbers(prediction)
        _check_scores(prediction, values)
        return _empty(SCORE, _cuts(values, (threshold,)), tuple(classes), threshold, chosen)
    if numeric and amounts:
        return _empty(AMOUNT, _cuts(_numbers(prediction)), ("any",), threshold)
    if not predicted or len(classes) > MOST_CLASSES:
        raise DataError(
            f"{who}: predictions are {values_of(plain(prediction))} and the target has {len(classes)} values that are "
            f"{values_of(plain(label))}",
            "name as prediction= the predicted class, the probability of one of two classes, or a number",
        )
    both = tuple(sorted({*classes, *predicted}, key=_in_order))
    return _empty(CLASS, both, both, threshold)


def _empty(kind: str, bins: tuple[Any, ...], classes: tuple[str, ...], threshold: float, event: str = "") -> Outcomes:
    rows = len(bins) + 1  # beyond the last cut, or a class that the reference does not have
    zeros = np.zeros((rows, len(classes) + (kind != AMOUNT)))
    named = classes if kind == AMOUNT else (*classes, "(new)")
    return Outcomes(kind, bins, named, zeros, zeros, zeros, event, threshold)


def _cuts(values: Floats, always: tuple[float, ...] = ()) -> tuple[float, ...]:
    inner = np.quantile(values, np.arange(1, BINS) / BINS)
    return tuple(float(cut) for cut in np.unique(np.r_[inner, always]))


def _check_scores(column: pd.Series, values: Floats) -> None:
    wrong = ~((values >= 0) & (values <= 1))
    if wrong.any():
        place = int(wrong.argmax())
        raise DataError(
            f"the prediction {column.name!r} is {float(values[place])!r} in row {column.index[place]}, outside [0, 1]",
            "give probabilities (model.predict_proba), or the predicted class",
        )


def _numbers(column: pd.Series) -> Floats:
    return numbers_of(column, NUMBER)


def _written(column: pd.Series) -> NDArray[np.object_]:
    texts, distinct = pd.factorize(texts_of(column))
    written = np.array([value_written(str(text)) for text in distinct], dtype=object)
    return written[texts] if len(written) else np.empty(0, dtype=object)


def _places(column: pd.Series, names: tuple[Any, ...]) -> NDArray[np.int64]:
    order = {str(name): place for place, name in enumerate(names) if name != "(new)"}
    last = len(order)
    return np.array([order.get(text, last) for text in _written(column)], dtype=np.int64)


def _in_order(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text
