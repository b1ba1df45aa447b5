"""Whole-number sums by group, one array for each power of two that was needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.summaries._floats import Floats, Integers, grid_exponent, grid_piece, mantissa_halves, products

Levels = list[tuple[int, NDArray[Any]]]
"""Exponents with sums in units of that power of two."""

_LEVELS = 4
_GRID_LIMIT = 2.0**900
_SAFE_EXPONENT = 900


@dataclass(frozen=True)
class Addends:
    """Numbers as whole multiples of a few powers of two, ready to be added by any groups.

    Parameters
    ----------
    pieces : list of (int, array of float)
        Exponents, with one whole number for each addend.
    left : list of (array of int, array of float, array of int)
        Places of addends of which something is left, that, and the exponents that scale it.
    """

    pieces: list[tuple[int, Floats]]
    left: list[tuple[Integers, Floats, Integers]]

    @classmethod
    def of(cls, values: Floats, weights: Floats | None = None) -> Addends:
        """Cut numbers, or products of numbers and weights, into pieces; all are finite."""
        if weights is None:
            return cls._cut(values)
        product, error, exponents = products(values, weights)
        if exponents is None:
            both = cls._cut(product), cls._cut(error)
            return cls(both[0].pieces + both[1].pieces, both[0].left + both[1].left)
        every = np.arange(len(values))
        return cls([], [(every, product, exponents), (every, error, exponents)])

    @classmethod
    def _cut(cls, values: Floats) -> Addends:
        """Cut on a few grids; what is left after them is added by exponent."""
        bits = 52 - len(values).bit_length()
        pieces: list[tuple[int, Floats]] = []
        rest = values
        for _ in range(_LEVELS):
            largest = max(float(rest.max()), -float(rest.min())) if len(rest) else 0.0
            if largest == 0:
                return cls(pieces, [])
            if largest >= _GRID_LIMIT:
                break
            exponent = grid_exponent(largest, bits)
            piece = grid_piece(rest, exponent)
            rest = rest - piece
            if abs(exponent) < _SAFE_EXPONENT:
                piece *= 2.0**-exponent  # a quarter of the time of ldexp
            else:
                piece = np.ldexp(piece, -exponent)
            pieces.append((exponent, piece))
        left = np.flatnonzero(rest)
        return cls(pieces, [(left, rest[left], np.zeros(len(left), np.int64))])

    def by_group(self, codes: Integers, groups: int) -> Levels:
        """Add up by group."""
        found: Levels = []
        for exponent, whole in self.pieces:
            found.append((exponent, np.bincount(codes, weights=whole, minlength=groups).astype(np.int64)))
        for places, values, exponents in self.left:
            found += scaled_levels(codes[places], values, exponents, groups)
        return found


def scaled_levels(codes: Integers, values: Floats, exponents: Integers, groups: int) -> Levels:
    """Sum ``values * 2**exponents`` by group and exponent; any range, slower."""
    fractions, own = np.frexp(values)
    powers = exponents + own
    high, low = mantissa_halves(fractions)
    found: Levels = []
    for power in np.unique(powers[fractions != 0]).tolist():
        at = powers == power
        for half, shift in ((high, 27), (low, 0)):
            sums = np.bincount(codes[at], weights=half[at], minlength=groups)
            found.append((power - 53 + shift, sums.astype(np.int64)))
    return found
