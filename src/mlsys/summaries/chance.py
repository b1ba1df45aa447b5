"""How many rows would be equal by chance, if columns had nothing to do with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.summaries._row_values import is_hashable, words_of


def equal_by_chance(asked: pd.DataFrame, known: pd.DataFrame, rows: float, settled: float = 0.0) -> NDArray[np.float64]:
    """Return for each asked row how many of ``rows`` others are expected to equal it in all columns by chance.

    Parameters
    ----------
    asked : DataFrame
        Rows in question, with the columns of ``known``.
    known : DataFrame
        Rows, or a sample of them, that say how common each value is.
    rows : float
        How many rows there are to be equal to.
    settled : float
        A number below it is not made smaller by the columns that are left, which saves their time.

    Notes
    -----
    The product, over columns, of the share of the row's value among ``known``, times ``rows``: exact for independent
    columns. Columns that say the same thing twice make rows equal by chance more often than it says. A value that
    ``known`` does not hold counts as if it stood there once. Columns of lists and dictionaries are left out.

    Examples
    --------
    >>> known = pd.DataFrame({"x": [0, 0, 1, 1], "y": [0, 1, 2, 3]})
    >>> equal_by_chance(known[:1], known, rows=80).tolist()
    [10.0]
    """
    expected = np.full(len(asked), float(rows))
    for place in range(known.shape[1]):
        left = np.flatnonzero(expected >= settled)
        if not len(left):
            break
        column, others = asked.iloc[:, place].iloc[left], known.iloc[:, place]
        if not is_hashable(others) or not is_hashable(column):
            continue
        values, counts = np.unique(words_of(others), return_counts=True)
        words = words_of(column)
        at = np.minimum(np.searchsorted(values, words), len(values) - 1)
        expected[left] *= np.where(values[at] == words, counts[at], 1) / len(known)
    return expected
