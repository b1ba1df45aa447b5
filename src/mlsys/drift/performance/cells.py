"""Cells of rows that a model said the same of: what their labels are expected to be, drawn with all uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlsys.drift.performance.scored import UNKNOWN, Codes, Scored, Values

MOST_CELLS = 400
"""Cells of a score: an AUC of cells differs from that of rows by less than one over their number."""
ROWS_A_CELL = 50
"""Rows of the reference for each cell of a classifier of several classes, which has no order to borrow from."""
MOST_BINS = 20
ROWS_A_KNOT, FEWEST_KNOTS, MOST_KNOTS = 25, 10, 60
"""Knots of the calibration of two classes: with more, chance is taken for ability; with fewer, the curve is too coarse.
Of these numbers intervals hold what labels give in about 95 of 100 cases from 500 rows on
(``benchmarks/performance_without_labels.py``)."""
DRAWS = 400
"""Draws of labels: ten lie beyond each end of a 95 % interval."""


@dataclass(frozen=True)
class Cutting:
    """How rows are put into cells.

    Parameters
    ----------
    classes : int
        Their number.
    edges : tuple of ndarray
        Inner edges of what is cut: for two classes the probability of the event, else for each predicted class its
        own probability.
    """

    classes: int
    edges: tuple[Values, ...]

    @classmethod
    def of(cls, reference: Scored, today: Scored) -> Cutting:
        """Cut so that rows of both are in all cells."""
        classes = reference.shares.shape[1]
        if classes == 2:
            pooled = np.concatenate([reference.shares[:, 1], today.shares[:, 1]])
            edges = _edges(pooled, MOST_CELLS)
            return cls(2, (np.unique(np.append(edges, _decision(reference, today))),))
        made = []
        for code in range(classes):
            own = reference.shares[reference.predicted == code, code]
            made.append(_edges(own, int(np.clip(len(own) // ROWS_A_CELL, 1, MOST_BINS))))
        return cls(classes, tuple(made))

    def places(self, rows: Scored) -> Codes:
        """Return the cell of each row."""
        if self.classes == 2:
            return np.searchsorted(self.edges[0], rows.shares[:, 1], side="right")
        starts = np.cumsum([0, *(len(each) + 1 for each in self.edges)])
        found = np.empty(len(rows), dtype=np.int64)
        for code, edges in enumerate(self.edges):
            mine = rows.predicted == code
            found[mine] = starts[code] + np.searchsorted(edges, rows.shares[mine, code], side="right")
        return found

    @property
    def number(self) -> int:
        """How many cells there are."""
        return sum(len(each) + 1 for each in self.edges)


def _edges(values: Values, cells: int) -> Values:
    """Return inner edges: between all different values where these are few, else quantiles."""
    different = np.unique(values)
    if len(different) <= cells:
        return different[1:]
    return np.unique(np.quantile(values, np.linspace(0, 1, cells + 1)[1:-1]))


def _decision(reference: Scored, today: Scored) -> Values:
    """Return the score from which on the event is predicted, if a score decides it; a cell never lies on both sides."""
    share = np.concatenate([reference.shares[:, 1], today.shares[:, 1]])
    said = np.concatenate([reference.predicted, today.predicted]) == 1
    if said.all() or not said.any() or share[said].min() <= share[~said].max():
        return np.empty(0)
    return np.array([share[said].min()])


@dataclass(frozen=True)
class Cells:
    """Rows counted by cell and predicted class.

    Parameters
    ----------
    rows : ndarray of shape (cells, classes)
        Number of rows by cell and predicted class.
    losses : ndarray of shape (cells, classes, classes)
        Mean of the log loss if the label were this class, by cell and predicted class.
    squares : ndarray of shape (cells, classes, classes)
        The same of the Brier score.
    """

    rows: Values
    losses: Values
    squares: Values

    @classmethod
    def of(cls, rows: Scored, cutting: Cutting) -> Cells:
        """Count rows."""
        classes, number = cutting.classes, cutting.number
        at = cutting.places(rows) * classes + rows.predicted
        counted = np.bincount(at, minlength=number * classes).astype(float)
        tiny = np.finfo(np.float64).eps
        logs = -np.log(np.clip(rows.shares, tiny, 1 - tiny))
        if classes == 2:
            squares = np.column_stack([rows.shares[:, 1] ** 2, (1 - rows.shares[:, 1]) ** 2])
        else:
            squares = (rows.shares**2).sum(axis=1)[:, None] + 1 - 2 * rows.shares

        def means(values: Values) -> Values:
            sums = np.stack([np.bincount(at, values[:, k], number * classes) for k in range(classes)], axis=-1)
            return np.asarray((sums / np.maximum(counted, 1)[:, None]).reshape(number, classes, classes))

        return cls(counted.reshape(number, classes), means(logs), means(squares))


def known_counts(rows: Scored, cutting: Cutting) -> Values:
    """Return rows with known labels by cell, predicted class and label: an array of these three axes."""
    known = rows.y != UNKNOWN
    classes = cutting.classes
    at = (cutting.places(rows) * classes + rows.predicted) * classes + rows.y
    counted = np.bincount(at[known], minlength=cutting.number * classes**2)
    return counted.reshape(cutting.number, classes, classes).astype(float)


@dataclass(frozen=True)
class Learned:
    """What labels of the reference are, by cell: sums of weights, and of their squares, by label."""

    sums: Values
    squares: Values
    ordered: bool

    @classmethod
    def of(cls, reference: Scored, cutting: Cutting, weights: Values | None = None) -> Learned:
        """Sum weights of labelled rows, 1 each when not given."""
        known = reference.y != UNKNOWN
        weight = np.ones(len(reference)) if weights is None else weights
        at = cutting.places(reference) * cutting.classes + reference.y
        sums, squares = (
            np.bincount(at[known], each[known], cutting.number * cutting.classes)
            .reshape(-1, cutting.classes)
            .astype(float)
            for each in (weight, weight**2)
        )
        return cls(sums, squares, cutting.classes == 2)

    def expected(self) -> Values:
        """Return the share of each class by cell."""
        return np.asarray(self._smooth(self.sums[None])[0])

    def drawn(self, rng: np.random.Generator, draws: int = DRAWS) -> Values:
        """Return shares by draw, cell and class: the Bayesian bootstrap of the reference (Rubin 1981).

        The sum of the weights of many rows is a gamma variable of the same mean and variance.
        """
        some = self.squares > 0
        scale = np.divide(self.squares, self.sums, out=np.ones_like(self.sums), where=some)
        shape = np.divide(self.sums, scale, out=np.zeros_like(self.sums), where=some)
        return self._smooth(rng.gamma(shape, scale, (draws, *shape.shape)))

    def _smooth(self, sums: Values) -> Values:
        """Return shares of classes; those of an event rise with its probability, others lean on all rows."""
        if not self.ordered:
            prior = self.sums.sum(axis=0) / self.sums.sum()
            return _normed(sums + prior)
        return _rising(sums, *self._groups())

    def _groups(self) -> tuple[Codes, Values]:
        """Return the group of each cell, of about equal weight, and where on the cells each group lies."""
        weight, places = self.sums.sum(axis=1), np.arange(len(self.sums), dtype=float)
        number = int(np.clip(weight.sum() ** 2 / self.squares.sum() / ROWS_A_KNOT, FEWEST_KNOTS, MOST_KNOTS))
        if len(places) <= number:
            return places.astype(np.int64), places
        groups = ((np.cumsum(weight) - weight / 2) / weight.sum() * number).astype(np.int64).clip(max=number - 1)
        total = np.bincount(groups, weight, number)
        middle = np.bincount(groups, weight * places, number) / np.where(total > 0, total, np.nan)
        return groups, middle


def _rising(sums: Values, groups: Codes, middles: Values) -> Values:
    """Return shares of two classes: isotonic over groups of cells (Barlow et al. 1972), and straight between them.

    Isotonic regression over single cells would follow chance: metrics expected of it are too good.
    """
    from scipy.optimize import isotonic_regression

    made, places = np.empty(sums.shape), np.arange(sums.shape[1])
    for each, share in zip(sums, made, strict=True):
        events, total = (np.bincount(groups, part, len(middles)) for part in (each[:, 1], each.sum(axis=1)))
        held = total > 0
        fitted = isotonic_regression(events[held] / total[held], weights=total[held]).x
        share[:, 1] = np.interp(places, middles[held], fitted)
    made[..., 0] = 1 - made[..., 1]
    return made


def _normed(values: Values) -> Values:
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def labels_drawn(shares: Values, rows: Values, rng: np.random.Generator) -> Values:
    """Return counts of labels by draw, cell, predicted class and label, as rows with such shares would have them."""
    whole: NDArray[np.int64] = rows.astype(np.int64)
    exact = shares[:, :, None, :] / shares[:, :, None, :].sum(axis=-1, keepdims=True)
    if shares.shape[-1] == 2:
        events = rng.binomial(whole[None], np.clip(exact[..., 1], 0, 1))
        return np.stack([whole[None] - events, events], axis=-1).astype(float)
    return rng.multinomial(whole[None], np.clip(exact, 0, 1)).astype(float)
