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
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mlsys.summaries._floats import Floats, Integers

_ROWS = 1 << 12
_CHUNK = 8 * _ROWS
_PIECE_BITS = 20
"""2**12 products of two pieces of 20 bits add up below 2**53: whatever order they are added in, nothing rounds."""
_MOST_CHUNKS = 1 << 7
"""Chunks of which the sums are added before they could leave 63 bits."""
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
    (Ozaki, Ogita, Oishi and Rump 2012), so that a few fast products have all squares in them.

    Examples
    --------
    >>> total, squares = exact_powers(np.array([3.0, -1.0]))
    >>> total == 2 << 1074, squares == 10 << 2148
    (True, True)
    """
    total, squares = 0, 0
    room = np.empty((_LEVELS + 1, _CHUNK))
    by_exponent: dict[int, NDArray[np.int64]] = {}
    for start in range(0, len(values), _CHUNK):
        chunk = values[start : start + _CHUNK]
        largest = max(float(chunk.max()), -float(chunk.min()))
        if largest == 0:
            continue
        if not _SMALL < largest < _LARGE:
            total += exact_total(chunk)
            squares += exact_products_total(chunk, chunk)
            continue
        exponent = grid_exponent(largest, _PIECE_BITS)
        pieces, odd = _pieces(chunk, exponent, room)
        if len(odd):
            total += exact_total(chunk[odd])
            squares += exact_products_total(chunk[odd], chunk[odd])
        if exponent not in by_exponent:
            by_exponent[exponent] = np.zeros((_LEVELS, _LEVELS + 1), np.int64)
        by_exponent[exponent][: len(pieces), : len(pieces) + 1] += _sums_of_pieces(pieces, exponent)
        if not (start // _CHUNK + 1) % _MOST_CHUNKS:
            total, squares = _added(total, squares, by_exponent)
            by_exponent = {}
    return _added(total, squares, by_exponent)


def _pieces(chunk: Floats, exponent: int, room: Floats) -> tuple[Floats, Integers]:
    """Cut a chunk into pieces, in room of which the last row is for what is left; beside them, return what stays whole.

    Parameters
    ----------
    chunk : array of float
    exponent : int
        Of the grid of the first piece.
    room : array of float, shape (levels + 1, chunk)
    """
    pieces, rest = room[:-1], room[-1, : len(chunk)]
    before, used, left = chunk, 0, True
    while left and used < len(pieces):
        piece, anchor = pieces[used], math.ldexp(1.5, exponent - used * _PIECE_BITS + 52)
        piece[len(chunk) :] = 0.0
        piece = piece[: len(chunk)]
        np.add(before, anchor, out=piece)
        piece -= anchor
        np.subtract(before, piece, out=rest)
        before, used = rest, used + 1
        left = bool(rest[0]) or bool((rest != 0).any())
    odd = np.flatnonzero(rest) if left else np.empty(0, np.int64)
    pieces[:used, odd] = 0.0
    return pieces[:used], odd


def _sums_of_pieces(pieces: Floats, exponent: int) -> Integers:
    """Return the sum of each piece; behind it its products with itself and, twice, with later ones; by their grids."""
    used = len(pieces)
    powers = exponent - _PIECE_BITS * np.arange(used)
    several = pieces.reshape(used, -1, _ROWS)
    sums = np.zeros((used, used + 1), np.int64)
    sums[:, 0] = np.ldexp(pieces.sum(axis=1), -powers)
    for place, power in enumerate(powers.tolist()):
        products = np.vecdot(several[place], several[place:])  # faster than a matrix product of so few rows
        found = np.ldexp(products, -(power + powers[place:, None])).astype(np.int64).sum(axis=1)
        sums[place, place + 1] = found[0]
        sums[place, place + 2 :] = 2 * found[1:]
    return sums


def _added(total: int, squares: int, by_exponent: Mapping[int, Integers]) -> tuple[int, int]:
    """Add the sums of pieces, which may have grids of several exponents."""
    for exponent, sums in by_exponent.items():
        shifts = [exponent - _PIECE_BITS * place - LOWEST_EXPONENT for place in range(_LEVELS)]
        for (own, *products), shift in zip(sums.tolist(), shifts, strict=True):
            total += own << shift
            squares += sum(each << (shift + beside) for each, beside in zip(products, shifts, strict=True))
    return total, squares
