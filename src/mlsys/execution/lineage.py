"""Find the columns from which each written column is made: it changes when they are disturbed."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd

from mlsys.execution.probing import WAYS
from mlsys.values import with_columns

MIXES = 3
"""Number of orders of the values to try: with one alone the same columns may be chosen by chance."""

Apply = Callable[[pd.DataFrame], pd.DataFrame]


def moved_by(
    apply: Apply, sample: pd.DataFrame, reads: Collection[str], written: Collection[str], always: Collection[str] = ()
) -> dict[str, frozenset[str]]:
    """Return, for each column that a function writes, the columns read that change it.

    Parameters
    ----------
    apply : callable
        Frame in, frame out, rows treated alone.
    sample : DataFrame
        A few informative rows.
    reads, written : collection of str
        What the function reads and writes altogether.
    always : collection of str
        Sources of every written column, whether it changes with them or not, such as the key of a history. A column
        that nothing else changes is made of these alone.

    Notes
    -----
    Each column that is read is reversed, shifted far away and set to null, one at a time. If nothing changes a written
    column in the sample, or the function fails on a disturbance, the column counts as made of all columns read.

    Examples
    --------
    >>> rows = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0]})
    >>> found = moved_by(lambda f: f.assign(twice=f["a"] * 2, sum=f["a"] + f["b"]), rows, ["a", "b"], ["twice", "sum"])
    >>> {name: sorted(of) for name, of in found.items()}
    {'twice': ['a'], 'sum': ['a', 'b']}
    """
    everything = frozenset(reads) | frozenset(always)
    asked = frozenset(reads) - frozenset(always)
    nothing_to_tell = not always and (len(everything) < 2 or len(written) < 2)  # noqa: PLR2004
    if nothing_to_tell or sample.empty:
        return dict.fromkeys(written, everything)
    plain = apply(sample.copy(deep=False))
    found: dict[str, set[str]] = {name: set() for name in written}
    for read in asked & set(sample.columns):
        for way in (_turned, *WAYS):
            try:
                after = apply(with_columns(sample, {read: way(sample[read])}))
            except Exception:  # it needs this column; for which of the others cannot be told
                moved = set(found)
            else:
                moved = {name for name in found if _differs(plain, after, name)}
            for name in moved:
                found[name].add(read)
    return {name: (frozenset(of) | frozenset(always)) or everything for name, of in found.items()}


def _turned(column: pd.Series) -> pd.Series:
    return pd.Series(column.array[::-1], index=column.index, name=column.name)


def _differs(one: pd.DataFrame, other: pd.DataFrame, name: str) -> bool:
    if name not in one.columns or name not in other.columns:
        return name in one.columns or name in other.columns
    return not one[name].reset_index(drop=True).equals(other[name].reset_index(drop=True))


def chosen_by(apply: Apply, frame: pd.DataFrame, column: str) -> bool:
    """Whether the columns that a function leaves depend on the values of one column.

    Examples
    --------
    >>> rows = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [4.0, 1, 3, 2], "y": [1, 2, 3, 4]})
    >>> chosen_by(lambda f: f[[f[["a", "b"]].corrwith(f["y"]).idxmax(), "y"]], rows, "y")
    True
    """
    before = set(apply(frame.copy(deep=False)).columns)
    for seed in range(MIXES):
        order = np.random.default_rng(seed).permutation(len(frame))
        mixed = pd.Series(frame[column].array[order], index=frame.index)
        try:
            after = set(apply(with_columns(frame, {column: mixed})).columns)
        except Exception:  # it says nothing of how columns are chosen
            continue
        if after != before:
            return True
    return False
