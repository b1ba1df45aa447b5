"""How well one column alone separates two kinds of rows, with the standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.blocks import dtypes_of, number_blocks
from mlsys.summaries import places_by_hash
from mlsys.values import TIMES, Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

BINS = 20
SHARES = np.linspace(0, 1, BINS + 1)[1:-1]
FEWEST_OF_A_KIND = 5
"""With fewer rows of one kind the result is an AUC of .5 with an error of .5."""


def in_hash_order(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most so many rows, chosen and ordered by the hash of their ids, whatever order they came in."""
    return frame.iloc[places_by_hash(frame.index, most)]


def levels_of(column: pd.Series, half: int) -> NDArray[np.int64]:
    """Return a level for each row: quantile bins of the first ``half`` rows, or the values themselves; 0 for null.

    Frequent values are bins of their own.

    Examples
    --------
    >>> levels_of(pd.Series(["b", None, "a", "b"]), 2).tolist()
    [1, 0, 2, 1]
    """
    column, kind = plain(column), values_of(column).kind
    if kind in TIMES:
        column = pd.Series(column.array.asi8, index=column.index).where(column.notna())
    elif kind is not Kind.NUMBER:
        return np.asarray(pd.factorize(column)[0] + 1, dtype=np.int64)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[:half][np.isfinite(values[:half])]
    if not len(known):
        return np.asarray(np.isfinite(values), dtype=np.int64)
    cuts = np.unique(_cuts(known[None, :]))
    bins = np.searchsorted(cuts, values, side="right") + 1
    return np.asarray(np.where(np.isnan(values), 0, bins), dtype=np.int64)


def auc_of(levels: NDArray[np.int64], event: NDArray[np.bool_], half: int) -> tuple[float, float]:
    """Return AUC and standard error of the levels' event rates, learned on the first half, on the second.

    Notes
    -----
    The standard error follows Hanley and McNeil (1982) with at least half a row of the rarer kind, because their
    formula gives no error at an AUC of 1. The rows must be in random order.

    Examples
    --------
    >>> event = np.tile([False, True], 20)
    >>> auc_of(event.astype(np.int64), event, 20)
    (1.0, 0.05)
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


def aucs_of_numbers(
    frame: pd.DataFrame, events: Sequence[NDArray[np.bool_]], half: int
) -> dict[Hashable, tuple[float, float]]:
    """Return AUC and standard error of the best predicted event for each column of finite plain numbers.

    Notes
    -----
    Equal to :func:`auc_of` of :func:`levels_of`, to the last bit, for many columns at once: pairs of an event and
    another row are counted level by level, with levels ordered by their event rates.
    """
    kinds = dtypes_of(frame)
    numbers = [name for name, dtype in kinds.items() if isinstance(dtype, np.dtype) and dtype.kind in "iuf"]
    found: dict[Hashable, tuple[float, float]] = {}
    for names, block in number_blocks(frame, numbers) if half else ():
        finite = np.flatnonzero(np.isfinite(block).all(axis=1)).tolist()
        if finite:
            levels = _levels_of_block(block[finite], half)
            best = [max(pairs) for pairs in zip(*(_block_aucs(levels, event, half) for event in events), strict=True)]
            found.update(zip([names[place] for place in finite], best or [(0.5, 0.0)] * len(finite), strict=True))
    return found


def _levels_of_block(block: NDArray[np.float64], half: int) -> NDArray[np.int64]:
    """Return the level of each value, each row of the block being a column; numbers of levels may be left out."""
    levels = np.zeros(block.shape, dtype=np.int64)
    for cuts in _cuts(block[:, :half]):
        levels += block >= cuts[:, None]
    return levels


def _cuts(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cuts of quantile bins of each row of a table, a column each.

    A value in many rows, such as the zeros of an amount, is a bin of its own: what is just above it may tell a class.
    """
    cuts = np.quantile(values, SHARES, axis=1)
    again = np.zeros(cuts.shape, dtype=bool)
    again[1:] = cuts[1:] == cuts[:-1]
    cuts[again] = np.nextafter(cuts[again], np.inf)
    return cuts


def _block_aucs(levels: NDArray[np.int64], event: NDArray[np.bool_], half: int) -> list[tuple[float, float]]:
    truth = event[half:]
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if min(positives, negatives) < FEWEST_OF_A_KIND:
        return [(0.5, 0.5)] * len(levels)
    first, last = levels[:, :half], levels[:, half:]
    hits = _counted(first[:, event[:half]])
    rates = (hits + event[:half].mean()) / (hits + _counted(first[:, ~event[:half]]) + 1)
    above = (rates[:, :, None] > rates[:, None, :]) + 0.5 * (rates[:, :, None] == rates[:, None, :])
    pairs = np.einsum("ci,cij,cj->c", _counted(last[:, truth]), above, _counted(last[:, ~truth]))
    aucs = (pairs / (positives * negatives)).tolist()
    return [(auc, _hanley_mcneil(auc, positives, negatives)) for auc in aucs]


def _counted(levels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how often each column, a row here, has each level."""
    flat = levels + BINS * np.arange(len(levels))[:, None]
    counts = np.bincount(flat.ravel(), minlength=BINS * len(levels))
    return counts.reshape(len(levels), BINS).astype(np.float64)


def _hanley_mcneil(auc: float, positives: int, negatives: int) -> float:
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (first - auc**2) + (negatives - 1) * (second - auc**2)
    return max(float(np.sqrt(max(variance, 0.0) / (positives * negatives))), 0.5 / min(positives, negatives))
