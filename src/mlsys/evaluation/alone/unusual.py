"""What is unusual about a row, and what tells a cluster apart, in words of the columns at the split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.values import Kind, plain, values_of

MOST_NAMED = 3
"""Columns named for each row or cluster."""
RARE = 0.05
"""Values on this side of the training rows, or levels of this share of them, are unusual."""
_CLEAR = 0.5
"""Standardized differences below a half are at most of medium size (Cohen 1988)."""
_MOST_LEVELS = 50
"""Texts of more levels name rows rather than kinds of them."""


def unusual_values(rows: pd.DataFrame, train: pd.DataFrame, features: Sequence[str]) -> list[str]:
    """Return for each row the values that few training rows have, the rarest first.

    Examples
    --------
    >>> train = pd.DataFrame({"amount": range(100), "kind": ["a"] * 99 + ["b"]})
    >>> unusual_values(pd.DataFrame({"amount": [500, 50], "kind": ["a", "a"]}), train, ["amount", "kind"])
    ['amount 500 (above 100 % of training rows)', 'no single value; their combination']
    """
    said: list[list[tuple[float, str]]] = [[] for _ in range(len(rows))]
    for name in features:
        for place, (share, words) in enumerate(_of_column(plain(rows[name]), plain(train[name]))):
            if share <= RARE:
                said[place].append((share, f"{name} {words}"))
    listed = [", ".join(words for _, words in sorted(each)[:MOST_NAMED]) for each in said]
    return [each or "no single value; their combination" for each in listed]


def _of_column(values: pd.Series, train: pd.Series) -> list[tuple[float, str]]:
    """Return for each value how rare it is, from 0 to 1, and what to say of it."""
    if values_of(train).kind is Kind.NUMBER:
        known = np.sort(train.dropna().to_numpy(dtype=np.float64))
        return [_of_number(float(value), known) for value in values.to_numpy(dtype=np.float64, na_value=np.nan)]
    shares = train.astype("str").value_counts(normalize=True)
    if len(shares) > _MOST_LEVELS:
        return [(1.0, "")] * len(values)
    found = [float(shares.get(str(value), 0.0)) for value in values]
    return [
        (share, f"{value} ({_percent(share)} of training rows)") for value, share in zip(values, found, strict=True)
    ]


def _of_number(value: float, known: Any) -> tuple[float, str]:
    if not np.isfinite(value) or not len(known):
        return 1.0, ""
    below = float(np.searchsorted(known, value, "left")) / len(known)
    above = 1 - float(np.searchsorted(known, value, "right")) / len(known)
    # A tail holds the value itself: half of all rows may have the lowest value, which is nothing unusual.
    tail, side = (1 - below, f"above {_percent(below)}") if below > above else (1 - above, f"below {_percent(above)}")
    return 2 * tail, f"{_said(value)} ({side} of training rows)"


def _said(value: float) -> str:
    return f"{value:,.4g}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def told_apart_by(rows: pd.DataFrame, inside: Any, features: Sequence[str]) -> str:
    """Return the columns in which some rows differ most from the others, by standardized difference.

    Examples
    --------
    >>> rows = pd.DataFrame({"size": [1.0, 1.2, 5.0, 5.2], "kind": ["a", "a", "b", "b"]})
    >>> told_apart_by(rows, np.array([True, True, False, False]), ["size"])
    'size 1.1 (others 5.1)'
    """
    found: list[tuple[float, str]] = []
    for name in features:
        column = plain(rows[name])
        if values_of(column).kind is Kind.NUMBER:
            size, mine, rest = _difference(column.to_numpy(dtype=np.float64, na_value=np.nan), inside)
            found.append((size, f"{name} {_said(mine)} (others {_said(rest)})"))
            continue
        texts = column.astype("str")
        if texts.nunique() <= _MOST_LEVELS:
            each = [
                (*_difference((texts == level).to_numpy(dtype=np.float64), inside), level) for level in texts.unique()
            ]
            size, mine, rest, level = max(each)
            found.append((size, f"{name} {level} in {_percent(mine)} (others {_percent(rest)})"))
    clear = sorted((each for each in found if each[0] >= _CLEAR), reverse=True)[:MOST_NAMED]
    return ", ".join(words for _, words in clear) or "no single column"


def _difference(values: Any, inside: Any) -> tuple[float, float, float]:
    """Return the standardized difference of two means, and both."""
    mine, rest = values[inside & np.isfinite(values)], values[~inside & np.isfinite(values)]
    if not len(mine) or not len(rest):
        return 0.0, 0.0, 0.0
    spread = np.sqrt((mine.var() * len(mine) + rest.var() * len(rest)) / (len(mine) + len(rest)))
    away = abs(mine.mean() - rest.mean())
    size = float(away / spread) if spread > 0 else (np.inf if away else 0.0)
    return size, float(mine.mean()), float(rest.mean())
