"""How many rows would be equal by chance if columns were independent."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.summaries._row_values import is_hashable, words_of
from mlsys.values import Kind, values_of

LONG = 40
"""Characters from which on a text is a sentence rather than a name."""
BITS = 1.0
"""Of a character of running text, at the least (Shannon 1951, for English): two people do not write the same."""
OWN = 0.2
"""Share of distinct values from which on a column holds texts that were written one by one, not chosen from a list."""
TEMPLATE = 20
"""A text that so many rows have is a form letter."""
FEWEST = 100
"""With fewer rows a list of long names cannot be told from texts."""


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
    columns. With redundant columns rows are equal by chance more often than this estimate. A value absent from
    ``known`` counts as occurring once. Columns of lists and dictionaries are left out. The frequency of a long text is
    uninformative if it recurs because the same case recurs: a text written for its row is as improbable as its
    characters, at one bit each.

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
        common = np.where(values[at] == words, counts[at], 1)
        share = common / len(known)
        if _is_written(others, len(values)):
            share = np.where(common < TEMPLATE, np.minimum(share, _by_length(column)), share)
        expected[left] *= share
    return expected


def _is_written(column: pd.Series, distinct: int) -> bool:
    """Whether a column holds texts that were written one by one."""
    return len(column) >= FEWEST and distinct >= OWN * len(column) and values_of(column).means is Kind.TEXT


def _by_length(column: pd.Series) -> NDArray[np.float64]:
    """Return how likely somebody would write the same text again; 1 for short ones."""
    lengths = column.astype("object").map(len, na_action="ignore").to_numpy(dtype=np.float64, na_value=0.0)
    return np.where(lengths >= LONG, 2.0 ** (-BITS * np.minimum(lengths, 1_000)), 1.0)
