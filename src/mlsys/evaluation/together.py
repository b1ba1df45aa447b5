"""Several targets judged together: rows of all of them as one sample, and the metrics of such samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import Event, alone
from mlsys.errors import ConfigurationError
from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.metrics import METRICS, metric_named
from mlsys.evaluation.own import metric_of
from mlsys.evaluation.sample import Sample, Task, Values, Weighed, class_names, task_of
from mlsys.evaluation.side_by_side import apart, targets_of

Joint = Literal["multilabel", "multioutput classes", "multioutput regression"]
MEAN = "mean_"
"""Before the name of a metric whose mean over targets is meant."""


@dataclass(frozen=True)
class Together(Weighed):
    """The rows of several targets: each target's sample of those where it is known, with their places.

    Parameters
    ----------
    alone : mapping of str to Sample
        By target.
    places : mapping of str to ndarray
        For each target the places of its rows among all rows.
    weight : ndarray
        One a row.
    """

    alone: Mapping[str, Sample]
    places: Mapping[str, NDArray[np.int64]]
    weight: Values

    @classmethod
    def of(cls, scored: pd.DataFrame, classes: Mapping[str, Sequence[str]]) -> Together:
        """Read the scored rows of several targets; the classes of each as texts, or none for numbers."""
        samples, places = {}, {}
        for target, (frame, known) in apart(scored).items():
            samples[target], places[target] = Sample.of(frame, classes[target]), known
        weight = scored["weight"].to_numpy(dtype=np.float64) if "weight" in scored else np.ones(len(scored))
        return cls(samples, places, weight)

    def __len__(self) -> int:
        return len(self.weight)

    def drawn(self, times: Values) -> Together:
        """Return the same rows, each weighing as if it were there so many times."""
        alone = {name: each.drawn(times[self.places[name]]) for name, each in self.alone.items()}
        return replace(self, alone=alone, weight=self.weight * times)

    def taken(self, rows: NDArray[np.int64]) -> Together:
        """Return some of the rows."""
        new = np.full(len(self), -1)
        new[rows] = np.arange(len(rows))
        kept = {name: np.flatnonzero(new[each] >= 0) for name, each in self.places.items()}
        alone = {name: each.taken(kept[name]) for name, each in self.alone.items()}
        places = {name: new[each[kept[name]]] for name, each in self.places.items()}
        return Together(alone, places, self.weight[rows])

    def right(self) -> Values:
        """Return whether each target of each row is predicted right: 1, 0, or NaN where it is not known."""
        found = np.full((len(self), len(self.alone)), np.nan)
        for column, (name, each) in enumerate(self.alone.items()):
            found[self.places[name], column] = each.y == each.prediction
        return found


@dataclass(frozen=True, repr=False)
class JointMetric(SampleMetric):
    """A metric of several targets, whose function gets them together; made by :func:`joint_metric`.

    Parameters
    ----------
    joint : tuple of str
        Tasks of several targets that it applies to.
    of : Metric, optional
        Of each target, where it is the mean over targets.
    adds : callable, optional
        What each row adds to it, where that is known: the spread of these tells its interval.
    complete : callable, optional
        Where it is a share of rows: of how many.
    """

    joint: tuple[Joint, ...] = ()
    of: Metric | None = None
    adds: Callable[[Any], Values | None] | None = None
    complete: Callable[[Any], float] | None = None

    @property
    def applies_to(self) -> tuple[str, ...]:
        """The tasks of several targets that it applies to."""
        return self.joint

    @property
    def is_quick(self) -> bool:
        """Whether its interval needs no bootstrap."""
        return self.adds is not None or self.complete is not None

    def rows(self, sample: Any) -> Values | None:
        """Return what each row adds, where that is known."""
        return None if self.adds is None else self.adds(sample)

    def trials(self, sample: Any) -> float | None:
        """Return the number of rows that it is a proportion of; ``None`` if it is not a proportion."""
        return None if self.complete is None else self.complete(sample)

    def drawn(self, sample: Any, times: Values) -> Values:
        """Return the value of each draw; the mean of what is counted once for all draws is read from the counts."""
        if self.of is None:
            return super().drawn(sample, times)
        found = [self.of.drawn(each, times[:, sample.places[name]]) for name, each in sample.alone.items()]
        return np.asarray(np.mean(found, axis=0))

    def __call__(self, sample: Any) -> float:
        """Return the value, NaN where it is not defined for one of the targets."""
        if not sample.weight.any():
            return float("nan")
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(self.function(sample))

    def has_what_it_needs(self, columns: Any) -> bool:
        """Whether the predictions of every target have what it needs."""
        names, targets = list(columns), targets_of(columns)
        return self.of is None or all(
            self.of.has_what_it_needs(alone(names, target, targets).values()) for target in targets
        )


def sample_of(scored: pd.DataFrame, event: Event | Mapping[str, Event | None] | None) -> Any:
    """Return the sample of scored rows, of one target or of several; by default events are chosen from these rows."""
    if targets_of(scored.columns):
        return Together.of(scored, _classes(scored, event if isinstance(event, Mapping) else {}))
    assert not isinstance(event, Mapping)
    return Sample.of(scored, class_names(scored, task_of(scored), event))


def samples_of(one: pd.DataFrame, other: pd.DataFrame, event: Any) -> tuple[Any, Any]:
    """Return the samples of two models' scored rows, in the classes of the first."""
    if not targets_of(one.columns):
        classes = class_names(one, task_of(one), event)
        return Sample.of(one, classes), Sample.of(other, classes)
    each = _classes(one, event if isinstance(event, Mapping) else {})
    return Together.of(one, each), Together.of(other, each)


def _classes(scored: pd.DataFrame, events: Mapping[str, Event | None]) -> dict[str, list[str]]:
    """Return the classes of each target in the order of their codes."""
    frames = {target: frame for target, (frame, _) in apart(scored).items()}
    return {target: class_names(frame, task_of(frame), events.get(target)) for target, frame in frames.items()}


def _subset_rows(sample: Any) -> Values:
    right = sample.right()
    complete = ~np.isnan(right).any(axis=1)
    return np.where(complete, (right == 1).all(axis=1), np.nan)


def _subset_accuracy(sample: Any) -> float:
    rows = _subset_rows(sample)
    weight = np.where(np.isnan(rows), 0.0, sample.weight)
    return float(np.average(np.nan_to_num(rows), weights=weight)) if weight.any() else float("nan")


def _complete(sample: Any) -> float:
    return float((~np.isnan(_subset_rows(sample))).sum())


def _hamming_loss(sample: Any) -> float:
    right = sample.right()
    weight = np.where(np.isnan(right), 0.0, sample.weight[:, None])
    return 1.0 - float(np.average(np.nan_to_num(right), weights=weight))


def _auc_rows(sample: Any) -> Values | None:
    """Return what each row adds to the mean ROC AUC: its mean is that, and its spread DeLong's (DeLong et al. 1988)."""
    if not (sample.weight == 1).all():
        return None
    found, rows, targets = np.zeros(len(sample)), len(sample), len(sample.alone)
    for name, each in sample.alone.items():
        area, above = _placed(each)
        counts = np.where(each.event, each.event.sum(), (~each.event).sum())
        found += area / targets
        found[sample.places[name]] += rows * (above - area) / counts / targets
    return found


def _placed(sample: Sample) -> tuple[float, Values]:
    """Return the AUC, and of each row the share of the other class that it is in order with, ties counted half."""
    ranked = sample.ranked()
    events, others = ranked.counted(np.ones(len(sample)))
    below = (np.cumsum(others) - others / 2) / others.sum()
    above = (events.sum() - np.cumsum(events) + events / 2) / events.sum()
    number = np.zeros(len(sample), dtype=np.int64)
    number[ranked.starts[1:]] = 1
    place = np.cumsum(number)
    found = np.empty(len(sample))
    found[ranked.order] = np.where(ranked.event, below[place], above[place])
    return float(found[sample.event].mean()), found


_CLASSES: tuple[Joint, ...] = ("multilabel", "multioutput classes")
_NAMED = {
    each.name: each
    for each in (
        JointMetric("subset_accuracy", _subset_accuracy, bounds=(0.0, 1.0), complete=_complete, joint=_CLASSES),
        JointMetric("hamming_loss", _hamming_loss, greater_is_better=False, bounds=(0.0, 1.0), joint=_CLASSES),
    )
}
_OF_TASKS: dict[Joint, tuple[Task, ...]] = {
    "multilabel": ("binary",),
    "multioutput classes": ("binary", "multiclass"),
    "multioutput regression": ("regression",),
}
_USUAL: dict[Joint, tuple[str, ...]] = {
    "multilabel": ("mean_roc_auc", "subset_accuracy", "hamming_loss", "mean_average_precision", "mean_f1"),
    "multioutput classes": ("mean_balanced_accuracy", "subset_accuracy", "hamming_loss"),
    "multioutput regression": ("mean_r2",),
}
"""Metrics of all targets together where none is named, the headline first; errors in different units have no mean."""
_WITHOUT_SCORES = "mean_balanced_accuracy"


def joint_task(tasks: Sequence[str]) -> Joint:
    """Return what the tasks of several targets are together.

    Examples
    --------
    >>> joint_task(["binary", "binary"]), joint_task(["binary", "multiclass"]), joint_task(["regression"] * 3)
    ('multilabel', 'multioutput classes', 'multioutput regression')
    """
    if set(tasks) == {"binary"}:
        return "multilabel"
    return "multioutput regression" if set(tasks) == {"regression"} else "multioutput classes"


def mean_of(metric: Metric) -> JointMetric:
    """Return the mean of a metric over targets.

    Examples
    --------
    >>> mean_of(METRICS["r2"]).name
    'mean_r2'
    """
    joint = tuple(name for name, tasks in _OF_TASKS.items() if set(tasks) <= set(metric.tasks))
    return JointMetric(
        f"{MEAN}{metric.name}",
        lambda sample: float(np.mean([metric(each) for each in sample.alone.values()])),
        greater_is_better=metric.greater_is_better,
        bounds=metric.bounds,
        interval="none" if metric.interval == "none" else "bootstrap",
        joint=joint,
        of=metric,
        adds=_auc_rows if metric.name == "roc_auc" else None,
    )


def joint_metric(name: str) -> JointMetric | None:
    """Return a metric of several targets by name: ``subset_accuracy``, ``hamming_loss``, ``mean_<metric>``.

    Examples
    --------
    >>> joint_metric("mean_r2").greater_is_better, joint_metric("r2")
    (True, None)
    """
    if name in _NAMED:
        return _NAMED[name]
    if not name.startswith(MEAN) or name in METRICS:
        return None
    try:
        return mean_of(metric_named(name.removeprefix(MEAN)))
    except ConfigurationError:
        return None


def usual_joint(task: Joint, columns: Sequence[str]) -> list[JointMetric]:
    """Return the metrics of several targets that are shown when none are named; the first is the headline."""
    found = [each for each in map(joint_metric, _USUAL[task]) if each is not None and each.has_what_it_needs(columns)]
    if found and found[0].name == _USUAL[task][0]:
        return found
    first = joint_metric(_WITHOUT_SCORES)
    return [*([first] if first else []), *found]


def refuse_other_joint(metrics: Sequence[JointMetric], task: Joint, columns: Sequence[str]) -> None:
    """Raise for a metric of other tasks, or one whose probabilities the model does not give."""
    for metric in metrics:
        if task not in metric.joint or not metric.has_what_it_needs(columns):
            usual = ", ".join(each.name for each in usual_joint(task, columns))
            why = f"is for {' and '.join(metric.joint) or 'other targets'}" if task not in metric.joint else (
                "needs probabilities of every target")  # fmt: skip
            raise ConfigurationError(f"the metric {metric.name!r} {why}, but this is {task}", f"choose among {usual}")


@dataclass(frozen=True)
class Asked:
    """Metrics that were asked for: of each target, and of all together; ``None`` for the usual ones."""

    alone: tuple[Any, ...] | None
    joint: tuple[JointMetric, ...] | None


def asked_of_several(metrics: Sequence[Any] | None) -> Asked:
    """Tell the metrics of each target from those of all together; the mean of the former is one of the latter.

    Examples
    --------
    >>> asked = asked_of_several(["subset_accuracy", "recall"])
    >>> asked.alone, [each.name for each in asked.joint]
    (('recall',), ['subset_accuracy', 'mean_recall'])
    """
    if not metrics:
        return Asked(None, None)
    joint = [joint_metric(each) if isinstance(each, str) else None for each in metrics]
    alone = tuple(each for each, found in zip(metrics, joint, strict=True) if found is None)
    means = (found or mean_of(metric_of(each)) for each, found in zip(metrics, joint, strict=True))
    return Asked(alone or None, tuple(means))


def means_of(own: Mapping[str, Metric]) -> dict[str, Metric]:
    """Return the means over targets of the user's own metrics, by name."""
    return {mean.name: mean for mean in map(mean_of, own.values())}
