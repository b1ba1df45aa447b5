"""The table of built-in metrics: value, direction, tasks, interval, and where each is shown when none is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.errors import ConfigurationError, meant
from mlsys.evaluation.metric import Metric, SampleMetric
from mlsys.evaluation.sample import EVENT, Sample, Task, Values


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


def _scaled(place: int, power: int) -> Callable[[Sample], float]:
    """Return the mean of errors to a power beside those of a naive forecast of the series so far."""

    def scaled(sample: Sample) -> float:
        if sample.naive is None:
            return float("nan")
        naive = sample.naive[:, place]
        known = naive > 0  # a series that never changed has no scale
        if not (known & (sample.weight > 0)).any():
            return float("nan")
        ratios = np.abs(_residuals(sample))[known] ** power / naive[known]
        return float(np.average(ratios, weights=sample.weight[known]) ** (1 / power))

    return scaled


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


def _selection_rate(sample: Sample) -> float:
    return float(np.average(sample.flagged, weights=sample.weight))


_BINARY: tuple[Task, ...] = ("binary",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_MANY: tuple[Task, ...] = ("multiclass",)
_NUMBERS: tuple[Task, ...] = ("regression",)
_SHARE, _LOSS, _ANY = (0.0, 1.0), (0.0, np.inf), (-np.inf, np.inf)


def _more(name: str, tasks: tuple[Task, ...], function: Callable[[Sample], float], **facts: Any) -> SampleMetric:
    """Return a metric of which more is better, from 0 to 1 unless it is said otherwise."""
    return SampleMetric(name, function, tasks=tasks, **{"bounds": _SHARE, **facts})


def _less(name: str, tasks: tuple[Task, ...], function: Callable[[Sample], float], **facts: Any) -> SampleMetric:
    """Return a metric of which less is better, 0 at least."""
    return SampleMetric(name, function, greater_is_better=False, tasks=tasks, **{"bounds": _LOSS, **facts})


def _mean(name: str, tasks: tuple[Task, ...], rows: Callable[[Sample], Values], **facts: Any) -> SampleMetric:
    """Return a mean over rows of which less is better."""
    return _less(name, tasks, _mean_of(rows), per_row=rows, **facts)


def _f_beta(beta: float) -> SampleMetric:
    return _more(f"f{beta:g}", _BINARY, _f(beta))


def _pinball_loss(quantile: float, name: str = "") -> SampleMetric:
    return _mean(name or f"pinball_{quantile:g}", _NUMBERS, _pinball(quantile))


TABLE: Sequence[SampleMetric] = (
    _more("roc_auc", _BINARY, roc_auc, takes="score", ranks=True, delong=True, usual={"binary": 0}),
    _more("average_precision", _BINARY, _average_precision, takes="score", ranks=True, usual={"binary": 1}),
    _mean("log_loss", _CLASSES, _log_losses, takes="probability", usual={"binary": 2, "multiclass": 3}),
    _mean("brier", _BINARY, _squared_misses, takes="probability", bounds=_SHARE),
    _more("accuracy", _CLASSES, _accuracy, among=rows_of, usual={"binary": 3, "multiclass": 1},
          compared={"multiclass": 0}),
    _more("balanced_accuracy", _CLASSES, _balanced_accuracy, usual={"multiclass": 0}),
    _more("mcc", _CLASSES, _mcc, bounds=(-1.0, 1.0)),
    _more("recall", _BINARY, _recall, among=_events, usual={"binary": 4}, compared={"binary": 1}, by_slice=True),
    _more("precision", _BINARY, _precision, among=_flags, usual={"binary": 5}, compared={"binary": 3}),
    _less("false_positive_rate", _BINARY, _false_positive_rate, among=_others, bounds=_SHARE, compared={"binary": 2}),
    _f_beta(0.5),
    _f_beta(1),
    _f_beta(2),
    _more("macro_f1", _MANY, _macro_f1, usual={"multiclass": 2}),
    _more("macro_roc_auc", _MANY, _macro_auc, takes="score", usual={"multiclass": 4}),
    _mean("mae", _NUMBERS, _absolute_errors, usual={"regression": 1}, by_slice=True),
    _mean("mape", _NUMBERS, _relative_errors),
    _less("rmse", _NUMBERS, _rmse, usual={"regression": 0}),
    _more("r2", _NUMBERS, _r2, bounds=(-np.inf, 1.0), usual={"regression": 2}),
    _less("median_absolute_error", _NUMBERS, _median_error),
    _pinball_loss(0.5, "pinball"),
    _less("mase", _NUMBERS, _scaled(0, 1)),
    _less("rmsse", _NUMBERS, _scaled(1, 2)),
)  # fmt: skip
RATES: Sequence[SampleMetric] = (
    _more("selection_rate", _BINARY, _selection_rate, among=rows_of, compared={"binary": 0}),
    _more("mean_error", _NUMBERS, _mean_of(_residuals), per_row=_residuals, bounds=_ANY, compared={"regression": 0}),
)
"""Of neither more nor less is better: what counts is whether groups are treated alike."""
METRICS = {metric.name: metric for metric in TABLE}
_FAMILIES: dict[str, tuple[float, Callable[[float], SampleMetric]]] = {
    "f": (np.inf, _f_beta), "pinball_": (1.0, _pinball_loss),
}  # fmt: skip
"""What a number above 0 may follow, below which number it must lie, and the metric it makes."""


def usual_metrics(task: Task, with_probabilities: bool, with_scores: bool = False) -> list[Metric]:
    """Return the metrics shown when none are named; the first is the headline.

    Examples
    --------
    >>> [metric.name for metric in usual_metrics("regression", False)]
    ['rmse', 'mae', 'r2']
    """
    found = sorted((each for each in TABLE if task in each.usual), key=lambda each: each.usual[task])
    return [m for m in found if with_probabilities or not m.needs_probabilities or (with_scores and m.takes == "score")]


def compared_rates(task: Task) -> list[Metric]:
    """Return the rates that are compared between sensitive groups.

    Notes
    -----
    Recall and false positive rate are equalized odds (Hardt et al. 2016), the selection rate demographic parity,
    precision predictive parity (Chouldechova 2017).

    Examples
    --------
    >>> [rate.name for rate in compared_rates("binary")]
    ['selection_rate', 'recall', 'false_positive_rate', 'precision']
    """
    found = [each for each in (*RATES, *TABLE) if task in each.compared]
    found.sort(key=lambda each: each.compared[task])
    return list(found)


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
        f"{meant(name, METRICS)}"
        f"metrics are {', '.join(METRICS)}, and, with other numbers, f<beta> and pinball_<quantile>, such as f3 and "
        "pinball_0.9",
    )
