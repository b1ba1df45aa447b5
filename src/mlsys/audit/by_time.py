"""Probes of steps before other rows were made: later rows are replaced, and what was known before must not move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.audit.moved import moved
from mlsys.audit.protected import protected_columns
from mlsys.audit.recipe import Recipe, Stage, made_again
from mlsys.audit.replacing import extremes, mirrored, new_categories, replaced
from mlsys.audit.result import NOT_ASSESSED, NOT_OBSERVED, VIOLATED, Trace
from mlsys.errors import MlsysError
from mlsys.execution.catalog import known_from
from mlsys.steps.questions import makes_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PROBE = "later rows"


def probes_of_unfollowed(recipe: Recipe) -> Iterator[Trace]:
    """Follow rows by their time where each step that makes others says that it makes them of no earlier ones.

    Rows from the middle of the time on are replaced; what the steps make of earlier rows, and of new rows whose label
    was known before, must not move. Where rows cannot be followed by time either, say why they are not assessed.
    """
    if not recipe.unfollowed:
        return
    lost = next((each for each in recipe.unfollowed if makes_rows(each.planned.step) and not _by_time(each)), None)
    time = recipe.parts.roles.time
    if lost is None and time is not None and all(time in each.made.columns for each in recipe.unfollowed):
        yield from _later(recipe, time)
        return
    for stage in recipe.unfollowed:
        said = (
            f"{(lost or recipe.unfollowed[-1]).planned.name} makes new rows, and no column says which source rows they "
            "come from; give the new rows an id role that is unique and also a column of the source (id=...)"
        )
        yield Trace(stage.planned.name, "replaced rows", NOT_ASSESSED, (), said)


def _by_time(stage: Stage) -> bool:
    step = stage.planned.step
    return makes_rows(step) and step.of_no_earlier_rows


def _later(recipe: Recipe, time: str) -> Iterator[Trace]:
    times = recipe.read[time].dropna().sort_values()
    middle = times.iloc[len(times) // 2]
    rows = (recipe.read[time] >= middle).to_numpy(dtype=bool, na_value=False)
    columns = [str(name) for name in recipe.read.columns]
    keep = {*protected_columns(recipe), *(name for name in columns if _is_kept(recipe, name))}
    frame = replaced(recipe.read, rows, _other, sorted(keep))
    for stage in recipe.unfollowed:
        name = stage.planned.name
        try:
            made = made_again(stage, frame, recipe)
        except Exception as error:  # a step may refuse what it never meant to see
            said = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
            yield Trace(name, PROBE, NOT_ASSESSED, (), f"it fails on the replaced rows ({said})")
            return
        if len(made) != len(stage.made):
            yield Trace(name, PROBE, NOT_ASSESSED, (), "it makes another number of rows of the replaced rows")
            return
        watched = _known_before(recipe, stage.made, middle)
        before, after = stage.made[watched], made[watched]
        difference = moved(before.reset_index(drop=True), after.reset_index(drop=True))
        if difference:
            said = f"{difference.rows:,} of {len(before):,} rows known before {middle} move, {difference.example}"
            yield Trace(name, PROBE, VIOLATED, difference.columns, said)
        else:
            yield Trace(name, PROBE, NOT_OBSERVED)
        # Each step answers for itself alone.
        frame = pd.concat([before, made[~watched]]).loc[made.index] if made.index.is_unique else made


def _other(column: pd.Series) -> pd.Series | None:
    """Return other values, none of them null: which rows are made of them must not depend on it."""
    found = extremes(column)
    found = new_categories(column) if found is None else found
    return mirrored(column) if found is None else found


def _is_kept(recipe: Recipe, name: str) -> bool:
    """Whether values tell which rows are made of which: times, and columns without which a step cannot find rows."""
    return any(name in getattr(each.planned.step, "key_columns", ()) for each in recipe.unfollowed)


def _known_before(recipe: Recipe, rows: pd.DataFrame, moment: pd.Timestamp) -> NDArray[np.bool_]:
    """Return the rows decided before a moment and, once there are others, those whose label was known by then."""
    roles, known_at = recipe.parts.roles, recipe.parts.catalog.known_at
    waits = {target: sorted(known_at.get(target, ())) for target in roles.targets or ("",)}
    try:
        known = known_from(rows, waits, roles)
    except MlsysError:  # before the rows have the column of a moment
        known = rows[str(roles.time)]
    return (known < moment).to_numpy(dtype=bool, na_value=False)
