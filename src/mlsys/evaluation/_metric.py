"""Metric: a number that models are judged by; one of the library's own, or one of the user's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from mlsys.dataset import ABSTAINS, LOWER, UPPER, probability_columns, score_columns, set_columns
from mlsys.errors import ConfigurationError
from mlsys.evaluation.calling import Takes, answer_of, answers_of, arguments_of
from mlsys.evaluation.sample import Sample, Task, Values
from mlsys.evaluation.statistic import Statistic

Method = Literal["bootstrap", "mean", "none"]
Beside = Literal["", "intervals", "sets", "intervals or sets", "abstaining"]
_SCORERS = "sklearn.metrics._scorer"
_MODELS = frozenset({"estimator", "model", "clf", "classifier", "regressor", "pipeline"})


@dataclass(frozen=True, repr=False)
class Metric:
    """A custom metric.

    Parameters
    ----------
    name : str
        Its name in tables, gates, comparisons and MLflow. The names of built-in metrics are reserved.
    function : callable
        ``f(y, prediction)`` or ``f(y, prediction, weight)``, which returns a number. ``y`` and ``prediction`` are
        arrays of the values in the data. A parameter named ``sample_weight`` or ``weight`` receives the weights,
        ``pos_label`` or ``event`` the event, and ``labels`` the classes in the order of the probabilities.
    greater_is_better : bool
        Whether greater values are better.
    takes : {"prediction", "probability", "score"}
        The second argument of the function. ``"probability"``: the probability of the event, or with more than two
        classes an array of shape (rows, classes). ``"score"``: probabilities, otherwise scores on any scale.
    tasks : tuple of {"binary", "multiclass", "regression"}
        Tasks that it applies to.
    interval : {"bootstrap", "mean", "none"}
        How its interval is computed. ``"mean"``: the function returns one number per row, null for rows that do not
        count, and the metric is their weighted mean, with a Wilson interval if all are 0 or 1, otherwise a normal
        one. ``"none"`` gives only the value, for a function that is too slow to be called 200 times.
    bounds : tuple of float
        The minimum and maximum value; intervals are clipped to them.

    Raises
    ------
    ConfigurationError
        If a parameter is invalid, or the function is a scorer, which needs a model: ``metrics=[scorer]`` takes
        those of ``make_scorer``.

    Notes
    -----
    The function sees only rows with a weight above 0. Without a parameter for weights it counts each row once; with a
    weight role the card says so. It is not defined (NaN) if it returns ``None``, NaN or infinity, divides by zero,
    warns with scikit-learn's ``UndefinedMetricWarning``, or raises a ``ValueError`` or ``LookupError`` on rows that
    lack a class. scikit-learn functions of probabilities receive codes in place of labels; the event has the
    greatest code. Cost: one call for each slice and baseline, and 200 more for each bootstrap.

    Examples
    --------
    >>> from sklearn.metrics import fbeta_score
    >>> Metric("f3_score", lambda y, prediction: fbeta_score(y, prediction, beta=3), tasks=("binary",))
    Metric('f3_score', greater is better)
    >>> caught = Metric("caught", lambda y, prediction: np.where(y == 1, prediction == 1, np.nan), interval="mean")
    """

    name: str
    function: Callable[..., Any]
    greater_is_better: bool = True
    takes: Takes = "prediction"
    tasks: tuple[Task, ...] = get_args(Task)
    interval: Method = "bootstrap"
    bounds: tuple[float, float] = (-np.inf, np.inf)

    def __post_init__(self) -> None:
        """Refuse what cannot be used, all problems at once."""
        who, tasks, bounds = f"Metric({self.name!r})", _tuple(self.tasks), _tuple(self.bounds)
        problems = []
        if not isinstance(cast("Any", self.name), str) or not self.name.strip():
            problems.append((f"name={self.name!r}", 'give it a name: Metric("profit", profit)'))
        for what, said, allowed in (
            ("takes", (self.takes,), get_args(Takes)),
            ("tasks", tasks or ((),), get_args(Task)),
            ("interval", (self.interval,), get_args(Method)),
            ("greater_is_better", (self.greater_is_better,), (True, False)),
        ):
            remedy = f"{what} is one of {', '.join(map(str, allowed))}"
            problems += [(f"{what}={each!r}", remedy) for each in said if each not in allowed]
        if len(bounds) != 2 or not all(isinstance(each, (int, float)) for each in bounds) or not bounds[0] < bounds[1]:
            problems.append((f"bounds={self.bounds!r}", "give the minimum and the maximum value"))
        if problems:
            wrong, remedies = zip(*problems, strict=True)
            raise ConfigurationError(f"{who} cannot have {', '.join(wrong)}", "; ".join(remedies))
        object.__setattr__(self, "tasks", tasks)
        object.__setattr__(self, "bounds", bounds)
        self._check_function(who)

    def _check_function(self, who: str) -> None:
        function = self.function
        if not callable(function) or isinstance(function, type):
            raise ConfigurationError(
                f"{who} got {function!r}, which is not a function", "give a function f(y, prediction)"
            )
        refuse_scorer(function, who)
        arguments_of(function, who)

    either = cast("tuple[int, int] | None", None)
    delong = False
    relative = False
    statistic = cast("Statistic | None", None)

    @property
    def applies_to(self) -> tuple[str, ...]:
        """The tasks that it applies to, of one target or of several."""
        return self.tasks

    @property
    def needs_probabilities(self) -> bool:
        """Whether it is left out if the model gives no probabilities (or scores, if these suffice)."""
        return self.takes != "prediction"

    @property
    def needs(self) -> str:
        """What a model must give, in words that follow "needs"."""
        return "probabilities"

    def has_what_it_needs(self, columns: Iterable[object]) -> bool:
        """Whether these prediction columns have the probabilities or scores that it needs."""
        names = list(columns)
        if not self.needs_probabilities or probability_columns(names):
            return True
        return self.takes == "score" and bool(score_columns(names))

    @property
    def is_quick(self) -> bool:
        """Whether its interval needs no bootstrap, so that many slices are cheap."""
        return self.interval != "bootstrap"

    @property
    def ignores_weights(self) -> bool:
        """Whether it ignores weights."""
        return self.interval != "mean" and arguments_of(self.function, self.name).weight is None

    def __call__(self, sample: Sample) -> float:
        """Return the value, NaN where it is not defined (one class, no predicted events, no weight)."""
        said = sample.by_class if self.takes == "score" else sample.probabilities
        if (self.needs_probabilities and said is None) or not sample.weight.any():
            return float("nan")
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(self._value(sample))

    def _value(self, sample: Sample) -> float:
        rows = self.rows(sample)
        if rows is None:
            return answer_of(self.function, self.takes, sample, f"the metric {self.name!r}")
        counts = np.where(np.isnan(rows), 0.0, sample.weight)
        return float(np.average(np.nan_to_num(rows), weights=counts)) if counts.any() else float("nan")

    def rows(self, sample: Sample) -> Values | None:
        """Return the values it averages, one per row, NaN for rows that do not count; ``None`` if it is not a mean."""
        if self.interval != "mean":
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            return answers_of(self.function, self.takes, sample, f"the metric {self.name!r}")

    def drawn(self, sample: Sample, times: Values) -> Values:
        """Return the value of each draw; ``times`` of shape (draws, rows) says how often each row was drawn."""
        if self.statistic is not None and sample.weight.any():
            return self.statistic.drawn(sample, times)
        return np.array([self(sample.drawn(each)) for each in times])

    def trials(self, sample: Sample) -> float | None:
        """Return the number of rows that it is a proportion of; ``None`` if it is not a proportion."""
        rows = self.rows(sample)
        known = None if rows is None else rows[~np.isnan(rows)]
        return float(len(known)) if known is not None and np.isin(known, (0.0, 1.0)).all() else None

    def rows_among(self, sample: Sample) -> NDArray[np.bool_] | None:
        """Return which rows a mean is over; ``None`` if it is no mean, or over all."""
        rows = self.rows(sample)
        return None if rows is None else ~np.isnan(rows)

    def __repr__(self) -> str:
        return f"Metric({self.name!r}, {'greater' if self.greater_is_better else 'lower'} is better)"


def _intervals(names: Iterable[object]) -> bool:
    return {LOWER, UPPER} <= set(names)


def _sets(names: Iterable[object]) -> bool:
    return bool(set_columns(names))


GIVES: Mapping[str, tuple[Callable[[Sequence[object]], bool], str]] = {
    "intervals": (_intervals, "intervals, which Conformal() and TrainForecast(coverage=...) give"),
    "sets": (_sets, "prediction sets, which Conformal() gives"),
    "intervals or sets": (
        lambda names: _intervals(names) or _sets(names),
        "intervals or prediction sets, which Conformal() and TrainForecast(coverage=...) give",
    ),
    "abstaining": (lambda names: ABSTAINS in names, "a model that abstains from some rows, which Abstain() makes it"),
}
"""What a metric may need beside predictions: how columns tell that it is there, and who gives it."""


@dataclass(frozen=True, repr=False)
class SampleMetric(Metric):
    """A built-in metric, whose function gets the whole sample.

    Parameters
    ----------
    by_query : bool
        Whether it is a mean over the groups of rows.
    of_target : str, optional
        What the target must be for it: ``"at least 0"`` or ``"above 0"``.
    undefined : str
        Why it may have no finite value.
    statistic : Statistic, optional
        What it is read from: confusion counts, sums over rows or ranks.
    per_row : callable, optional
        Where it is a mean over rows: what it is the mean of.
    among : callable, optional
        Where it is a share of rows: of how many, from confusion counts.
    either : tuple of int, optional
        Where there are two classes: how many rows of either its interval needs, and in how many groups.
    delong : bool
        Whether its interval is DeLong's.
    usual : mapping of str to int
        Its place among the metrics shown when none are named, by task; the first is the headline.
    compared : mapping of str to int
        Its place among the rates that are compared between sensitive groups, by task.
    relative : bool
        Whether it is relative to how the target is spread over the rows, as R2 and average precision are: a slice that
        is alike in the target has a low value, however good its predictions.
    by_slice : bool
        Whether MLflow gets it by slice, beside the headline.
    beside : {"", "intervals", "sets", "intervals or sets", "abstaining"}
        What a model has to give beside predictions for it.
    ends : callable, optional
        Where it has an interval of its own: ``ends(sample, group, level)`` returns the ends.
    share : bool
        Whether it is the share of rows of which something is true.
    """

    statistic: Statistic | None = None
    by_query: bool = False
    of_target: str | None = None
    undefined: str = "not defined here"
    per_row: Callable[[Sample], Values] | None = None
    among: Callable[[Any], Values] | None = None
    either: tuple[int, int] | None = None
    delong: bool = False
    usual: Mapping[Task, int] = field(default_factory=dict)
    compared: Mapping[Task, int] = field(default_factory=dict)
    relative: bool = False
    by_slice: bool = False
    beside: Beside = ""
    ends: Callable[[Sample, Any, float], tuple[float, float]] | None = None
    share: bool = False

    def __post_init__(self) -> None:
        """Take it as it is."""

    def has_what_it_needs(self, columns: Iterable[object]) -> bool:
        """Whether there are the probabilities, scores, ends of intervals or queries that it is computed from."""
        names = list(columns)
        if self.beside:
            return GIVES[self.beside][0](names)
        return super().has_what_it_needs(names) and (not self.by_query or "group" in names)

    @property
    def needs(self) -> str:
        """What a model must give, in words that follow "needs"."""
        if self.beside:
            return GIVES[self.beside][1]
        return "queries, whose column group= names" if self.by_query else super().needs

    @property
    def is_quick(self) -> bool:
        """Whether its interval needs no bootstrap."""
        return self.per_row is not None or self.statistic is not None or self.ends is not None

    @property
    def ignores_weights(self) -> bool:
        """Built-in metrics weigh rows."""
        return False

    def _value(self, sample: Sample) -> float:
        if self.beside and all(each is None for each in (sample.ends, sample.sets, sample.abstains)):
            return float("nan")
        if self.name not in sample.known_values:
            sample.known_values[self.name] = float(self.function(sample))
        return sample.known_values[self.name]

    def rows(self, sample: Sample) -> Values | None:
        """Return the values that it is the mean of; ``None`` where it is no mean."""
        return None if self.per_row is None else self.per_row(sample)

    def rows_among(self, sample: Sample) -> NDArray[np.bool_] | None:
        """Return which rows a share or a mean is of; ``None`` if it is neither."""
        if self.among is None:
            return super().rows_among(sample)
        if len(sample.classes) > 2:  # noqa: PLR2004  such shares are of all rows
            return np.ones(len(sample), dtype=bool)
        size = len(sample.classes) + 1
        return np.asarray((self.among(np.eye(size**2).reshape(-1, size, size)) > 0)[sample.cell])

    def trials(self, sample: Sample) -> float | None:
        """Return the number of rows that it is a proportion of; ``None`` if it is not a proportion."""
        if self.share:
            return super().trials(sample)
        return None if self.among is None else float(self.among(sample.tables()))


def _tuple(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, Sequence) and not isinstance(given, str) else (given,)


def refuse_scorer(function: Any, who: str) -> None:
    """Raise where a callable is one of scikit-learn's scorers, or has their form: model, rows and target."""
    try:
        first = next(iter(inspect.signature(function).parameters), "")
    except (TypeError, ValueError):
        first = ""
    if type(function).__module__ == _SCORERS or first.lower() in _MODELS:
        raise ConfigurationError(
            f"{who} got the scorer {function!r}, which takes a model and makes predictions itself",
            "pass a scorer of make_scorer as it is, metrics=[scorer], or the function it scores with, such as "
            "sklearn.metrics.recall_score, and its arguments by functools.partial",
        )
