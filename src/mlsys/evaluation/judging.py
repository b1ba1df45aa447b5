"""Judge: the chosen metrics of a task, with intervals, on any scored rows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import Event, probability_columns, score_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.comparison import Events, paired
from mlsys.evaluation.deviances import AT_LEAST_0
from mlsys.evaluation.differing import difference
from mlsys.evaluation.intervals import DRAWS, at_once, draws_for, metric_interval
from mlsys.evaluation.metrics import usual_metrics
from mlsys.evaluation.own import metrics_of
from mlsys.evaluation.sample import Sample, Task, class_names, classes_and_event, task_of
from mlsys.evaluation.side_by_side import apart, targets_of
from mlsys.evaluation.together import (
    Asked,
    Together,
    asked_of_several,
    joint_task,
    refuse_other_joint,
    sample_of,
    usual_joint,
)


@dataclass(frozen=True)
class Judged:
    """Scored rows as a judge reads them: arrays, groups, and the columns that were there."""

    sample: Sample
    group: pd.Series | None
    columns: tuple[str, ...]

    def taken(self, rows: NDArray[np.int64]) -> Judged:
        """Return some of the rows."""
        group = None if self.group is None else self.group.iloc[rows]
        return replace(self, sample=self.sample.taken(rows), group=group)


Scored = pd.DataFrame | Judged


@dataclass(frozen=True)
class Judge:
    """Metrics, classes and level, fixed by the model's scored rows and then used for baselines and slices.

    Parameters
    ----------
    task : str
        ``"binary"``, ``"multiclass"``, ``"regression"`` or ``"ranking"``.
    metrics : sequence of Metric
        The first is the headline.
    classes : sequence of str
        In the order of their codes; of two the event is the second.
    level : float
        Of each interval.
    draws : int
        Of each bootstrap.
    event : Event, optional
        Where there are two classes.
    asked : bool
        Whether the user named the metrics: baselines and slices then have all of them.
    """

    task: Task
    metrics: Sequence[Metric]
    classes: Sequence[str]
    level: float
    draws: int = DRAWS
    event: Event | None = None
    asked: bool = False

    @property
    def headline(self) -> Metric:
        """The metric that models are compared by."""
        return self.metrics[0]

    def metric(self, name: str) -> Metric:
        """Return one of the metrics by name."""
        return next(each for each in self.metrics if each.name == name)

    def read(self, scored: Scored) -> Judged:
        """Return scored rows as arrays, in this judge's codes; what was read is as it is."""
        if isinstance(scored, Judged):
            return scored
        return Judged(Sample.of(scored, self.classes), scored.get("group"), tuple(map(str, scored.columns)))

    def sample(self, scored: Scored) -> Sample:
        """Return scored rows as arrays."""
        return self.read(scored).sample

    def sample_anew(self, scored: pd.DataFrame) -> Sample:
        """Return scored rows as arrays, in the classes of these rows."""
        return Sample.of(scored, class_names(scored, self.task, self.event))

    def quick(self) -> Judge:
        """Return a judge of the headline, of what was asked for, and of what needs no bootstrap."""
        return replace(self, metrics=[m for m in self.metrics if self.asked or m is self.headline or m.is_quick])

    def for_slices(self, k: int) -> Judge:
        """Return a quick judge whose intervals hold for ``k`` slices together; of metrics that compare slices."""
        kept = [m for m in self.quick().metrics if self.asked or m is self.headline or not m.relative]
        return replace(self, metrics=kept, level=at_once(self.level, k), draws=DRAWS)

    def scores(self, scored: Scored, what: str) -> list[dict[str, Any]]:
        """Return one row a metric: value, interval, number of rows, what is missing; ``what`` is for messages."""
        judged, rows = self.read(scored), []
        for metric in self.metrics:
            if not metric.has_what_it_needs(judged.columns):
                continue
            with _judging(what):
                found = metric_interval(metric, judged.sample, self.level, group=judged.group, draws=self.draws)
            rows.append(
                {"metric": metric.name, "value": found.value, "lower": found.lower, "upper": found.upper, "n": found.n,
                 "verdict": found.note}
            )  # fmt: skip
        return rows

    def values(self, scored: Scored, what: str) -> dict[str, float]:
        """Return values without intervals; ``what`` is for messages."""
        sample = self.sample(scored)
        with _judging(what):
            return {metric.name: metric(sample) for metric in self.metrics}

    def verdict(self, row: dict[str, Any], overall: float) -> str:
        """Say whether a slice is worse than all rows together: value and whole interval lie on the wrong side."""
        sign, end = (1, "upper") if self.metric(row["metric"]).greater_is_better else (-1, "lower")
        if row["lower"] != row["lower"]:  # noqa: PLR0124  NaN: there is no interval
            return "not enough data"
        worse = all(sign * difference(overall, row[each]) > 0 for each in ("value", end))
        return "worse" if worse else "not worse"

    def better_by(self, mine: Scored, other: Scored, what: str, metric: Metric | None = None) -> dict[str, float]:
        """Return by how much a metric of the model, by default the headline, is better than another's.

        Positive is better. Where the other lacks what the headline needs, the first metric that it has is compared.
        """
        judged, beside = self.read(mine), self.read(other)
        metric = metric or self.headline
        if not metric.has_what_it_needs(beside.columns):
            metric = next((each for each in self.metrics if each.has_what_it_needs(beside.columns)), metric)
        with _judging(what):
            gap = paired(metric, judged.sample, beside.sample, judged.group, self.level)
        ends = (gap.lower, gap.upper) if metric.greater_is_better else (-gap.upper, -gap.lower)
        return {"value": gap.value if metric.greater_is_better else -gap.value, "lower": ends[0], "upper": ends[1]}


@contextmanager
def _judging(what: str) -> Iterator[None]:
    """Say with an error which rows were judged."""
    try:
        yield
    except Exception as error:
        error.add_note(f"while evaluating {what}")
        raise


def _refuse_targets(scored: pd.DataFrame, metrics: Sequence[Metric]) -> None:
    """Raise for targets that a deviance is not defined for."""
    for metric in metrics:
        of = metric.of_target if isinstance(metric, SampleMetric) else None
        if of is None:
            continue
        y = scored["y"].astype("float64")
        wrong = y < 0 if of == AT_LEAST_0 else y <= 0
        if wrong.any():
            raise DataError(
                f"the metric {metric.name!r} is for a target {of}, but it is {y[wrong].iloc[0]:g} in row "
                f"{y.index[wrong].tolist()[0]!r}",
                "choose tweedie_deviance_1.5 for amounts of which some are 0, mae or rmse for numbers of any sign",
            )


@dataclass(frozen=True)
class JointJudge(Judge):
    """A judge of several targets together, fixed by those of each.

    Parameters
    ----------
    alone : mapping of str to Judge
        By target.
    """

    alone: Mapping[str, Judge] = field(default_factory=dict)

    def read(self, scored: Scored) -> Judged:
        """Return scored rows as one sample, each target in its judge's codes."""
        if isinstance(scored, Judged):
            return scored
        sample: Any = Together.of(scored, {name: each.classes for name, each in self.alone.items()})
        return Judged(sample, scored.get("group"), tuple(map(str, scored.columns)))

    def sample_anew(self, scored: pd.DataFrame) -> Any:
        """Return scored rows as one sample, in the classes of these rows."""
        return sample_of(scored, self.event)


def joint_judge(alone: Mapping[str, Judge], asked: Asked, scored: pd.DataFrame, level: float) -> JointJudge:
    """Return the judge of several targets together.

    Parameters
    ----------
    alone : mapping of str to Judge
        By target.
    asked : Asked
        Metrics.
    scored : DataFrame
        Of the model, all targets beside each other.
    level : float
        Of the intervals.
    """
    task, columns = joint_task([each.task for each in alone.values()]), list(map(str, scored.columns))
    metrics = asked.joint or tuple(usual_joint(task, columns))
    refuse_other_joint(metrics, task, columns)
    events: Any = {name: each.event for name, each in alone.items()}
    task_of_first = next(iter(alone.values())).task
    named = asked.joint is not None
    return JointJudge(task_of_first, metrics, (), level, draws_for(level), events, named, alone=alone)


def judge_for(
    scored: pd.DataFrame,
    metrics: Sequence[Any] | None,
    level: float,
    event: Events = None,
    aim: str = "target",
    minimizes: Sequence[str] = (),
) -> Judge:
    """Return the judge for scored rows, of one target or of several.

    Parameters
    ----------
    scored : DataFrame
        Of the model.
    metrics : sequence of str, Metric or callable, optional
        The first is the headline; those usual for the task when not given.
    level : float
        Of the intervals.
    event : Event or mapping of str to Event, optional
        Of two classes, or of each of several targets; decided by these rows if not given.
    aim : str
        Of the model: ``"ranking"`` if what it says of rows only orders them.
    minimizes : sequence of str
        What the model minimizes: where no metrics are named, these come before the usual ones.

    Raises
    ------
    ConfigurationError
        When a metric is not of the task, or needs probabilities that the model does not give; when an event is named
        and there are not two classes.
    """
    if targets_of(scored.columns):
        asked, events = asked_of_several(metrics), event if isinstance(event, Mapping) else {}
        alone = {
            name: judge_for(rows, asked.alone, level, events.get(name)) for name, (rows, _) in apart(scored).items()
        }
        return joint_judge(alone, asked, scored, level)
    assert not isinstance(event, Mapping)
    task: Task = "ranking" if aim == "ranking" else task_of(scored)
    if task != "binary" and event is not None and event.why == "named":
        raise ConfigurationError(
            f"event={event.value!r} is one of two classes, but this is {task}",
            "leave event= out, or predict two classes",
        )
    has = bool(probability_columns(scored.columns))
    names = list(scored.columns)
    usual = metrics_of(minimizes) + usual_metrics(task, has, bool(score_columns(names)), names)
    chosen = metrics_of(metrics) if metrics else usual
    for metric in chosen:
        if task not in metric.tasks or not metric.has_what_it_needs(scored.columns):
            why = f"is for {' and '.join(metric.tasks)}" if task not in metric.tasks else f"needs {metric.needs}"
            lacks = "" if has or task == "regression" else " without probabilities"
            raise ConfigurationError(
                f"the metric {metric.name!r} {why}, but this is {task}{lacks}",
                f"choose among {', '.join(each.name for each in usual)}",
            )
    _refuse_targets(scored, chosen)
    classes, event = classes_and_event(scored, task, event)
    return Judge(task, chosen, classes, level, draws_for(level), event, bool(metrics))
