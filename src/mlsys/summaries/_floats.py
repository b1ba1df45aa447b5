"""Sums of float64 numbers as integers: the arithmetic of every exact summary."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LOWEST_EXPONENT = -1074
"""Every finite float64 is a whole multiple of 2**-1074."""

_CHUNK_BITS = 14
_LEVEL_BITS = 52 - _CHUNK_BITS
"""A chunk of 2**14 pieces of 38 bits fits the cache and sums without rounding: float64 counts to 2**53."""

_LEVELS = 4
_MOST_LEFT = 2 ** (24 - _CHUNK_BITS)
"""Chunks whose rest is binned together: 2**24 halves of 27 bits still sum without rounding."""

_GRID_LIMIT = 2.0**960
"""Above this, adding the anchor of the grid could overflow."""

_SPLITTER = 2.0**27 + 1
"""Veltkamp's constant: halves the 53 bits of a float64."""

_SAFE_SMALL, _SAFE_LARGE = 2.0**-900, 2.0**900
"""Products inside these bounds have an error term that float64 can hold."""


def exact_total(values: Floats) -> int:
    """Return the sum of finite numbers in units of ``2**LOWEST_EXPONENT``.

    Notes
    -----
    Each chunk is rounded onto a grid by adding and subtracting an anchor (Rump, Ogita and Oishi 2008); the grid
    pieces sum without rounding; the remainder goes to the next finer grid, and after a few grids to one bin per
    exponent. The result is one integer, so it cannot depend on order or chunks.

    Examples
    --------
    >>> exact_total(np.array([1e300, 2.0**-1074, -1e300]))
    1
    """
    total = 0
    left: list[Floats] = []
    for start in range(0, len(values), 1 << _CHUNK_BITS):
        rest = values[start : start + (1 << _CHUNK_BITS)].copy()
        for _ in range(_LEVELS):
            largest = max(float(rest.max()), -float(rest.min()))
            if largest == 0 or largest >= _GRID_LIMIT:
                break
            exponent = grid_exponent(largest, _LEVEL_BITS)
            piece = grid_piece(rest, exponent)
            rest -= piece
            total += int(math.ldexp(float(piece.sum()), -exponent)) << (exponent - LOWEST_EXPONENT)
        if rest.any():
            left.append(rest[rest != 0])
        if len(left) == _MOST_LEFT or (left and start + (1 << _CHUNK_BITS) >= len(values)):
            fractions, exponents = np.frexp(np.concatenate(left))
            total += scaled_total(fractions, exponents.astype(np.int64), LOWEST_EXPONENT)
            left = []
    return total


def grid_exponent(largest: float, bits: int) -> int:
    """Return the exponent of the grid on which ``largest`` takes at most ``bits`` bits."""
    return max(math.frexp(largest)[1] - bits, LOWEST_EXPONENT)


def grid_piece(values: Floats, exponent: int) -> Floats:
    """Return the values rounded to multiples of ``2**exponent``; all must be below ``2**(exponent + 51)``."""
    anchor = math.ldexp(1.5, exponent + 52)
    piece: Floats = (values + anchor) - anchor
    return piece


def scaled_total(fractions: Floats, exponents: Integers, unit: int) -> int:
    """Return the sum of ``fractions * 2**exponents`` in units of ``2**unit``; any exponent, one bin for each."""
    total = 0
    for exponent, whole in _by_exponent(fractions, exponents):
        shift = exponent - unit
        total += whole << shift if shift >= 0 else whole >> -shift
    return total


def _by_exponent(fractions: Floats, exponents: Integers) -> list[tuple[int, int]]:
    if not len(fractions):
        return []
    high, low = mantissa_halves(fractions)
    lowest = int(exponents.min())
    bins = exponents - lowest
    highs, lows = np.bincount(bins, weights=high), np.bincount(bins, weights=low)
    used = np.flatnonzero((highs != 0) | (lows != 0))
    return [(int(bin_) + lowest - 53, (int(highs[bin_]) << 27) + int(lows[bin_])) for bin_ in used]


def mantissa_halves(fractions: Floats) -> tuple[Integers, Integers]:
    """Split fractions below one in magnitude (as ``frexp`` gives them) into ``high * 2**27 + low`` over ``2**53``."""
    whole = np.ldexp(fractions, 53).astype(np.int64)
    return whole >> 27, whole & ((1 << 27) - 1)


def exact_products_total(left: Floats, right: Floats) -> int:
    """Return the sum of products of finite numbers in units of ``2**(2 * LOWEST_EXPONENT)``.

    Examples
    --------
    >>> exact_products_total(np.array([2.0**-1074]), np.array([2.0**-1074]))
    1
    """
    unit = 2 * LOWEST_EXPONENT
    total = 0
    for start in range(0, len(left), 1 << _CHUNK_BITS):
        chunk = left[start : start + (1 << _CHUNK_BITS)]
        other = chunk if right is left else right[start : start + (1 << _CHUNK_BITS)]
        product, error, exponents = products(chunk, other)
        if exponents is None:
            total += (exact_total(product) + exact_total(error)) << -LOWEST_EXPONENT
            continue
        for part in (product, error):
            fractions, own = np.frexp(part)
            total += scaled_total(fractions, own + exponents, unit)
    return total


def products(left: Floats, right: Floats) -> tuple[Floats, Floats, Integers | None]:
    """Return product and rounding error, whose sum is exact, and exponents to scale both by (None: no scaling).

    Notes
    -----
    Dekker's product (1971). Factors whose product or error could leave the range of float64 are reduced to
    fractions first.
    """
    with np.errstate(over="ignore", under="ignore"):
        product: Floats = left * right
    if len(product) == 0 or _safe(left, right, product):
        return product, _product_error(left, right, product), None
    left_fraction, left_exponent = np.frexp(left)
    right_fraction, right_exponent = np.frexp(right)
    product = left_fraction * right_fraction
    error = _product_error(left_fraction, right_fraction, product)
    return product, error, left_exponent.astype(np.int64) + right_exponent


def _safe(left: Floats, right: Floats, product: Floats) -> bool:
    sizes = [np.abs(values) for values in (left, right, product)]
    if not all(size.max() < _SAFE_LARGE for size in sizes):
        return False
    small = sizes[2] < _SAFE_SMALL
    return not small.any() or not bool((small & (left != 0) & (right != 0)).any())


def _product_error(left: Floats, right: Floats, product: Floats) -> Floats:
    left_high, left_low = _halves(left)
    right_high, right_low = (left_high, left_low) if right is left else _halves(right)
    error: Floats = left_low * right_low - (
        ((product - left_high * right_high) - left_low * right_high) - left_high * right_low
    )
    return error


def _halves(values: Floats) -> tuple[Floats, Floats]:
    scaled = values * _SPLITTER
    high: Floats = scaled - (scaled - values)
    return high, values - high
