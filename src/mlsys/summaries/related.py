"""Which columns tell the same: pairs and groups of those that follow one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.values import NUMERIC, Kind, plain, values_by_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LEVELS = frozenset({Kind.TEXT, Kind.CATEGORY, Kind.TRUTH})
_MOST_LEVELS = 200
"""Two columns of more levels agree by chance in few rows."""


def related_groups(rows: pd.DataFrame, names: Sequence[str], least: float) -> list[tuple[str, ...]]:
    """Return the columns in groups: each is related to another of its group.

    Parameters
    ----------
    rows : DataFrame
        A few thousand rows.
    names : sequence of str
        Columns to group.
    least : float
        Numbers are related from this absolute rank correlation (Spearman's), levels from this association (Cramer's V).

    Examples
    --------
    >>> rows = pd.DataFrame({"cm": [1.0, 2.0, 3.0, 5.0], "inch": [0.4, 0.8, 1.2, 2.0], "x": [2.0, 1.0, 4.0, 1.5]})
    >>> related_groups(rows, ["cm", "inch", "x"], least=0.9)
    [('cm', 'inch'), ('x',)]
    """
    group = {name: name for name in names}
    for one, other in related_pairs(rows, names, least):
        mine, theirs = group[one], group[other]
        group = {name: mine if own == theirs else own for name, own in group.items()}
    return [tuple(n for n in names if group[n] == own) for own in dict.fromkeys(group.values())]


def related_pairs(rows: pd.DataFrame, names: Sequence[str], least: float) -> list[tuple[str, str]]:
    """Return the pairs of columns that are related, as :func:`related_groups` takes them.

    Examples
    --------
    >>> related_pairs(pd.DataFrame({"a": ["x", "y", "x"], "b": ["p", "q", "p"], "n": [1, 1, 2]}), ["a", "b", "n"], 0.9)
    [('a', 'b')]
    """
    kinds = {name: values.kind for name, values in values_by_column(rows, names).items()}
    numbers, levels = ([name for name in names if kinds[name] in some] for some in (NUMERIC, _LEVELS - NUMERIC))
    truths = [name for name in names if kinds[name] is Kind.TRUTH]
    found = [*_numbers(rows, numbers, least), *_levels(rows, [*levels, *truths], least)]
    return list(dict.fromkeys(found))


def _numbers(rows: pd.DataFrame, names: list[str], least: float) -> list[tuple[str, str]]:
    ranks = pd.DataFrame({name: pd.to_numeric(plain(rows[name])).astype("float64").rank() for name in names})
    found = ranks.corr().abs().to_numpy()
    return [(names[a], names[b]) for a, b in np.argwhere(np.triu(found >= least, 1)).tolist()]


def _levels(rows: pd.DataFrame, names: list[str], least: float) -> list[tuple[str, str]]:
    codes = {name: pd.factorize(plain(rows[name]), use_na_sentinel=False)[0] for name in names}
    codes = {name: each for name, each in codes.items() if 1 < each.max(initial=0) + 1 <= _MOST_LEVELS}
    left = list(codes)
    return [
        (one, other)
        for place, one in enumerate(left)
        for other in left[place + 1 :]
        if _association(codes[one], codes[other]) >= least
    ]


def _association(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Return Cramer's V of two columns of codes."""
    sizes = one.max() + 1, other.max() + 1
    table = np.bincount(one * sizes[1] + other, minlength=sizes[0] * sizes[1]).reshape(sizes)
    expected = table.sum(axis=1)[:, None] * table.sum(axis=0)[None] / len(one)
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / (len(one) * (min(sizes) - 1))))
