"""Bins: rows of like probability, what they were told, and how often it came true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation.counts.formulas import Values
from mlsys.evaluation.sample import EVENT, Sample
from mlsys.summaries.wilson import wilson_ends

MOST_BINS = 10
"""Rows are put together in so many groups of equal size."""
FEWEST_IN_BIN = 10
"""A bin of fewer rows says nothing of a probability."""


@dataclass(frozen=True)
class Told:
    """What a model tells of each row, and whether it came true.

    Parameters
    ----------
    share : ndarray
        The probability of the event, or of the predicted class where there are more than two.
    true : ndarray of bool
        Whether it came true.
    weight : ndarray
        One a row.
    group : ndarray of int, optional
        Number of each row's group, where rows of a group are not independent.
    of : str
        What is told of, in words.
    """

    share: Values
    true: NDArray[np.bool_]
    weight: Values
    group: NDArray[np.int64] | None
    of: str

    @classmethod
    def by(cls, sample: Sample, group: pd.Series | None = None) -> Told:
        """Read rows with probabilities; those without a weight, or whose probability is not known, are left out."""
        assert sample.probabilities is not None
        if len(sample.classes) == 2:  # noqa: PLR2004  two classes
            share, true, of = sample.score, sample.event, sample.classes[EVENT]
        else:
            codes = np.where(np.isnan(sample.prediction), 0, sample.prediction).astype(int)
            share = sample.probabilities[np.arange(len(codes)), codes]
            true, of = sample.y == sample.prediction, "the predicted class"
        numbers = None if group is None else pd.factorize(group)[0].astype(np.int64)
        told = cls(share, np.asarray(true), sample.weight, numbers, of)
        known = np.isfinite(share) & (sample.weight > 0)
        return told if known.all() else told.taken(np.flatnonzero(known))

    def taken(self, rows: NDArray[np.int64]) -> Told:
        """Return some of the rows."""
        group = None if self.group is None else self.group[rows]
        return Told(self.share[rows], self.true[rows], self.weight[rows], group, self.of)

    def __len__(self) -> int:
        return len(self.share)


@dataclass(frozen=True)
class Bins:
    """Rows by what they were told, the lowest first.

    Parameters
    ----------
    rows : ndarray
        Number of rows in each bin.
    weight : ndarray
        Share of all rows, by weight; sums to 1.
    told, happened : ndarray
        Mean probability, and the share in which it came true.
    worth : ndarray
        How many independent rows without weights each bin is worth.
    """

    rows: Values
    weight: Values
    told: Values
    happened: Values
    worth: Values

    @classmethod
    def of(cls, told: Told, most: int = MOST_BINS) -> Bins:
        """Put rows together; equal probabilities come to the same bin.

        Examples
        --------
        >>> true = np.arange(40) % 4 == 0
        >>> told = Told(np.repeat([0.2, 0.4], 20), true, np.ones(40), None, "late")
        >>> bins = Bins.of(told)
        >>> bins.rows.tolist(), bins.told.round(3).tolist(), bins.happened.tolist()
        ([20.0, 20.0], [0.2, 0.4], [0.25, 0.25])
        """
        places = equal_bins(told.share, most)
        count = int(places.max(initial=-1)) + 1
        held = np.asarray(np.bincount(places, told.weight, count), dtype=np.float64)
        happened = np.bincount(places, told.weight * told.true, count) / held
        return cls(
            np.bincount(places, minlength=count).astype(np.float64),
            held / held.sum() if count else held,
            np.bincount(places, told.weight * told.share, count) / held,
            happened,
            _worth(told, places, happened, held),
        )

    def ends(self, level: float) -> tuple[Values, Values]:
        """Return Wilson's intervals of the shares in which it came true."""
        return wilson_ends(self.happened * self.worth, self.worth, level)

    @property
    def gap(self) -> Values:
        """How much more was told than happened."""
        return self.told - self.happened

    def __len__(self) -> int:
        return len(self.rows)


def equal_bins(share: Values, most: int = MOST_BINS) -> NDArray[np.int64]:
    """Return the place of each row's bin: bins of like size, equal values together."""
    size = len(share)
    wanted = np.linspace(0, size, min(most, max(1, size // FEWEST_IN_BIN)) + 1).round().astype(int)[1:-1]
    if not len(wanted):
        return np.zeros(size, dtype=np.int64)
    begins = np.unique(np.partition(share, wanted)[wanted])  # of a few places, rows need not be sorted
    return np.searchsorted(begins[begins > share.min()], share, side="right")


def _worth(told: Told, places: NDArray[np.int64], happened: Values, held: Values) -> Values:
    """Return the rows that each bin is worth: fewer where weights differ, or rows of a group are alike (Kish 1965)."""
    count = len(held)
    worth = held**2 / np.bincount(places, told.weight**2, count)
    if told.group is None or not count:
        return np.asarray(worth)
    off = told.weight * (told.true - happened[places])
    key = places * (int(told.group.max()) + 1) + told.group
    sums = np.bincount(np.unique(key, return_inverse=True)[1].ravel(), off)
    of_sums = np.unique(key) // (int(told.group.max()) + 1)
    variance = np.bincount(of_sums, sums**2, count) / held**2
    alone = happened * (1 - happened)
    clustered = np.divide(alone, variance, out=worth.copy(), where=variance > 0)
    return np.asarray(np.minimum(worth, np.maximum(clustered, 1.0)))
