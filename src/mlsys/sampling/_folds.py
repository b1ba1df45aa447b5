"""Checks that all folds share, and folds of groups in order of their hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.summaries import hash_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLD_STREAM = int.from_bytes(b"fold", "big")
"""Folds of the rows that a split by hash left for training would be uneven if both used the same hash."""


def check_count(who: str, n: int, test: float, least: int = 2) -> None:
    """Raise unless there is a number of folds and a share of test rows."""
    if n < least:
        raise ConfigurationError(f"{who}: n={n} is not a number of folds", f"use {least} or more; 5 is usual")
    if not 0 <= test < 1:
        raise ConfigurationError(
            f"{who}: test={test} is not a share", "write a share such as 0.2, or 0 for no test part"
        )


def refuse_too_few(who: str, units: int, k: int, what: str) -> None:
    """Raise unless every fold can have a unit of its own."""
    if units < k:
        raise DataError(f"{who} makes {k} folds, but there are {units:,} {what}", "use fewer folds or more rows")


def balanced(groups: pd.Series, k: int, seed: int) -> NDArray[np.int64]:
    """Number the fold of each row: groups in order of their hash, cut where the rows are equally many.

    Examples
    --------
    >>> np.bincount(balanced(pd.Series(np.arange(1000) // 2), 4, seed=0)).tolist()
    [250, 250, 250, 250]
    """
    codes, names = pd.factorize(groups)
    sizes = np.bincount(codes, minlength=len(names))
    order = np.argsort(hash_ids(pd.Series(names), seed ^ FOLD_STREAM), kind="stable")
    middle = np.cumsum(sizes[order]) - sizes[order] / 2
    fold = np.empty(len(names), dtype=np.int64)
    fold[order] = np.minimum((middle * k / len(groups)).astype(np.int64), k - 1)
    if len(np.unique(fold)) < k:  # a group larger than a fold leaves none for its neighbour: deal them out instead
        fold[order] = np.arange(len(names)) % k
    return np.asarray(fold[codes], dtype=np.int64)
