"""One hash a row over all columns, and rows that repeat others, confirmed value by value."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.summaries._row_values import hashable_columns, hashable_places, mixed, reader_of, same_values
from mlsys.summaries.hashing import Hashes

_BLOCK = 1 << 14
"""Rows at a time: their words and hashes stay in the second-level cache while columns are added."""
_STEP = np.uint64(0x9E3779B97F4A7C15)

_SPARE_BITS, _MOST_BITS = 3, 24
"""Marks for about eight times as many hashes as there are, and for 16 million at most, which is 16 MB."""


def row_hashes(frame: pd.DataFrame) -> Hashes:
    """Hash each row over all columns, in their order, to 64 bits.

    Parameters
    ----------
    frame : DataFrame
        Columns of any types; those that hold lists, dictionaries or arrays are left out.

    Returns
    -------
    array of uint64

    Notes
    -----
    Equal rows hash equal in every process, whatever the index. Equal are: numbers of the same value (``1``, ``1.0``
    and ``True``, of any width, nullable or not; ``-0.0`` and ``0.0``); all nulls (NaN, NaT, ``None``, ``pd.NA``);
    texts however stored; moments at the same UTC nanosecond, whatever unit and zone (one without a zone counts as
    UTC); categories by what they stand for; objects of other types with the same type and text. A number never
    equals a text or a moment. Unequal rows hash equal with a chance of 2**-64 a pair: whoever must be certain
    confirms, as :func:`duplicate_clusters` does. Not meant to resist somebody who looks for collisions.

    A column's words are folded into the hash (multiply, add) a block of rows at a time, in some ten numpy passes;
    text is hashed once a distinct value. Two million rows of five floats, two whole numbers and three texts take
    about 0.2 CPU s.

    Examples
    --------
    >>> one = pd.DataFrame({"x": [1, 2], "name": ["ann", None]})
    >>> other = pd.DataFrame({"x": [1.0, 2.5], "name": pd.Categorical(["ann", None])})
    >>> (row_hashes(one) == row_hashes(other)).tolist()
    [True, False]
    """
    readers = [reader_of(frame.iloc[:, place]) for place in hashable_places(frame)]
    hashes = np.zeros(len(frame), dtype=np.uint64)
    for start in range(0, len(frame), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(frame)))
        block = hashes[rows]
        for read in readers:
            block *= _STEP
            block += read(rows)
        mixed(block)
    return hashes


def duplicate_clusters(frame: pd.DataFrame, hashes: Hashes | None = None) -> NDArray[np.int64]:
    """Return for each row the position of the first row that equals it in all columns; its own if none does.

    Parameters
    ----------
    frame : DataFrame
        Columns that hold lists, dictionaries or arrays are not compared; without any column no row equals another.
    hashes : array of uint64, optional
        What :func:`row_hashes` said, where it is known already.

    Notes
    -----
    Equal as in :func:`row_hashes`. Rows with equal hashes are compared value by value. One sort of the hashes.

    Examples
    --------
    >>> duplicate_clusters(pd.DataFrame({"x": [1, 2, 1, 2], "y": ["a", "b", "a", "c"]})).tolist()
    [0, 1, 0, 3]
    """
    first = np.arange(len(frame))
    places = hashable_places(frame)
    if not places:
        return first
    hashes = row_hashes(frame) if hashes is None else hashes
    left = _repeated(hashes)
    while len(left):  # those that only share the hash of their first row are asked again without it
        leader = _leaders(hashes[left], left)
        same = _equal(frame, frame, leader, left, places)
        first[left[same]] = leader[same]
        left = left[~same]
    return first


def equal_rows(train: pd.DataFrame, part: pd.DataFrame, known: Hashes | None = None) -> NDArray[np.bool_]:
    """Return which rows of ``part`` equal a row of ``train`` in all columns of ``train``.

    Parameters
    ----------
    train, part : DataFrame
        ``part`` has all columns of ``train``. Columns that hold lists, dictionaries or arrays are not compared.
    known : array of uint64, optional
        What :func:`row_hashes` said of ``train``, where it is known already.

    Notes
    -----
    Equal as in :func:`row_hashes`. Rows with equal hashes are compared value by value.

    Examples
    --------
    >>> train = pd.DataFrame({"x": [1, 2], "y": ["a", None]})
    >>> equal_rows(train, pd.DataFrame({"y": [None, "b"], "x": [2.0, 1.0]})).tolist()
    [True, False]
    """
    comparable = set(hashable_columns(part))
    names = [name for name in hashable_columns(train) if name in comparable]
    found = np.zeros(len(part), dtype=bool)
    if not names or not len(train):
        return found
    if known is None or len(names) < len(hashable_places(train)):
        known = row_hashes(train[names])
    train, part = train[names], part[names]
    asked = row_hashes(part)
    order = _may_meet(known, asked)
    queue = _may_meet(asked, known[order])
    order, queue = order[np.argsort(known[order])], queue[np.argsort(asked[queue])]
    ordered, wanted = known[order], asked[queue]
    begin = np.searchsorted(ordered, wanted)
    end = np.searchsorted(ordered, wanted, side="right")
    while len(queue := queue[(more := begin < end)]):
        begin, end = begin[more], end[more]
        same = _equal(train, part, order[begin], queue, range(len(names)))
        found[queue[same]] = True
        begin = np.where(same, end, begin + 1)
    return found


def _may_meet(hashes: Hashes, others: Hashes) -> NDArray[np.int64]:
    """Return where hashes begin with bits that one of the others begins with: few beside those that are equal."""
    bits = np.uint64(min(max(len(others), 1).bit_length() + _SPARE_BITS, _MOST_BITS))
    marked = np.zeros(1 << int(bits), dtype=bool)
    marked[others >> (np.uint64(64) - bits)] = True
    return np.flatnonzero(marked[hashes >> (np.uint64(64) - bits)])


def _repeated(hashes: Hashes) -> NDArray[np.int64]:
    """Return the rows whose hash stands more than once, but the first of each, with that first still to be found."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    alike = ordered[1:] == ordered[:-1]
    many = np.zeros(len(hashes), dtype=bool)
    many[1:] |= alike
    many[:-1] |= alike
    return np.sort(order[many])


def _leaders(hashes: Hashes, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each row the first of ``rows``, which are in order, that has its hash."""
    _, first, code = np.unique(hashes, return_index=True, return_inverse=True)
    return rows[first[code]]


def _equal(
    one: pd.DataFrame,
    other: pd.DataFrame,
    rows_of_one: NDArray[np.int64],
    rows_of_other: NDArray[np.int64],
    places: list[int] | range,
) -> NDArray[np.bool_]:
    same = np.ones(len(rows_of_one), dtype=bool)
    for place in places:
        same &= same_values(one.iloc[:, place].iloc[rows_of_one], other.iloc[:, place].iloc[rows_of_other])
    return same
