"""Shrunken means of levels over other folds, computed from all rows before the split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FEWEST_FOLDS, MOST_FOLDS = 2, 12
"""Values of a level, one for each fold."""
FEWEST = 200
"""Pairs of folds, of any levels, that hold equally many rows outside."""
SLIPS, OTHERWISE = 0.01, 0.03
"""Share of the pairs whose codes run against their targets: over all rows at most, as each fold is drawn to a mean of
its own and folds of one level with the same value cannot be told apart; and over training rows at least."""
CODES, FIRST = 1_000, 60
"""Folds that are compared in pairs, and levels that are looked at first."""


def follows_other_folds(codes: NDArray[np.int64], goal: Numbers, values: Numbers, training: NDArray[np.bool_]) -> bool:
    """Whether values are told by the target's sum and count in the other folds of a level, over all rows only.

    Parameters
    ----------
    codes : array of int
        The level of each row; -1 for none.
    goal, values : array of float
        Target and feature of each row.
    training : array of bool
        Which rows are training rows.

    Notes
    -----
    Rows of a level that share a value form a fold. Of two folds of any levels with equally many rows outside, the one
    with the larger sum outside has the larger code, whatever the smoothing.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> level, fold = generator.integers(0, 60, 2_000), generator.integers(0, 5, 2_000)
    >>> y = generator.binomial(1, generator.uniform(0.1, 0.9, 60)[level]).astype(float)
    >>> def outside(rows):
    ...     tables = [np.zeros((60, 5)), np.zeros((60, 5))]
    ...     np.add.at(tables[0], (level[rows], fold[rows]), y[rows])
    ...     np.add.at(tables[1], (level[rows], fold[rows]), 1)
    ...     return [each.sum(axis=1, keepdims=True) - each for each in tables]
    >>> def made(rows):
    ...     sums, counts = outside(rows)
    ...     return ((sums + 4.2) / (counts + 10))[level, fold]
    >>> training = np.arange(2_000) < 1_200
    >>> [follows_other_folds(level, y, made(rows), training) for rows in (training | True, training)]
    [True, False]
    """
    known = (codes >= 0) & np.isfinite(values) & np.isfinite(goal)
    first = known & (codes < FIRST)
    if not _has_folds(codes[first], values[first]):
        return False
    of_all = _slips(codes[known], goal[known], values[known])
    if of_all is None or of_all > SLIPS:
        return False
    own = known & training
    mine = _slips(codes[own], goal[own], values[own])
    return mine is not None and mine >= OTHERWISE


def _has_folds(codes: NDArray[np.int64], values: Numbers) -> bool:
    """Whether most levels have a few values each."""
    if not len(codes):
        return False
    pairs = np.unique(np.column_stack([codes.astype(np.float64), values]), axis=0)
    return bool(FEWEST_FOLDS <= np.median(np.unique(pairs[:, 0], return_counts=True)[1]) <= MOST_FOLDS)


def _slips(codes: NDArray[np.int64], goal: Numbers, values: Numbers) -> float | None:
    """Return the share of pairs of folds whose codes run against their sums outside; ``None`` for too few pairs."""
    order = np.lexsort((values, codes))
    codes, goal, values = codes[order], goal[order], values[order]
    if not len(codes):
        return None
    new_level = np.append(True, codes[1:] != codes[:-1])
    starts = np.flatnonzero(new_level | np.append(True, values[1:] != values[:-1]))
    level = np.cumsum(new_level)[starts] - 1
    folds = np.bincount(level)
    rows, sums = np.diff(np.append(starts, len(codes))), np.add.reduceat(goal, starts)
    counts_outside = np.bincount(level, rows)[level] - rows
    sums_outside = np.bincount(level, sums)[level] - sums
    asked = np.flatnonzero((folds[level] >= FEWEST_FOLDS) & (folds[level] <= MOST_FOLDS) & (counts_outside > 0))
    asked = asked[np.linspace(0, len(asked) - 1, min(len(asked), CODES)).astype(np.int64)]
    pairs = counts_outside[asked][:, None] == counts_outside[asked][None, :]
    by_sum = np.sign(sums_outside[asked][:, None] - sums_outside[asked][None, :])
    by_value = np.sign(values[starts[asked]][:, None] - values[starts[asked]][None, :])
    strict = int((pairs & (by_sum != 0)).sum()) // 2
    if strict < FEWEST:
        return None
    against = int((pairs & (by_sum * by_value < 0)).sum()) // 2
    return min(against, strict - against) / strict
