"""What ``finish`` may answer beside a state, and summaries of many columns at once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Again:
    """Answer of ``finish`` that asks for another pass.

    Parameters
    ----------
    partial : object
        Plain data that ``summarize(part, partial)`` gets in the next pass.

    Examples
    --------
    >>> Again({"x": 3}).partial
    {'x': 3}
    """

    partial: Any


@dataclass(frozen=True)
class CrossFitted:
    """Answer of ``finish`` of a step that sums by fold: the state, and what each fold's rows are shown.

    Parameters
    ----------
    state : object
        What all training rows say.
    fold_states : tuple
        What ``apply_cross_fitted`` gets: the one at ``k`` was learned without the rows of fold ``k``.

    Examples
    --------
    >>> CrossFitted(0.5, (0.4, 0.6)).fold_states[1]
    0.6
    """

    state: Any
    fold_states: tuple[Any, ...]


class SummaryMap(dict[Hashable, Any]):
    """Summaries by name (of columns, of folds) that add name by name.

    Examples
    --------
    >>> SummaryMap(a=1, b=2) + SummaryMap(a=10, c=5)
    SummaryMap({'a': 11, 'b': 2, 'c': 5})
    """

    def __add__(self, other: Mapping[Hashable, Any]) -> SummaryMap:
        if not isinstance(other, Mapping):
            return NotImplemented
        merged = SummaryMap(self)
        for name, summary in other.items():
            merged[name] = merged[name] + summary if name in merged else summary
        return merged

    def __repr__(self) -> str:
        return f"SummaryMap({dict(self)!r})"
