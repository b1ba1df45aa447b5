"""Columns that must stay while rows are replaced: ids, groups, times, and what these are made of."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from mlsys.audit.moved import moved
from mlsys.audit.recipe import Recipe, chain
from mlsys.audit.replacing import extremes, mirrored, new_categories, replaced
from mlsys.execution.catalog import Catalog
from mlsys.steps.questions import divides, sees_history


def protected_columns(recipe: Recipe) -> list[str]:
    """Return the columns of the source that no probe may touch.

    Notes
    -----
    A held-out row moved to another time or group may rightly be another row's history. Role columns stay, and so does
    each column of the source they are made of: a column that they may be made of, as far as was watched, is
    replaced alone, and stays if that moves them or a step refuses it.
    """
    roles, split = recipe.parts.roles, recipe.split.step
    assert divides(split)
    fixed = {roles.id, roles.group, roles.time, recipe.key, *split.key_columns}
    if roles.decision is not None:
        fixed.add(roles.decision.column)
    for stage in recipe.stages:
        step = stage.planned.step
        fixed |= set(step.key_columns) if sees_history(step) else set()
    names = [str(name) for name in recipe.source.columns]
    kept = [name for name in names if name in fixed]
    watched = (fixed - {roles.id, None}) | ({recipe.key} - {None})
    suspects = ancestors(recipe.parts.catalog, {str(name) for name in watched}) - set(kept)
    return [*kept, *(name for name in names if name in suspects and _moves_roles(recipe, name, watched))]


def ancestors(catalog: Catalog, columns: Iterable[str]) -> set[str]:
    """Return the columns that others are made of, as far as was declared or watched."""
    found = set(columns)
    for (_, column), reads in reversed(catalog.derived_from.items()):
        if column in found:
            found |= reads
    return found


def _moves_roles(recipe: Recipe, name: str, roles: Iterable[str | None]) -> bool:
    held = ~recipe.is_of(recipe.source, recipe.training)
    others = [other for other in recipe.source.columns if other != name]
    names = [role for role in roles if role in recipe.at_split.columns]
    for way in (extremes, new_categories, mirrored):
        if way(recipe.source[name].head(2)) is None:
            continue
        last: pd.DataFrame | Exception = recipe.source
        for _, last in chain(recipe, replaced(recipe.source, held, way, others), recipe.training):
            if isinstance(last, Exception):
                return True
        assert isinstance(last, pd.DataFrame)
        if moved(recipe.at_split[names], last[names]):
            return True
    return False
