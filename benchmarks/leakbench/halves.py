"""Which cases the guard may be mended on, and which are only measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from leakbench.case import Case
from leakbench.cases import FIRST

HALVES = ("first round", "tuned", "held")
"""Cases of the first round were all mended on; those of the second are tuned or held by a hash of their name."""

_FIRST = frozenset(case.name for case in FIRST)


def half(name: str) -> str:
    """Return the half of a case: by its name alone, so that new cases leave the others where they are.

    Examples
    --------
    >>> half("refund"), half("laplace-rates"), half("days-means-joined")
    ('first round', 'held', 'tuned')
    """
    if name in _FIRST:
        return "first round"
    return "held" if hashlib.sha256(name.encode()).digest()[0] % 2 else "tuned"


def is_held(name: str) -> bool:
    """Say whether a case is held back: nobody looks at, runs or tunes on it while detectors are written."""
    return half(name) == "held"


def of_half(cases: Iterable[Case], wanted: str) -> list[Case]:
    """Return the cases of a half."""
    return [case for case in cases if half(case.name) == wanted]
