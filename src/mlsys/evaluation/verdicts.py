"""What a term of a gate comes to: pass, fail, or not enough data."""

from __future__ import annotations

from collections.abc import Iterable

PASS, FAIL, NOT_ENOUGH = "pass", "fail", "not enough data"
Checked = tuple[str, str, str]
"""A term, what was found, and the verdict."""


def verdict_of(verdicts: Iterable[str]) -> str:
    """Return the verdict of several terms: all must pass, and one that fails outweighs one that cannot tell.

    Examples
    --------
    >>> verdict_of(["pass", "not enough data"]), verdict_of(["not enough data", "fail"]), verdict_of([])
    ('not enough data', 'fail', 'pass')
    """
    found = set(verdicts)
    return FAIL if FAIL in found else NOT_ENOUGH if found - {PASS} else PASS
