"""Differences that are none: what rounding leaves between two equal numbers decides nothing."""

from __future__ import annotations

NOISE = 1e-9
"""Relative: sums of a million rows in another order differ by less, and no two models that differ come so close."""


def difference(one: float, other: float) -> float:
    """Return ``one - other``, and exactly 0 where they differ by rounding alone.

    Examples
    --------
    >>> difference(0.1 + 0.2, 0.3), difference(2.0, 1.5)
    (0.0, 0.5)
    """
    return cleared(float(one) - float(other), max(abs(float(one)), abs(float(other))))


def cleared(gap: float, size: float) -> float:
    """Return a difference of numbers of some size, and exactly 0 where it is rounding.

    Examples
    --------
    >>> cleared(1e-17, 0.3), cleared(-0.02, 0.3)
    (0.0, -0.02)
    """
    return 0.0 if abs(gap) <= NOISE * size else gap
