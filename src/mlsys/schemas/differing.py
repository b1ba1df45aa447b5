"""Which rows and values differ between two tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError, listed
from mlsys.pages import Block, Lines, Page, Shown, Table, Title
from mlsys.schemas.compared import Changes, compare_tables
from mlsys.schemas.constraints import shown
from mlsys.values import NUMERIC, plain, values_of


@dataclass(frozen=True, repr=False)
class DataDiff(Shown):
    """Which rows and values differ between two tables. Made by :func:`mlsys.data_diff`.

    Parameters
    ----------
    counts : dict of str to int
        Rows that are ``"equal"``, ``"changed"`` (same key, other values), only in the ``"old"``, only in the ``"new"``.
    columns : DataFrame
        One row a column in which rows of the same key differ: ``column``, ``rows``, ``for example``.
    added, removed : DataFrame
        Rows that are only in the new table, and only in the old.
    changes : Changes
        What changed in the tables as a whole.
    by : str
        What tells which rows are the same.
    """

    counts: dict[str, int]
    columns: pd.DataFrame
    added: pd.DataFrame
    removed: pd.DataFrame
    changes: Changes
    by: str

    def __bool__(self) -> bool:
        return bool(sum(self.counts.values()) > self.counts["equal"] or self.changes)

    def _page(self) -> Page:
        rows = ", ".join(f"{count:,} {name}" for name, count in self._said().items())
        blocks: list[Block] = [Title("Rows of two tables"), Lines([("rows", rows), ("matched by", self.by)])]
        if len(self.columns):
            blocks += [Title("Values that changed"), Table(self.columns)]
        if self.changes:
            blocks += [Title("The tables as a whole"), Table(self.changes.table)]
        return Page(blocks)

    def _said(self) -> dict[str, int]:
        names = {"equal": "equal", "changed": "changed", "old": "only in the old", "new": "only in the new"}
        return {names[name]: count for name, count in self.counts.items() if count or name == "equal"}


def table_diff(old: pd.DataFrame, new: pd.DataFrame, on: Sequence[str]) -> DataDiff:
    """Return which rows and values differ.

    Parameters
    ----------
    old, new : DataFrame
        Tables; their index does not count.
    on : sequence of str
        Columns that identify a row; where there are none, rows are matched by all values that both tables have.

    Raises
    ------
    DataError
        If a key column is missing, or a key repeats.

    Examples
    --------
    >>> old = pd.DataFrame({"id": [1, 2, 3], "price": [5.0, 6.0, 7.0]})
    >>> new = pd.DataFrame({"id": [2, 3, 4], "price": [6.0, 9.0, 1.0]})
    >>> found = table_diff(old, new, ["id"])
    >>> found.counts, found.columns.values.tolist()
    ({'equal': 1, 'changed': 1, 'old': 1, 'new': 1}, [['price', 1, '7.0 to 9.0 (id 3)']])
    """
    changes = compare_tables(old, new)
    shared = [name for name in old.columns if name in new.columns]
    if on:
        return _by_key(old, new, list(on), shared, changes)
    if not shared:
        raise DataError("the two tables share no column", "give tables of the same kind")
    before, after = (_hashes(old, new, shared, which) for which in (0, 1))
    kept_old, kept_new = _matched(before, after)
    counts = {"equal": int(kept_old.sum()), "changed": 0, "old": int((~kept_old).sum()), "new": int((~kept_new).sum())}
    columns = pd.DataFrame(columns=["column", "rows", "for example"])
    return DataDiff(counts, columns, new[~kept_new], old[~kept_old], changes, "all values that both have")


def _by_key(old: pd.DataFrame, new: pd.DataFrame, on: list[str], shared: list[str], changes: Changes) -> DataDiff:
    for name, table in (("old", old), ("new", new)):
        missing = [each for each in on if each not in table.columns]
        if missing:
            raise DataError(
                f"the {name} table has no column {missing[0]!r}", "name columns that both tables have in on="
            )
        repeated = int(table.duplicated(on).sum())
        if repeated:
            raise DataError(
                f"{repeated:,} rows of the {name} table repeat the key {listed(on)}",
                "name columns in on= that identify a row, or on=[] to match rows by all values",
            )
    left, right = old.set_index(on, drop=False), new.set_index(on, drop=False)
    both = left.index.intersection(right.index)
    there, here = left.loc[both], right.loc[both]
    differs = np.zeros(len(both), dtype=bool)
    lines = []
    for name in (each for each in shared if each not in on):
        unlike = _unlike(there[name], here[name])
        if unlike.any():
            at = int(unlike.argmax())
            example = f"{shown(there[name].iloc[at])} to {shown(here[name].iloc[at])} ({_key(on, both[at])})"
            lines.append((name, int(unlike.sum()), example))
        differs |= unlike
    removed, added = old[~left.index.isin(both)], new[~right.index.isin(both)]
    counts = {"equal": int((~differs).sum()), "changed": int(differs.sum()), "old": len(removed), "new": len(added)}
    columns = pd.DataFrame(lines, columns=["column", "rows", "for example"]).sort_values(
        "rows", ascending=False, ignore_index=True, kind="stable"
    )
    return DataDiff(counts, columns, added, removed, changes, listed(on))


def _key(on: list[str], key: Any) -> str:
    values = key if len(on) > 1 else (key,)
    return ", ".join(f"{name} {value}" for name, value in zip(on, values, strict=True))


def _unlike(old: pd.Series, new: pd.Series) -> NDArray[np.bool_]:
    """Return where values differ; null equals null, and 1 equals 1.0."""
    one, other = _comparable(old, new)
    null = one.isna().to_numpy() & other.isna().to_numpy()
    differ = (one.reset_index(drop=True) != other.reset_index(drop=True)).fillna(True).to_numpy(dtype=bool)
    made: NDArray[np.bool_] = differ & ~null
    return made


def _comparable(old: pd.Series, new: pd.Series) -> tuple[pd.Series, pd.Series]:
    if old.dtype == new.dtype and old.dtype != object:
        return old, new
    if values_of(old).kind in NUMERIC and values_of(new).kind in NUMERIC:
        return tuple(  # type: ignore[return-value]
            pd.Series(each.to_numpy("float64", na_value=np.nan), index=each.index) for each in (old, new)
        )
    return tuple(plain(each).astype("str") for each in (old, new))  # type: ignore[return-value]


def _hashes(old: pd.DataFrame, new: pd.DataFrame, shared: list[str], which: int) -> NDArray[np.uint64]:
    """Return a number for each row of one table: the same for rows with the same values in both."""
    columns = {name: _comparable(old[name], new[name])[which].reset_index(drop=True) for name in shared}
    hashed: Any = pd.util.hash_pandas_object(pd.DataFrame(columns), index=False).to_numpy()
    made: NDArray[np.uint64] = hashed
    return made


def _matched(old: NDArray[np.uint64], new: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows of each table have a partner in the other; of equal rows as many as both have."""
    sides = [
        pd.DataFrame({"row": each, "time": pd.Series(each).groupby(each).cumcount().to_numpy()}) for each in (old, new)
    ]
    keys = [pd.MultiIndex.from_frame(side) for side in sides]
    return keys[0].isin(keys[1]), keys[1].isin(keys[0])
