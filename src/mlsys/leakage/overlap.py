"""Overlap between parts: groups, ids, and training rows later than what they are judged by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mlsys.dataset import Roles
from mlsys.errors import Finding
from mlsys.summaries import hash_ids
from mlsys.summaries.hashing import Hashes

SHARE_OF_LATE_LABELS = 0.01
"""Below this share of training rows labels that were known too late are information."""


def overlap_findings(
    parts: Mapping[str, pd.DataFrame], roles: Roles, known_at: pd.Series | None = None
) -> list[Finding]:
    """Return findings about groups and ids that training shares with another part, and about the order of time.

    Parameters
    ----------
    parts : mapping of str to DataFrame
        ``train`` and others, as the split left them.
    roles : Roles
        Names of the columns.
    known_at : Series, optional
        When the label of each training row was known.
    """
    train, found = parts["train"], []
    named = {role: getattr(roles, role) for role in ("group", "id")}
    known = {
        role: (column, np.sort(hash_ids(train[column]))) for role, column in named.items() if column in train.columns
    }
    for name, part in parts.items():
        if name == "train" or part.empty:
            continue
        for role, (column, hashes) in known.items():
            found += _shared(hashes, part, name, column, role)
        later = _later(train, part, name, roles)
        found += later or _labelled_late(train, part, name, roles, known_at)
    return found


def _shared(known: Hashes, part: pd.DataFrame, name: str, column: str, role: str) -> list[Finding]:
    """Return a finding when rows of a part have a group or an id whose hash is among those of training rows."""
    asked = np.sort(hash_ids(part[column]))
    places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    both = int((known[places] == asked).sum())
    if not both:
        return []
    return [
        Finding(
            {"group": "LK211", "id": "LK212"}[role],
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


def _labelled_late(
    train: pd.DataFrame, part: pd.DataFrame, name: str, roles: Roles, known_at: pd.Series | None
) -> list[Finding]:
    """Return a finding when labels of training rows were not known yet when the part they are judged by begins."""
    if known_at is None or roles.time is None or roles.time not in part.columns:
        return []
    start = part[roles.time].min()
    late = int((known_at >= start).sum())
    if not late:
        return []
    return [
        Finding(
            "LK216",
            f"the labels of {late:,} of {len(train):,} training rows were known only when the {name} rows had begun "
            f"({start}), so training could not have had them; use TimeSplit, which leaves such rows out",
            "warning" if late > SHARE_OF_LATE_LABELS * len(train) else "information",
            columns=tuple(filter(None, [roles.target])),
        )
    ]
