"""The recipe on a sample: rows of the source, what each step before the split made of them, and the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.execution.catalog import Catalog
from mlsys.execution.checks import at_split
from mlsys.execution.divided import Divided
from mlsys.execution.dividing import FOLD_BELOW, divided_by, divided_given
from mlsys.execution.parting import in_parts
from mlsys.execution.parts import Parts
from mlsys.execution.runner import run
from mlsys.execution.work import Work
from mlsys.plan import Plan, Planned
from mlsys.steps.questions import looks, makes_rows
from mlsys.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

AUDIT_STREAM = int.from_bytes(b"audit", "big")
"""Hashes of their own: rows chosen by those that deal out parts would all lie in one part."""


@dataclass(frozen=True)
class Stage:
    """One step before the split, with the rows it was given and those it made."""

    planned: Planned
    given: pd.DataFrame
    made: pd.DataFrame
    catalog: Catalog | None = None
    """What was known of columns before it ran, where the rows after it are others."""


@dataclass(frozen=True)
class Recipe:
    """What a pipeline makes of a sample.

    Parameters
    ----------
    parts : Parts
        As the split left them, held fixed by row id from here on; the catalog knows where columns come from.
    work : Work
        Quiet, without cache.
    source : DataFrame
        The sampled rows that are replaced: as they were read, where they can be followed.
    stages : sequence of Stage
        Steps before the split.
    split : Planned
        The split.
    rest : sequence of Planned
        Steps after the split, reports and sinks left out.
    key : str or None
        The column that tells which rows became which where a step makes other rows.
    unfollowed : sequence of Stage
        First steps up to the last that makes other rows, where no column tells that; ``source`` is then what it made.
    """

    parts: Parts
    work: Work
    source: pd.DataFrame
    stages: Sequence[Stage]
    split: Planned
    rest: Sequence[Planned]
    key: str | None = None
    unfollowed: Sequence[Stage] = ()

    @property
    def divided(self) -> Divided:
        """The parts."""
        assert self.parts.divided is not None
        return self.parts.divided

    @property
    def at_split(self) -> pd.DataFrame:
        """Rows as they reach the split."""
        return self.stages[-1].made if self.stages else self.source

    @property
    def read(self) -> pd.DataFrame:
        """Rows as they were read."""
        return self.unfollowed[0].given if self.unfollowed else self.source

    @property
    def train(self) -> pd.DataFrame:
        """Training rows as they left the split."""
        return self.divided.parts["train"].frame()

    @property
    def has_several_targets(self) -> bool:
        """Whether training rows have more than one target, or none at all."""
        there = [name for name in self.parts.roles.targets if name in self.train.columns]
        return all(self.train[name].nunique() != 1 for name in there)

    @property
    def training(self) -> pd.Index:
        """What identifies the training rows: values of the key where rows were made anew, else row ids."""
        return self.ids(self.train)

    def ids(self, frame: pd.DataFrame) -> pd.Index:
        """Return what identifies the rows of a frame, before or after rows were made anew."""
        return frame.index if self.key is None else pd.Index(frame[self.key])

    def rows_of(self, frame: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
        """Return the rows of a frame that some ids stand for, by these ids."""
        keyed = frame if self.key is None else frame.set_index(self.ids(frame))
        return keyed[keyed.index.isin(ids)]

    def is_of(self, frame: pd.DataFrame, ids: pd.Index) -> NDArray[np.bool_]:
        """Return which rows of a frame some ids stand for."""
        return np.asarray(self.ids(frame).isin(ids))


def rehearse(plan: Plan, source: Table, parts: Parts, work: Work, rows: int) -> Recipe:
    """Run the steps before the split, and the split, on a sample of rows chosen by hash of their id.

    A sample that the split refuses, because a part of it is empty or has one class, is made larger; so is one in
    which all training rows have the same target.
    """
    wanted = rows
    while True:
        try:
            recipe = _rehearse(plan, source.sample(wanted, AUDIT_STREAM), parts, work, source.rows < FOLD_BELOW)
        except DataError:
            if wanted >= source.rows:
                raise
        else:
            if wanted >= source.rows or recipe.has_several_targets:
                return recipe
        wanted *= 4


def rehearse_parts(plan: Plan, given: Mapping[str, Table], parts: Parts, work: Work, rows: int) -> Recipe:
    """Take a sample of parts that were given: what stands before the split acts on each part alone."""
    total, split = sum(part.rows for part in given.values()), plan.split
    assert split is not None
    sampled = {name: part.sample(max(1, rows * part.rows // total), AUDIT_STREAM) for name, part in given.items()}
    parts = parts.told([], rows={name: work.engine.hold(None, frame) for name, frame in sampled.items()})
    parts = run([each for each in plan.before if not _looks(each)], parts, work)
    parts = parts.told([at_split(parts.rows["train"], parts)])
    source = parts.rows["train"].frame()
    return Recipe(in_parts(*divided_given(parts, work, plan.steps)), work, source, [], split, plan.working)


def _looks(planned: Planned) -> bool:
    return looks(planned.step)


def _rehearse(plan: Plan, source: pd.DataFrame, parts: Parts, work: Work, few: bool) -> Recipe:
    stages: list[Stage] = []
    parts, split = parts.told([], rows={"all": work.engine.hold(None, source)}), plan.split
    assert split is not None
    for planned in (each for each in plan.before if not _looks(each)):
        given, catalog = parts.rows["all"].frame(), parts.catalog
        parts = run([planned], parts, work)
        stages.append(Stage(planned, given, parts.rows["all"].frame(), catalog))
    parts = parts.told([at_split(parts.rows["all"], parts)])
    # A sample of many rows has few, which is no reason to judge by folds.
    dealing = split if few else replace(split, supplied="")
    parts = in_parts(*divided_by(dealing, parts.rows["all"], parts, work, plan.steps))
    reshaped = [place for place, stage in enumerate(stages) if makes_rows(stage.planned.step)]
    key = _key(stages, parts) if reshaped else None
    if reshaped and key is None:
        later = reshaped[-1] + 1
        source, unfollowed, stages = stages[later - 1].made, stages[:later], stages[later:]
        return Recipe(parts, work, source, stages, split, plan.working, unfollowed=unfollowed)
    return Recipe(parts, work, source, stages, split, plan.working, key)


def _key(stages: Sequence[Stage], parts: Parts) -> str | None:
    """Return the column by which rows are followed through steps that make other rows; ``None`` if there is none."""
    frames = [stages[0].given, *(stage.made for stage in stages)]
    for column in (parts.roles.id, parts.roles.group):
        if column is not None and all(column in frame.columns for frame in frames) and frames[-1][column].is_unique:
            return column
    return None


def made_again(stage: Stage, frame: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Return what a step before the split makes of other rows."""
    blind = replace(recipe.work.detached(), watches=False)
    catalog = stage.catalog if stage.catalog is not None and stage in recipe.unfollowed else recipe.parts.catalog
    parts = Parts({"all": blind.engine.hold(None, frame)}, recipe.parts.roles, catalog)
    return run([stage.planned], parts, blind).rows["all"].frame()


def chain(
    recipe: Recipe, source: pd.DataFrame, watched: pd.Index, change: Callable[[Stage], Stage] = lambda stage: stage
) -> Iterator[tuple[Stage, pd.DataFrame | Exception]]:
    """Yield what each step before the split makes of a changed source.

    Watched rows that a step moved are put back before the next step, so that each step answers for itself alone. An
    error ends the chain.
    """
    frame = source
    for stage in recipe.stages:
        try:
            made = made_again(change(stage), frame, recipe)
        except Exception as error:  # a step may refuse what it never meant to see
            yield stage, error
            return
        yield stage, made
        frame = _put_back(recipe, stage.made, made, watched)


def _put_back(recipe: Recipe, before: pd.DataFrame, made: pd.DataFrame, watched: pd.Index) -> pd.DataFrame:
    """Return the rows that a step made, with watched ones as they were before anything was replaced."""
    ours, theirs = recipe.is_of(before, watched), recipe.is_of(made, watched)
    if made[theirs].equals(before[ours]):
        return made
    others = made[~theirs].reindex(columns=before.columns)
    types = {name: kind for name, kind in before.dtypes.items() if others[name].dtype != kind}
    both = pd.concat([before[ours], others.astype(types, errors="ignore")])
    places = pd.concat([pd.Series(np.flatnonzero(theirs)[: ours.sum()]), pd.Series(np.flatnonzero(~theirs))])
    aligned = len(places) == len(both)
    return both.iloc[np.argsort(places.to_numpy(), kind="stable")] if aligned else both


def with_table(stage: Stage, table: pd.DataFrame) -> Stage:
    """Return a stage whose join looks rows up in another table."""
    step = stage.planned.step.with_table(table)  # type: ignore[attr-defined]
    return replace(stage, planned=replace(stage.planned, step=step))
