"""Moments of outcomes by arm: counts, means and the variance of means, up to each look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Rows, means, and variances of these means, of one arm up to each look; arrays of shape (looks,).

    Notes
    -----
    The variance of a share is that of the share with one hit and one miss more (Agresti and Caffo 2000): few rows with
    no hit do not make it 0.
    """

    rows: Values
    means: Values
    variances: Values

    @classmethod
    def of(cls, values: Values, rows: NDArray[np.bool_], looks: NDArray[np.int64], is_share: bool) -> Moments:
        """Add up the values of one arm.

        Parameters
        ----------
        values : array of shape (n,)
            In order of time.
        rows : array of bool, of shape (n,)
            Which of them belong to the arm.
        looks : array of int
            How many of the n rows had come by each look.
        is_share : bool
            Whether all values are 0 or 1.
        """
        origin = float(values[rows].mean()) if rows.any() else 0.0
        shifted = np.where(rows, values - origin, 0.0)  # sums of squares of large numbers would lose digits
        counts, sums, squares = (np.cumsum(each)[looks - 1] for each in (rows.astype(float), shifted, shifted**2))
        with np.errstate(divide="ignore", invalid="ignore"):
            means = sums / counts
            spread = (squares - sums * means) / (counts - 1)
        if is_share:
            shrunk = ((means + origin) * counts + 1) / (counts + 2)
            spread = np.where(counts > 0, shrunk * (1 - shrunk), np.nan)
        spread = np.where(counts > 1, np.maximum(spread, 0.0), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(counts, means + origin, spread / counts)


def is_share(values: Values) -> bool:
    """Whether all values are 0 or 1."""
    return bool(np.isin(values, (0.0, 1.0)).all())


def clustered(values: Values, codes: NDArray[np.int64]) -> tuple[float, float, int]:
    """Return the mean over rows, its variance between ids (the delta method, Deng et al. 2018), and the ids."""
    counts = np.bincount(codes)
    sums = np.bincount(codes, values)
    present = counts > 0
    counts, sums = counts[present], sums[present]
    mean, ids = float(values.mean()), len(counts)
    left = sums - mean * counts
    return mean, float((left**2).sum() / len(values) ** 2 * ids / max(ids - 1, 1)), ids


def adjusted(values: Values, before: Values, challenger: NDArray[np.bool_]) -> Values:
    """Return values less what a covariate from before the test explains of them (CUPED; Deng et al. 2013)."""
    x, y = before.copy(), values.copy()
    for arm in (challenger, ~challenger):
        x[arm] -= x[arm].mean()
        y[arm] -= y[arm].mean()
    slope = float(x @ y / (x @ x)) if (x @ x) > 0 else 0.0
    return np.asarray(values - slope * (before - before.mean()))
