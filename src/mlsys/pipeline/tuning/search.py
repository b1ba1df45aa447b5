"""Search: asks for trials, runs them over the same rows, and tells how they did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from time import time as now
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.evaluation import Evaluate, is_truth
from mlsys.evaluation.choosing import Bags
from mlsys.evaluation.judging import Judge, judge_for
from mlsys.evaluation.scored import group_codes
from mlsys.pipeline.tuning.bench import Bench, Failed, Place, Pruned, told
from mlsys.pipeline.tuning.space import Space
from mlsys.pipeline.tuning.study import asked, finish, is_pruned, prunes
from mlsys.pipeline.tuning.tried import Drawn, Tried, keep
from mlsys.plan import Plan
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.states import digest_frame
from mlsys.steps.questions import aim_of, minimized_by

LEVEL = 0.95
OTHER_ROWS = "the trial is evaluated on other rows than the pipeline as it is: a step before the split changes which"


@dataclass(frozen=True)
class Plain:
    """The pipeline as it is, which says what trials are judged by.

    Parameters
    ----------
    scored : DataFrame
        Its evaluated rows.
    judge : Judge
        Whose headline is the metric.
    bags : Bags
        Draws of these rows.
    value : float
        The metric.
    drawn : tuple of ndarray
        The metric on draws.
    places : sequence of Place
        Rows that evaluate.
    seconds : float
        How long it took, with the steps before the split.
    """

    scored: pd.DataFrame
    judge: Judge
    bags: Bags
    value: float
    drawn: Drawn
    places: Sequence[Place]
    seconds: float

    def measured(self, scored: pd.DataFrame) -> tuple[float, Drawn]:
        """Return the metric of other scored rows, and what it is on draws of them."""
        metric, sample = self.judge.headline, self.judge.sample(scored)
        return metric(sample), self.bags.values(metric, sample)


def as_it_is(pipeline: AnyPipeline, bench: Bench, metric: Any, seed: int) -> Plain:
    """Evaluate the pipeline as it is.

    Raises
    ------
    ConfigurationError
        If it cannot be evaluated, so that no trial could be compared with it.
    """
    began = perf_counter()
    places = bench.places(pipeline)
    pieces = bench.scored([(pipeline, each) for each in places])
    failed = next((each for each in pieces if isinstance(each, Failed)), None)
    if failed is not None:
        raise ConfigurationError(
            f"the pipeline as it is cannot be evaluated: {failed.error}", "mend it first: pipeline.run() says where"
        )
    scored = in_order([each for each in pieces if isinstance(each, pd.DataFrame)], places)
    steps = pipeline.planned
    usual = next((each.step.metrics for each in steps if isinstance(each.step, Evaluate)), None)
    roles = places[0].parts.roles
    wanted = usual if metric is None else [metric]
    judge = judge_for(scored, wanted, LEVEL, roles.all_events, aim_of(steps), minimized_by(steps))
    judged = judge.read(scored)
    bags = Bags(len(scored), group_codes(judged.group), seed)
    value = judge.headline(judged.sample)
    drawn = bags.values(judge.headline, judged.sample)
    return Plain(scored, judge, bags, value, drawn, places, perf_counter() - began)


def in_order(pieces: Sequence[pd.DataFrame], places: Sequence[Place]) -> pd.DataFrame:
    """Return the scored rows of some places, in plan order."""
    if len(places) == 1:
        return pieces[0]
    whole, order = pd.concat(pieces), places[0].order
    return whole.loc[order[order.isin(whole.index)]]


@dataclass
class _Going:
    """A trial that is being run."""

    trial: Any
    pipeline: Any = None
    began: float = field(default_factory=perf_counter)
    started: float = field(default_factory=now)
    places: Sequence[Place] = ()
    pieces: list[pd.DataFrame] = field(default_factory=list)


@dataclass
class Search:
    """Runs trials of a space.

    Parameters
    ----------
    space : Space
        What they change.
    bench : Bench
        What runs them.
    plain : Plain
        What they are compared with.
    study : optuna.Study
        What proposes them.
    tried : list of Tried
        Trials that ended, those of an earlier process first.
    exhausted : bool
        Whether the sampler has nothing left to propose.
    """

    space: Space
    bench: Bench
    plain: Plain
    study: Any
    tried: list[Tried]
    exhausted: bool = False
    _by_pipeline: dict[str, Tried] = field(default_factory=dict)

    def batch(self, count: int, done: Callable[[Tried], None]) -> None:
        """Ask for some trials, run them side by side, and tell how they did."""
        going = []
        for _ in range(count):
            each = _Going(asked(self.study))
            try:
                each.pipeline = self.space.suggested(each.trial)
                self.bench.changed |= _differing(each.pipeline, self.space.pipeline)
                each.places = self._places(each.pipeline)
            except Exception as error:
                done(self._ended(each, Tried(each.trial.number, "failed", error=told(error))))
                continue
            same = self._by_pipeline.get(each.pipeline.digest)
            if same is not None:
                again = replace(same, number=each.trial.number, same_as=same.number)
                done(self._ended(each, again))
                continue
            going.append(each)
        number = 0
        while going:
            going = self._one_place(going, number, done)
            number += 1

    def _places(self, pipeline: AnyPipeline) -> Sequence[Place]:
        """Return the rows that evaluate a trial; those of the pipeline as it is where nothing before them changes."""
        mine, theirs = (list(_before_split(each)) for each in (pipeline, self.space.pipeline))
        return self.plain.places if mine == theirs else self.bench.places(pipeline)

    def _one_place(self, going: Sequence[_Going], number: int, done: Callable[[Tried], None]) -> list[_Going]:
        """Run trials in their next place; return those that go on."""
        wanted = [(each.pipeline, each.places[number]) for each in going]
        alone = all(len(each.places) == 1 for each in going) and prunes(self.study)  # folds are pruned after a fold
        told = [partial(self._is_hopeless, each) for each in going] if alone else []
        left = []
        for each, piece in zip(going, self.bench.scored(wanted, told), strict=True):
            ended = self._after_place(each, piece)
            if ended is None:
                left.append(each)
            else:
                done(self._ended(each, ended))
        return left

    def _is_hopeless(self, going: _Going, rounds: int, scored: pd.DataFrame) -> bool:
        """Tell the metric after some rounds of a fit; return whether the trial is to be stopped."""
        return is_pruned(going.trial, self.plain.judge.headline(self.plain.judge.sample(scored)), rounds)

    def _after_place(self, going: _Going, piece: pd.DataFrame | Failed | Pruned) -> Tried | None:
        """Return how a trial ended with its latest place, ``None`` if it goes on."""
        number = going.trial.number
        if isinstance(piece, Pruned):
            return Tried(number, "pruned")
        if isinstance(piece, Failed):
            return Tried(number, "failed", error=piece.error)
        going.pieces.append(piece)
        try:
            if len(going.pieces) < len(going.places):
                partly = in_order(going.pieces, going.places)
                value = self.plain.judge.headline(self.plain.judge.sample(partly))
                hopeless = is_pruned(going.trial, value, len(going.pieces) - 1)
                return Tried(number, "pruned") if hopeless else None
            return self._measured(number, in_order(going.pieces, going.places))
        except Exception as error:
            return Tried(number, "failed", error=told(error))

    def _measured(self, number: int, scored: pd.DataFrame) -> Tried:
        plain, metric = self.plain, self.plain.judge.headline
        if not (scored.index.equals(plain.scored.index) and _same_targets(scored, plain.scored)):
            return Tried(number, "failed", error=OTHER_ROWS)
        if not metric.has_what_it_needs(scored.columns):
            return Tried(number, "failed", error=f"the metric {metric.name!r} needs {metric.needs}")
        value, drawn = plain.measured(scored)
        if not np.isfinite(value):
            return Tried(number, "failed", error=f"{metric.name} is {value}")
        return Tried(number, "complete", value, drawn=drawn, said=digest_frame(scored))

    def _ended(self, going: _Going, ended: Tried) -> Tried:
        """Tell Optuna, and keep what it does not know."""
        seconds = perf_counter() - going.began
        ended = replace(ended, params=dict(going.trial.params), started=going.started, seconds=seconds)
        keep(going.trial, ended)
        self.exhausted |= finish(self.study, going.trial, ended.state, ended.value)
        if ended.state != "pruned" and ended.same_as is None and going.pipeline is not None:
            self._by_pipeline[going.pipeline.digest] = ended
        self.tried.append(ended)
        return ended


def _same_targets(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    names = [name for name in other.columns if is_truth(name)]
    return all(name in one.columns and one[name].equals(other[name]) for name in names)


def _before_split(pipeline: AnyPipeline) -> list[Any]:
    return [(each.name, each.step) for each in Plan(pipeline.planned).before]


def _differing(pipeline: AnyPipeline, other: AnyPipeline) -> set[str]:
    """Return the names of steps that are not the same in both."""
    mine, theirs = ({each.name: each.step for each in one.planned} for one in (pipeline, other))
    return {name for name, step in mine.items() if theirs.get(name) != step}
