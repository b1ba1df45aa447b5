"""Pieces of texts, runs of characters or words, numbered by hash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Pieces = Literal["characters", "words"]

_BITS = 18
BUCKETS = 1 << _BITS
"""Hashes of pieces end below: ten times as many as a column of texts has pieces that recur."""

_SIZES = (3, 4)
"""Characters of a piece of a word, as in most tables of short texts."""
MOST_CHARACTERS = 2_000
"""What lies behind in a text is not looked at: two megabytes in a cell are no reason to fail."""
_SPACE = np.uint32(ord(" "))
_FACTORS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.uint32)
_SHIFT = np.uint32(15)
_FINAL = np.uint32(0x2C1B3C6D)
_WORDS = re.compile(r"\w+")


def pieces_of(texts: Sequence[str], by: Pieces) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the text that each piece stands in, in order, and the bucket of each piece.

    Examples
    --------
    >>> pieces_of(["Ab", ""], "characters")[0].tolist()
    [0, 0, 0]
    """
    return _words(texts) if by == "words" else _characters(texts)


def _words(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    found = [_WORDS.findall(text[:MOST_CHARACTERS].lower()) for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(words) for words in found])
    hashes = [crc32(word.encode("utf-8", "surrogatepass")) for words in found for word in words]
    return rows, (np.array(hashes, dtype=np.int64) % BUCKETS).astype(np.int32)


def _characters(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Number all runs of three and four characters that do not cross the border of a word; a border is one space."""
    padded = [f" {' '.join(text[:MOST_CHARACTERS].lower().split())} " for text in texts]
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.array([len(text) for text in padded], dtype=np.int64)
    text_of = np.repeat(np.arange(len(texts)), lengths)
    space = points == _SPACE
    rows, buckets = [], []
    for size in _SIZES:
        count = len(points) - size + 1
        if count <= 0:
            continue
        inside = ~space[1 : count + 1]
        for place in range(2, size - 1):
            inside &= ~space[place : count + place]
        begins = np.flatnonzero(inside)  # what crosses from one text into the next has a space inside
        mixed = np.zeros(len(begins), dtype=np.uint32)
        for place in range(size):
            mixed = (mixed ^ points[begins + place]) * _FACTORS[place]
            mixed ^= mixed >> _SHIFT
        mixed *= _FINAL
        buckets.append((mixed >> np.uint32(32 - _BITS)).astype(np.int32))
        rows.append(text_of[begins])
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int32)
    return np.concatenate(rows), np.concatenate(buckets)


def counted(
    rows: NDArray[np.int64], columns: NDArray[np.int32], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of what occurs, sorted, and how often it does.

    Examples
    --------
    >>> [each.tolist() for each in counted(np.array([1, 0, 1]), np.array([2, 0, 2]), 3)]
    [[0, 1], [0, 2], [1, 2]]
    """
    keys, counts = np.unique(rows * width + columns, return_counts=True)
    return (*np.divmod(keys, width), counts)
