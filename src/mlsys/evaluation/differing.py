"""Differences beyond rounding: two numbers that differ by rounding alone are equal."""

from __future__ import annotations

NOISE = 1e-9
"""Relative tolerance: sums of a million rows in another order differ by less, different models by more."""


def difference(one: float, other: float) -> float:
    """Return ``one - other``, exactly 0 where they differ by rounding alone.

    Examples
    --------
    >>> difference(0.1 + 0.2, 0.3), difference(2.0, 1.5)
    (0.0, 0.5)
    """
    return cleared(float(one) - float(other), max(abs(float(one)), abs(float(other))))


def cleared(gap: float, size: float) -> float:
    """Return a difference of numbers of a given size, exactly 0 where it is rounding.

    Examples
    --------
    >>> cleared(1e-17, 0.3), cleared(-0.02, 0.3)
    (0.0, -0.02)
    """
    return 0.0 if abs(gap) <= NOISE * size < float("inf") else gap
