"""Learn many steps in few passes: steps of one stage share a pass, and each stage sees what the last one made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from mlsys.dataset import Rows
from mlsys.features._meanings.meanings import Meaning
from mlsys.features._prepare.choices import (
    Wanted,
    cleaning,
    encoders,
    fills,
    how_taken,
    made_of_moments,
    scaling,
)
from mlsys.features.clean import Clean, state_of
from mlsys.features.date_parts import DateParts
from mlsys.features.impute import Impute
from mlsys.steps import Transform
from mlsys.summaries import Again, CrossFitted, SummaryMap

_NUMERIC = (DateParts, Impute)
"""Steps whose columns later stages look at; encoded levels and texts need no more."""


@dataclass(frozen=True)
class Learning:
    """How far learning has come; every part of the rows is summarized by it.

    Parameters
    ----------
    found : dict
        What each column means.
    clean : dict
        The state of the Clean step.
    done : tuple of (step, answer)
        Steps that are finished, in the order in which they act.
    stage : int
        Which stage is open: encoders, fills, scaling.
    steps : tuple of steps
        Those of the open stage.
    answers : dict
        By place in the stage: what a step answered, ``Again`` while it asks for more.
    """

    found: dict[str, Meaning]
    wanted: Wanted
    clean: dict[str, Any]
    done: tuple[tuple[Transform, Any], ...] = ()
    stage: int = 0
    steps: tuple[Transform, ...] = ()
    answers: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def begun(cls, found: Mapping[str, Meaning], wanted: Wanted) -> Learning:
        """Begin with what the columns mean."""
        told = {name: _without_texts(each, wanted) for name, each in found.items()}
        clean = state_of(told)
        return cls(told, wanted, clean, ((cleaning(told, wanted), clean),))._next(0)

    def summarize(self, part: Rows) -> Summarized:
        """Return what a part says to the steps that are open."""
        rows = self._shown(part)
        found = SummaryMap()
        for place, step in enumerate(self.steps):
            answer = self.answers.get(place)
            if answer is None or isinstance(answer, Again):
                needed = rows.narrowed(step.columns_read(rows.feature_names) or ())
                found[place] = step.summarize(needed, None if answer is None else answer.partial)
        return Summarized(self, found)

    def finish(self, summary: SummaryMap) -> Learning:
        """Take the answers of the open steps; go on to the next stage when none asks for more."""
        new = {place: step.finish(summary[place]) for place, step in enumerate(self.steps) if place in summary}
        answers = {**self.answers, **new}
        if any(isinstance(answer, Again) for answer in answers.values()):
            return replace(self, answers=answers)
        learned = tuple((step, answers[place]) for place, step in enumerate(self.steps))
        return replace(self, done=(*self.done, *learned), answers={})._next(self.stage + 1)

    @property
    def is_over(self) -> bool:
        """Whether no stage is left."""
        return not self.steps

    def _next(self, stage: int) -> Learning:
        """Open the next stage that has steps."""
        for number in range(stage, 3):
            steps = self._steps_of(number)
            if steps:
                return replace(self, stage=number, steps=tuple(steps))
        return replace(self, stage=3, steps=())

    def _steps_of(self, stage: int) -> list[Transform]:
        if stage == 0:
            return encoders(self.found, self.wanted)
        moments = [
            made for step, state in self.done if isinstance(step, DateParts) for made in made_of_moments(step, state)
        ]
        return (fills if stage == 1 else scaling)(self.found, self.wanted, moments)

    def _shown(self, part: Rows) -> Rows:
        """Return a part as the open steps meet it, without columns that none of them needs."""
        uses = {"moment", "text"} if self.stage == 0 else {"moment", "number", "truth"}
        columns = [each for each in self.clean["columns"] if each["use"] in uses]
        names = [each["column"] for each in columns]
        rows = part.narrowed(names)
        frame = self._clean.apply(pd.DataFrame(rows), {"columns": columns, "dropped": []})
        for step, state in self.done:
            if isinstance(step, _NUMERIC):
                frame = step.apply(frame, state)
        roles = set(part.roles.columns())
        features = [name for name in frame.columns.tolist() if name not in roles]
        return Rows.of(frame, part.roles, features, part.folds)

    @property
    def _clean(self) -> Clean:
        step = self.done[0][0]
        assert isinstance(step, Clean)
        return step


@dataclass(frozen=True)
class Summarized:
    """Summaries of the steps that are open, and how far learning had come when they were made."""

    learning: Learning
    summaries: SummaryMap

    def __add__(self, other: Summarized) -> Summarized:
        return Summarized(self.learning, self.summaries + other.summaries)

    def finish(self) -> Learning:
        """Take the answers of the open steps."""
        return self.learning.finish(self.summaries)


def _without_texts(each: Meaning, wanted: Wanted) -> Meaning:
    drops = each.use == "text" and not each.why_dropped and not how_taken(each, wanted)
    return replace(each, why_dropped="text") if drops else each


def states_of(done: Sequence[tuple[Transform, Any]], folds: int) -> CrossFitted:
    """Return the state that all steps make together, and what the rows of each fold are shown.

    The first fold's carries the whole state, the others only what differs by fold.
    """
    steps, crossed = [], {}
    for place, (step, answer) in enumerate(done):
        known = answer.state if isinstance(answer, CrossFitted) else answer
        if isinstance(answer, CrossFitted):
            crossed[str(place)] = answer.fold_states
        steps.append({"step": type(step).__name__, "config": _configuration(step), "state": known})
    state = {"dropped": steps[0]["state"]["dropped"], "steps": steps}
    by_fold = [{name: each[fold] for name, each in crossed.items() if each} for fold in range(folds)]
    return CrossFitted(state, ({"state": state, "crossed": by_fold[0]}, *({"crossed": each} for each in by_fold[1:])))


def _configuration(step: Transform) -> dict[str, Any]:
    """Return the fields of a step that were given, as plain data."""
    plain = type(step).__dataclass_fields__
    given = {name: value for name, value in step.configuration().items() if value != _default(plain[name])}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}


def _default(each: Any) -> Any:
    return getattr(each.default, "default", each.default)
