"""What families of models take for granted, measured on rows; each check says what it found, not whether to worry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.models._estimators import BOOSTERS, learner_of, library_of
from mlsys.models.needs import measures_distances

Family = Literal["linear", "distances", "naive Bayes", "trees", ""]
MOST_SPREAD = 10.0
"""Ratio of the greatest and the least standard deviation: a feature then counts a hundred times in squared distance."""
MOST_CONDITION = 30.0
"""Condition number beyond which coefficients are unstable (Belsley, Kuh and Welsch 1980)."""
MOST_WITHIN = 0.5
"""Correlation within classes from which on naive Bayes counts the same evidence about twice."""
MOST_OF_WORST = 0.3
"""Share of the squared error in the worst hundredth of the rows: .08 for normal errors, about .2 for Laplace's."""
FEWEST = 200
"""Held-out rows below which shapes of errors are not assessed."""
CHANCE = 0.01
"""Chance of a false alarm that the checks with a test allow, for all features together."""
BENT = 0.1
"""Correlation of residuals with a curve in a feature below which a bend is too small to matter."""
FEW_OUTSIDE = 0.01
"""Share of rows beyond the training range below which it is too few to matter."""


@dataclass(frozen=True)
class Checked:
    """One assumption.

    Parameters
    ----------
    assumption : str
        In a few words.
    verdict : {"holds", "doubtful", "not assessed"}
        What the rows say of it.
    measured : str
        The measure, or why there is none.
    columns : tuple of str
        Those that it fails for.
    remedy : str
        What helps where it is doubtful.
    """

    assumption: str
    verdict: Literal["holds", "doubtful", "not assessed"]
    measured: str
    columns: tuple[str, ...] = ()
    remedy: str = ""


def family_of(estimator: Any) -> Family:
    """Return the family of an estimator whose assumptions are known; an empty text for any other.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> family_of(Ridge()), family_of(KNeighborsClassifier())
    ('linear', 'distances')
    """
    learner = learner_of(estimator)
    if library_of(learner) in BOOSTERS:
        return "trees"
    module, name = type(learner).__module__, type(learner).__name__
    if not module.startswith("sklearn."):
        return ""
    if module.startswith("sklearn.naive_bayes"):
        return "naive Bayes"
    if module.startswith("sklearn.linear_model") or name in {"LinearSVC", "LinearSVR"}:
        return "linear"
    if measures_distances(learner):
        return "distances"
    trees = ("sklearn.tree", "sklearn.ensemble._forest", "sklearn.ensemble._gb", "sklearn.ensemble._hist")
    return "trees" if module.startswith(trees) else ""


def one_scale(features: pd.DataFrame) -> Checked:
    """Check that numbers are of one scale, which distances and penalties take for granted."""
    name, spread = "features of one scale", features.std()
    spread = spread[(spread > 0) & (features.nunique() > 2)]  # noqa: PLR2004  indicators are as they are
    if len(spread) < 2:  # noqa: PLR2004
        return Checked(name, "not assessed", "fewer than two columns of amounts")
    ratio = float(spread.max() / spread.min())
    said = f"standard deviations from {spread.min():.3g} ({spread.idxmin()}) to {spread.max():.3g} ({spread.idxmax()})"
    if ratio < MOST_SPREAD:
        return Checked(name, "holds", said)
    return Checked(name, "doubtful", said, (str(spread.idxmax()), str(spread.idxmin())), "add Standardize()")


def not_collinear(features: pd.DataFrame) -> Checked:
    """Check that no feature is nearly a combination of others, which coefficients take for granted."""
    name, varying = "no collinear features", features.loc[:, features.std() > 0]
    if varying.shape[1] < 2 or len(varying) <= varying.shape[1]:  # noqa: PLR2004
        return Checked(name, "not assessed", "too few columns or rows")
    scaled = (varying - varying.mean()) / varying.std()
    values, vectors = np.linalg.eigh(scaled.corr().to_numpy())
    condition = float(np.sqrt(values[-1] / max(values[0], np.finfo(float).eps)))
    said = f"condition number {min(condition, 1e6):,.0f}"
    if condition < MOST_CONDITION:
        return Checked(name, "holds", said)
    weights = np.abs(vectors[:, 0])
    columns = varying.columns[weights >= weights.max() / 2]
    remedy = "read no single coefficient; drop one of the columns, or use Ridge"
    return Checked(name, "doubtful", said, tuple(map(str, columns)), remedy)


def independent_within_classes(features: pd.DataFrame, target: pd.Series) -> Checked:
    """Check that features do not follow one another within a class, which naive Bayes takes for granted."""
    name, varying = "features independent within a class", features.loc[:, features.std() > 0]
    known = target.notna().to_numpy()
    centred = varying[known] - varying[known].groupby(target[known].to_numpy()).transform("mean")
    if varying.shape[1] < 2 or len(centred) < FEWEST:  # noqa: PLR2004
        return Checked(name, "not assessed", f"fewer than two columns, or than {FEWEST} rows")
    matrix = centred.corr().abs().fillna(0.0).to_numpy(copy=True)
    np.fill_diagonal(matrix, 0)
    one, other = divmod(int(matrix.argmax()), len(matrix))
    pair = (str(varying.columns[one]), str(varying.columns[other]))
    said = f"greatest correlation {matrix.max():.2f} ({pair[0]}, {pair[1]})"
    if matrix.max() < MOST_WITHIN:
        return Checked(name, "holds", said)
    return Checked(name, "doubtful", said, pair, "probabilities are too near to 0 and 1: add Calibrate()")


def straight(features: pd.DataFrame, residuals: pd.Series) -> Checked:
    """Check that errors on held-out rows do not bend with a feature, which a linear model takes for granted.

    Notes
    -----
    The errors are compared with the squared centred rank of each feature, by a statistic that allows for errors of
    different size (White 1980), at a level that holds for all features together.
    """
    from scipy.stats import norm

    name, varying = "linear in each feature", features.loc[:, features.nunique() > 2]  # noqa: PLR2004
    if len(residuals) < FEWEST or varying.empty:
        return Checked(name, "not assessed", f"fewer than {FEWEST} held-out rows, or no column of amounts")
    errors = (residuals - residuals.mean()).to_numpy(dtype=np.float64)
    curve = ((varying.rank() - 0.5) / len(varying) - 0.5).to_numpy() ** 2
    curve = curve - curve.mean(axis=0)
    products = errors[:, None] * curve
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.abs(products.sum(axis=0)) / np.sqrt((products**2).sum(axis=0))
        size = np.abs(products.mean(axis=0)) / (errors.std() * curve.std(axis=0))
    bent = (np.nan_to_num(statistic) > norm.isf(CHANCE / 2 / varying.shape[1])) & (size >= BENT)
    size = np.nan_to_num(size)
    greatest = varying.columns[int(size.argmax())]
    said = f"errors follow a curve in {greatest} with a correlation of {size.max():.2f}"
    if not bent.any():
        return Checked(name, "holds", said)
    columns = tuple(map(str, varying.columns[bent]))
    return Checked(name, "doubtful", said, columns, "add a transformed column (Derive, Bin, Interact), or use trees")


def light_tails(residuals: pd.Series) -> Checked:
    """Check that a few rows do not make up the squared error, which least squares takes for granted."""
    name, squares = "errors without heavy tails", np.sort(residuals.to_numpy(dtype=np.float64) ** 2)
    if len(squares) < FEWEST or squares.sum() == 0:
        return Checked(name, "not assessed", f"fewer than {FEWEST} held-out rows")
    worst = max(1, round(len(squares) / 100))
    share = float(squares[-worst:].sum() / squares.sum())
    said = f"the worst hundredth of the held-out rows has {share:.0%} of the squared error"
    if share < MOST_OF_WORST:
        return Checked(name, "holds", said)
    return Checked(name, "doubtful", said, (), "model the logarithm of the target, or use HuberRegressor")


def inside_range(train: pd.DataFrame, judged: pd.DataFrame) -> Checked:
    """Check that held-out rows lie in the range of the training rows, beyond which trees predict a constant.

    Notes
    -----
    Rows beyond the range are held against their exact number by chance if training and held-out rows are drawn alike,
    for both sides of all columns together.
    """
    name = "rows inside the training range"
    if judged.empty or train.shape[1] == 0:
        return Checked(name, "not assessed", "no numeric column, or no held-out rows")
    sides = [(judged < train.min()).sum(), (judged > train.max()).sum()]
    outside = sides[0] + sides[1]
    chance = np.minimum(*(_beyond_by_chance(each.to_numpy(), len(train), len(judged)) for each in sides))
    beyond = (chance < CHANCE / 2 / train.shape[1]) & (outside / len(judged) >= FEW_OUTSIDE).to_numpy()
    most = outside.idxmax()
    said = f"{float(outside.max()) / len(judged):.1%} of the held-out rows lie beyond it in {most}"
    if not beyond.any():
        return Checked(name, "holds", said)
    columns = tuple(map(str, outside.index[beyond]))
    return Checked(name, "doubtful", said, columns, "use differences or ratios of the column, or a linear model")


def _beyond_by_chance(counts: NDArray[np.int64], train: int, judged: int) -> NDArray[np.float64]:
    """Return the chance that so many of the judged rows lie beyond all training rows on one side, if drawn alike."""
    places = np.arange(counts.max())
    each = np.cumprod(np.concatenate([[1.0], (judged - places) / (train + judged - places)]))
    return np.asarray(each[counts])
