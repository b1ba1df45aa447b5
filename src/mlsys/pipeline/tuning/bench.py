"""Bench: evaluates pipelines that differ in a few steps; steps that they share run once, test rows stay sealed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TypeAlias

import pandas as pd

from mlsys.dataset import Rows
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.evaluation.scored import scored_rows
from mlsys.execution.execution import executed
from mlsys.execution.kinds import beginning_of
from mlsys.execution.opening import Data
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.processes import apart
from mlsys.execution.reporting import loader
from mlsys.execution.runner import run
from mlsys.execution.session import start
from mlsys.execution.windows import Trial, sides_of, windows_by
from mlsys.execution.work import Work
from mlsys.plan import Plan, Planned
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.states import digest
from mlsys.steps.capabilities import TellsRounds
from mlsys.steps.rounds import Ended, Says, listening

MOST_KEPT = 24
"""Points to go on from that are held at once; each holds rows, which points with the same rows share."""
JUDGED = "validation"


@dataclass(frozen=True)
class Place:
    """Rows that evaluate: the validation part, or one fold of the training rows, whose ``order`` is that of all."""

    name: str
    parts: Parts
    work: Work
    order: pd.Index


Prunes: TypeAlias = Callable[[int, pd.DataFrame], bool]
"""Told the scored rows after some rounds of a fit; returns whether it is to be ended."""


@dataclass(frozen=True)
class Rest:
    """Steps that are left to run in one place; can be done in another process."""

    steps: tuple[Planned, ...]
    place: Place
    prunes: Prunes | None = None

    def __call__(self) -> pd.DataFrame:
        """Return the scored rows of the place."""
        parts, first = self.place.parts, self.steps[:1]
        tells = any(isinstance(each.step, TellsRounds) and each.step.tells_rounds for each in first)
        if self.prunes is None or not tells or parts.roles.has_several_targets:
            return scored_in(run(self.steps, parts, self.place.work))
        with listening(self._listen):  # to this fit alone, not to those of folds for the steps behind it
            parts = run(first, parts, self.place.work)
        return scored_in(run(self.steps[1:], parts, self.place.work))

    def _listen(self, rounds: int, says: Says) -> None:
        """Score what the model says so far, and end the fit if the trial is pruned."""
        assert self.prunes is not None
        rows = self.place.parts.rows[JUDGED]
        said = rows.like(rows.gather(says))
        if self.prunes(rounds, scored_in(replace(self.place.parts, predictions={JUDGED: said}))):
            raise Ended


@dataclass(frozen=True)
class Failed:
    """What a trial raised, in words."""

    error: str


@dataclass(frozen=True)
class Pruned:
    """A trial whose fit was ended."""


@dataclass
class Bench:
    """Runs pipelines over the same rows.

    Parameters
    ----------
    data : DataFrame, mapping of str to DataFrame, or None
        As for ``run``.
    work : Work
        With the cache for the steps before the split.
    changed : set of str
        Names of steps that differ between pipelines; before each of them a point is kept to go on from.
    n_jobs : int
        Trials at a time, each in a process of its own or, if the engine has workers, done by one of them.
    """

    data: Data
    work: Work
    changed: set[str]
    n_jobs: int = 1
    _kept: OrderedDict[str, Parts] = field(default_factory=OrderedDict)

    def places(self, pipeline: AnyPipeline) -> list[Place]:
        """Return the rows that evaluate a pipeline, as its split leaves them."""
        parts = self._divided(pipeline)
        divided = parts.divided
        assert divided is not None
        quiet = replace(self.work.detached(), engine=LocalEngine())  # a trial is one piece of work
        if JUDGED in parts.rows:
            return [Place("", parts, quiet, parts.rows[JUDGED].frame([]).index)]
        if not divided.folds:
            raise ConfigurationError(
                "tune() needs rows to evaluate trials on, but there is no validation part",
                "give the split a validation share, or pass parts with 'validation'",
            )
        frame = divided.parts["train"].frame()
        trial = Trial((), frame, parts.known, quiet)
        windows = windows_by(divided.folds)
        return [Place(window.name, *trial.begun(sides_of(frame, window)), frame.index) for window in windows]

    def sealed(self, pipeline: AnyPipeline) -> int:
        """Return the number of test rows, which nothing here reads."""
        divided = self._divided(pipeline).divided
        assert divided is not None
        return divided.rows.get(SEALED, 0)

    def scored(
        self, wanted: Sequence[tuple[AnyPipeline, Place]], prunes: Sequence[Prunes] = ()
    ) -> list[pd.DataFrame | Failed | Pruned]:
        """Return the scored rows of pipelines in their places, or what they raised.

        Of trials in this process, ``prunes`` are told of the rounds of boosted models, and may end them.
        """
        rests = [self._rest(*each) for each in wanted]
        if prunes and self.n_jobs == 1 and not self._is_elsewhere:
            heard = zip(rests, prunes, strict=True)
            rests = [each if isinstance(each, Failed) else replace(each, prunes=mine) for each, mine in heard]
        return list(apart(_tried, rests, 1 if self._is_elsewhere else self.n_jobs, self.work.engine))

    def _divided(self, pipeline: AnyPipeline) -> Parts:
        """Return the parts as the split of a pipeline leaves them."""
        plan = Plan(pipeline.planned)
        assert plan.split is not None
        until = plan.until(plan.split.name)
        key = digest(["split", *map(_named, until.steps)])
        if (found := self._found(key)) is not None:
            return found
        parts = executed(until, self.data, start(pipeline), self.work).parts
        return self._keep(key, _gathered(parts) if self._is_elsewhere else parts)

    @property
    def _is_elsewhere(self) -> bool:
        """Whether trials are done by the workers of an engine."""
        return not isinstance(self.work.engine, LocalEngine)

    def _rest(self, pipeline: AnyPipeline, place: Place) -> Rest | Failed:
        """Return what is left to run after the point that is kept, where steps up to the first change are run here."""
        steps = Plan(pipeline.planned).working
        first = digest(["split", *map(_named, Plan(pipeline.planned).before), place.name])
        keys = list(accumulate(map(_named, steps), lambda key, step: digest((key, step)), initial=first))
        done, parts = 0, place.parts
        for at in range(len(steps), 0, -1):
            if (found := self._found(keys[at])) is not None:
                done, parts = at, found
                break
        try:
            for at in self._cuts(steps, done):
                ready = self._begun(steps[done], keys[done], parts, place.work)
                parts = self._keep(keys[at], run(steps[done:at], ready, place.work))
                done = at
            if done < len(steps):
                parts = self._begun(steps[done], keys[done], parts, place.work)
        except Exception as error:
            return Failed(told(error))
        return Rest(steps[done:], replace(place, parts=parts))

    def _begun(self, planned: Planned, key: str, parts: Parts, work: Work) -> Parts:
        """Return the parts from which a step that changes goes on: what it does first is shared by trials."""
        first = beginning_of(planned.step)
        if first is None or planned.name not in self.changed:
            return parts
        key = digest((key, planned.name, repr(first.by(planned.step))))
        if (found := self._found(key)) is not None:
            return found
        with work.doing(planned, parts.rows):
            return self._keep(key, first.run(planned, parts, work))

    def _cuts(self, steps: Sequence[Planned], done: int) -> Iterable[int]:
        """Return where points are kept: before each step that changes; in several processes before the first alone."""
        cuts = [at for at in range(done + 1, len(steps)) if steps[at].name in self.changed]
        return cuts if self.n_jobs == 1 else [at for at in cuts[:1] if not done]

    def _found(self, key: str) -> Parts | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _keep(self, key: str, parts: Parts) -> Parts:
        self._kept[key] = parts
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return parts


def _gathered(parts: Parts) -> Parts:
    """Return the open parts in this process, which sends them with each trial."""
    assert parts.divided is not None
    rows = {name: LocalEngine().hold(None, part.frame()) for name, part in parts.rows.items()}
    divided = replace(parts.divided, parts=rows, assignment=None)
    return replace(parts, rows=rows, divided=divided, source=None, read=None)


def _tried(rest: Rest | Failed) -> pd.DataFrame | Failed | Pruned:
    if isinstance(rest, Failed):
        return rest
    try:
        return rest()
    except Ended:
        return Pruned()
    except Exception as error:
        return Failed(told(error))


def told(error: Exception) -> str:
    """Return an error in one line, with its notes."""
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith("mlsys: ")]
    said = " ".join(str(error).split())
    return "; ".join([f"{type(error).__name__}: {said}", *(note.removeprefix("mlsys: ") for note in notes)])


def scored_in(parts: Parts) -> pd.DataFrame:
    """Return target, prediction and probabilities of the evaluated rows, as the report of a run has them."""
    assert parts.divided is not None
    raw, predictions = parts.divided.parts[JUDGED], parts.predictions[JUDGED]
    frame = loader(raw, parts.rows.get(JUDGED), None)(None)
    features = parts.catalog.features(parts.catalog.at_split or frame.columns)
    return scored_rows(Rows.of(frame, parts.roles, features, None, predictions.frame), what=JUDGED)


def _named(planned: Planned) -> tuple[str, str]:
    return planned.name, planned.step.digest
