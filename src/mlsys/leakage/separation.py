"""How well one column alone tells which of two kinds of rows a row is, with the standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.summaries import hash_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 20
FEWEST_OF_A_KIND = 5
"""With fewer rows of one kind nothing is said: an AUC of .5 with an error of .5."""


def in_hash_order(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most so many rows, chosen and ordered by the hash of their ids, whatever order they came in."""
    return frame.iloc[np.argsort(hash_ids(frame.index), kind="stable")[:most]]


def levels_of(column: pd.Series, half: int) -> NDArray[np.int64]:
    """Return a level for each row: quantile bins of the first ``half`` rows, or the values themselves; 0 for null.

    Examples
    --------
    >>> levels_of(pd.Series(["b", None, "a", "b"]), 2).tolist()
    [1, 0, 2, 1]
    """
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        if pd.api.types.is_datetime64_any_dtype(column):
            column = pd.Series(column.array.asi8, index=column.index).where(column.notna())
        else:
            return np.asarray(pd.factorize(column)[0] + 1, dtype=np.int64)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[:half][np.isfinite(values[:half])]
    if not len(known):
        return np.asarray(np.isfinite(values), dtype=np.int64)
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins = np.searchsorted(cuts, values, side="right") + 1
    return np.asarray(np.where(np.isnan(values), 0, bins), dtype=np.int64)


def auc_of(levels: NDArray[np.int64], event: NDArray[np.bool_], half: int) -> tuple[float, float]:
    """Return AUC and standard error of the levels' event rates, learned on the first half, on the second.

    Notes
    -----
    Hanley and McNeil (1982) for the standard error. The rows must be in random order.

    Examples
    --------
    >>> event = np.tile([False, True], 20)
    >>> auc_of(event.astype(np.int64), event, 20)
    (1.0, 0.0)
    """
    count = int(levels.max()) + 1
    counts = np.bincount(levels[:half], minlength=count)
    rates = (np.bincount(levels[:half], event[:half], count) + event[:half].mean()) / (counts + 1)
    score, truth = rates[levels[half:]], event[half:]
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if min(positives, negatives) < FEWEST_OF_A_KIND:
        return 0.5, 0.5
    ranks = pd.Series(score).rank().to_numpy()
    auc = (ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives)
    return float(auc), _hanley_mcneil(float(auc), positives, negatives)


def _hanley_mcneil(auc: float, positives: int, negatives: int) -> float:
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (first - auc**2) + (negatives - 1) * (second - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (positives * negatives)))
