"""Density ratios: how much denser today's rows are than the reference's at each row, and whether they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlsys.drift.performance.scored import Values
from mlsys.drift.reading import LEVEL, NOTHING, as_compared, compared_as, numbers_of, texts_of
from mlsys.values import NUMERIC, values_of

MOST_ROWS = 10_000
"""Rows of each side that the classifier learns from; the others are only weighed."""
FOLDS = 5
MOST_LEVELS = 200
"""Levels of a column that the classifier tells apart, the most frequent; scikit-learn's trees take up to 255."""
STRANGE = 20.0
"""Density ratio from which on a row of today lies where the reference has next to no rows: one in twenty."""
MOST_STRANGE = 0.2
"""Share of today's rows that may be strange before an estimate is refused."""
LEAST_AUC = 0.55
"""How well rows must be told apart before weights pay: a shift of .18 standard deviations of one feature. Below, the
error of the weights is larger than the bias that they remove (``benchmarks/performance_without_labels.py``)."""
FEWEST_EFFECTIVE = 50.0
"""Independent rows that a weighted reference must be worth: fewer give no useful interval."""


@dataclass(frozen=True)
class Overlap:
    """Density ratios of reference rows, and what they tell about the overlap.

    Parameters
    ----------
    weights : ndarray of shape (rows of the reference,)
        Density of today's rows over that of the reference; mean 1.
    auc : float
        How well today's rows are told from the reference's, out of fold; 0.5 if not at all.
    auc_error : float
        Its standard error if there were no difference.
    strange : float
        Share of today's rows where the reference has next to no rows.
    """

    weights: Values
    auc: float
    auc_error: float
    strange: float

    @property
    def effective(self) -> float:
        """How many independent rows the weighted reference is worth (Kish 1965)."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    @property
    def has_shifted(self) -> bool:
        """Whether rows are told apart better than chance, and well enough for weights to pay."""
        return self.auc > max(0.5 + 3 * self.auc_error, LEAST_AUC)

    @property
    def problem(self) -> str:
        """Why nothing can be estimated, empty if it can."""
        if self.strange > MOST_STRANGE:
            return (f"{self.strange:.0%} of today's rows lie where the reference has next to none "
                    f"(rows are told apart with AUC {self.auc:.2f})")  # fmt: skip
        if self.effective < FEWEST_EFFECTIVE:
            return f"weighted like today's rows, the reference is worth {self.effective:.0f} rows"
        return ""


def shared_features(reference: pd.DataFrame, today: pd.DataFrame, excluded: Sequence[str]) -> list[str]:
    """Return the columns of both that may describe a row: neither roles nor ids nor constant."""
    return [
        name
        for name in reference.columns
        if name in today.columns and name not in excluded and not _is_no_feature(reference[name])
    ]


def _is_no_feature(column: pd.Series) -> bool:
    """Say whether a column numbers its rows, or says nothing: such a column tells any two samples apart, or none."""
    kind = compared_as(column)
    if kind == NOTHING:
        return True
    values = as_compared(column)
    different = values.nunique()
    whole = kind == LEVEL or not pd.api.types.is_float_dtype(values.dtype)
    return bool(different < 2 or (whole and different == len(values) > 20))


def density_ratios(reference: pd.DataFrame, today: pd.DataFrame, features: Sequence[str], seed: int) -> Overlap:
    """Tell today's rows from the reference's by boosted trees, out of fold; the odds are the ratio of densities.

    Parameters
    ----------
    reference, today : DataFrame
        Rows, with the features.
    features : sequence of str
        Columns to tell them apart by.
    seed : int
        Of the sample and of the folds.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    matrix, is_level = feature_matrix(reference, today, features)
    old = len(reference)
    sampled = np.concatenate([
        rng.permutation(old)[:MOST_ROWS], old + rng.permutation(len(today))[:MOST_ROWS]
    ])  # fmt: skip
    is_today = (np.arange(len(matrix)) >= old).astype(int)
    fold = np.full(len(matrix), -1)
    fold[sampled] = rng.permutation(len(sampled)) % FOLDS
    odds = np.zeros(len(matrix))
    rest = np.flatnonzero(fold[:old] < 0)
    for number in range(FOLDS):
        learns = (fold >= 0) & (fold != number)
        model = HistGradientBoostingClassifier(
            max_iter=60, max_leaf_nodes=15, min_samples_leaf=40, categorical_features=is_level, random_state=seed,
            early_stopping=False,
        )  # fmt: skip
        model.fit(matrix[learns], is_today[learns])
        prior = is_today[learns].mean()
        for asked, share in ((np.flatnonzero(fold == number), 1.0), (rest, 1 / FOLDS)):
            if len(asked):
                chance = np.clip(model.predict_proba(matrix[asked])[:, 1], 1e-6, 1 - 1e-6)
                odds[asked] += share * (np.log(chance / (1 - chance)) - np.log(prior / (1 - prior)))
    ratio = np.exp(odds)
    auc = float(roc_auc_score(is_today[sampled], odds[sampled]))
    first, second = min(old, MOST_ROWS), min(len(today), MOST_ROWS)
    error = float(np.sqrt((first + second + 1) / (12 * first * second)))
    weights = ratio[:old] / ratio[:old].mean()
    return Overlap(weights, auc, error, float((ratio[sampled[sampled >= old]] > STRANGE).mean()))


def feature_matrix(reference: pd.DataFrame, today: pd.DataFrame, features: Sequence[str]) -> tuple[Values, list[bool]]:
    """Return both, one below the other, as numbers and codes of levels, and which columns are levels."""
    made, is_level = [], []
    for name in features:
        kind = compared_as(reference[name])
        level = kind == LEVEL
        is_level.append(level)
        made.append(_levels(reference[name], today[name]) if level else
                    np.concatenate([numbers_of(each[name], kind) for each in (reference, today)]))  # fmt: skip
    return np.column_stack(made), is_level


def _levels(reference: pd.Series, today: pd.Series) -> Values:
    texts = pd.concat([texts_of(_flat(each)).reset_index(drop=True).astype("str") for each in (reference, today)])
    known = texts.value_counts().index[:MOST_LEVELS]
    codes = known.get_indexer(pd.Index(texts)).astype(float)
    rest = (codes < 0) & texts.notna().to_numpy()
    codes[codes < 0] = np.nan
    codes[rest] = len(known)
    return codes


def _flat(column: pd.Series) -> pd.Series:
    """Return a column whose truth values read as the numbers 0 and 1 do."""
    return column.astype("float") if values_of(column).kind in NUMERIC else column
