"""Folds and parts by hash: the same for old rows when new ones come, whatever their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import Roles
from mlsys.summaries import hash_ids
from mlsys.values import Kind, moments_of, told_apart, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_STRATA = 20
"""A target with more distinct values than this is not used as strata."""


def key_of(keys: pd.DataFrame) -> pd.Series:
    """Return what must stay together: the group, else the duplicate cluster, else the id."""
    for name in ("group", "duplicate", "id"):
        if name in keys.columns:
            return keys[name]
    return pd.Series(keys.index, index=keys.index)


def hashed_folds(keys: pd.DataFrame, k: int, seed: int = 0) -> list[pd.Series]:
    """Return ``k`` assignments whose validation parts are disjoint and cover all rows.

    Rows that share a group share a fold. Without groups the target's classes
    are spread evenly.

    Examples
    --------
    >>> folds = hashed_folds(pd.DataFrame({"id": range(10)}), 5)
    >>> sum((fold == "validation").sum() for fold in folds)
    np.int64(10)
    """
    return sides(fold_numbers(keys, k, seed), k, keys.index)


def sides(number: NDArray[np.int64], k: int, index: pd.Index) -> list[pd.Series]:
    """Return one assignment a fold: its own rows are for validation, all others for training."""
    return [pd.Series(np.where(number == fold, "validation", "train"), index=index) for fold in range(k)]


def of_known(sides: pd.Series, known: pd.Series) -> pd.Series:
    """Return the sides of a window without rows that would be judged by a label that is not known."""
    return sides if known.all() else sides.where(known | (sides != "validation"))


def fold_numbers(keys: pd.DataFrame, k: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the fold of each row: units in order of their hash, dealt out within each stratum."""
    return np.asarray(ranks_by_hash(keys, seed) % k, dtype=np.int64)


def ranks_by_hash(keys: pd.DataFrame, seed: int = 0, strata: pd.Series | None = None) -> NDArray[np.int64]:
    """Return each row's unit's place, by hash, among the units of its stratum, counting from zero."""
    units, unit_values = pd.factorize(key_of(keys))
    hashes = hash_ids(pd.Series(unit_values), seed)
    stratum_of_unit = _strata_of_units(keys, units, len(unit_values), strata)
    order = np.lexsort((hashes, stratum_of_unit))
    ordered = stratum_of_unit[order]
    first = np.r_[0, np.flatnonzero(np.diff(ordered)) + 1] if len(ordered) else np.array([], dtype=np.int64)
    lengths = np.diff(np.r_[first, len(ordered)])
    starts = np.repeat(first, lengths) if len(ordered) else first
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order)) - starts
    # A stratum continues the dealing where the one before it stopped, so that parts stay equal in size.
    return np.asarray(ranks[units] + _offsets(stratum_of_unit)[units], dtype=np.int64)


def _offsets(stratum: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.bincount(stratum) if len(stratum) else np.array([], dtype=np.int64)
    before = np.r_[0, np.cumsum(counts)[:-1]] if len(counts) else counts
    return np.asarray(before[stratum], dtype=np.int64)


def _strata_of_units(
    keys: pd.DataFrame, units: NDArray[np.int64], count: int, strata: pd.Series | None
) -> NDArray[np.int64]:
    if strata is None:
        target = keys["target"] if "target" in keys.columns and "group" not in keys.columns else None
        strata = target if target is not None and target.nunique() <= MOST_STRATA else None
    if strata is None or not count:
        return np.zeros(count, dtype=np.int64)
    codes, _ = pd.factorize(strata, sort=True)
    return np.asarray(codes[first_members(units, count, keys, codes >= 0)] + 1, dtype=np.int64)


def first_members(
    units: NDArray[np.int64], count: int, keys: pd.DataFrame, usable: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Return the position of each unit's first row: the earliest where rows have times, else that of the smallest id.

    Parameters
    ----------
    units : array of int
        The unit of each row, from 0 to ``count - 1``.
    usable : array of bool, optional
        Rows that are preferred to others of their unit.

    Examples
    --------
    >>> first_members(np.array([0, 1, 0]), 2, pd.DataFrame({"id": [10, 5, 9]})).tolist()
    [2, 1]
    """
    first = np.empty(count, dtype=np.int64)
    first[units] = np.arange(len(units))
    shared = np.flatnonzero(np.bincount(units, minlength=count)[units] > 1)
    if not len(shared):
        return first
    sort_by: list[NDArray[Any]] = [_id_order(keys["id"].iloc[shared]) if "id" in keys.columns else shared]
    if "time" in keys.columns:
        sort_by.append(keys["time"].iloc[shared].rank(method="dense").fillna(np.inf).to_numpy(dtype=np.float64))
    if usable is not None:
        sort_by.append(~usable[shared])
    order = shared[np.lexsort((*sort_by, units[shared]))]
    first[units[order[::-1]]] = order[::-1]
    return first


def _id_order(ids: pd.Series) -> NDArray[np.int64]:
    """Rank ids: numbers and moments by value, texts by length and then by value, so that "9" comes before "10"."""
    if ids.dtype.kind in "iufbmM":
        return np.asarray(pd.factorize(ids, sort=True)[0], dtype=np.int64)
    texts = ids.astype("str")
    codes, _ = pd.factorize(texts, sort=True)
    return np.lexsort((codes, texts.str.len().to_numpy())).argsort()


def split_keys(frame: pd.DataFrame, roles: Roles, known_at: pd.Series | None = None, **extra: Any) -> pd.DataFrame:
    """Return what a split is shown of a frame: ids and role columns, and nothing else."""
    keys: dict[str, Any] = {"id": frame[roles.id] if roles.id in frame.columns else frame.index.to_series()}
    for name in ("group", "time"):
        column = getattr(roles, name)
        if column is not None and column in frame.columns:
            keys[name] = frame[column]
    targets = [name for name in roles.targets if name in frame.columns]
    if targets:
        keys["target"] = frame[targets[0]] if len(targets) == 1 else combined(frame[targets])
    if known_at is not None:
        keys["known_at"] = known_at
    shown = {name: pd.Series(column, index=frame.index) for name, column in {**keys, **extra}.items()}
    told = {name: told_apart(column, f"the {name} column {column.name!r}") for name, column in shown.items()}
    for name in {"time", "known_at"} & told.keys():
        if values_of(told[name]).means is Kind.MOMENT:
            told[name] = moments_of(told[name])
    return pd.DataFrame(told, index=frame.index)


def shown_target(column: pd.Series) -> pd.Series:
    """Return a target as a split is shown it."""
    return told_apart(column, f"the target column {column.name!r}")


def combined(targets: pd.DataFrame) -> pd.Series:
    """Return the combination of several targets' classes in each row, null where all are unknown.

    What has more than 20 distinct values has no classes and counts as known or unknown. Combinations beyond the 20
    most frequent are one class, so that those before them can be strata (Tsoumakas et al. 2011, label sets).

    Examples
    --------
    >>> combined(pd.DataFrame({"a": ["no", "yes", None], "b": [1, 0, None]})).tolist()
    ['no|1.0', 'yes|0.0', nan]
    """
    texts = pd.DataFrame({name: _class_in_words(targets[name]) for name in targets.columns})
    found = texts.iloc[:, 0].str.cat(texts.iloc[:, 1:], sep="|").where(targets.notna().any(axis=1))
    frequent = found.value_counts().index[: MOST_STRATA - 1]
    return found.where(found.isin(frequent) | found.isna(), "other")


def _class_in_words(target: pd.Series) -> pd.Series:
    known = target.notna()
    shown = target.astype("str") if target.nunique() <= MOST_STRATA else pd.Series("known", index=target.index)
    return shown.where(known, "?").astype("str")
