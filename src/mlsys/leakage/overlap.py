"""Overlap between parts: groups, ids, and training rows later than the evaluated ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mlsys.dataset import Roles
from mlsys.errors import Finding
from mlsys.summaries import hash_ids
from mlsys.values import TIMES, moments_of, values_of

SHARE_OF_LATE_LABELS = 0.01
"""Share of training rows below which labels that were known too late are information."""

_APART = (
    "split with GroupSplit, or TimeSplit(keep_groups_together=True); if the model will predict later rows of the same "
    "groups, such as next month's of each shop, leave out group="
)


def pairs_compared(parts: Mapping[str, pd.DataFrame], learned_from: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs to compare: training rows with every part, other parts learned from with evaluated parts.

    Parameters
    ----------
    parts : mapping of str to DataFrame
        ``train`` and others.
    learned_from : sequence of str
        Parts that something is fitted on, ``train`` first.

    Examples
    --------
    >>> rows = pd.DataFrame({"x": [1]})
    >>> pairs_compared({"train": rows, "calibration": rows, "test": rows}, ["train", "calibration"])
    [('train', 'calibration'), ('train', 'test'), ('calibration', 'test')]
    """
    filled = [name for name, part in parts.items() if not part.empty]
    return [
        (learned, name)
        for learned in learned_from
        for name in filled
        if learned in filled and name != learned and (learned == "train" or name not in learned_from)
    ]


def called(part: str) -> str:
    """Return what a message calls the rows of a part that something was learned from."""
    return "training" if part == "train" else part


def overlap_findings(
    parts: Mapping[str, pd.DataFrame],
    roles: Roles,
    known_at: pd.Series | None = None,
    learned_from: Sequence[str] = ("train",),
) -> list[Finding]:
    """Return findings about groups and ids that parts share, and about the order in time.

    Parameters
    ----------
    parts : mapping of str to DataFrame
        ``train`` and others, as the split left them.
    roles : Roles
        Names of the columns.
    known_at : Series, optional
        When the label of each training row was known.
    learned_from : sequence of str
        Parts that something is fitted on.
    """
    found = []
    for learned, name in pairs_compared(parts, learned_from):
        rows, part = parts[learned], parts[name]
        for role in ("group", "id"):
            column = getattr(roles, role)
            if column in rows.columns:
                found += _shared(rows, part, learned, name, column, role)
        if learned == "train":
            found += _later(rows, part, name, roles) or _labelled_late(rows, part, name, roles, known_at)
    return found


def _shared(rows: pd.DataFrame, part: pd.DataFrame, learned: str, name: str, column: str, role: str) -> list[Finding]:
    """Return a finding when rows of a part have a group or an id that rows learned from have too."""
    known, asked = np.sort(hash_ids(rows[column])), hash_ids(part[column])
    places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    both = int((known[places] == asked).sum())
    if not both:
        return []
    return [
        Finding(
            {"group": "LK211", "id": "LK212"}[role],
            f"{both:,} of {len(part):,} {name} rows have a {role} ({column!r}) that {called(learned)} rows have too; "
            + (_APART if role == "group" else "an id should be unique: check for duplicate rows"),
            "error",
            columns=(column,),
        )
    ]


def _later(train: pd.DataFrame, part: pd.DataFrame, name: str, roles: Roles) -> list[Finding]:
    if roles.time is None or roles.time not in train.columns:
        return []
    happened, begins = train[roles.time], part[roles.time]
    if values_of(happened).means in TIMES:
        happened, begins = moments_of(happened), moments_of(begins)
    later = int((happened >= begins.min()).sum())
    if not later:
        return []
    return [
        Finding(
            "LK210",
            f"{later:,} of {len(train):,} training rows are as late as or later than the first {name} row by "
            f"{roles.time!r}, so the model is evaluated on a past it knows; use TimeSplit",
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
    start = moments_of(part[roles.time]).min()
    late = int((known_at >= start).sum())
    if not late:
        return []
    return [
        Finding(
            "LK216",
            f"the labels of {late:,} of {len(train):,} training rows were known only when the {name} rows had begun "
            f"({start}), so training could not have used them; use TimeSplit, which leaves such rows out",
            "warning" if late > SHARE_OF_LATE_LABELS * len(train) else "information",
            columns=roles.targets,
        )
    ]
