"""Divided: the parts as the split left them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mlsys.tables import Table


@dataclass(frozen=True)
class Divided:
    """Parts after the split.

    Parameters
    ----------
    parts : mapping of str to Table
        Rows by part, in the order they were in.
    none : mapping of str to int
        Rows in no part, by reason.
    folds : sequence of Series
        Assignments over the training rows when they are judged by folds.
    notes : tuple of str
        Where the parts begin, as described by the split.
    rows : mapping of str to int
        Rows by part; counted here, because parts beyond memory are read only when needed.
    assignment : Table or None
        The part of each row, in the column ``part``; ``None`` where the parts were given.
    tally : mapping of str to sequence of (value, weight)
        Counts of the training rows' targets, by target, which decide the events.
    """

    parts: Mapping[str, Table]
    none: Mapping[str, int] = field(default_factory=dict)
    folds: Sequence[pd.Series] = ()
    notes: tuple[str, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    assignment: Table | None = None
    tally: Mapping[str, Sequence[tuple[Any, float]]] = field(default_factory=dict)
