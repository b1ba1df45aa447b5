"""Sums of numbers and of their squares as whole numbers, both in one pass over pieces of few bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mlsys.summaries._floats import (
    LOWEST_EXPONENT,
    exact_products_total,
    exact_total,
    grid_exponent,
)

if TYPE_CHECKING:
    from mlsys.summaries._floats import Floats

_ROWS = 1 << 12
_CHUNK = 4 * _ROWS
_PIECE_BITS = 20
"""2**12 products of two pieces of 20 bits add up below 2**53: whatever order they are added in, nothing rounds."""
_LEVELS = 5
"""A value that needs bits further than 100 below the largest of its chunk is left to a slower sum."""
_SMALL, _LARGE = 2.0**-400, 2.0**400
"""Between these the products of all pieces are numbers of full precision."""


def exact_powers(values: Floats) -> tuple[int, int]:
    """Return the sum and the sum of squares of finite numbers.

    Returns
    -------
    int, int
        In units of ``2**LOWEST_EXPONENT`` and of ``2**(2 * LOWEST_EXPONENT)``.

    Notes
    -----
    Each chunk is cut into pieces of 20 bits on a grid; products of pieces are exact and stay so when they are added
    (Ozaki, Ogita, Oishi and Rump 2012), so that the pieces' matrix product, which is fast, has all squares in it.

    Examples
    --------
    >>> total, squares = exact_powers(np.array([3.0, -1.0]))
    >>> total == 2 << 1074, squares == 10 << 2148
    (True, True)
    """
    total, squares = 0, 0
    room = np.empty((_LEVELS + 1, _CHUNK))
    for start in range(0, len(values), _CHUNK):
        chunk = values[start : start + _CHUNK]
        largest = max(float(chunk.max()), -float(chunk.min()))
        if largest == 0:
            continue
        if not _SMALL < largest < _LARGE:
            total += exact_total(chunk)
            squares += exact_products_total(chunk, chunk)
            continue
        sums = _sums_of_pieces(chunk, grid_exponent(largest, _PIECE_BITS), room)
        total, squares = total + sums[0], squares + sums[1]
    return total, squares


def _sums_of_pieces(chunk: Floats, exponent: int, room: Floats) -> tuple[int, int]:
    """Return both sums of a chunk; ``exponent``: of the grid of the first piece; ``room``: is written to."""
    pieces, rest = room[:-1], room[-1, : len(chunk)]
    rest[:] = chunk
    used, left = 0, True
    while left and used < _LEVELS:
        piece, anchor = pieces[used], math.ldexp(1.5, exponent - used * _PIECE_BITS + 52)
        piece[len(chunk) :] = 0.0
        piece = piece[: len(chunk)]
        np.add(rest, anchor, out=piece)
        piece -= anchor
        rest -= piece
        used += 1
        left = bool((rest != 0).any())
    total, squares = 0, 0
    if left:
        odd = np.flatnonzero(rest)
        pieces[:used, odd] = 0.0
        total, squares = exact_total(chunk[odd]), exact_products_total(chunk[odd], chunk[odd])
    powers = exponent - _PIECE_BITS * np.arange(used)
    several = pieces[:used].reshape(used, -1, _ROWS).transpose(1, 0, 2)
    grams = np.ldexp(several @ several.transpose(0, 2, 1), -(powers[:, None] + powers[None, :]))
    lowest = int(powers[-1])
    shifts = (powers - lowest).tolist()
    sums, products = pieces[:used].sum(axis=1).tolist(), grams.astype(np.int64).sum(axis=0).tolist()
    found, found_squares = 0, 0
    for row, (one, shift) in enumerate(zip(sums, shifts, strict=True)):
        found += int(math.ldexp(one, -lowest - shift)) << shift
        found_squares += sum(each << (shift + beside) for each, beside in zip(products[row], shifts, strict=True))
    shift = lowest - LOWEST_EXPONENT
    return total + (found << shift), squares + (found_squares << 2 * shift)
