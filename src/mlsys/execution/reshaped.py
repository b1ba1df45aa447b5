"""Find the sources of columns that a Reshape writes: they change with columns that it must not pass on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from mlsys.execution.told import MadeOf, made_of
from mlsys.execution.work import At
from mlsys.plan import Planned
from mlsys.values import with_columns

MIXES = 2
"""Orders of the values that are tried beside the opposite one: one alone may leave a column as it was by chance."""

Reshaping = Callable[[pd.DataFrame], pd.DataFrame]


def made_of_columns(planned: Planned, reshape: Reshaping, before: pd.DataFrame, made: pd.DataFrame, at: At) -> MadeOf:
    """Return the sources of the written columns.

    Notes
    -----
    A Reshape may read everything. Only sources that affect features are tested: the target, withheld columns and late
    columns are reordered, one at a time, and the step runs again over all rows. A column that changes, or may have
    changed because the rows themselves differ, is made of that column.
    """
    there = list(map(str, before.columns))
    new = {str(name) for name in made.columns} - set(there)
    harmless = {name for name in there if not _matters(name, at)}
    telling = [name for name in there if name not in harmless]
    found = {name: set(harmless) for name in new}
    if not at.work.watches:
        telling, found = [], {name: set(there) for name in new}
    key = at.roles.id
    together = _moved(reshape, before, made, telling, new, key) if telling else set()
    if together:  # else none of them moves anything
        for column in telling:
            for name in together if len(telling) == 1 else _moved(reshape, before, made, [column], new, key):
                found.setdefault(name, {name, *harmless}).add(column)
    return made_of(planned.name, there, found, found)


def _matters(column: str, at: At) -> bool:
    catalog = at.catalog
    known_later = column in catalog.known_at or column in catalog.late
    return column in at.roles.targets or column in catalog.withheld or known_later


def _moved(
    reshape: Reshaping,
    before: pd.DataFrame,
    made: pd.DataFrame,
    columns: Sequence[str],
    new: set[str],
    key: str | None,
) -> set[str]:
    """Return the columns that move with some columns of the rows: new ones, and others that hold their values now."""
    found = set[str]()
    for others in zip(*(_mixed(before[column]) for column in columns), strict=True):
        try:
            after = reshape(with_columns(before, dict(zip(columns, others, strict=True))))
        except Exception:  # it needs the column; which of what it writes is made of it cannot be told
            return set(new)
        pair = _aligned(made, after, key)
        if pair is None:
            return set(new)
        one, two = pair
        names = [str(name) for name in one.columns if name not in columns]
        found |= {name for name in names if name not in two.columns or not _same(one[name], two[name])}
    return found


def _mixed(column: pd.Series) -> Iterator[pd.Series]:
    """Yield the values of a column in other orders; nulls stay, so that rows that are dropped for them stay dropped."""
    known = np.flatnonzero(column.notna().to_numpy())
    orders = [known[::-1], *(np.random.default_rng(seed).permutation(known) for seed in range(MIXES))]
    for order in orders:
        places = np.arange(len(column))
        places[known] = order
        yield pd.Series(column.array.take(places), index=column.index)


def _aligned(one: pd.DataFrame, other: pd.DataFrame, key: str | None) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return two frames row by row: by the id where each row has its own, else by place; nothing if rows differ."""
    if key is not None and all(key in each.columns and each[key].is_unique for each in (one, other)):
        left, right = one.set_index(key, drop=False), other.set_index(key, drop=False)
        shared = left.index.intersection(right.index, sort=False)
        return (left.loc[shared], right.loc[shared]) if len(shared) else None
    return (one, other) if len(one) == len(other) else None


def _same(one: pd.Series, other: pd.Series) -> bool:
    return one.reset_index(drop=True).equals(other.reset_index(drop=True))
