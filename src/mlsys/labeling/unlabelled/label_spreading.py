"""LabelSpreading: labels flow to training rows without one along a graph of near rows."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

import numpy as np

from mlsys.errors import DataError
from mlsys.labeling._classifier import of_rows
from mlsys.labeling._points import in_deviations, points_of
from mlsys.labeling.unlabelled.pseudo import PseudoLabels, Round
from mlsys.steps import Field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

_MOST_DENSE = 10_000
"""Rows whose similarities to all others take 800 MB."""


class LabelSpreading(PseudoLabels):
    """Label training rows of unknown label with what their neighbours have, spread along a graph of near rows.

    Parameters
    ----------
    threshold : float
        Least share of the class with the most for a row to get it.
    neighbours : int
        Rows that each row is joined to.
    alpha : float
        Share that a row takes from its neighbours at each step, rather than keeping its own label.
    kernel : {"knn", "rbf"}
        Joined to its nearest rows, or to all, the near ones more; the latter for at most 10,000 rows.
    gamma : float, optional
        Of the rbf kernel; by default 1 by the number of columns.
    scale : bool
        Whether columns are divided by their deviation in the training rows first, since distances depend on units.
    features, gold_share, weight
        As for :class:`SelfTraining`.

    Raises
    ------
    DataError
        If features are not numbers without nulls, or there are too many rows for the kernel.

    Notes
    -----
    Zhou et al. (2004), with scikit-learn's ``LabelSpreading`` inside. It learns from all training rows at once and is
    never asked about others. It assumes that near rows have the same class: ``run.reports["pseudo labels"]`` says how
    often this holds for hidden labels. Rows that no label reaches stay unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 8.0, 9.0, 10.0], "late": [False, None, None, None, None, True]})
    >>> LabelSpreading(neighbours=2, gold_share=0).resample(frame, target="late")["late"].tolist()
    [False, False, False, True, True, True]
    """

    threshold: float = Field(default=0.8, gt=0, le=1)
    neighbours: int = Field(default=7, ge=1, kw_only=True)
    alpha: float = Field(default=0.2, gt=0, lt=1, kw_only=True)
    kernel: Literal["knn", "rbf"] = Field(default="knn", kw_only=True)
    gamma: float | None = Field(default=None, gt=0, kw_only=True)
    scale: bool = Field(default=True, kw_only=True)

    def rounds_of(self, train: Rows, known: NDArray[np.int64], count: int, rng: np.random.Generator) -> list[Round]:
        """Return the single round."""
        from sklearn.semi_supervised import LabelSpreading as Spreading

        table, asked = self._numbers(train), np.flatnonzero(known < 0)
        gamma = 1 / table.shape[1] if self.gamma is None else self.gamma
        neighbours = min(self.neighbours + 1, len(train))  # scikit-learn counts the row itself
        spreading = Spreading(self.kernel, gamma=gamma, n_neighbors=neighbours, alpha=self.alpha, max_iter=300)
        with warnings.catch_warnings():
            # Rows that no label reaches have no share of any class: they stay unknown.
            warnings.filterwarnings("ignore", message="invalid value encountered in divide", category=RuntimeWarning)
            spreading.fit(table, known)
        shares = np.zeros((len(train), count))
        shares[:, spreading.classes_.astype(np.int64)] = np.nan_to_num(spreading.label_distributions_)
        most = shares[asked].max(axis=1, initial=0.0)
        sure = most >= self.threshold
        return [Round(asked[sure], shares[asked[sure]].argmax(axis=1), most[sure], 0, len(asked))]

    def _numbers(self, train: Rows) -> NDArray[np.float64]:
        """Return the features as one table of numbers, each column in units of its deviation."""
        if self.kernel == "rbf" and len(train) > _MOST_DENSE:
            raise DataError(
                f"{self.title}: kernel='rbf' compares all {len(train):,} training rows with each other",
                f"use kernel='knn', or at most {_MOST_DENSE:,} rows",
            )
        features = of_rows(train, self.features, self.title)
        table = points_of(features, self.title, "place Impute() and OneHot() before it")
        return in_deviations(table) if self.scale else table
