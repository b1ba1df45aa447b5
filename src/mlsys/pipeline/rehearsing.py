"""Rehearsing: the honest order of a pipeline on a sample and its windows, beside orders that leak."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mlsys.execution.crossing import Prepared, prepared, windows_of
from mlsys.execution.on_demand import why_needed
from mlsys.execution.opening import Data
from mlsys.execution.orders import Order, learned_from_all, learns, with_late_columns
from mlsys.execution.parts import Parts
from mlsys.execution.session import start
from mlsys.execution.windows import Window
from mlsys.execution.work import Work
from mlsys.pipeline.cross_validation import time_folds
from mlsys.plan import Plan
from mlsys.plan.any_pipeline import AnyPipeline
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
from mlsys.steps import Split
from mlsys.steps.questions import changes_training, divides
from mlsys.steps.splitting import key_of, split_keys
from mlsys.summaries import hash_ids, uniform

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
    ready : Prepared
        Rows of the sample; the test part is sealed.
    folds : Split
        Makes the windows.
    honest : Order
        What the pipeline does.
    repeats : int
        Of folds by rows.
    """

    ready: Prepared
    folds: Split
    honest: Order
    repeats: int

    @property
    def count(self) -> int:
        """Folds of one division."""
        return self.folds.fold_count


def rehearse(pipeline: AnyPipeline, data: Data, work: Work, rows: int, folds: int, repeats: int) -> Rehearsal:
    """Run what stands before the split, draw the sample, and divide it as the pipeline's split would."""
    whole = prepared(Plan(pipeline.planned), data, start(pipeline), work)
    ready = replace(whole, rows=sample(whole, rows))
    assert whole.plan.split is not None and divides(whole.plan.split.step)
    divide = folds_like(whole.plan.split.step, folds, repeats)
    steps, windows = whole.plan.working, windows_of(divide, ready)
    honest = Order(ready.rows, steps, windows, known_of(ready), ready.work.detached())
    return Rehearsal(ready, divide, honest, repeats)


def known_of(ready: Prepared) -> Parts:
    """Return what is known of the columns that reached the split, without rows."""
    return ready.parts.known


def sample(ready: Prepared, rows: int) -> pd.DataFrame:
    """Return about so many rows, by hash of their ids; groups are taken whole."""
    frame = ready.rows
    if len(frame) <= rows:
        return frame
    chances = uniform(hash_ids(key_of(split_keys(frame, ready.parts.roles)), SAMPLE_STREAM))
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
    honest = found.honest
    early = [each for each in honest.steps if each.step.facts.stands != "after"]
    there = replace(honest.parts, rows={"train": found.ready.work.engine.hold(None, honest.rows)})
    early = [each for each in early if not each.on_demand or why_needed(each, there, ("train",))]
    learning = [each.name for each in early if learns(each)]
    if learning:
        rows, _, known = learned_from_all(early, honest.rows, honest.parts, honest.work)
        rest = [each for each in honest.steps if each not in early]
        what = f"{_listed(learning)} learned from all rows before the split"
        yield Leak("every step learns from all rows", what, Order(rows, rest, honest.windows, known, honest.work))


def _early_resampling(found: Rehearsal) -> Iterator[Leak]:
    steps = found.honest.steps
    places = [i for i, each in enumerate(steps) if changes_training(each.step)]
    if places:
        early, honest = steps[: places[-1] + 1], found.honest
        rows, _, known = learned_from_all(early, honest.rows, honest.parts, honest.work)
        what = f"{_listed([steps[i].name for i in places])} changed all rows before the split"
        windows = dealt_singly(found, rows)
        yield Leak("resampled before the split", what, Order(rows, steps[len(early) :], windows, known, honest.work))


def _random_split(found: Rehearsal) -> Iterator[Leak]:
    by = {TimeFolds: "time", GroupFolds: "group"}.get(type(found.folds))
    if by:
        rows = found.honest.rows
        windows = windows_of(KFolds(found.count, found.repeats), replace(found.ready, rows=rows))
        learned = [int((window.sides == "train").sum()) for window in found.honest.windows]
        thinned = [_thinned(window, int(np.mean(learned)), number) for number, window in enumerate(windows)]
        what = f"rows split at random instead of by {by}, with the same number of training rows"
        yield Leak("random split", what, replace(found.honest, windows=thinned))


def _late_columns(found: Rehearsal) -> Iterator[Leak]:
    known, admitted = with_late_columns(found.honest.parts, found.honest.rows)
    if admitted:
        what = f"{_listed(admitted)} used although known only after the decision"
        yield Leak("late columns admitted", what, replace(found.honest, parts=known))


def dealt_singly(found: Rehearsal, rows: pd.DataFrame) -> list[Window]:
    """Return windows over rows that were repeated or made, each dealt by itself as a split by position deals them."""
    keys = split_keys(rows, found.ready.parts.roles).assign(id=rows.index)
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
