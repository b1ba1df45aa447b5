"""Probe of the steps after the split: one training row's target is flipped, and its own features must stay."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.audit.moved import example_of, unequal
from mlsys.audit.recipe import Recipe
from mlsys.audit.rehearsed import Rehearsed, shown
from mlsys.audit.replacing import mirrored
from mlsys.audit.result import NOT_ASSESSED, NOT_OBSERVED, VIOLATED, Trace
from mlsys.execution.runner import run
from mlsys.leakage.row_check import telling_rows
from mlsys.plan import Planned
from mlsys.steps.questions import changes_training, predicts
from mlsys.values import Kind, values_of, with_columns

PROBE = "own target flipped"
FLIPPED = 6
"""Training rows whose target is flipped, one at a time; chosen where one row weighs most."""
INFLUENCE = 0.05
"""Standard deviations of a column. One row of a thousand moves what is learned from all of them by less (a linear
discriminant of 3,000 rows by .001); a mean over the one to ten rows of a category by more."""
FEWEST_A_COLUMN = 5
"""Rows for each column from which a map of all of them is learned."""


def probes_of_own_target(recipe: Recipe, done: Rehearsed, unstable: set[str]) -> Iterator[Trace]:
    """Flip one training row's target at a time: its own features must not move.

    Notes
    -----
    Each step is given what the step before made of the unchanged rows, so that it answers for itself alone. Codes that
    were made out of fold move the mean of their column a little, and with it whatever brings the column to one scale:
    that is the same for all rows and tells none of them its own target.
    """
    targets, train = [name for name in recipe.parts.roles.targets if name in recipe.train.columns], recipe.train
    ran = [each for each in recipe.rest[: len(done.train)] if each.name not in unstable]
    steps = list(itertools.takewhile(lambda each: not (predicts(each.step) or changes_training(each.step)), ran))
    if not targets:
        return
    for planned in itertools.takewhile(lambda each: not predicts(each.step), ran[len(steps) :]):
        said = "the set of training rows depends on targets, as its kind allows"
        if not changes_training(planned.step):
            said = "it follows a step that makes training rows by their targets"
        yield Trace(planned.name, PROBE, NOT_ASSESSED, (), said, "itself")
    flipped = {name: _other_values(train[name]) for name in targets}
    rows = train.index[_weighty_rows(train, recipe.parts.catalog.features(train.columns))] if steps else ()
    for place, planned in enumerate(steps):
        found = (
            _moved_by_itself(recipe, done, place, planned, row, name, others.loc[row])
            for name, others in flipped.items()
            for row in rows
        )
        worst = next((each for each in found if each is not None), None)
        yield worst or Trace(planned.name, PROBE, NOT_OBSERVED, concerns="itself")


def _moved_by_itself(
    recipe: Recipe, done: Rehearsed, place: int, planned: Planned, row: Any, target: str, value: Any
) -> Trace | None:
    """Return the violation of a step that moves a row whose own target has another value."""
    given, before = done.given[place], done.train[place]
    work, frame = recipe.work.detached(), given.rows["train"].frame()
    if row not in frame.index or target not in frame.columns:
        return None
    other = with_columns(frame, {target: frame[target].where(frame.index != row, value)})
    try:
        after = run([planned], shown(given, other, work), work).rows["train"].frame()
    except Exception:  # it may refuse a class of one row less
        return None
    features = frame.drop(columns=target)
    columns = tuple(
        name
        for name in influenced(before, after, row, target)
        if not (_is_number(before[name]) and _moved_as_all_rows(features, before, after, row, name))
    )
    if not columns:
        return None
    said = f"its own target flipped, {example_of(row, columns[0], before, after)}"
    return Trace(
        planned.name, PROBE, VIOLATED, columns, said, "itself", "in sample", _size(before, after, row, columns[0])
    )


def _size(before: pd.DataFrame, after: pd.DataFrame, row: Any, name: str) -> str:
    """Return in words how far a row moved."""
    if not (_is_number(before[name]) and _is_number(after[name])):
        return ""
    spread = float(before[name].std()) or 1.0
    far = abs(float(after[name].loc[pd.Index([row])].iloc[0]) - float(before[name].loc[pd.Index([row])].iloc[0]))
    return f"by {far / spread:.2g} standard deviations"


def _moved_as_all_rows(given: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, row: Any, name: str) -> bool:
    """Whether one linear map, learned from all other rows, says where a row has moved.

    A projection learned from few rows turns, or is stretched, when one target changes: all rows go along, and none is
    told its own target.
    """
    if not (given.index.equals(after.index) and before.index.equals(after.index)):
        return False
    if unequal(before[name], after[name]).mean() <= 1 / 2:
        return False
    numbers = given.select_dtypes("number")
    known = pd.concat([numbers, before[[name]]], axis=1).to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.column_stack([known, np.ones(len(known))])
    there = after[name].to_numpy(dtype=np.float64, na_value=np.nan)
    usable = np.isfinite(known).all(axis=1) & np.isfinite(there)
    own = np.asarray(before.index == row)
    others = usable & ~own
    if known.shape[1] * FEWEST_A_COLUMN > others.sum() or not usable[own].all():
        return False
    weights = np.linalg.lstsq(known[others], there[others], rcond=None)[0]
    spread = float(before[name].std()) or 1.0
    return bool((np.abs(there[own] - known[own] @ weights) <= INFLUENCE * spread).all())


def _other_values(target: pd.Series) -> pd.Series:
    found = mirrored(target)
    return target if found is None else found


def _weighty_rows(train: pd.DataFrame, features: Sequence[str]) -> list[int]:
    """Return places of rows in rare categories first, where one row weighs most, then of telling ones."""
    chosen: list[int] = []
    for name in features:
        column = train[name]
        if values_of(column).kind in {Kind.NESTED, Kind.BLOCK}:
            continue
        if isinstance(column.dtype, pd.StringDtype) or column.nunique() * 2 < len(column):
            counts = column.map(column.value_counts()).to_numpy(dtype=np.float64, na_value=np.inf)
            chosen.append(int(np.argmin(np.where(counts < 2, 1e9, counts))))  # noqa: PLR2004  alone, no mean of others
    ordered = [*dict.fromkeys(chosen)][: FLIPPED // 2]
    return list(dict.fromkeys([*ordered, *map(int, telling_rows(train[list(features)], FLIPPED))]))[:FLIPPED]


def influenced(before: pd.DataFrame, after: pd.DataFrame, row: Any, target: str) -> tuple[str, ...]:
    """Return the columns of one row that moved by more than one row of many explains."""
    if row not in before.index or row not in after.index:
        return ()
    found = []
    for name in before.columns:
        if name == target or name not in after.columns:
            continue
        was, now = before[name].loc[pd.Index([row])], after[name].loc[pd.Index([row])]
        if _is_number(before[name]):
            spread = float(before[name].std()) or 1.0
            far = bool(((now - was).abs() > INFLUENCE * spread).fillna(False).iloc[0])
        else:
            far = bool(unequal(was, now).any())
        if far:
            found.append(str(name))
    return tuple(found)


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
