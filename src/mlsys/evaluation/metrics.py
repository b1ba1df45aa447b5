"""The table of built-in metrics: value, direction, tasks, interval, and where each is shown when none is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlsys.errors import ConfigurationError, meant
from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.counts import formulas
from mlsys.evaluation.counts.formulas import shares
from mlsys.evaluation.counts.ranks import auc, average_precision
from mlsys.evaluation.counts.slopes import of_auc, of_average_precision
from mlsys.evaluation.deviances import DEVIANCES, can_be_a_power, deviance, explained_deviance
from mlsys.evaluation.probabilities.error import error_of, interval_of
from mlsys.evaluation.ranking import RANKING, ndcg_at
from mlsys.evaluation.sample import Sample, Task, Values
from mlsys.evaluation.statistic import OfCells, OfRanks, OfSums, Statistic
from mlsys.evaluation.without_labels import WITHOUT_LABELS


def _log_losses(sample: Sample) -> Values:
    assert sample.probabilities is not None
    known = ~np.isnan(sample.y)  # a class that training rows lack has probability 0
    picked = np.zeros(len(sample.y))
    picked[known] = sample.probabilities[known, sample.y[known].astype(int)]
    tiny = np.finfo(np.float64).eps
    return np.asarray(-np.log(np.clip(picked, tiny, 1 - tiny)))


def _squared_misses(sample: Sample) -> Values:
    return np.asarray((sample.score - sample.event) ** 2)


def _top(k: int) -> Callable[[Sample], Values]:
    """Return whether the true class is among the k likeliest; of equal chances the later class counts as likelier."""

    def hits(sample: Sample) -> Values:
        assert sample.by_class is not None
        known = ~np.isnan(sample.y)
        codes = np.where(known, sample.y, 0).astype(int)
        own = sample.by_class[np.arange(len(codes)), codes][:, None]
        later = np.arange(len(sample.classes)) > codes[:, None]
        before = ((sample.by_class > own) | ((sample.by_class == own) & later)).sum(axis=1)
        return np.asarray(known & (before < k), dtype=np.float64)

    return hits


def _residuals(sample: Sample) -> Values:
    return np.asarray(sample.prediction - sample.y)


def _absolute_errors(sample: Sample) -> Values:
    return np.abs(_residuals(sample))


def _relative_errors(sample: Sample) -> Values:
    return np.abs(_residuals(sample)) / np.maximum(np.abs(sample.y), np.finfo(np.float64).eps)


def _pinball(quantile: float) -> Callable[[Sample], Values]:
    """Return the loss that is least where so large a share of the truth lies below the prediction (Koenker 1978)."""

    def losses(sample: Sample) -> Values:
        above = -_residuals(sample)
        return np.maximum(quantile * above, (quantile - 1) * above)

    return losses


def _with_ones(per_row: Callable[[Sample], Values]) -> Callable[[Sample], Values]:
    return lambda sample: np.column_stack([np.ones(len(sample.y)), per_row(sample)])


def _inside(sample: Sample) -> Values:
    """Return whether the truth lies in the interval, or its class in the set."""
    if sample.sets is not None:
        known = ~np.isnan(sample.y)  # a class that the model does not know is in no set
        codes = np.where(known, sample.y, 0).astype(int)
        return np.asarray(known & sample.sets[np.arange(len(codes)), codes], dtype=np.float64)
    lower, upper = _ends(sample)
    return np.where(np.isnan(upper - lower), np.nan, (lower <= sample.y) & (sample.y <= upper))


def _interval_width(sample: Sample) -> Values:
    lower, upper = _ends(sample)
    return np.asarray(upper - lower)


def _set_size(sample: Sample) -> Values:
    return np.full(len(sample.y), np.nan) if sample.sets is None else sample.sets.sum(axis=1).astype(np.float64)


def _abstained(sample: Sample) -> Values:
    return np.full(len(sample.y), np.nan) if sample.abstains is None else sample.abstains.astype(np.float64)


def _right_if_answered(sample: Sample) -> Values:
    return np.where(_abstained(sample) == 0, (sample.y == sample.prediction).astype(np.float64), np.nan)


def _over_known(rows: Callable[[Sample], Values]) -> Callable[[Sample], Values]:
    """Return sums of the rows that count, and of what is true of them."""

    def addends(sample: Sample) -> Values:
        values = rows(sample)
        known = ~np.isnan(values)
        return np.column_stack([known, np.where(known, values, 0.0)])

    return addends


def _ends(sample: Sample) -> tuple[Values, Values]:
    ends = np.full((len(sample.y), 2), np.nan) if sample.ends is None else sample.ends
    return ends[:, 0], ends[:, 1]


def _ratio(sums: Values) -> Values:
    return shares(sums[..., 1], sums[..., 0])


def _mean_of(per_row: Callable[[Sample], Values]) -> Callable[[Sample], float]:
    return lambda sample: float(np.average(per_row(sample), weights=sample.weight))


def _squares(sample: Sample) -> Values:
    return _residuals(sample) ** 2


def _explained(sums: Values) -> Values:
    return 1 - shares(sums[..., 1], sums[..., -1])


def _scaled(place: int, power: int) -> OfSums:
    """Return the mean of errors to a power beside those of a naive forecast of the series so far."""

    def ratios(sample: Sample) -> Values:
        if sample.naive is None:
            return np.zeros((len(sample.y), 2))
        naive = sample.naive[:, place]
        known = naive > 0  # a series that never changed has no scale
        beside = np.divide(_absolute_errors(sample) ** power, naive, out=np.zeros(len(naive)), where=known)
        return np.column_stack([known, beside])

    return OfSums(ratios, lambda sums: _ratio(sums) ** (1 / power))


def _median_error(sample: Sample) -> float:
    errors = np.abs(_residuals(sample))
    order = np.argsort(errors)
    reached = np.cumsum(sample.weight[order])
    return float(errors[order][np.searchsorted(reached, reached[-1] / 2)])


_BINARY: tuple[Task, ...] = ("binary",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_MANY: tuple[Task, ...] = ("multiclass",)
_NUMBERS: tuple[Task, ...] = ("regression",)
_EITHER = 10, 12
"""With fewer events or other rows, or groups of either, 95 % intervals cover less than 93 %; rankings need more of
them (benchmarks/coverage_of_scores.py)."""
_SHARE, _LOSS, _ANY = (0.0, 1.0), (0.0, np.inf), (-np.inf, np.inf)


def _more(name: str, tasks: tuple[Task, ...], statistic: Statistic, **facts: Any) -> SampleMetric:
    """Return a metric of which more is better, from 0 to 1 unless it is said otherwise."""
    return SampleMetric(name, statistic.value, tasks=tasks, statistic=statistic, **{"bounds": _SHARE, **facts})


def _less(name: str, tasks: tuple[Task, ...], statistic: Statistic, **facts: Any) -> SampleMetric:
    """Return a metric of which less is better, 0 at least."""
    return _more(name, tasks, statistic, **{"greater_is_better": False, "bounds": _LOSS, **facts})


def _mean(name: str, tasks: tuple[Task, ...], rows: Callable[[Sample], Values], **facts: Any) -> SampleMetric:
    """Return a mean over rows of which less is better."""
    statistic = OfSums(_with_ones(rows), _ratio)
    facts = {"greater_is_better": False, "bounds": _LOSS, **facts}
    return SampleMetric(name, _mean_of(rows), tasks=tasks, statistic=statistic, per_row=rows, **facts)


def _share(name: str, tasks: tuple[Task, ...], rows: Callable[[Sample], Values], **facts: Any) -> SampleMetric:
    """Return the share of the rows that count, of which something is true: NaN for those that do not count."""
    statistic = OfSums(_over_known(rows), _ratio)
    facts = {"greater_is_better": True, "bounds": _SHARE, "share": True, **facts}
    return SampleMetric(name, statistic.value, tasks=tasks, statistic=statistic, per_row=rows, **facts)


def _f_beta(beta: float) -> SampleMetric:
    return _more(f"f{beta:g}", _BINARY, OfCells(formulas.f_beta(beta)), either=_EITHER)


def _pinball_loss(quantile: float, name: str = "") -> SampleMetric:
    return _mean(name or f"pinball_{quantile:g}", _NUMBERS, _pinball(quantile))


def _top_k(k: float) -> SampleMetric:
    named = f"top_{k:g}_accuracy"
    return _mean(named, _MANY, _top(int(k)), takes="score", bounds=_SHARE, greater_is_better=True, among=formulas.total)


TABLE: Sequence[SampleMetric] = (
    _more("roc_auc", _BINARY, OfRanks(auc, of_auc), takes="score", either=(10, 20), delong=True, usual={"binary": 0}),
    _more("average_precision", _BINARY, OfRanks(average_precision, of_average_precision), takes="score",
          either=(20, 20), usual={"binary": 1}, relative=True),
    _mean("log_loss", _CLASSES, _log_losses, takes="probability", either=_EITHER,
          usual={"binary": 2, "multiclass": 3}),
    _mean("brier", _BINARY, _squared_misses, takes="probability", either=_EITHER, bounds=_SHARE),
    SampleMetric("ece", error_of, greater_is_better=False, takes="probability", tasks=_CLASSES, bounds=_SHARE,
                 either=_EITHER, ends=interval_of),
    _more("accuracy", _CLASSES, OfCells(formulas.accuracy), among=formulas.total, usual={"binary": 3, "multiclass": 1},
          compared={"multiclass": 0}),
    _more("balanced_accuracy", _CLASSES, OfCells(formulas.balanced_accuracy), either=_EITHER, usual={"multiclass": 0}),
    _more("mcc", _CLASSES, OfCells(formulas.mcc), either=_EITHER, bounds=(-1.0, 1.0)),
    _more("recall", _BINARY, OfCells(formulas.recall), among=formulas.events, usual={"binary": 4},
          compared={"binary": 1}, by_slice=True),
    _more("precision", _BINARY, OfCells(formulas.precision), among=formulas.flagged, usual={"binary": 5},
          compared={"binary": 3}),
    _less("false_positive_rate", _BINARY, OfCells(formulas.false_positive_rate), among=formulas.others, bounds=_SHARE,
          compared={"binary": 2}),
    _f_beta(0.5),
    _f_beta(1),
    _f_beta(2),
    _more("macro_f1", _MANY, OfCells(formulas.macro_f1), usual={"multiclass": 2}),
    _more("macro_roc_auc", _MANY, OfRanks(auc, of_auc, by_class=True), takes="score", usual={"multiclass": 4}),
    _top_k(2),
    _mean("mae", _NUMBERS, _absolute_errors, usual={"regression": 1}, by_slice=True),
    _mean("mape", _NUMBERS, _relative_errors),
    _less("rmse", _NUMBERS, OfSums(_with_ones(_squares), lambda sums: np.sqrt(_ratio(sums))), usual={"regression": 0}),
    _more("r2", _NUMBERS, OfSums(_with_ones(_squares), _explained, lambda sample: sample.y),
          bounds=(-np.inf, 1.0), usual={"regression": 2}, relative=True),
    SampleMetric("median_absolute_error", _median_error, greater_is_better=False, tasks=_NUMBERS, bounds=_LOSS),
    _pinball_loss(0.5, "pinball"),
    _share("coverage", (*_CLASSES, *_NUMBERS), _inside, beside="intervals or sets"),
    _mean("interval_width", _NUMBERS, _interval_width, beside="intervals"),
    _mean("set_size", _CLASSES, _set_size, beside="sets"),
    _share("abstention_rate", (*_CLASSES, *_NUMBERS), _abstained, beside="abstaining", greater_is_better=False),
    _share("selective_accuracy", _CLASSES, _right_if_answered, beside="abstaining"),
    _less("mase", _NUMBERS, _scaled(0, 1)),
    _less("rmsse", _NUMBERS, _scaled(1, 2)),
    *DEVIANCES,
    *RANKING,
)  # fmt: skip
RATES: Sequence[SampleMetric] = (
    _more("selection_rate", _BINARY, OfCells(formulas.selection_rate), among=formulas.total, compared={"binary": 0}),
    _mean("mean_error", _NUMBERS, _residuals, bounds=_ANY, greater_is_better=True, compared={"regression": 0}),
)
"""Of neither more nor less is better: what counts is whether groups are treated alike."""
METRICS = {metric.name: metric for metric in TABLE}
_FAMILIES: dict[tuple[str, str], tuple[Callable[[float], bool], Callable[[float], SampleMetric]]] = {
    ("f", ""): (np.isfinite, _f_beta),
    ("tweedie_deviance_", ""): (can_be_a_power, deviance),
    ("d2_tweedie_", ""): (can_be_a_power, explained_deviance),
    ("ndcg_", ""): (float.is_integer, ndcg_at),
    ("pinball_", ""): (lambda quantile: quantile < 1, _pinball_loss),
    ("top_", "_accuracy"): (float.is_integer, _top_k),
}
"""What a number above 0 may stand between, which numbers fit, and the metric that one makes."""


def usual_metrics(
    task: Task, with_probabilities: bool, with_scores: bool = False, columns: Sequence[object] = ()
) -> list[Metric]:
    """Return the metrics shown when none are named; the first is the headline.

    Those of intervals, sets and abstaining come last, if the prediction ``columns`` have these.

    Examples
    --------
    >>> [metric.name for metric in usual_metrics("regression", False)]
    ['rmse', 'mae', 'r2']
    """
    found = sorted((each for each in TABLE if task in each.usual), key=lambda each: each.usual[task])
    found += [each for each in TABLE if each.beside and task in each.tasks and each.has_what_it_needs(columns)]
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
    if name in WITHOUT_LABELS:
        return WITHOUT_LABELS[name]
    for (prefix, suffix), (fits, make) in _FAMILIES.items():
        framed = name.startswith(prefix) and name.endswith(suffix)
        number = name.removeprefix(prefix).removesuffix(suffix) if framed else ""
        if number.replace(".", "", 1).isdecimal() and float(number) > 0 and fits(float(number)):
            return make(float(number))
    raise ConfigurationError(
        f"there is no metric {name!r}",
        f"{meant(name, METRICS)}"
        f"metrics are {', '.join(METRICS)}, and, with other numbers, f<beta>, ndcg_<k>, pinball_<quantile>, "
        "tweedie_deviance_<power>, d2_tweedie_<power> and top_<k>_accuracy, such as f3, ndcg_5, pinball_0.9, "
        "tweedie_deviance_1.5, d2_tweedie_1.5, top_3_accuracy",
    )
