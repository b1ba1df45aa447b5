"""Whole-number sums by group, one array for each power of two that was needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.summaries._floats import Floats, Integers, grid_exponent, grid_piece, mantissa_halves

Levels = list[tuple[int, NDArray[Any]]]
"""Exponents with sums in units of that power of two."""

_LEVELS = 4
_GRID_LIMIT = 2.0**900


def group_levels(codes: Integers, values: Floats, groups: int) -> Levels:
    """Sum by group on a few grids, then by exponent what is left."""
    bits = 52 - len(values).bit_length()
    found: Levels = []
    rest = values
    for _ in range(_LEVELS):
        largest = float(np.abs(rest).max()) if len(rest) else 0.0
        if largest == 0:
            return found
        if largest >= _GRID_LIMIT:
            break
        exponent = grid_exponent(largest, bits)
        piece = grid_piece(rest, exponent)
        rest = rest - piece
        sums = np.bincount(codes, weights=np.ldexp(piece, -exponent), minlength=groups)
        found.append((exponent, sums.astype(np.int64)))
    left = rest != 0
    return found + scaled_levels(codes[left], rest[left], np.zeros(int(left.sum()), np.int64), groups)


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
