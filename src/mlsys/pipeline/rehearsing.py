"""Rehearsing: the honest order of a pipeline on a sample and its windows, beside orders that leak."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.engines import LocalEngine
from mlsys.execution.context import Context
from mlsys.execution.crossing import Ready, Window, make_ready, windows_of
from mlsys.execution.execute import Data
from mlsys.execution.on_demand import why_needed
from mlsys.execution.orders import Order, learned_from_all, with_late_columns, working
from mlsys.partitions import Table
from mlsys.pipeline.cross_validation import time_folds
from mlsys.sampling import (
    GroupFolds,
    GroupSplit,
    KFolds,
    PredefinedSplit,
    RandomSplit,
    StratifiedSplit,
    TimeFolds,
    TimeSplit,
)
from mlsys.steps import Model, Postprocess, Split, TrainOnly, Transform
from mlsys.steps.splitting import key_of, split_keys
from mlsys.summaries import hash_ids, uniform

if TYPE_CHECKING:
    from mlsys.pipeline.pipeline import Pipeline

SAMPLE_STREAM = int.from_bytes(b"price", "big")
"""Keeps the sample apart from splits, which hash the same ids."""
_BY_ROWS = (RandomSplit, StratifiedSplit, PredefinedSplit, KFolds)


@dataclass(frozen=True)
class Leak:
    """A leak that is put in: its name, what it does, and the order of work that has it."""

    name: str
    what: str
    order: Order


@dataclass(frozen=True)
class Rehearsal:
    """A sample of the rows, the windows that judge it, and the honest order of work.

    Parameters
    ----------
    ready : Ready
        Rows of the sample; the test part is sealed.
    folds : Split
        Makes the windows.
    honest : Order
        What the pipeline does.
    repeats : int
        Of folds by rows.
    """

    ready: Ready
    folds: Split
    honest: Order
    repeats: int

    @property
    def count(self) -> int:
        """Folds of one division."""
        return self.folds.fold_count


def rehearse(pipeline: Pipeline, data: Data, context: Context, rows: int, folds: int, repeats: int) -> Rehearsal:
    """Run what stands before the split, draw the sample, and divide it as the pipeline's split would."""
    whole = make_ready(pipeline.planned, data, context, LocalEngine())
    ready = replace(whole, rows=sample(whole, rows))
    split = next(each.step for each in pipeline.planned if isinstance(each.step, Split))
    divide = folds_like(split, folds, repeats)
    honest = Order(ready.rows, working(ready.after), windows_of(divide, ready), ready.context.detached())
    return Rehearsal(ready, divide, honest, repeats)


def sample(ready: Ready, rows: int) -> pd.DataFrame:
    """Return about so many rows, by hash of their ids; groups are taken whole."""
    frame = ready.rows
    if len(frame) <= rows:
        return frame
    chances = uniform(hash_ids(key_of(split_keys(frame, ready.context.roles)), SAMPLE_STREAM))
    return frame[chances < rows / len(frame)]


def folds_like(split: Split, folds: int, repeats: int) -> Split:
    """Return folds that divide rows by what a split divides them by; a split of the user's makes its own."""
    if isinstance(split, TimeSplit):
        return time_folds(split, folds)
    if isinstance(split, (GroupSplit, GroupFolds)):
        return GroupFolds(folds)
    if isinstance(split, TimeFolds):
        made: Split = split.with_(n=folds)
        return made
    return KFolds(folds, repeats) if isinstance(split, _BY_ROWS) else split


def leaks_for(found: Rehearsal) -> Iterator[Leak]:
    """Yield every leak that can be put into an honest pipeline."""
    yield from _all_rows(found)
    yield from _early_resampling(found)
    yield from _random_split(found)
    yield from _late_columns(found)


def _all_rows(found: Rehearsal) -> Iterator[Leak]:
    honest, context = found.honest, found.ready.context.detached()
    early = [each for each in honest.steps if not isinstance(each.step, (TrainOnly, Model, Postprocess))]
    rows_there = {"train": Table.of(honest.rows)}
    early = [each for each in early if not each.on_demand or why_needed(each, rows_there, context)]
    learning = [each.name for each in early if isinstance(each.step, Transform)]
    if learning:
        rows, _ = learned_from_all(early, honest.rows, context)
        rest = [each for each in honest.steps if each not in early]
        what = f"{_listed(learning)} learned from all rows before the split"
        yield Leak("every step learns from all rows", what, Order(rows, rest, honest.windows, context))


def _early_resampling(found: Rehearsal) -> Iterator[Leak]:
    steps = found.honest.steps
    places = [i for i, each in enumerate(steps) if isinstance(each.step, TrainOnly)]
    if places:
        early, context = steps[: places[-1] + 1], found.ready.context.detached()
        rows, _ = learned_from_all(early, found.honest.rows, context)
        what = f"{_listed([steps[i].name for i in places])} changed all rows before the split"
        windows = dealt_singly(found, rows)
        yield Leak("resampled before the split", what, Order(rows, steps[len(early) :], windows, context))


def _random_split(found: Rehearsal) -> Iterator[Leak]:
    by = {TimeFolds: "time", GroupFolds: "group"}.get(type(found.folds))
    if by:
        rows = found.honest.rows
        windows = windows_of(KFolds(found.count, found.repeats), replace(found.ready, rows=rows))
        learned = [int((window.sides == "train").sum()) for window in found.honest.windows]
        thinned = [_thinned(window, int(np.mean(learned)), number) for number, window in enumerate(windows)]
        what = f"rows dealt at random instead of by {by}, with as many to learn from"
        yield Leak("random split", what, replace(found.honest, windows=thinned))


def _late_columns(found: Rehearsal) -> Iterator[Leak]:
    context, admitted = with_late_columns(found.ready.context.detached(), found.honest.rows)
    if admitted:
        what = f"{_listed(admitted)} used, though known only after the decision"
        yield Leak("late columns admitted", what, replace(found.honest, context=context))


def dealt_singly(found: Rehearsal, rows: pd.DataFrame) -> list[Window]:
    """Return windows over rows that were repeated or made, each dealt by itself as a split by position deals them."""
    keys = split_keys(rows, found.ready.context.roles).assign(id=rows.index)
    made = found.folds.windows(keys)
    return [Window(f"fold {number} of {len(made)}", sides) for number, sides in enumerate(made, 1)]


def _thinned(window: Window, rows: int, seed: int) -> Window:
    """Return a window that learns from no more than so many rows: more rows are no leak."""
    learned = np.flatnonzero((window.sides == "train").to_numpy(dtype=bool, na_value=False))
    if len(learned) <= rows:
        return window
    sides = window.sides.astype(object)
    sides.iloc[np.random.default_rng(seed).permutation(learned)[rows:]] = None
    return replace(window, sides=sides)


def _listed(names: Any) -> str:
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
