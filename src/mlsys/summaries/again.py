"""Results of learning hooks other than a state: another pass, states by fold; and summaries by name."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Again:
    """Return value of ``finish`` that requests another pass.

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
    """Return value of ``learn`` or ``finish`` with the states for training rows in addition to the state.

    Parameters
    ----------
    state : object
        The state for other rows.
    fold_states : tuple
        The argument of ``apply_cross_fitted(part, fold_states)``.

    Examples
    --------
    >>> CrossFitted("whole", ("without fold 0", "without fold 1")).state
    'whole'
    """

    state: Any
    fold_states: tuple[Any, ...]


class Given(dict[Any, Any]):
    """What all parts were given alike: added to that of another part it stays what it is.

    Examples
    --------
    >>> Given(edges=[1.0]) + Given(edges=[1.0])
    {'edges': [1.0]}
    """

    def __add__(self, other: Mapping[Any, Any]) -> Given:
        return self


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
