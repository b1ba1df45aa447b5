"""Two halves of the cases: one to mend the guard on, one that is only measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from leakbench.case import Case


def is_held(name: str) -> bool:
    """Say whether a case is held back: by its name alone, so that new cases leave the others where they are.

    Examples
    --------
    >>> is_held("refund"), is_held("rank")
    (True, False)
    """
    return bool(hashlib.sha256(name.encode()).digest()[0] % 2)


def tuned(cases: Iterable[Case]) -> list[Case]:
    """Return the cases that detectors may be tried on."""
    return [case for case in cases if not is_held(case.name)]


def held(cases: Iterable[Case]) -> list[Case]:
    """Return the cases that nobody looks at, runs or tunes on while detectors are written."""
    return [case for case in cases if is_held(case.name)]
