"""Probes before the split: rows that judge the model are replaced, and training rows must not move."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.audit.by_time import probes_of_unfollowed
from mlsys.audit.causes import cause_of, in_words
from mlsys.audit.moved import Moved, moved
from mlsys.audit.own_label import probes_of_own_label
from mlsys.audit.protected import protected_columns
from mlsys.audit.recipe import Recipe, Stage, chain, made_again, with_table
from mlsys.audit.replacing import WAYS, Way, columns_replaced, extremes, mirrored, new_categories, replaced
from mlsys.audit.result import ALLOWED, NOT_ASSESSED, NOT_OBSERVED, VIOLATED, Trace
from mlsys.errors import MlsysError
from mlsys.leakage.rounding import Rounding
from mlsys.steps import History, Label, Reshape, Select
from mlsys.steps.capabilities import AsOf, LooksUp

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlsys.dataset import Moment


def probes_before_split(recipe: Recipe) -> Iterator[Trace]:
    """Replace held-out rows in every way, take them away, replace what comes later, and say what moved."""
    yield from probes_of_unfollowed(recipe)
    if not recipe.stages:
        return
    keep = protected_columns(recipe)
    held = ~recipe.is_of(recipe.source, recipe.training)
    for name, way in WAYS.items():
        yield from _replacing(recipe, name, held, way, keep, recipe.training)
    yield from _flipped_labels(recipe, held, keep)
    yield from _traces(recipe, "removed", recipe.source[~held], recipe.training)
    yield from _later(recipe, keep)
    yield from _side_tables(recipe)
    yield from probes_of_own_label(recipe)


def unstable_steps(recipe: Recipe) -> dict[str, Trace]:
    """Run the steps before the split once more on the same rows: a step that answers otherwise cannot be assessed."""
    found = {}
    for stage, made in chain(recipe, recipe.source, recipe.ids(recipe.source)):
        if isinstance(made, Exception):
            break
        difference = moved(stage.made, made)
        if difference or difference.ids:
            found[stage.planned.name] = _unstable(stage.planned.name, difference)
    return found


def _unstable(step: str, difference: Moved) -> Trace:
    return Trace(
        step,
        "run twice",
        NOT_ASSESSED,
        difference.columns,
        f"two runs on the same rows differ ({difference.example or 'in the rows they hold'}); seed its randomness "
        "(hooks that name rng get one)",
    )


def _replacing(
    recipe: Recipe, probe: str, rows: NDArray[np.bool_], way: Way, keep: Collection[str], watched: pd.Index
) -> Iterator[Trace]:
    if not columns_replaced(recipe.source, way, keep):
        return
    source = replaced(recipe.source, rows, way, keep)
    failed = _failing(recipe, source, watched)
    if failed is None:
        yield from _traces(recipe, probe, source, watched)
        return
    # A reader of texts or times refuses what it never met: its columns are then only put in another order.
    alone = [
        name
        for name in columns_replaced(recipe.source, way, keep)
        if _failing(recipe, replaced(recipe.source, rows, way, [*keep, *_others(recipe, name)]), watched)
    ]
    yield from _traces(recipe, probe, replaced(recipe.source, rows, way, keep, milder=alone), watched)


def _others(recipe: Recipe, name: str) -> list[str]:
    return [other for other in map(str, recipe.source.columns) if other != name]


def _failing(recipe: Recipe, source: pd.DataFrame, watched: pd.Index) -> Exception | None:
    return next((made for _, made in chain(recipe, source, watched) if isinstance(made, Exception)), None)


def _flipped_labels(recipe: Recipe, held: NDArray[np.bool_], keep: Collection[str]) -> Iterator[Trace]:
    """Turn the targets of held-out rows around, or what their label is made of."""
    targets = recipe.parts.roles.targets
    read = {name for stage in recipe.stages if isinstance(stage.planned.step, Label)
            for name in stage.planned.step.withholds()}  # fmt: skip
    labels = [name for name in recipe.source.columns if name in targets or name in read]
    others = [*keep, *(name for name in recipe.source.columns if name not in labels)]
    if labels:
        yield from _replacing(recipe, "flipped labels", held, mirrored, others, recipe.training)


def _later(recipe: Recipe, keep: Collection[str]) -> Iterator[Trace]:
    """Replace all rows from the middle of the training time on; rows decided before it must not move."""
    found = _middle(recipe)
    if found is None:
        return
    middle, watched = found
    happened = recipe.at_split[recipe.parts.roles.time or _decision(recipe).column]
    later = (happened >= middle) & (_decision(recipe).of(recipe.at_split) >= middle)
    ids = recipe.ids(recipe.at_split)[later.to_numpy(dtype=bool, na_value=False)]
    rows = recipe.is_of(recipe.source, ids)
    if rows.any():
        yield from _replacing(recipe, "later rows", rows, _far_or_new, keep, watched)


def _decision(recipe: Recipe) -> Moment:
    decision = recipe.parts.roles.decision
    assert decision is not None
    return decision


def _middle(recipe: Recipe) -> tuple[pd.Timestamp, pd.Index] | None:
    """Return the middle of the times at which training rows are decided, and the rows decided before it."""
    decision = recipe.parts.roles.decision
    if decision is None or decision.column not in recipe.train.columns:
        return None
    decided = pd.Series(decision.of(recipe.train).array, index=recipe.training).dropna().sort_values()
    if decided.nunique() < 2:  # noqa: PLR2004  nothing comes before anything
        return None
    middle = decided.iloc[len(decided) // 2]
    return middle, decided.index[(decided < middle).to_numpy()]


def _far_or_new(column: pd.Series) -> pd.Series | None:
    found = extremes(column)
    return found if found is not None else new_categories(column)


def _side_tables(recipe: Recipe) -> Iterator[Trace]:
    """Replace the rows of joined tables that were known only after the middle of the training time."""
    found = _middle(recipe)
    for stage in recipe.stages:
        name, step = stage.planned.name, stage.planned.step
        if not isinstance(step, AsOf):
            if isinstance(step, LooksUp):
                said = f"the table of {name} does not say when its rows were known (AsOfJoin asks for it)"
                yield Trace(name, "side table", NOT_ASSESSED, (), said)
            continue
        if found is None:
            continue
        middle, watched = found
        side = step.side_state()
        late = step.side_known(None if middle.tz is None else str(middle.tz)) >= middle
        rows = late.to_numpy(dtype=bool, na_value=False)
        if not rows.any():
            yield Trace(name, "side table", NOT_ASSESSED, (), "no row of its table was known after half of the rows")
            continue
        table = replaced(side, rows, _far_or_new, step.side_keys)
        for other, made in chain(recipe, recipe.source, watched, _with(stage, table)):
            if other is stage:
                yield _trace(recipe, stage, "side table", made, watched)


def _with(wanted: Stage, table: pd.DataFrame) -> Callable[[Stage], Stage]:
    return lambda stage: with_table(stage, table) if stage is wanted else stage


def _traces(recipe: Recipe, probe: str, source: pd.DataFrame, watched: pd.Index) -> Iterator[Trace]:
    for stage, made in chain(recipe, source, watched):
        yield _trace(recipe, stage, probe, made, watched)


def _trace(recipe: Recipe, stage: Stage, probe: str, made: pd.DataFrame | Exception, watched: pd.Index) -> Trace:
    """Say what one step made of watched rows while others were replaced."""
    name, step = stage.planned.name, stage.planned.step
    if isinstance(made, Exception):
        said = made.problem if isinstance(made, MlsysError) else f"{type(made).__name__}: {made}"
        return Trace(name, probe, NOT_ASSESSED, (), f"it fails on the replaced rows ({said})")
    before = recipe.rows_of(stage.made, watched)
    again = lambda given: recipe.rows_of(made_again(stage, given, recipe), watched)  # noqa: E731
    difference = moved(before, recipe.rows_of(made, watched), Rounding(again, stage.given, before))
    if isinstance(step, Select):
        said = f"{difference.ids:,} training rows are kept or left out, as its kind allows" if difference.ids else ""
        return Trace(name, probe, NOT_OBSERVED, (), said)
    if not difference and not difference.ids:
        return Trace(name, probe, NOT_OBSERVED)
    carries = in_words(difference, len(watched))
    said = f"{carries}, {difference.example}" if difference else carries
    if step.allow_all_rows:
        return Trace(name, probe, ALLOWED, difference.columns, f"{said}; allowed: {step.allow_all_rows}")
    if isinstance(step, History) and probe not in ("later rows", "side table") and not _after_all(recipe):
        said = "the split puts earlier rows of a key on both sides, and its kind may read them; see 'later rows'"
        return Trace(name, probe, NOT_ASSESSED, difference.columns, said)
    if isinstance(step, Reshape) and not difference:
        return Trace(name, probe, NOT_OBSERVED, (), said)
    cause = cause_of(recipe, stage, probe, difference, len(watched))
    return Trace(name, probe, VIOLATED, difference.columns, said, cause=cause, carries=carries)


def _after_all(recipe: Recipe) -> bool:
    """Whether all held-out rows are decided after all training rows."""
    decision = recipe.parts.roles.decision
    if decision is None:
        return False
    decided = decision.of(recipe.at_split)
    training = recipe.is_of(recipe.at_split, recipe.training)
    return bool(decided[~training].min() >= decided[training].max())
