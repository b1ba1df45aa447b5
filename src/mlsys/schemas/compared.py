"""What changed between two tables, or two schemas: columns, types, nulls, ranges, categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.dataset import check_names
from mlsys.errors import ConfigurationError
from mlsys.pages import Block, Lines, Page, Shown, Table, Title, percent
from mlsys.schemas.column import Column
from mlsys.schemas.constraints import shown
from mlsys.schemas.inferred import inferred
from mlsys.schemas.schema import Schema

NULLS = 0.01
"""A share of nulls that moved by less than this is no change."""
MOST_LEVELS = 1_000
"""Texts of more values than this are no categories."""
_MOST_NAMED = 5


@dataclass(frozen=True)
class Change:
    """One thing that changed.

    Parameters
    ----------
    column : str
        Where.
    what : str
        ``"column"``, ``"type"``, ``"nulls"``, ``"range"``, ``"categories"``, or the name of a constraint.
    old, new : str
        Before and after.
    """

    column: str
    what: str
    old: str
    new: str


@dataclass(frozen=True, repr=False)
class Changes(Shown):
    """What changed between two tables or two schemas. Made by :func:`mlsys.compare_tables`.

    Parameters
    ----------
    changes : sequence of Change
        In the order of the columns.
    columns : int
        Columns that were compared.
    """

    changes: Sequence[Change]
    columns: int

    @property
    def table(self) -> pd.DataFrame:
        """One row a change: ``column``, ``what`` changed, ``old`` and ``new``."""
        lines = [(each.column, each.what, each.old, each.new) for each in self.changes]
        return pd.DataFrame(lines, columns=["column", "what", "old", "new"])

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def _page(self) -> Page:
        said = f"{self.columns:,} compared, {len({each.column for each in self.changes}):,} changed"
        blocks: list[Block] = [Title("What changed"), Lines([("columns", said)])]
        if self.changes:
            blocks.append(Table(self.table))
        return Page(blocks)


def compare_tables(old: Schema | pd.DataFrame, new: Schema | pd.DataFrame) -> Changes:
    """Return what changed from one table, or one schema, to another.

    Parameters
    ----------
    old, new : DataFrame or Schema
        Two tables are compared by their values: types, share of nulls (from one percent on), categories, values
        outside the old range. Schemas are compared by what they declare; a table beside a schema by
        :meth:`Schema.infer`.

    Returns
    -------
    mlsys.schemas.Changes
        A table of what changed, as ``.table``; false if nothing did.

    See Also
    --------
    Monitor : Tests whether distributions moved.

    Examples
    --------
    >>> old = pd.DataFrame({"age": [20, 60], "plan": ["a", "b"], "note": ["x", "y"]})
    >>> new = pd.DataFrame({"age": [25, 99], "plan": ["a", "c"]})
    >>> compare_tables(old, new).table[["column", "what", "new"]]
      column        what                               new
    0    age       range  25 to 99, outside in 50% of rows
    1   plan  categories        also 'c', in 50% of rows
    2   plan  categories                   no longer there
    3   note      column                           is gone
    """
    for each in (old, new):
        if not isinstance(each, (Schema, pd.DataFrame)):
            raise ConfigurationError(
                f"compare_tables() got {type(each).__name__}", "give two frames, two schemas, or one of each"
            )
        if isinstance(each, pd.DataFrame):
            check_names(each, "compare_tables()", "got")
    before, after = _columns(old), _columns(new)
    changes: list[Change] = []
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            changes.append(Change(name, "column", before[name].type, "is gone"))
        elif name not in before:
            changes.append(Change(name, "column", "was not there", after[name].type))
        elif before[name].type != after[name].type:
            changes.append(Change(name, "type", before[name].type, after[name].type))
        elif isinstance(old, pd.DataFrame) and isinstance(new, pd.DataFrame):
            changes += _measured(name, old[name], new[name], before[name])
        else:
            changes += _declared(name, before[name], after[name])
    return Changes(changes, len(before | after))


def _columns(given: Schema | pd.DataFrame) -> dict[str, Column]:
    return dict(given.columns) if isinstance(given, Schema) else inferred(given)


def _declared(name: str, old: Column, new: Column) -> Iterator[Change]:
    if old.null != new.null:
        yield Change(name, "nulls", *("allowed" if each.null else "refused" for each in (old, new)))
    if old.allowed != new.allowed:
        yield Change(
            name, "categories", *("any" if each.allowed is None else _named(each.allowed) for each in (old, new))
        )
    if _range(old) != _range(new):
        yield Change(name, "range", _range(old), _range(new))
    for what in ("unique", "infinite", "pattern", "shortest", "longest", "format", "zone"):
        before, after = getattr(old, what), getattr(new, what)
        if before != after:
            yield Change(name, what, "" if before is None else str(before), "" if after is None else str(after))


def _range(column: Column) -> str:
    low = column.least if column.least is not None else column.above
    high = column.greatest if column.greatest is not None else column.below
    if low is None and high is None:
        return "any"
    return " ".join(
        [*([f"from {shown(low)}"] if low is not None else []), *([f"to {shown(high)}"] if high is not None else [])]
    )


def _measured(name: str, old: pd.Series, new: pd.Series, declared: Column) -> Iterator[Change]:
    before, after = (float(each.isna().mean()) if len(each) else 0.0 for each in (old, new))
    if abs(after - before) >= NULLS:
        yield Change(name, "nulls", percent(before) or "none", percent(after) or "none")
    was, now = old.dropna(), new.dropna()
    if declared.unique or not len(was) or not len(now):
        return
    if declared.type == "str":
        yield from _levels(name, was, now)
    elif declared.type in {"int", "float", "datetime"}:
        yield from _ends(name, was, now)


def _levels(name: str, was: pd.Series, now: pd.Series) -> Iterator[Change]:
    """Yield levels that are new, and levels that are gone, where the old table has few enough to be levels."""
    before, after = (each.astype("str").value_counts() for each in (was, now))
    if len(before) > MOST_LEVELS:
        return
    added, gone = after.index.difference(before.index), before.index.difference(after.index)
    if len(added):
        share = percent(float(after[added].sum()) / len(now))
        yield Change(name, "categories", f"{len(before):,} levels", f"also {_named(list(added))}, in {share} of rows")
    if len(gone):
        share = percent(float(before[gone].sum()) / len(was))
        yield Change(name, "categories", f"{_named(list(gone))} in {share} of rows", "no longer there")


def _ends(name: str, was: pd.Series, now: pd.Series) -> Iterator[Change]:
    low, high = was.min(), was.max()
    try:
        outside = float(((now < low) | (now > high)).mean())
    except TypeError:
        yield Change(name, "type", str(was.dtype), str(now.dtype))
        return
    if outside:
        after = f"{shown(now.min())} to {shown(now.max())}, outside in {percent(outside)} of rows"
        yield Change(name, "range", f"{shown(low)} to {shown(high)}", after)


def _named(values: Sequence[Any]) -> str:
    more = f" and {len(values) - _MOST_NAMED:,} more" if len(values) > _MOST_NAMED else ""
    return ", ".join(shown(each) for each in values[:_MOST_NAMED]) + more
