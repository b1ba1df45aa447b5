"""Metrics by task: what they need, which way is better, and their value on scored rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import PROBABILITY, probability_columns
from mlsys.errors import ConfigurationError
from mlsys.evaluation.scored import classes_of

Task = Literal["binary", "multiclass", "regression"]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Scored rows as arrays: what metrics are computed from.

    Parameters
    ----------
    y, prediction : ndarray
        Codes of the classes (the second of two is the event), or numbers.
    probabilities : ndarray of shape (rows, classes), optional
        For classes that have them.
    weight : ndarray
        One a row.
    classes : tuple of str
        In the order of the codes; empty for numbers.
    """

    y: Values
    prediction: Values
    probabilities: Values | None
    weight: Values
    classes: tuple[str, ...]

    @classmethod
    def of(cls, scored: pd.DataFrame, classes: Sequence[str]) -> Sample:
        """Read scored rows; ``classes`` as texts, or none for numbers."""
        weight = scored["weight"].to_numpy(dtype=np.float64) if "weight" in scored else np.ones(len(scored))
        if not classes:
            y = scored["y"].to_numpy(dtype=np.float64, na_value=np.nan)
            return cls(y, scored["prediction"].to_numpy(dtype=np.float64, na_value=np.nan), None, weight, ())
        codes = {name: float(code) for code, name in enumerate(classes)}
        y, predicted = (_codes_of(scored[name], codes) for name in ("y", "prediction"))
        probabilities = None
        if probability_columns(scored.columns):  # a class that another model does not know has no chance with it
            shares = scored.reindex(columns=[PROBABILITY + name for name in classes], fill_value=0.0)
            probabilities = shares.to_numpy(dtype=np.float64)
        return cls(y, predicted, probabilities, weight, tuple(classes))

    def weighted(self, weight: Values) -> Sample:
        """Return the same rows with other weights."""
        return Sample(self.y, self.prediction, self.probabilities, weight, self.classes)

    @property
    def event(self) -> NDArray[np.bool_]:
        """Whether the second of two classes is the truth."""
        return np.asarray(self.y == 1)

    @property
    def score(self) -> Values:
        """Probability of the second of two classes."""
        assert self.probabilities is not None
        return self.probabilities[:, -1]


def _codes_of(values: pd.Series, codes: dict[str, float]) -> Values:
    places, levels = pd.factorize(values)  # few levels are turned into texts, not every row
    known = np.array([codes.get(text, np.nan) for text in pd.Series(levels).astype("str")] + [np.nan])
    return known[places]  # an unknown label has the place -1: the last


@dataclass(frozen=True)
class Metric:
    """A metric: name, direction, what it needs, how to compute it; ``per_row`` where it is a mean over rows."""

    name: str
    greater_is_better: bool
    tasks: tuple[Task, ...]
    needs_probabilities: bool
    function: Callable[[Sample], float]
    per_row: Callable[[Sample], Values] | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value that it can take."""
        if not self.greater_is_better:
            return 0.0, np.inf
        return (-np.inf if self.name == "r2" else 0.0), 1.0

    def __call__(self, sample: Sample) -> float:
        """Return the value, NaN where it is not defined (one class, no predicted events, no weight)."""
        if (self.needs_probabilities and sample.probabilities is None) or not sample.weight.any():
            return float("nan")
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(self.function(sample))


def roc_auc(sample: Sample) -> float:
    """Return the chance that an event is scored above a non-event, ties counted half."""
    return weighted_auc(sample.event, sample.score, sample.weight)


def weighted_auc(event: NDArray[np.bool_], score: Values, weight: Values) -> float:
    """Return the weighted ROC AUC by one sort."""
    order = np.argsort(score, kind="stable")
    score, up, weight = score[order], event[order], weight[order]
    last = np.r_[score[1:] != score[:-1], True]
    ends = np.flatnonzero(last)
    events = np.diff(np.r_[0.0, np.cumsum(np.where(up, weight, 0.0))[ends]])
    others = np.diff(np.r_[0.0, np.cumsum(np.where(up, 0.0, weight))[ends]])
    below = np.cumsum(others) - others
    return float((events * (below + others / 2)).sum() / (events.sum() * others.sum()))


def _average_precision(sample: Sample) -> float:
    """Return precision averaged over the recall steps, by one sort; tied scores count as one step."""
    order = np.argsort(-sample.score, kind="stable")
    score, weight = sample.score[order], sample.weight[order]
    ends = np.flatnonzero(np.r_[score[1:] != score[:-1], True])
    flagged = np.cumsum(weight)[ends]
    caught = np.cumsum(np.where(sample.event[order], weight, 0.0))[ends]
    precision = np.divide(caught, flagged, out=np.zeros_like(caught), where=flagged > 0)
    return float((np.diff(np.r_[0.0, caught]) * precision).sum() / caught[-1])


def _log_losses(sample: Sample) -> Values:
    assert sample.probabilities is not None
    known = ~np.isnan(sample.y)  # a class that training rows lack has probability 0
    picked = np.zeros(len(sample.y))
    picked[known] = sample.probabilities[known, sample.y[known].astype(int)]
    tiny = np.finfo(np.float64).eps
    return np.asarray(-np.log(np.clip(picked, tiny, 1 - tiny)))


def _squared_misses(sample: Sample) -> Values:
    return np.asarray((sample.score - sample.event) ** 2)


def _absolute_errors(sample: Sample) -> Values:
    return np.abs(_residuals(sample))


def _mean_of(per_row: Callable[[Sample], Values]) -> Callable[[Sample], float]:
    return lambda sample: float(np.average(per_row(sample), weights=sample.weight))


def _accuracy(sample: Sample) -> float:
    return float(np.average(sample.y == sample.prediction, weights=sample.weight))


def _recalls(sample: Sample) -> Values:
    known = ~np.isnan(sample.y)
    codes, right = sample.y[known].astype(int), ((sample.y == sample.prediction) * sample.weight)[known]
    totals = np.bincount(codes, sample.weight[known], len(sample.classes))
    return np.asarray(np.bincount(codes, right, len(sample.classes)) / np.where(totals > 0, totals, np.nan))


def _balanced_accuracy(sample: Sample) -> float:
    return float(np.nanmean(_recalls(sample)))


def _recall(sample: Sample) -> float:
    return float(_recalls(sample)[1])


def _precision(sample: Sample) -> float:
    flagged = sample.prediction == 1
    return float((sample.weight * (flagged & sample.event)).sum() / (sample.weight * flagged).sum())


def _f1(sample: Sample) -> float:
    flagged, hit = sample.prediction == 1, (sample.prediction == 1) & sample.event
    total = (sample.weight * flagged).sum() + (sample.weight * sample.event).sum()
    return float(2 * (sample.weight * hit).sum() / total)


def _macro_f1(sample: Sample) -> float:
    scores = []
    for code in range(len(sample.classes)):
        truth, said = sample.y == code, sample.prediction == code
        total = (sample.weight * truth).sum() + (sample.weight * said).sum()
        scores.append(2 * (sample.weight * (truth & said)).sum() / total if total else np.nan)
    return float(np.nanmean(scores))


def _macro_auc(sample: Sample) -> float:
    assert sample.probabilities is not None
    each = []
    for code in range(len(sample.classes)):
        truth = sample.y == code
        if truth.any() and not truth.all():
            each.append(weighted_auc(truth, sample.probabilities[:, code], sample.weight))
    return float(np.mean(each)) if each else float("nan")


def _residuals(sample: Sample) -> Values:
    return np.asarray(sample.prediction - sample.y)


def _rmse(sample: Sample) -> float:
    return float(np.sqrt(np.average(_residuals(sample) ** 2, weights=sample.weight)))


def _r2(sample: Sample) -> float:
    mean = np.average(sample.y, weights=sample.weight)
    total = (sample.weight * (sample.y - mean) ** 2).sum()
    return float(1 - (sample.weight * _residuals(sample) ** 2).sum() / total)


def _median_error(sample: Sample) -> float:
    errors = np.abs(_residuals(sample))
    order = np.argsort(errors)
    reached = np.cumsum(sample.weight[order])
    return float(errors[order][np.searchsorted(reached, reached[-1] / 2)])


_BINARY: tuple[Task, ...] = ("binary",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
METRICS = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", True, _BINARY, True, roc_auc),
        Metric("average_precision", True, _BINARY, True, _average_precision),
        Metric("log_loss", False, _CLASSES, True, _mean_of(_log_losses), _log_losses),
        Metric("brier", False, _BINARY, True, _mean_of(_squared_misses), _squared_misses),
        Metric("accuracy", True, _CLASSES, False, _accuracy),
        Metric("balanced_accuracy", True, _CLASSES, False, _balanced_accuracy),
        Metric("recall", True, _BINARY, False, _recall),
        Metric("precision", True, _BINARY, False, _precision),
        Metric("f1", True, _BINARY, False, _f1),
        Metric("macro_f1", True, ("multiclass",), False, _macro_f1),
        Metric("macro_roc_auc", True, ("multiclass",), True, _macro_auc),
        Metric("mae", False, ("regression",), False, _mean_of(_absolute_errors), _absolute_errors),
        Metric("rmse", False, ("regression",), False, _rmse),
        Metric("r2", True, ("regression",), False, _r2),
        Metric("median_absolute_error", False, ("regression",), False, _median_error),
    )
}
_USUAL: dict[Task, tuple[str, ...]] = {
    "binary": ("roc_auc", "average_precision", "log_loss", "accuracy", "recall", "precision"),
    "multiclass": ("balanced_accuracy", "accuracy", "macro_f1", "log_loss", "macro_roc_auc"),
    "regression": ("rmse", "mae", "r2"),
}


def usual_metrics(task: Task, with_probabilities: bool) -> list[Metric]:
    """Return the metrics shown when none are named; the first is the headline.

    Examples
    --------
    >>> [metric.name for metric in usual_metrics("regression", False)]
    ['rmse', 'mae', 'r2']
    """
    found = [METRICS[name] for name in _USUAL[task]]
    return [metric for metric in found if with_probabilities or not metric.needs_probabilities]


def metric_named(name: str) -> Metric:
    """Return a metric by name; say what there is if there is none of it."""
    if name not in METRICS:
        raise ConfigurationError(f"there is no metric {name!r}", f"metrics are {', '.join(METRICS)}")
    return METRICS[name]


def task_of(scored: pd.DataFrame) -> Task:
    """Return the task that scored rows are about: by their probabilities, else by the target's values."""
    classes = classes_of(scored)
    if classes:
        return "binary" if len(classes) == 2 else "multiclass"
    y = scored["y"]
    labels = not pd.api.types.is_numeric_dtype(y) or pd.api.types.is_bool_dtype(y)
    predicted = scored["prediction"]
    whole = pd.api.types.is_integer_dtype(y) and pd.api.types.is_integer_dtype(predicted)
    if labels or whole:
        return "binary" if max(y.nunique(), predicted.nunique()) <= 2 else "multiclass"
    return "regression"


def class_names(scored: pd.DataFrame, task: Task) -> list[str]:
    """Return the classes as texts in the order of their codes; none for numbers."""
    if task == "regression":
        return []
    found = classes_of(scored)
    if found:
        return found
    values = pd.concat([scored["y"], scored["prediction"]]).dropna().unique()
    return [str(value) for value in sorted(values)]
