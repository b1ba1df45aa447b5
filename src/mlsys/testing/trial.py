"""A trial: one step with data and roles, and its hooks called as the runner calls them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from mlsys.dataset import Dataset, Roles, Rows, check_frame
from mlsys.dataset.predictions import named_like_predictions
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.steps import (
    History,
    Label,
    Model,
    Past,
    Postprocess,
    Report,
    Reshape,
    RowTransform,
    Select,
    Sink,
    Source,
    Split,
    Step,
    TrainOnly,
    Transform,
)
from mlsys.steps.answers import kept_rows, labels_by_column
from mlsys.steps.fitted import same_rows
from mlsys.steps.learning import Learned, call_hook, learn
from mlsys.steps.shown import Shown
from mlsys.steps.splitting import split_keys
from mlsys.testing.comparing import altered
from mlsys.values import with_columns

Kind = TypeVar("Kind", bound=Step)
Data = pd.DataFrame | Mapping[str, pd.DataFrame] | None


class NotAssessed(Exception):
    """The data has nothing to try a promise on."""


class Unsure(Exception):
    """The promise is broken in a way that may be right for other data."""


@dataclass
class Trial:
    """A step, the rows to try it on, and what hooks did to the rows they were shown.

    Parameters
    ----------
    step : Step
        The step.
    parts : dict of str to DataFrame
        Rows by part; one part named ``all`` when a frame was given.
    roles : Roles
        All roles.
    features : tuple of str
        Columns a model may use.
    seed : int
        Root of the random numbers.
    """

    step: Step
    parts: dict[str, pd.DataFrame]
    roles: Roles
    features: tuple[str, ...]
    seed: int = 0
    watched: list[tuple[str, pd.DataFrame, pd.DataFrame]] = field(default_factory=list)

    @classmethod
    def of(cls, step: Step, data: Data, features: Sequence[str] | None, seed: int, roles: Mapping[str, Any]) -> Trial:
        """Read what the user gave."""
        parsed = Roles.named(**roles)
        if data is None and not isinstance(step, Source):
            raise ConfigurationError(f"check_step needs rows to test {step.title} on", "give a DataFrame")
        parts = {} if data is None else dict(data) if isinstance(data, Mapping) else {"all": data}
        for frame in parts.values():
            check_frame(frame, "check_step")
        columns = next(iter(parts.values())).columns if parts else ()
        chosen = tuple(features or (name for name in columns if name not in parsed.columns()))
        return cls(step, {str(name): frame for name, frame in parts.items()}, parsed, chosen, seed)

    def step_of(self, kind: type[Kind]) -> Kind:
        """Return the step, which is of a kind that a promise is about."""
        assert isinstance(self.step, kind)
        return self.step

    @property
    def frame(self) -> pd.DataFrame:
        """The rows; of several parts the first."""
        return next(iter(self.parts.values()))

    def rng(self) -> np.random.Generator:
        """Return the same random numbers each time."""
        return np.random.default_rng(self.seed)

    def shown(self, hook: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows for a hook to look at, and remember how they were."""
        copy = frame.copy(deep=True)
        self.watched.append((hook, copy, frame))
        return copy

    def alterations(self) -> Iterator[str]:
        """Say what hooks changed of the rows they were shown."""
        for hook, shown, before in self.watched:
            what = altered(pd.DataFrame(before), shown)
            if what:
                yield f"{hook}() changed the rows it received: {what}"

    def rows(self, hook: str, frame: pd.DataFrame) -> Rows:
        """Return rows with roles, as learning hooks get them."""
        rows = Shown(self.step, self.roles, self.features, self.seed)(frame.copy(deep=True))
        self.watched.append((hook, rows, frame))
        return rows

    def keys(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what a split is shown of rows."""
        extra = self.step.key_columns if isinstance(self.step, Split) else ()
        return split_keys(frame, self.roles, **{name: frame[name] for name in extra})

    def learn(self, frame: pd.DataFrame) -> Learned:
        """Learn from rows as the runner does; postprocessing sees roles and predictions only."""
        if isinstance(self.step, Postprocess):
            shown = {*self.predicted(frame), *self.roles.columns(), *self.step.columns_beside}
            frame = frame[[name for name in frame if name in shown]]
        return learn(self.step, LocalEngine().hold(None, frame), functools.partial(self.rows, "learn"), self.rng())

    @functools.cached_property
    def learned(self) -> Learned:
        """What the step learns from all rows; nothing for steps that do not learn."""
        return self.learn(self.frame) if learns(self.step) else Learned(None)

    @property
    def inputs(self) -> pd.DataFrame:
        """The rows as served steps are given them: a model gets features, postprocessing predictions."""
        if isinstance(self.step, Model):
            return self.frame[list(self.features)]
        if isinstance(self.step, Postprocess):
            return self.frame[[*self.predicted(self.frame), *self.step.columns_beside]]
        return self.frame

    def predicted(self, frame: pd.DataFrame) -> list[str]:
        """Return the columns that a model wrote."""
        return named_like_predictions(frame, self.roles.columns(), self.roles.target)

    def apply(self, frame: pd.DataFrame, state: Any = None) -> pd.DataFrame:
        """Return rows as the step leaves rows that it did not learn from."""
        step, shown = self.step, self.shown("predict" if isinstance(self.step, Model) else "apply", frame)
        if isinstance(step, RowTransform):
            return same_rows(step, frame, step.apply(shown))
        if isinstance(step, History):
            return self.apply_history(frame, self.frame)
        if isinstance(step, Label):
            return with_columns(frame, self.labels(frame))
        given = self.learned.state if state is None else state
        prepared = step.prepare(given) if isinstance(step, (Transform, Model, Postprocess)) else given
        if isinstance(step, Model):
            return same_rows(step, frame, step.predict(shown, prepared))
        if isinstance(step, (Transform, Postprocess)):
            return same_rows(step, frame, step.apply(shown, prepared))
        raise NotAssessed(f"a {step.kind} is not applied to rows")

    def apply_history(self, now: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows with columns computed from what ``rows`` held before them."""
        step, decision = self.step, self.roles.decision
        assert isinstance(step, History)
        assert decision is not None, f"{step.title} needs the time of rows: check_step(..., time='...')"
        past = Past(now.copy(deep=True), rows.copy(deep=True), step.by, decision.of(now), decision.of(rows))
        return same_rows(step, now, step.apply(self.shown("apply", now), past))

    def labels(self, frame: pd.DataFrame) -> dict[str, pd.Series]:
        """Return the labels of rows by the column that they are written to."""
        assert isinstance(self.step, Label)
        return labels_by_column(self.step, frame, self.step.label(self.shown("label", frame)))

    def dataset(self) -> Dataset:
        """Return the parts as a report is shown them, watched."""
        frames = halves(self.frame) if list(self.parts) == ["all"] else self.parts
        return _Watched(self, frames)

    def outcome(self) -> Any:
        """Return what the step makes of the rows: a frame, a Series or a Result."""
        step, frame = self.step, self.frame if self.parts else pd.DataFrame()
        if isinstance(step, Source):
            return step.read()
        if isinstance(step, Reshape):
            return pd.DataFrame(step.reshape(self.rows("reshape", frame)))
        if isinstance(step, Select):
            return kept_rows(step, frame, step.keep(self.shown("keep", frame), self.rng()), self.roles.weight)
        if isinstance(step, Split):
            return step.assign(self.shown("assign", self.keys(frame)))
        if isinstance(step, TrainOnly):
            return self.change(frame)
        if isinstance(step, Report):
            return call_hook(step.report, self.dataset(), rng=self.rng())
        if isinstance(step, Sink):
            raise NotAssessed("a Sink returns nothing")
        return self.apply(self.inputs)

    def change(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows as a TrainOnly changes training rows, before the runner gives new ids."""
        step, rng = self.step, self.rng()
        assert isinstance(step, TrainOnly)
        rows = self.rows("change", frame)
        if step.learns_first:
            state = call_hook(step.learn, self.rows("learn", frame), rng=rng)
            return step.change(rows, rng, state)
        changed: pd.DataFrame = call_hook(step.change, rows, rng=rng)
        return changed

    @contextmanager
    def only(self, columns: Sequence[str]) -> Iterator[Trial]:
        """Give a trial of the same step on rows that have these columns only, beside the roles."""
        keep = {*columns, *self.roles.columns(), *(self.features if isinstance(self.step, Model) else ())}
        parts = {name: frame[[each for each in frame if each in keep]] for name, frame in self.parts.items()}
        yield Trial(self.step, parts, self.roles, tuple(each for each in self.features if each in keep), self.seed)


class _Watched(Dataset):
    """A dataset that remembers every part it handed out."""

    def __init__(self, trial: Trial, parts: Mapping[str, pd.DataFrame]) -> None:
        super().__init__(parts, trial.roles, trial.features)
        self._trial = trial

    def rows(self, name: str, columns: Sequence[str] | None = None) -> Rows:
        rows = super().rows(name, columns)
        before = pd.DataFrame(rows)
        shown = Rows.of(before.copy(deep=True), self.roles, self.features)
        self._trial.watched.append(("report", shown, before))
        return shown


def learns(step: Step) -> bool:
    """Whether a step has a state."""
    return isinstance(step, (Transform, Model, Postprocess))


def halves(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return two parts of a frame that was given whole."""
    middle = (len(frame) + 1) // 2
    return {"train": frame.iloc[:middle], "validation": frame.iloc[middle:]}


Applied = Callable[[pd.DataFrame], pd.DataFrame]
