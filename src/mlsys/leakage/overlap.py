"""Overlap between parts: groups, ids, equal rows, and training rows later than what they are judged by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mlsys.dataset import Roles
from mlsys.errors import Finding
from mlsys.summaries import hash_ids

MOST_ROWS = 200_000
"""Equal rows are looked for up to this many rows; it takes 1 s per million row values."""
SHARE_OF_DUPLICATES = 0.05
"""Below this share of judged rows it stays information; so do repeats that chance and differing targets explain."""


def overlap_findings(parts: Mapping[str, pd.DataFrame], roles: Roles, features: tuple[str, ...]) -> list[Finding]:
    """Return findings about rows that training shares with another part.

    Parameters
    ----------
    parts : mapping of str to DataFrame
        ``train`` and others, as the split left them.
    roles : Roles
        Names of the columns.
    features : tuple of str
        Columns compared for equal rows.
    """
    train, found = parts["train"], []
    for name, part in parts.items():
        if name == "train" or part.empty:
            continue
        found += _shared(train, part, name, roles.group, "LK211", "group")
        found += _shared(train, part, name, roles.id, "LK212", "id")
        found += _later(train, part, name, roles)
        if len(train) + len(part) <= MOST_ROWS and features:
            found += _equal_rows(train, part, name, features, roles.target)
    return found


def _shared(
    train: pd.DataFrame, part: pd.DataFrame, name: str, column: str | None, code: str, role: str
) -> list[Finding]:
    if column is None or column not in train.columns:
        return []
    both = int(np.isin(hash_ids(part[column]), hash_ids(train[column])).sum())
    if not both:
        return []
    return [
        Finding(
            code,
            f"{both:,} of {len(part):,} {name} rows have a {role} ({column!r}) that training rows have too; "
            + ("split with GroupSplit" if role == "group" else "an id should stand once: check for repeated rows"),
            "error",
            columns=(column,),
        )
    ]


def _later(train: pd.DataFrame, part: pd.DataFrame, name: str, roles: Roles) -> list[Finding]:
    if roles.time is None or roles.time not in train.columns:
        return []
    later = int((train[roles.time] >= part[roles.time].min()).sum())
    if not later:
        return []
    return [
        Finding(
            "LK210",
            f"{later:,} of {len(train):,} training rows are as late as or later than the first {name} row by "
            f"{roles.time!r}, so the model is judged on a past it knows; use TimeSplit",
            "warning",
            columns=(roles.time,),
        )
    ]


def _equal_rows(
    train: pd.DataFrame, part: pd.DataFrame, name: str, features: tuple[str, ...], target: str | None
) -> list[Finding]:
    columns = [column for column in features if column in train.columns and is_hashable(train[column])]
    known = pd.util.hash_pandas_object(train[columns], index=False)
    judged = pd.util.hash_pandas_object(part[columns], index=False)
    equal = judged.isin(known).to_numpy()
    both = int(equal.sum())
    if not both:
        return []
    bar = SHARE_OF_DUPLICATES * len(part)
    severity = "information"
    if both > bar and len(columns) > 3 and both - _expected_by_chance(train[columns], part[columns]) > bar:
        same = float(both)
        if target is not None and target in train.columns and target in part.columns:
            same = _same_cases(train[target], known, part.loc[equal, target], judged[equal])
        severity = "warning" if same > bar else severity
    return [
        Finding(
            "LK213",
            f"{both:,} of {len(part):,} {name} rows equal a training row in all features; "
            "if they are the same case seen twice, remove repeats before the split or name a group role",
            severity,
        )
    ]


def is_hashable(column: pd.Series) -> bool:
    """Whether values can be compared by hash; lists and dictionaries cannot, and are left to the user's steps."""
    if column.dtype != object:
        return True
    try:
        pd.util.hash_pandas_object(column, index=False)
    except TypeError:
        return False
    return True


def _expected_by_chance(train: pd.DataFrame, part: pd.DataFrame) -> float:
    """Return how many rows of the part would equal a training row if columns had nothing to do with each other."""
    pairs = np.full(len(part), float(len(train)))
    for column in train.columns:
        shares = pd.util.hash_pandas_object(train[column], index=False).value_counts(normalize=True)
        pairs *= pd.util.hash_pandas_object(part[column], index=False).map(shares).fillna(0.0).to_numpy()
    return float(-np.expm1(-pairs).sum())


def _same_cases(train: pd.Series, known: pd.Series, judged: pd.Series, hashes: pd.Series) -> float:
    """Return how many judged rows with an equal training row are that case again, as far as targets tell.

    The same case has the same target. Rows that are equal by chance have it as often as any two rows,
    or more often; from those that differ follows how many are equal by chance at least.
    """
    labels = pd.util.hash_pandas_object(train, index=False)
    asked = pd.util.hash_pandas_object(judged, index=False)
    rows = pd.Series(1.0, index=pd.MultiIndex.from_arrays([known, labels])).groupby(level=[0, 1]).sum()
    alike = rows.reindex(pd.MultiIndex.from_arrays([hashes, asked])).fillna(0.0).to_numpy()
    differ = float((1 - alike / hashes.map(known.value_counts()).to_numpy()).sum())
    agree_by_chance = float((labels.value_counts(normalize=True) ** 2).sum())
    return len(judged) - differ / (1 - agree_by_chance) if agree_by_chance < 1 else float(len(judged))
