"""The recipe on a sample: rows of the source, what each step before the split made of them, and the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.execution.checks import check_columns
from mlsys.execution.context import Context
from mlsys.execution.dividing import FOLD_BELOW, Divided, divide, divide_given
from mlsys.execution.planned import Planned
from mlsys.execution.prefix import run_before_split, run_prefix_step
from mlsys.partitions import Table
from mlsys.steps import Report, Reshape, Sink, Source, Split
from mlsys.summaries import hash_ids

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


@dataclass(frozen=True)
class Recipe:
    """What a pipeline makes of a sample.

    Parameters
    ----------
    context : Context
        Quiet, without cache; its catalog knows where columns come from.
    source : DataFrame
        The sampled rows as they were read.
    stages : sequence of Stage
        Steps before the split.
    split : Planned
        The split.
    divided : Divided
        The parts; from here on held fixed by row id.
    rest : sequence of Planned
        Steps after the split, reports and sinks left out.
    key : str or None
        The column that tells which rows became which where a step makes other rows.
    """

    context: Context
    source: pd.DataFrame
    stages: Sequence[Stage]
    split: Planned
    divided: Divided
    rest: Sequence[Planned]

    key: str | None = None

    @property
    def at_split(self) -> pd.DataFrame:
        """Rows as they reach the split."""
        return self.stages[-1].made if self.stages else self.source

    @property
    def train(self) -> pd.DataFrame:
        """Training rows as they left the split."""
        return self.divided.parts["train"].frame()

    @property
    def has_several_targets(self) -> bool:
        """Whether training rows have more than one target, or none at all."""
        target = self.context.roles.target
        return target is None or target not in self.train.columns or self.train[target].nunique() != 1

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


def rehearse(steps: Sequence[Planned], source: Table, make_context: Callable[[], Context], rows: int) -> Recipe:
    """Run the steps before the split, and the split, on a sample of rows chosen by hash of their id.

    A sample that the split refuses, because a part of it is empty or has one class, is made larger; so is one in
    which all training rows have the same target.
    """
    wanted = rows
    while True:
        try:
            recipe = _rehearse(steps, sample_of(source, wanted), make_context(), source.rows < FOLD_BELOW)
        except DataError:
            if wanted >= source.rows:
                raise
        else:
            if wanted >= source.rows or recipe.has_several_targets:
                return recipe
        wanted *= 4


def rehearse_parts(steps: Sequence[Planned], parts: Mapping[str, Table], context: Context, rows: int) -> Recipe:
    """Take a sample of parts that were given: what stands before the split acts on each part alone."""
    total = sum(part.rows for part in parts.values())
    at = next(place for place, each in enumerate(steps) if isinstance(each.step, Split))
    tables = {name: Table.of(sample_of(part, max(1, rows * part.rows // total))) for name, part in parts.items()}
    for planned in steps[:at]:
        if not isinstance(planned.step, (Source, Report, Sink)):
            tables, _ = run_before_split(planned, tables, context)
    check_columns(context, tables["train"])
    divided = divide_given(tables, context)
    rest = [each for each in steps[at + 1 :] if not isinstance(each.step, (Report, Sink))]
    return Recipe(context, tables["train"].frame(), [], steps[at], divided, rest)


def _rehearse(steps: Sequence[Planned], source: pd.DataFrame, context: Context, few: bool) -> Recipe:
    stages: list[Stage] = []
    frame = source
    at = next(place for place, each in enumerate(steps) if isinstance(each.step, Split))
    for planned in steps[:at]:
        if isinstance(planned.step, (Source, Report, Sink)):
            continue
        made, _ = run_prefix_step(planned, Table.of(frame), context)
        stages.append(Stage(planned, frame, made.frame()))
        frame = made.frame()
    check_columns(context, Table.of(frame))
    divided = divide(steps[at], Table.of(frame), context, supplied=bool(steps[at].supplied) and few)
    rest = [each for each in steps[at + 1 :] if not isinstance(each.step, (Report, Sink))]
    return Recipe(context, source, stages, steps[at], divided, rest, _key(stages, context))


def _key(stages: Sequence[Stage], context: Context) -> str | None:
    """Return the column by which rows are followed through a step that makes other rows.

    Raises
    ------
    ConfigurationError
        There is none.
    """
    reshaped = [stage for stage in stages if isinstance(stage.planned.step, Reshape)]
    if not reshaped:
        return None
    frames = [stages[0].given, *(stage.made for stage in stages)]
    for column in (context.roles.id, context.roles.group):
        if column is not None and all(column in frame.columns for frame in frames) and frames[-1][column].is_unique:
            return column
    raise ConfigurationError(
        f"{reshaped[-1].planned.name} makes other rows, and no column says which rows of the source they come from",
        "give the new rows an id role that stands once in them and is a column of the source too (id=...)",
    )


def sample_of(table: Table, rows: int) -> pd.DataFrame:
    """Return a sample by hash of the row ids, in the order of the rows; of pieces, each one's share.

    Examples
    --------
    >>> len(sample_of(Table.of(pd.DataFrame({"x": range(100)})), 10))
    10
    """
    if table.in_memory:
        return _sampled(table.frame(), rows)
    share = min(1.0, rows / max(table.rows, 1))
    return pd.concat([_sampled(frame, max(1, round(share * len(frame)))) for frame in table.frames()])


def _sampled(frame: pd.DataFrame, rows: int) -> pd.DataFrame:
    if len(frame) <= rows:
        return frame
    chosen = np.sort(np.argsort(hash_ids(frame.index, AUDIT_STREAM), kind="stable")[:rows])
    return frame.iloc[chosen]


def made_again(stage: Stage, frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return what a step before the split makes of other rows; the baseline's catalog is not told."""
    blind = replace(context.detached(), watches=False)
    return run_prefix_step(stage.planned, Table.of(frame), blind)[0].frame()


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
            made = made_again(change(stage), frame, recipe.context)
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
