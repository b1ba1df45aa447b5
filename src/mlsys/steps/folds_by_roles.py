"""Folds of training rows by their roles: later rows after earlier ones, groups apart, otherwise by hash of ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.steps.splitting import hashed_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray


def folds_by_roles(keys: pd.DataFrame, count: int, seed: int, who: str) -> list[pd.Series]:
    """Return the side of each row in each fold: ``train``, ``validation``, or null for rows in neither.

    Parameters
    ----------
    keys : DataFrame
        Ids and role columns, as ``split_keys`` returns them.
    count : int
        Folds.
    seed : int
        For the hash, where there is no time.
    who : str
        For messages.

    Raises
    ------
    DataError
        If rows have fewer groups, or fewer times, than folds need.

    Notes
    -----
    With times, rows are cut into ``count + 1`` blocks, and each but the first is predicted from the blocks before it;
    rows of one time, and of one group, are never on both sides. Rows without a time are in neither. Of ``known_at``,
    when labels were known, only rows whose label was known before the block begins are learned from.

    Examples
    --------
    >>> keys = pd.DataFrame({"id": range(6), "time": pd.to_datetime([f"2026-01-0{day}" for day in range(1, 7)])})
    >>> ["".join(str(side)[0] for side in fold) for fold in folds_by_roles(keys, 2, 0, "a step")]
    ['ttvvnn', 'ttttvv']
    """
    if "time" in keys.columns and keys["time"].notna().any():
        return _forward(keys, count, who)
    refuse_few(keys, count, who)
    return hashed_folds(keys, count, seed)


def refuse_few(keys: pd.DataFrame, count: int, who: str) -> None:
    """Raise for fewer groups, or rows, than folds."""
    units, what = (keys["group"].nunique(), "groups") if "group" in keys.columns else (len(keys), "rows")
    if units < count:
        raise DataError(
            f"{who} predicts training rows by {count} folds, but they have {units} {what}",
            f"use a smaller folds=, at most {units}" if units > 1 else "use more training rows",
        )


def _forward(keys: pd.DataFrame, count: int, who: str) -> list[pd.Series]:
    ranks = np.asarray(keys["time"].rank(method="dense").fillna(0), dtype=np.int64)  # 0: unknown
    order = np.sort(ranks[ranks > 0])
    starts = [int(order[len(order) * block // (count + 1)]) for block in range(count + 1)]
    edges = [*starts, int(order[-1]) + 1]
    if len(set(edges)) < len(edges):
        raise DataError(
            f"{who} predicts training rows by {count} folds in the order of time, but they have {order[-1]} different "
            "times, or most rows have one time",
            "use a smaller folds=, or a finer time",
        )
    groups = pd.factorize(keys["group"])[0] if "group" in keys.columns else None
    known = _known(keys, ranks, who)
    between = list(zip(edges[1:-1], edges[2:], strict=True))
    return [_sides(keys.index, ranks, known, groups, begin, end, who) for begin, end in between]


def _known(keys: pd.DataFrame, ranks: NDArray[np.int64], who: str) -> NDArray[np.int64]:
    """Return for each row the first time, by rank, at which its label was known before; past all if it never was."""
    if "known_at" not in keys.columns:
        return np.zeros(len(keys), dtype=np.int64)
    times = keys["time"][ranks > 0].drop_duplicates().sort_values()
    try:
        known = np.asarray(times.searchsorted(keys["known_at"], side="right"), dtype=np.int64) + 1
    except TypeError as error:
        raise DataError(
            f"{who}: the known-at of the label ({keys['known_at'].dtype}) cannot be compared with the time column "
            f"({keys['time'].dtype})",
            "convert both to timestamps, both with time zones or both without",
        ) from error
    return np.where(keys["known_at"].isna(), len(times) + 1, known)


def _sides(
    index: pd.Index,
    ranks: NDArray[np.int64],
    known: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    begin: int,
    end: int,
    who: str,
) -> pd.Series:
    judged = (ranks >= begin) & (ranks < end)
    earlier = (ranks > 0) & (ranks < begin) & (known <= begin)
    if groups is not None:
        earlier &= ~np.isin(groups, groups[judged])
    if not earlier.any():
        raise DataError(
            f"{who}: before one of its folds no training row of another group lies, with a label known by then",
            "use a smaller folds=, or leave out the group role if groups may be in the past of their own rows",
        )
    return pd.Series("train", index=index).where(earlier).mask(judged, "validation")
