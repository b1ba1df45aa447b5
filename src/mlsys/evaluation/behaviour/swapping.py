"""Swaps: other values that rows could have in a column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, listed
from mlsys.evaluation.behaviour.changes import Change, column_of
from mlsys.evaluation.levels import levels_of
from mlsys.values import TIMES, Kind, like, plain, values_of

MOST_LEVELS = 10
"""Levels that rows are moved to where none are named, the most frequent first."""
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_ORDERED = frozenset({Kind.NUMBER, Kind.DURATION, *TIMES})
_NOT_SWAPPED = frozenset({Kind.NESTED, Kind.BLOCK})
_WORD = r"(?<!\w){}(?!\w)"


def swaps(frame: pd.DataFrame, name: str, values: Any, words: bool, who: str) -> Iterator[Change]:
    """Return the changes: by a mapping, or to each of some values.

    Raises
    ------
    DataError
        If no row holds anything that a mapping replaces.
    """
    column = column_of(frame, name, who)
    if isinstance(values, Mapping):
        replaced = _replaced_words(column, values) if words else _replaced(column, values)
        change = Change(f"{name}: {_told(values)}", name, like(replaced, column))
        if not change.of(frame).any():
            held = listed(pd.unique(plain(column).dropna())[:MOST_LEVELS].tolist())
            raise DataError(
                f"{who} replaces {listed(map(repr, values))} in {name!r}, which no row holds",
                f"its values are, for example, {held}" + ("" if words else "; words=True replaces words inside texts"),
            )
        yield change
        return
    for value in _others(column, who) if values is None else values:
        moved = pd.Series([value] * len(column), index=column.index, name=column.name)
        yield Change(f"{name} to {_shown(value)}", name, like(moved, column))


def _others(column: pd.Series, who: str) -> list[Any]:
    """Return values that other rows have: quantiles of what has an order, else the most frequent levels."""
    known = column.dropna()
    if known.empty:
        return []
    values = values_of(column)
    if values.kind in _NOT_SWAPPED:
        raise DataError(
            f"{who} cannot swap values of {column.name!r}, which holds {values}", "test a column of plain values"
        )
    if values.kind in _ORDERED and known.nunique() > MOST_LEVELS:
        ordered = known.sort_values(kind="stable")
        places = np.unique(np.round(np.array(_QUANTILES) * (len(ordered) - 1)).astype(int))
        return list(dict.fromkeys(ordered.iloc[places].tolist()))
    held = [column[mask].iloc[0] for _, mask in levels_of(column, who)[: MOST_LEVELS + 1] if mask.any()]
    return [value for value in held if not pd.isna(value)][:MOST_LEVELS]


def _replaced(column: pd.Series, values: Mapping[Any, Any]) -> pd.Series:
    found = [_looked_up(values, value) for value in column.astype(object).tolist()]
    return pd.Series(found, index=column.index, name=column.name)


def _looked_up(values: Mapping[Any, Any], value: Any) -> Any:
    try:
        return values.get(value, value)
    except TypeError:  # a list or a mapping is no key
        return value


def _replaced_words(column: pd.Series, values: Mapping[Any, Any]) -> pd.Series:
    """Return texts in which words are replaced, all at once, so that a swap works in both directions."""
    words = sorted(map(str, values), key=len, reverse=True)
    pattern = re.compile(_WORD.format("(" + "|".join(map(re.escape, words)) + ")"))
    texts = {str(word): str(other) for word, other in values.items()}
    found = [
        pattern.sub(lambda hit: texts[hit[1]], text) if isinstance(text, str) else text
        for text in column.astype(object).tolist()
    ]
    return pd.Series(found, index=column.index, name=column.name)


def _told(values: Mapping[Any, Any]) -> str:
    pairs: Sequence[str] = [f"{_shown(old)} to {_shown(new)}" for old, new in values.items()]
    return ", ".join(pairs[:3]) + (f" and {len(pairs) - 3} more" if len(pairs) > 3 else "")


def _shown(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return value.date().isoformat()
    return repr(value) if isinstance(value, str) else str(value)
