"""Groups of a split: who has one, and which window a group goes to that stands in several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.summaries import hash_ids, uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUP_STREAM = int.from_bytes(b"window", "big")
TRAIN_WEIGHT, OTHER_WEIGHT = 0.6, 0.2
"""A group that stands in training and in a later part is dealt as the field's usual 60/20/20 divides rows."""


def groups_of(keys: pd.DataFrame, who: str) -> pd.Series:
    """Return the group of each row; raise if there is none."""
    if "group" not in keys.columns:
        raise DataError(
            f"{who} splits by group, but no column has the group role",
            'name it: Pipeline(..., group="customer_id"), or split(frame, group="customer_id")',
        )
    missing = keys["group"].isna()
    if missing.any():
        raise DataError(
            f"{who}: {int(missing.sum()):,} of {len(keys):,} rows have no group (the first is row "
            f"{keys.index[missing][0]!r}), so they cannot be assigned",
            "drop these rows in a Select step, or give each its own group with Derive",
        )
    return keys["group"]


def elsewhere(places: NDArray[np.int64], groups: pd.Series, seed: int = 0) -> NDArray[np.bool_]:
    """Return the rows that stand in another window than the one their group is dealt to.

    Parameters
    ----------
    places : array of int
        The window of each row in order of time, 0 for training, below 0 for none.
    groups : Series
        The group of each row.

    Notes
    -----
    A group that stands in several windows is dealt to one of these by its hash, with weight .6 for training and .2
    for each other, so that it stays where it is while it stands in the same windows.

    Examples
    --------
    >>> elsewhere(np.array([0, 1, 1, -1]), pd.Series(["ann", "ann", "bob", "bob"])).sum()
    np.int64(1)
    """
    codes, names = pd.factorize(groups)
    windows = int(places.max(initial=0)) + 1
    there = np.zeros((len(names), windows), dtype=bool)
    there[codes[places >= 0], places[places >= 0]] = True
    weights = there * np.where(np.arange(windows) == 0, TRAIN_WEIGHT, OTHER_WEIGHT)
    ends = np.cumsum(weights, axis=1)
    drawn = uniform(hash_ids(pd.Series(names), seed ^ GROUP_STREAM)) * ends[:, -1]
    dealt = (ends <= drawn[:, None]).sum(axis=1)
    return np.asarray((places >= 0) & (places != dealt[codes]))
