"""Keys: what a split is shown of rows, of all at once or of each piece."""

from __future__ import annotations

import pandas as pd

from mlsys.dataset import Roles
from mlsys.errors import ContractError, DataError
from mlsys.execution.catalog import Catalog, moment_of
from mlsys.execution.parts import Parts
from mlsys.execution.work import At, Work
from mlsys.steps import Split
from mlsys.steps.repeats import Repeats, find_repeats
from mlsys.steps.splitting import shown_target, split_keys
from mlsys.tables import Table


def wanted(step: Split, table: Table, roles: Roles, catalog: Catalog) -> list[str]:
    """Return the columns that a split is shown, or that say when rows are decided and known."""
    there = [str(name) for name in table.head(0).columns]
    missing = [name for name in step.key_columns if name not in there]
    if missing:
        raise DataError(
            f"{step.title} splits by the column {missing[0]!r}, which is not in the data", "correct the name"
        )
    named = {getattr(roles, name) for name in ("id", "group", "time", "weight")} | {*roles.targets}
    asked = named | catalog.columns_needed() | set(step.key_columns)
    if _looks_for_repeats(step, table, roles):
        asked |= set(catalog.features(there))
    return [name for name in there if name in asked]


def _looks_for_repeats(step: Split, table: Table, roles: Roles) -> bool:
    """Whether rows are compared in all features; those of a table beyond memory are not."""
    return table.in_memory and step.keeps_repeats(roles.group is not None)


def keys_for(step: Split, table: Table, parts: Parts, work: Work) -> pd.DataFrame:
    """Return what a split is shown of a table: ids, roles, when labels are known, and columns it asks for."""
    return keys_at(step, table, At(parts.roles, parts.catalog, work.seed, work.detached()))


def keys_at(step: Split, table: Table, at: At) -> pd.DataFrame:
    """Return the same to a piece of work; nothing is told."""
    return keys_and_notes(step, table, At(at.roles, at.catalog, at.seed, at.work))[0]


def nameless(narrow: pd.DataFrame, roles: Roles) -> tuple[int, str]:
    """Return how many rows have no id, and the first of them in words."""
    missing = narrow[roles.id].isna() if roles.id in narrow else pd.Series(False, index=narrow.index)
    return (int(missing.sum()), str(missing.idxmax())) if missing.any() else (0, "")


def refuse_nameless(rows: int, first: str, roles: Roles) -> None:
    """Raise where rows have no id."""
    if rows:
        raise DataError(
            f"{rows:,} rows have no id in {roles.id!r}, the first is row {first}",
            "fill the column, drop these rows before the split, or leave id= out: rows are then identified by position",
        )


def keys_of(step: Split, narrow: pd.DataFrame, roles: Roles, catalog: Catalog) -> pd.DataFrame:
    """Return what a split is shown of each row alone."""
    known_at = None
    for moment in catalog.targets_known_at():
        moments = moment_of(moment, narrow, roles)
        known_at = moments if known_at is None else known_at.where(known_at > moments, moments)
    return split_keys(narrow, roles, known_at, **{name: narrow[name] for name in step.key_columns})


def keys_and_notes(step: Split, table: Table, at: At) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return what a split receives, and notes on rows that repeat others."""
    roles = at.roles
    narrow = table.frame(wanted(step, table, roles, at.catalog))
    at.tell(*at.catalog.late_in(narrow))
    catalog = at.catalog
    refuse_nameless(*nameless(narrow, roles), roles)
    keys = keys_of(step, narrow, roles, catalog)
    if not _looks_for_repeats(step, table, roles):
        return keys, not_compared(step, roles)
    features = catalog.features(table.head(0).columns)
    repeats = find_repeats(narrow[list(features)], keys) if features else Repeats()
    return keys if repeats.unit is None else keys.assign(duplicate=repeats.unit), repeats.notes()


def not_compared(step: Split, roles: Roles) -> tuple[str, ...]:
    """Return the note on rows that were not compared, if the step keeps repeats together."""
    said = "rows larger than memory were not compared: duplicates are assigned by their own ids"
    return (said,) if step.keeps_repeats(roles.group is not None) else ()


def weights_of(table: Table, roles: Roles) -> pd.Series | None:
    """Return the weight of each row; ``None`` without a weight role."""
    weight = roles.weight
    return None if weight is None or weight not in table.head(0).columns else table.frame([weight])[weight]


def targets_of(table: Table, roles: Roles) -> dict[str, pd.Series]:
    """Return the targets as a split is shown one."""
    return shown_targets(table.frame([name for name in roles.targets if name in table.head(0).columns]))


def shown_targets(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return targets as a split is shown one."""
    return {str(name): shown_target(frame[name]) for name in frame.columns}


def assigned_by(step: Split, keys: pd.DataFrame, name: str) -> pd.Series:
    """Return the part of each row, checked."""
    assigned = step.assign(keys)
    if not isinstance(assigned, pd.Series) or not assigned.index.equals(keys.index):
        raise ContractError(
            f"assign() of {name} returned {type(assigned).__name__}, not a Series with the keys' index",
            "return pd.Series(names, index=keys.index)",
        )
    return assigned
