"""What a metric is read from: confusion counts, sums over rows, or the order of scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.counts import slopes
from mlsys.evaluation.counts.formulas import MOST_CLASSES, Values, margins_of
from mlsys.evaluation.sample import EVENT, Sample

Codes = NDArray[np.int64]
TWO_CLASSES = 3
"""Classes of a table of two, with that of unknown ones."""


class Statistic(Protocol):
    """How a metric is read from rows, and from rows that are drawn again."""

    def value(self, sample: Sample) -> float:
        """Return the metric of a sample, NaN where it is not defined."""
        ...

    def drawn(self, sample: Sample, times: Values) -> Values:
        """Return the metric of each draw.

        Parameters
        ----------
        sample : Sample
            Rows.
        times : ndarray of shape (draws, rows)
            How often each row is drawn.
        """
        ...

    def influence(self, sample: Sample) -> Values | None:
        """Return what each row adds to the error of the metric: its slope in the row's weight, times the weight.

        ``None`` where that is not known, and draws tell more.
        """
        ...


@dataclass(frozen=True)
class OfCells:
    """A metric of confusion counts.

    Parameters
    ----------
    formula : callable
        From tables of shape (..., classes + 1, classes + 1), or their sums, to values.
    """

    formula: Callable[[Any], Values]

    def value(self, sample: Sample) -> float:
        """Return the metric of a sample."""
        return float(self.formula(sample.tables()))

    def drawn(self, sample: Sample, times: Values) -> Values:
        """Return the metric of each draw; rows are counted again, not their metric computed again."""
        return np.array([float(self.formula(sample.tables(each * sample.weight))) for each in times])

    def influence(self, sample: Sample) -> Values | None:
        """Return what each row adds to the error of the metric; ``None`` of very many classes."""
        size = len(sample.classes) + 1
        if size <= TWO_CLASSES:
            return np.asarray(slopes.of_tables(self.formula, sample.cells).ravel()[sample.cell] * sample.weight)
        if size > MOST_CLASSES:
            return None
        truth, said = np.divmod(sample.cell, size)
        by = slopes.of_margins(self.formula, margins_of(sample.cells))
        return np.asarray((by.truth[truth] + by.said[said] + by.agreed[truth] * (truth == said)) * sample.weight)


@dataclass(frozen=True)
class OfSums:
    """A metric of sums over rows.

    Parameters
    ----------
    addends : callable
        From a sample to an array of shape (rows, sums), of what is added up by weight; the first column is of ones, or
        of the rows that count.
    formula : callable
        From sums of shape (..., sums) to values.
    around : callable, optional
        From a sample to one number a row; its sum and the sum of its squares about its mean come last in the formula.
    """

    addends: Callable[[Sample], Values]
    formula: Callable[[Values], Values]
    around: Callable[[Sample], Values] | None = None

    def value(self, sample: Sample) -> float:
        """Return the metric of a sample."""
        return float(self.formula(self._all(sample).T @ sample.weight))

    def drawn(self, sample: Sample, times: Values) -> Values:
        """Return the metric of each draw: one product of matrices."""
        return self.formula(_about_mean((times * sample.weight) @ self._all(sample), self.around is not None))

    def influence(self, sample: Sample) -> Values:
        """Return what each row adds to the error of the metric."""
        added = self._all(sample)
        return np.asarray((added @ slopes.slopes(self.formula, added.T @ sample.weight)) * sample.weight)

    def _all(self, sample: Sample) -> Values:
        added = self.addends(sample)
        if self.around is None:
            return added
        given = self.around(sample)
        centred = given - np.average(given, weights=sample.weight)  # sums of squares then lose no digits
        return np.column_stack([added, centred, centred**2])


def _about_mean(sums: Values, centred: bool) -> Values:
    """Return sums in which the last is about the mean of the draw, not about that of all rows."""
    if centred:
        rows, given = sums[..., 0], sums[..., -2]
        sums[..., -1] -= np.divide(given**2, rows, out=np.zeros(np.shape(rows)), where=rows > 0)
    return sums


@dataclass(frozen=True)
class OfRanks:
    """A metric of the order of scores.

    Parameters
    ----------
    formula : callable
        From the weight of events and of others at each distinct score, the lowest first, to values.
    slopes : callable
        From the same, of one sample, to how much the metric changes with an event, and with another row, at each score.
    by_class : bool
        Whether it is the mean over classes, each against the others, where it is defined.
    """

    formula: Callable[[Values, Values], Values]
    slopes: Callable[[Values, Values], tuple[Values, Values]]
    by_class: bool = False

    def value(self, sample: Sample) -> float:
        """Return the metric of a sample."""
        return float(_mean([self.formula(*sample.counted(code)) for code in self._codes(sample)]))

    def drawn(self, sample: Sample, times: Values) -> Values:
        """Return the metric of each draw; rows are sorted once."""
        found = []
        for code in self._codes(sample):
            each, weights = sample.ranked(code), times * sample.weight
            found.append(np.array([float(self.formula(*each.counted(weight))) for weight in weights]))
        return np.asarray(_mean(found))

    def influence(self, sample: Sample) -> Values:
        """Return what each row adds to the error of the metric."""
        found = []
        for code in self._codes(sample):
            events, others = sample.counted(code)
            if events.any() and others.any():
                found.append(sample.ranked(code).by_row(*self.slopes(events, others)) * sample.weight)
        return np.asarray(np.mean(found, axis=0))

    def _codes(self, sample: Sample) -> Sequence[int]:
        return range(len(sample.classes)) if self.by_class else (EVENT,)


def _mean(values: Sequence[Values]) -> Values:
    """Return means over classes, of those where the metric is defined."""
    found = np.stack(values)
    known = ~np.isnan(found)
    counts = known.sum(axis=0)
    sums = np.where(known, found, 0.0).sum(axis=0)
    return np.asarray(np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0))
