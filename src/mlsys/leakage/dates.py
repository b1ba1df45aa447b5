"""Absolute dates as features: their values in evaluated rows never occur in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.remedies import REMEDIES
from mlsys.values import Kind, is_of_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BEYOND = 0.9
"""Share of evaluated rows outside the range of the training rows from which a number counts as a date."""


def date_findings(parts: Mapping[str, pd.DataFrame], features: Sequence[str], follows_time: bool) -> list[Finding]:
    """Return a finding about features that are dates, or grow with time as dates do.

    Parameters
    ----------
    parts : mapping of str to DataFrame
        ``train`` and others.
    features : sequence of str
        Their features.
    follows_time : bool
        Whether the evaluated rows come after the training rows; numbers are checked only then.
    """
    train = parts["train"]
    judged = [part for name, part in parts.items() if name != "train" and not part.empty]
    dates = [name for name in features if pd.api.types.is_datetime64_any_dtype(train[name])]
    numbers = [name for name in features if follows_time and is_of_type(train[name].dtype, {Kind.NUMBER})]
    beyond = [name for name in numbers if any(_beyond(train[name], part[name]) > BEYOND for part in judged)]
    found = []
    if dates:
        found.append(_finding(dates, "holds dates, which never recur"))
    if beyond:
        found.append(
            _finding(beyond, "lies outside the range of the training rows in nearly all evaluated rows, as a date")
        )
    return found


def _finding(columns: list[str], what: str) -> Finding:
    return Finding(
        "LK208",
        f"{', '.join(map(repr, columns))} {what}; {REMEDIES['dates']}",
        "information",
        columns=tuple(columns),
    )


def _beyond(train: pd.Series, judged: pd.Series) -> float:
    """Return the share of evaluated rows outside the range of the training rows."""
    if not train.notna().any() or not is_of_type(judged.dtype, {Kind.NUMBER}):
        return 0.0
    values = judged.to_numpy(dtype=np.float64, na_value=np.nan)
    low, high = float(train.min()), float(train.max())
    return float(((values < low) | (values > high)).mean())
