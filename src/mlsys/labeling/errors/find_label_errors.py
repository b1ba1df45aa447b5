"""FindLabelErrors: a report of labels that are likely to be wrong, by models that did not learn from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import PROBABILITY
from mlsys.errors import DataError
from mlsys.labeling._classifier import coded, fitted, of_rows, refuse_no_classifier, taken
from mlsys.labeling.errors.finding import LabelErrors, Method, find_label_errors, label_errors
from mlsys.steps import Field, Report
from mlsys.steps.splitting import fold_numbers, split_keys

if TYPE_CHECKING:
    from mlsys.dataset import Dataset, Rows


class FindLabelErrors(Report):
    """Report labels that are likely to be wrong, by id.

    Parameters
    ----------
    estimator : estimator, optional
        A classifier with ``predict_proba``, fitted without each fold of the training rows in turn, to judge the labels
        of that fold. Rows of one group share a fold. By default the labels of the validation rows are judged, by the
        model of the pipeline, which did not learn from them; where folds evaluate it, these are all training rows.
    method : str
        How suspects are chosen; see :func:`mlsys.find_label_errors`.
    folds : int
        Number of folds for ``estimator``.
    features : list of str or str, optional
        Features of ``estimator``; by default all. A single name passes that column alone.

    Raises
    ------
    ConfigurationError
        If the estimator says no probabilities.
    DataError
        If there is no model to ask, it says no probabilities, or a class has too few rows for the folds.

    Notes
    -----
    A model agrees with a wrong label that it learned from, so only out-of-fold probabilities are used. Test rows are
    looked at only once they are opened. The result is a :class:`LabelErrors`: ``suspects`` and ``ids``. Costs
    ``folds`` fits.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pd.DataFrame({"x": np.arange(40.0), "late": [False] * 20 + [True] * 20}, index=range(100, 140))
    >>> frame.loc[103, "late"] = True
    >>> FindLabelErrors(LogisticRegression()).of(train=frame, target="late").ids
    [103]
    """

    estimator: Any = None
    method: Method = "self_confidence"
    folds: int = Field(default=5, ge=2, kw_only=True)
    features: str | tuple[str, ...] | list[str] | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the estimator."""
        if self.estimator is not None:
            refuse_no_classifier(self.estimator, self.title)

    def report(self, dataset: Dataset, rng: np.random.Generator) -> LabelErrors:
        """Return the labels that are worth a second look."""
        if self.estimator is None:
            return self._by_the_model(dataset)
        name = "train" if "train" in dataset else next(iter(dataset))
        rows = dataset[name]
        known = rows.take_rows(rows.y.notna().to_numpy())
        return self._out_of_fold(known, rng)

    def _out_of_fold(self, rows: Rows, rng: np.random.Generator) -> LabelErrors:
        target, features = coded(rows.y, self.title), of_rows(rows, self.features, self.title)
        numbers = fold_numbers(split_keys(pd.DataFrame(rows), rows.roles), self.folds, int(rng.integers(2**31)))
        shares = np.zeros((len(rows), len(target)))
        for fold in range(self.folds):
            judged, learned = np.flatnonzero(numbers == fold), np.flatnonzero(numbers != fold)
            lost = np.setdiff1d(target.codes[judged], target.codes[learned])
            if len(lost):
                raise DataError(
                    f"{self.title}: all rows of the class {target.names[lost[0]]!r} lie in one fold, so no model could "
                    "say them",
                    "leave out classes of a few rows or of one group, or use fewer folds",
                )
            if len(judged):
                model = fitted(self.estimator, taken(features, learned), target.codes[learned], len(target), rng,
                               self.title)  # fmt: skip
                shares[judged] = model.shares(taken(features, judged))
        return label_errors(pd.Index(rows.ids), target, shares, self.method, "folds", self.title)

    def _by_the_model(self, dataset: Dataset) -> LabelErrors:
        if "validation" not in dataset or "validation" in dataset.fitted_on:
            raise DataError(
                f"{self.title} needs rows that the model did not learn from, and there is no such validation part",
                "give it an estimator, which is fitted out of fold: FindLabelErrors(LogisticRegression())",
            )
        rows = dataset["validation"]
        rows = rows.take_rows(rows.y.notna().to_numpy())
        said = rows.predictions
        columns = [name for name in said.columns if str(name).startswith(PROBABILITY)]
        if not columns:
            raise DataError(
                f"{self.title}: the model says no probabilities of classes",
                "use a classifier with predict_proba, or give this step an estimator of its own",
            )
        found = coded(rows.y, self.title)
        by_name = {f"{PROBABILITY}{value}": value for value in found.names}
        shares = said[columns].rename(columns=by_name).set_axis(pd.Index(rows.ids), axis=0)
        return find_label_errors(rows.y.set_axis(shares.index), shares, folds="held out", method=self.method)
