"""Dependence of rows: how many rows of one window count as one, and so for how little a test may take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
GROUPS = 8
"""Groups of bins by which the dependence of rows is measured."""
SURE = 1e-3
"""Windows that differ by chance that rarely are taken to differ: rows depend on each other."""
TAIL = 1e-3
"""Where the tail of tests is made right for a variance that few windows tell: about the p at which checks alarm."""
FEWEST_WINDOWS = 5
"""Fewer windows say nothing of how much windows differ."""


@dataclass(frozen=True)
class Dependence:
    """Design effect of rows that lie in one window of time.

    Parameters
    ----------
    effect : float
        So many rows of one window count as one; 1 if rows are independent.
    rows : float
        Rows of a window.
    windows : int
        Windows that this comes from.
    p : float
        How likely windows of independent rows differ as much.

    Notes
    -----
    The design effect of Kish (1965) and of Rao and Scott (1981). It is the largest of those of single groups of bins
    and of the mean rank, because a test of shifts has most power where rows depend most.

    Examples
    --------
    >>> windows = np.array([[90, 10], [10, 90], [85, 15], [20, 80], [50, 50], [95, 5]])
    >>> found = Dependence.of(windows)
    >>> round(found.effect), found.p < 1e-9, round(found.on(50), 1)
    (57, True, 124.8)
    """

    effect: float = 1.0
    rows: float = 1.0
    windows: int = 0
    p: float = 1.0

    @classmethod
    def of(cls, windows: NDArray[np.int64] | Floats) -> Dependence:
        """Measure how much more windows differ than independent rows would.

        Parameters
        ----------
        windows : ndarray of shape (windows, bins)
            Counts; windows without rows are left out.
        """
        from scipy.special import chdtrc

        held = np.asarray(windows, dtype=np.float64)
        held = held[held.sum(axis=1) > 0]
        if len(held) < FEWEST_WINDOWS:
            return cls()
        table = _grouped(held)
        sizes, shares = table.sum(axis=1, keepdims=True), table.sum(axis=0) / table.sum()
        if len(shares) < 2:
            return cls(rows=float(sizes.mean()), windows=len(table))
        squares = (table - sizes * shares) ** 2 / (sizes * shares)
        freedom = len(table) - 1
        p = float(chdtrc(freedom * (len(shares) - 1), squares.sum()))
        groups = (squares / (1 - shares)).sum(axis=0) / freedom
        ranks = np.cumsum(shares) - shares / 2
        spread = float((shares * (ranks - 0.5) ** 2).sum())
        shift = ((table @ (ranks - 0.5)) ** 2 / sizes[:, 0]).sum() / spread / freedom
        return cls(max(float(groups.max()), float(shift), 1.0), float(sizes.mean()), len(table), p)

    @classmethod
    def of_values(cls, values: Floats, windows: NDArray[np.int64]) -> Dependence:
        """Measure how much more the means of windows differ than those of independent rows would.

        Parameters
        ----------
        values : ndarray of shape (rows,)
            Numbers, such as losses.
        windows : ndarray of shape (rows,)
            Window of each row.
        """
        from scipy.special import chdtrc

        sizes = np.bincount(windows).astype(np.float64)
        held, variance = sizes > 0, float(values.var()) if len(values) else 0.0
        if held.sum() < FEWEST_WINDOWS or variance <= 0:
            return cls()
        sums = np.bincount(windows, values - values.mean())[held]
        statistic, freedom = float((sums**2 / sizes[held]).sum()) / variance, int(held.sum()) - 1
        p = float(chdtrc(freedom, statistic))
        return cls(max(statistic / freedom, 1.0), float(sizes[held].mean()), freedom + 1, p)

    def on(self, rows: float) -> float:
        """Return how many of so many rows a test takes for one: fewer than a window has depend on each other less."""
        if self.p > SURE:
            return 1.0
        return 1.0 + (self.effect * allowance(self.windows) - 1.0) * min(1.0, rows / max(self.rows, 1.0))


def allowance(windows: int) -> float:
    """Return by how much tests are made more careful because few windows tell the design effect.

    Notes
    -----
    The variance that k windows tell is itself uncertain: F with k - 1 degrees of freedom takes the place of chi-square.

    Examples
    --------
    >>> [round(allowance(windows), 2) for windows in (8, 20, 100)]
    [2.7, 1.39, 1.06]
    """
    from scipy.special import chdtri, fdtri

    return float(fdtri(1, max(windows - 1, 1), 1 - TAIL) / chdtri(1, TAIL))


def _grouped(table: Floats) -> Floats:
    """Return counts of windows by groups of neighbouring bins that have about as many rows each."""
    shares = np.cumsum(table.sum(axis=0)) / table.sum()
    groups = np.minimum((shares * GROUPS - 1e-9).astype(int), GROUPS - 1)
    made = np.column_stack([table[:, groups == group].sum(axis=1) for group in np.unique(groups)])
    return np.asarray(made[:, made.sum(axis=0) > 0])
