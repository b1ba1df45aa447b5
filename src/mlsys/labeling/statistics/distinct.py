"""Distinct rows of small numbers, with sums: what rows that are alike have together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


EIGHT = 8
"""Digits that are looked up at once: as bytes they are one number of 64 bits."""
LARGEST_TABLE = 8_192
"""Entries of the table for this: it stays in the cache of a processor."""
ROWS_AT_ONCE = 16_384
EXACT = 53
"""Bits of whole numbers that products of floats hold exactly."""


def words_of(codes: NDArray[np.int8], base: int) -> NDArray[np.uint64]:
    """Return each row as few large numbers, words x rows: two rows are alike where all of these are.

    Parameters
    ----------
    codes : array of int8, rows x columns
        Numbers from -1.
    base : int
        One more than the largest code, and one for -1.
    """
    columns = codes.shape[1]
    fit = int(EXACT / np.log2(max(base, 2)))  # digits in a word
    powers = np.zeros((columns, max(-(-columns // fit), 1)))
    for number, start in enumerate(range(0, columns, fit)):
        stop = min(start + fit, columns)
        powers[start:stop, number] = float(base) ** np.arange(stop - start)[::-1]
    words = np.empty((powers.shape[1], len(codes)), np.uint64)
    for start in range(0, len(codes), ROWS_AT_ONCE):
        part = codes[start : start + ROWS_AT_ONCE].astype(np.float64)
        part += 1
        words[:, start : start + ROWS_AT_ONCE] = (part @ powers).T
    return words


def counted(
    codes: NDArray[np.int8], base: int, marked: NDArray[np.int64]
) -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct rows in order, how many rows are like each, and which of them the marked rows are.

    Examples
    --------
    >>> rows, counts, places = counted(np.array([[1], [0], [1]], np.int8), 3, np.array([2]))
    >>> rows.tolist(), counts.tolist(), places.tolist()
    ([[0], [1]], [1, 2], [1])
    """
    words = words_of(codes, base)
    if len(words) > 1 or not len(codes):
        rows, first = _sorted(words)
        group = np.empty(len(codes), np.int64)
        group[rows] = np.cumsum(first) - 1
        return codes[rows[first]], np.bincount(group[rows]), group[marked]
    asked = words[0][marked]
    word = np.sort(words[0])  # sorting numbers takes a third of the time of ordering them
    del words
    starts = np.flatnonzero(np.concatenate([[True], word[1:] != word[:-1]]))
    found = word[starts]
    return _codes_of(found, base, codes.shape[1]), np.diff(starts, append=len(word)), np.searchsorted(found, asked)


def _codes_of(words: NDArray[np.uint64], base: int, columns: int) -> NDArray[np.int8]:
    """Return the rows that words stand for: several digits at a time are looked up."""
    digits = max(1, min(EIGHT, int(np.log(LARGEST_TABLE) / np.log(max(base, 2)))))
    size, pieces = base**digits, -(-columns // digits)
    table = np.zeros((size, EIGHT), np.int8)
    table[:, :digits] = np.arange(size)[:, None] // base ** np.arange(digits)[::-1] % base - 1
    codes, looked_up = np.empty((len(words), columns), np.int8), table.view(np.int64)[:, 0]
    for start in range(0, len(words), ROWS_AT_ONCE):
        left = words[start : start + ROWS_AT_ONCE]
        held = np.empty((len(left), pieces), np.int64)
        for piece in reversed(range(pieces)):
            above = left // np.uint64(size)
            held[:, piece] = looked_up.take((left - above * np.uint64(size)).astype(np.intp))
            left = above
        found = held.view(np.int8).reshape(len(held), pieces, EIGHT)[:, :, :digits].reshape(len(held), -1)
        codes[start : start + ROWS_AT_ONCE] = found[:, found.shape[1] - columns :]
    return codes


def _sorted(words: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the order of rows, and where in it a row differs from the one before."""
    order = np.argsort(words[0]) if len(words) == 1 else np.lexsort(words[::-1])
    first = np.ones(len(order), bool)
    if len(order):
        placed = words[:, order]
        first[1:] = (placed[:, 1:] != placed[:, :-1]).any(axis=0)
    return order, first


def distinct(codes: NDArray[np.int8], base: int, *sums: NDArray[Any]) -> tuple[NDArray[np.int8], list[NDArray[Any]]]:
    """Return the distinct rows in order, and for each the sum of what its rows bring.

    Examples
    --------
    >>> rows, (counts,) = distinct(np.array([[1], [0], [1]], np.int8), 3, np.ones(3, np.int64))
    >>> rows.tolist(), counts.tolist()
    ([[0], [1]], [1, 2])
    """
    order, first = _sorted(words_of(codes, base))
    starts = np.flatnonzero(first)
    added = [np.add.reduceat(each[order], starts, axis=0) if len(codes) else each for each in sums]
    return codes[order[starts]], added
