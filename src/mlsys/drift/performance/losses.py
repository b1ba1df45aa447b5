"""Direct loss estimation: the errors of a regression model on rows without labels, from features and predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlsys.drift.performance.scored import Values

MOST_CELLS = 50
ROWS_A_CELL = 40
"""Rows of the reference for each cell of expected losses: enough for a mean and a variance."""
FOLDS = 5


@dataclass(frozen=True)
class ExpectedLosses:
    """Losses of the reference by cells of the loss that was expected of a row, and how many of today's are in each.

    Parameters
    ----------
    rows, means, variances : ndarray of shape (cells,)
        Of the reference.
    today : ndarray of shape (cells,)
        Number of today's rows.
    """

    rows: Values
    means: Values
    variances: Values
    today: Values

    @classmethod
    def of(cls, losses: Values, matrix: Values, is_level: list[bool], seed: int) -> ExpectedLosses:
        """Expect the loss of each row by boosted trees, out of fold on the reference.

        Parameters
        ----------
        losses : ndarray of shape (rows of the reference,)
            Absolute or squared errors, NaN where the label is not known.
        matrix : ndarray of shape (rows of the reference + rows of today, features)
            Predictions and features, the reference first.
        is_level : list of bool
            Which columns are codes of levels.
        seed : int
            Of the folds.
        """
        from sklearn.ensemble import HistGradientBoostingRegressor

        known = np.flatnonzero(~np.isnan(losses))
        old, truth = matrix[known], losses[known]
        new = matrix[len(losses) :]
        fold = np.random.default_rng(seed).permutation(len(truth)) % FOLDS
        expected, later = np.empty(len(truth)), np.zeros(len(new))
        for number in range(FOLDS):
            model = HistGradientBoostingRegressor(
                max_iter=60, max_leaf_nodes=15, min_samples_leaf=40, categorical_features=is_level, random_state=seed,
                early_stopping=False,
            )  # fmt: skip
            model.fit(old[fold != number], truth[fold != number])
            expected[fold == number] = model.predict(old[fold == number])
            later += model.predict(new) / FOLDS
        return cls.by_cell(expected, truth, later)

    @classmethod
    def by_cell(cls, expected: Values, losses: Values, later: Values) -> ExpectedLosses:
        """Put rows into cells of equal numbers of reference rows."""
        cells = int(np.clip(len(losses) // ROWS_A_CELL, 1, MOST_CELLS))
        edges = np.unique(np.quantile(expected, np.linspace(0, 1, cells + 1)[1:-1]))
        at, number = np.searchsorted(edges, expected, side="right"), len(edges) + 1
        rows = np.bincount(at, minlength=number).astype(float)
        held = np.maximum(rows, 1)
        means = np.bincount(at, losses, number) / held
        squares = np.bincount(at, (losses - means[at]) ** 2, number) / np.maximum(held - 1, 1)
        today = np.bincount(np.searchsorted(edges, later, side="right"), minlength=number).astype(float)
        return cls(rows, means, squares, today)

    def mean(self) -> tuple[float, float]:
        """Return the mean loss expected of today's rows, and its standard error as a forecast of the real mean.

        The error is that of the means of the reference, and of today's own losses around theirs.
        """
        share = self.today / self.today.sum()
        learned = (share**2 * self.variances / np.maximum(self.rows, 1)).sum()
        own = (share * self.variances).sum() / self.today.sum()
        return float((share * self.means).sum()), float(np.sqrt(learned + own))
