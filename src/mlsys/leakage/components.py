"""Columns that are components of others, fitted to all rows beforehand: they are orthogonal to each other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mlsys.leakage.off_grid import MOST_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from mlsys.leakage.all_parts import AllParts
    from mlsys.leakage.read_once import Number

    Numbers = NDArray[np.float64]

FEWEST, FEWEST_VALUES, PEEK = 60, 30, 300
"""Rows, distinct values, and the rows that are looked at first."""
SMALL = 1e-5
"""Cosine, times the root of the number of rows, that two unrelated columns have one time in 100,000 at most."""
APART = 1e-2
"""The same over training rows, from which on they are not orthogonal."""
LOOKED_AT, FAR = 2_000, 8.0
"""Rows that are looked at first, and the same over these, from which on columns are surely not orthogonal."""
ZEROS = 0.1
"""Share of zeros from which on columns are orthogonal because each is 0 where the other is not."""


def components(together: AllParts, told: Collection[str] = ()) -> list[str]:
    """Return neighbouring columns whose product sums to 0 over all rows, and not over training rows.

    Parameters
    ----------
    together : AllParts
        All rows.
    told : collection of str
        Columns that are already reported, such as components whose mean is 0.

    Notes
    -----
    Singular vectors are orthogonal over the rows that they were fitted to. Only columns that follow each other are
    compared, as components do.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys.leakage.all_parts import AllParts
    >>> u = np.linalg.svd(np.random.default_rng(0).gamma(2, size=(200, 4)), full_matrices=False)[0]
    >>> rows = pd.DataFrame(u[:, :2], columns=["a", "b"]).assign(y=0)
    >>> components(AllParts.of(rows[:120], rows[120:], "y", ["a", "b"], []))
    ['a', 'b']
    """
    fine = [name for name, column in together.columns.items() if name not in told and _is_fine(column)]
    found: dict[str, None] = {}
    for one, other in pairwise(fine):
        here = together.columns[one], together.columns[other]
        whole = len(here[0].everywhere) == len(here[1].everywhere) == len(together.training)
        known = slice(None) if whole else here[0].known & here[1].known
        first, second = (each.values[known] for each in here)
        if _may_be_orthogonal(first, second) and abs(_cosine(first, second)) <= SMALL:
            own = together.training[known]
            if abs(_cosine(first[own], second[own])) > APART:
                found |= {one: None, other: None}
    return list(found)


def _is_fine(column: Number) -> bool:
    """Whether numbers were computed, and are rarely 0."""
    some = column.values[:PEEK]
    some = some[np.isfinite(some)]
    computed = len(some) > 0 and (some.round(MOST_DECIMALS) != some).mean() > 1 - ZEROS
    return bool(computed and len(column.everywhere) >= FEWEST and len(np.unique(some)) >= FEWEST_VALUES)


def _may_be_orthogonal(one: Numbers, other: Numbers) -> bool:
    """Whether a few rows leave it open that the product of two columns sums to 0."""
    step = max(1, len(one) // LOOKED_AT)
    return abs(_cosine(one[::step], other[::step])) <= FAR


def _cosine(one: Numbers, other: Numbers) -> float:
    """Return the cosine of two columns times the root of the number of rows; of none, infinity."""
    size = float(np.sqrt(np.dot(one, one) * np.dot(other, other)))
    return float(np.dot(one, other)) / size * float(np.sqrt(len(one))) if size > 0 else float("inf")
