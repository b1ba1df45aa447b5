"""Overlap between parts: groups, ids, equal rows, and training rows later than what they are judged by."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mlsys.dataset import Roles
from mlsys.errors import Finding

MOST_ROWS = 200_000
"""Equal rows are looked for up to this many rows; it takes 1 s per million row values."""
SHARE_OF_DUPLICATES = 0.05
"""Tables of few columns repeat rows innocently; below this share of judged rows it stays information."""


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
            found += _equal_rows(train, part, name, features)
    return found


def _shared(
    train: pd.DataFrame, part: pd.DataFrame, name: str, column: str | None, code: str, role: str
) -> list[Finding]:
    if column is None or column not in train.columns:
        return []
    both = int(part[column].isin(train[column]).sum())
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


def _equal_rows(train: pd.DataFrame, part: pd.DataFrame, name: str, features: tuple[str, ...]) -> list[Finding]:
    columns = [column for column in features if column in train.columns]
    known = set(pd.util.hash_pandas_object(train[columns], index=False).tolist())
    both = sum(value in known for value in pd.util.hash_pandas_object(part[columns], index=False).tolist())
    if not both:
        return []
    share = both / len(part)
    severity = "warning" if share > SHARE_OF_DUPLICATES and len(columns) > 3 else "information"
    return [
        Finding(
            "LK213",
            f"{both:,} of {len(part):,} {name} rows equal a training row in all features; "
            "if they are the same case seen twice, remove repeats before the split or name a group role",
            severity,
        )
    ]
