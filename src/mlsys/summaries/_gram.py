"""Sums of products of all pairs of columns as whole numbers, by matrix products that cannot round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlsys.summaries._floats import LOWEST_EXPONENT, exact_products_total, grid_exponent, grid_piece

if TYPE_CHECKING:
    from mlsys.summaries._floats import Floats

_ROWS = 1 << 12
_PIECE_BITS = 20
"""2**12 products of two pieces of 20 bits add up below 2**53: whatever order they are added in, nothing rounds."""
_LEVELS = 5
"""A value that needs bits further than 100 below the largest of its column is left to a slower sum."""
_MOST_ROWS = 1 << 22
"""Rows at a time: 2**10 sums below 2**53 fit an int64."""
_LARGE = 2.0**900
"""Above this the anchor of a grid could overflow."""


def exact_gram(block: Floats) -> NDArray[Any]:
    """Return the sums of products of every two columns, in units of ``2**(2 * LOWEST_EXPONENT)``.

    Parameters
    ----------
    block : array of float, shape (columns, rows)
        Finite numbers.

    Returns
    -------
    array of int (objects), shape (columns, columns)

    Notes
    -----
    Columns are cut into pieces of few bits on a grid; products of pieces are exact and stay so when they are added
    (Ozaki, Ogita, Oishi and Rump 2012), so that a fast matrix product can be used.

    Examples
    --------
    >>> gram = exact_gram(np.array([[1e300, 2.0**-1074], [0.0, 2.0**-1074]]))
    >>> int(gram[0, 1])
    1
    """
    total = np.zeros((len(block), len(block)), dtype=object)
    for start in range(0, block.shape[1], _MOST_ROWS):
        total = total + _gram(block[:, start : start + _MOST_ROWS])
    return total


def _gram(block: Floats) -> NDArray[Any]:
    odd = (np.abs(block) >= _LARGE).any(axis=0)
    pieces, exponents, rest = _pieces(np.where(odd, 0.0, block))
    odd |= rest
    for piece in pieces:
        piece[:, odd] = 0.0
    total = _pairwise(block[:, odd])
    for first, piece in enumerate(pieces):
        for second in range(first, len(pieces)):
            sums = _multiplied(piece, pieces[second])
            shifts = exponents[first][:, None] + exponents[second][None, :] - 2 * LOWEST_EXPONENT
            units = _shifted(sums, shifts)
            total = total + (units if second == first else units + units.T)
    return total


def _pieces(block: Floats) -> tuple[list[Floats], list[NDArray[np.int64]], NDArray[np.bool_]]:
    """Return pieces as whole numbers, their exponents by column, and which rows have something left."""
    rest = block.copy()
    pieces, exponents = [], []
    for _ in range(_LEVELS):
        largest = np.abs(rest).max(axis=1, initial=0.0)
        if not largest.any():
            break
        powers = np.array([grid_exponent(size, _PIECE_BITS) if size else 0 for size in largest.tolist()], np.int64)
        piece = np.stack([grid_piece(values, power) for values, power in zip(rest, powers.tolist(), strict=True)])
        rest -= piece
        pieces.append(np.ldexp(piece, -powers[:, None]))
        exponents.append(powers)
    return pieces, exponents, np.asarray(rest.any(axis=0))


def _multiplied(some: Floats, others: Floats) -> NDArray[np.int64]:
    total = np.zeros((len(some), len(others)), dtype=np.int64)
    for start in range(0, some.shape[1], _ROWS):
        rows = slice(start, start + _ROWS)
        total += (some[:, rows] @ others[:, rows].T).astype(np.int64)
    return total


def _shifted(sums: NDArray[np.int64], shifts: NDArray[np.int64]) -> NDArray[Any]:
    made = np.empty(sums.shape, dtype=object)
    made[...] = [
        [value << shift for value, shift in zip(*row, strict=True)]
        for row in zip(sums.tolist(), shifts.tolist(), strict=True)
    ]
    return made


def _pairwise(block: Floats) -> NDArray[Any]:
    total = np.zeros((len(block), len(block)), dtype=object)
    if block.shape[1]:
        for first, one in enumerate(block):
            for second in range(first, len(block)):
                total[first, second] = total[second, first] = exact_products_total(one, block[second])
    return total
