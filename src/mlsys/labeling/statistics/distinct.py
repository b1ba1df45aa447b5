"""Distinct rows of small numbers, with sums: what rows that are alike have together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def words_of(codes: NDArray[np.int8], base: int) -> NDArray[np.uint64]:
    """Return each row as few large numbers, words x rows: two rows are alike where all of these are.

    Parameters
    ----------
    codes : array of int8, rows x columns
        Numbers from -1.
    base : int
        One more than the largest code, and one for -1.
    """
    fit = int(63 / np.log2(max(base, 2)))  # digits in a word of 64 bits
    words = []
    for start in range(0, max(codes.shape[1], 1), fit):
        word = np.zeros(len(codes), np.uint64)
        for column in range(start, min(start + fit, codes.shape[1])):
            word *= np.uint64(base)
            word += (codes[:, column] + np.int8(1)).astype(np.uint64)
        words.append(word)
    return np.array(words)


def distinct(codes: NDArray[np.int8], base: int, *sums: NDArray[Any]) -> tuple[NDArray[np.int8], list[NDArray[Any]]]:
    """Return the distinct rows in order, and for each the sum of what its rows bring.

    Examples
    --------
    >>> rows, (counts,) = distinct(np.array([[1], [0], [1]], np.int8), 3, np.ones(3, np.int64))
    >>> rows.tolist(), counts.tolist()
    ([[0], [1]], [1, 2])
    """
    words = words_of(codes, base)
    order = np.argsort(words[0]) if len(words) == 1 else np.lexsort(words[::-1])
    first = np.ones(len(codes), bool)
    if len(codes):
        placed = words[:, order]
        first[1:] = (placed[:, 1:] != placed[:, :-1]).any(axis=0)
    starts = np.flatnonzero(first)
    added = [np.add.reduceat(each[order], starts, axis=0) if len(codes) else each for each in sums]
    return codes[order[starts]], added
