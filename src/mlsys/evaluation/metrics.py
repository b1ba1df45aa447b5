"""Metrics by task, in one table: what they need, which way is better, how their interval is found, their value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlsys.dataset import probability_columns, score_columns
from mlsys.errors import ConfigurationError
from mlsys.evaluation.sample import EVENT, Sample, Task, Values


@dataclass(frozen=True)
class Metric:
    """A metric.

    Parameters
    ----------
    name : str
        What it is called everywhere.
    greater_is_better : bool
        Direction.
    tasks : tuple of str
        Those it is for.
    needs_probabilities : bool
        Whether it is left out where the model gives none.
    function : callable
        From scored rows to the value.
    per_row : callable, optional
        Where it is a mean over rows: what it is the mean of.
    among : callable, optional
        Where it is a share of rows: of how many.
    ranks : bool
        Whether it needs some events and some others.
    bounds : tuple of float
        The least and the greatest value that it can take.
    orders : bool
        Whether scores on any scale do in place of probabilities: only the order of rows counts.
    """

    name: str
    greater_is_better: bool
    tasks: tuple[Task, ...]
    needs_probabilities: bool
    function: Callable[[Sample], float]
    per_row: Callable[[Sample], Values] | None = None
    among: Callable[[Sample], float] | None = None
    ranks: bool = False
    bounds: tuple[float, float] = (0.0, 1.0)
    orders: bool = False

    def has_what_it_needs(self, columns: Iterable[object]) -> bool:
        """Whether predictions of such columns have probabilities, or scores, where it needs any."""
        names = list(columns)
        if not self.needs_probabilities or probability_columns(names):
            return True
        return self.orders and bool(score_columns(names))

    @property
    def is_quick(self) -> bool:
        """Whether its interval needs no bootstrap, so that dozens of slices cost little."""
        return self.per_row is not None or self.among is not None or self.function is roc_auc

    def __call__(self, sample: Sample) -> float:
        """Return the value, NaN where it is not defined (one class, no predicted events, no weight)."""
        said = sample.by_class if self.orders else sample.probabilities
        if (self.needs_probabilities and said is None) or not sample.weight.any():
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
    return float((sample.weight * (sample.flagged & sample.event)).sum() / (sample.weight * sample.flagged).sum())


def _false_positive_rate(sample: Sample) -> float:
    other = sample.y == 1 - EVENT
    return float((sample.weight * (sample.flagged & other)).sum() / (sample.weight * other).sum())


def _f(beta: float) -> Callable[[Sample], float]:
    """Return F-beta: the harmonic mean in which recall weighs beta times as much as precision (van Rijsbergen 1979)."""

    def f(sample: Sample) -> float:
        hit, event, flagged = (
            float((sample.weight * rows).sum())
            for rows in (sample.flagged & sample.event, sample.event, sample.flagged)
        )
        return (1 + beta**2) * hit / (beta**2 * event + flagged) if event or flagged else float("nan")

    return f


def _mcc(sample: Sample) -> float:
    """Return Matthews' correlation of truth and prediction over all classes (Gorodkin 2004), 0 if one is constant."""
    unknown = len(sample.classes)
    truth, said = (np.nan_to_num(codes, nan=unknown).astype(int) for codes in (sample.y, sample.prediction))
    by_truth, by_said = (np.bincount(codes, sample.weight, unknown + 1) for codes in (truth, said))
    total, right = sample.weight.sum(), sample.weight[truth == said].sum()
    spread = (total**2 - (by_truth**2).sum()) * (total**2 - (by_said**2).sum())
    return float((right * total - by_truth @ by_said) / np.sqrt(spread)) if spread > 0 else 0.0


def _macro_f1(sample: Sample) -> float:
    scores = []
    for code in range(len(sample.classes)):
        truth, said = sample.y == code, sample.prediction == code
        total = (sample.weight * truth).sum() + (sample.weight * said).sum()
        scores.append(2 * (sample.weight * (truth & said)).sum() / total if total else np.nan)
    return float(np.nanmean(scores))


def _macro_auc(sample: Sample) -> float:
    assert sample.by_class is not None
    each = []
    for code in range(len(sample.classes)):
        truth = sample.y == code
        if truth.any() and not truth.all():
            each.append(weighted_auc(truth, sample.by_class[:, code], sample.weight))
    return float(np.mean(each)) if each else float("nan")


def _residuals(sample: Sample) -> Values:
    return np.asarray(sample.prediction - sample.y)


def _relative_errors(sample: Sample) -> Values:
    return np.abs(_residuals(sample)) / np.maximum(np.abs(sample.y), np.finfo(np.float64).eps)


def _pinball(quantile: float) -> Callable[[Sample], Values]:
    """Return the loss that is least where so large a share of the truth lies below the prediction (Koenker 1978)."""

    def losses(sample: Sample) -> Values:
        above = -_residuals(sample)
        return np.maximum(quantile * above, (quantile - 1) * above)

    return losses


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


def rows_of(sample: Sample) -> float:
    """Return how many rows there are."""
    return float(len(sample.y))


def _events(sample: Sample) -> float:
    return float(sample.event.sum())


def _others(sample: Sample) -> float:
    return float((sample.y == 1 - EVENT).sum())


def _flags(sample: Sample) -> float:
    return float(sample.flagged.sum())


_BINARY: tuple[Task, ...] = ("binary",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_NUMBERS: tuple[Task, ...] = ("regression",)
_LOSS = (0.0, np.inf)


def _f_beta(beta: float) -> Metric:
    return Metric(f"f{beta:g}", True, _BINARY, False, _f(beta))


def _pinball_loss(quantile: float, name: str = "") -> Metric:
    losses = _pinball(quantile)
    return Metric(name or f"pinball_{quantile:g}", False, _NUMBERS, False, _mean_of(losses), losses, bounds=_LOSS)


METRICS = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", True, _BINARY, True, roc_auc, ranks=True, orders=True),
        Metric("average_precision", True, _BINARY, True, _average_precision, ranks=True, orders=True),
        Metric("log_loss", False, _CLASSES, True, _mean_of(_log_losses), _log_losses, bounds=_LOSS),
        Metric("brier", False, _BINARY, True, _mean_of(_squared_misses), _squared_misses),
        Metric("accuracy", True, _CLASSES, False, _accuracy, among=rows_of),
        Metric("balanced_accuracy", True, _CLASSES, False, _balanced_accuracy),
        Metric("mcc", True, _CLASSES, False, _mcc, bounds=(-1.0, 1.0)),
        Metric("recall", True, _BINARY, False, _recall, among=_events),
        Metric("precision", True, _BINARY, False, _precision, among=_flags),
        Metric("false_positive_rate", False, _BINARY, False, _false_positive_rate, among=_others),
        _f_beta(0.5),
        _f_beta(1),
        _f_beta(2),
        Metric("macro_f1", True, ("multiclass",), False, _macro_f1),
        Metric("macro_roc_auc", True, ("multiclass",), True, _macro_auc, orders=True),
        Metric("mae", False, _NUMBERS, False, _mean_of(_absolute_errors), _absolute_errors, bounds=_LOSS),
        Metric("mape", False, _NUMBERS, False, _mean_of(_relative_errors), _relative_errors, bounds=_LOSS),
        Metric("rmse", False, _NUMBERS, False, _rmse, bounds=_LOSS),
        Metric("r2", True, _NUMBERS, False, _r2, bounds=(-np.inf, 1.0)),
        Metric("median_absolute_error", False, _NUMBERS, False, _median_error, bounds=_LOSS),
        _pinball_loss(0.5, "pinball"),
    )
}
_FAMILIES: dict[str, tuple[float, Callable[[float], Metric]]] = {
    "f": (np.inf, _f_beta), "pinball_": (1.0, _pinball_loss),
}  # fmt: skip
"""What a number above 0 may follow, below which number it must lie, and the metric it makes."""
_USUAL: dict[Task, tuple[str, ...]] = {
    "binary": ("roc_auc", "average_precision", "log_loss", "accuracy", "recall", "precision"),
    "multiclass": ("balanced_accuracy", "accuracy", "macro_f1", "log_loss", "macro_roc_auc"),
    "regression": ("rmse", "mae", "r2"),
}


def usual_metrics(task: Task, with_probabilities: bool, with_scores: bool = False) -> list[Metric]:
    """Return the metrics shown when none are named; the first is the headline.

    Examples
    --------
    >>> [metric.name for metric in usual_metrics("regression", False)]
    ['rmse', 'mae', 'r2']
    """
    found = [METRICS[name] for name in _USUAL[task]]
    return [m for m in found if with_probabilities or not m.needs_probabilities or (with_scores and m.orders)]


def metric_named(name: str) -> Metric:
    """Return a metric by name; say what there is if there is none of it.

    Examples
    --------
    >>> metric_named("f3").name, metric_named("pinball_0.90").name
    ('f3', 'pinball_0.9')
    """
    if name in METRICS:
        return METRICS[name]
    for prefix, (most, make) in _FAMILIES.items():
        number = name.removeprefix(prefix) if name.startswith(prefix) else ""
        if number.replace(".", "", 1).isdecimal() and 0 < float(number) < most:
            return make(float(number))
    raise ConfigurationError(
        f"there is no metric {name!r}",
        f"metrics are {', '.join(METRICS)}, and with other numbers f<beta> and pinball_<quantile>, such as f3 and "
        "pinball_0.9",
    )
