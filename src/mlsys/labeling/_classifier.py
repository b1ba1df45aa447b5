"""Classifiers on rows of which some have a label: fitted on codes of classes, asked for the share of each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.steps.cloning import seeded
from mlsys.values import blocks_among, matrix_of, plain, with_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

MOST_CLASSES = 1_000
"""A target with more values than this names rows or is a quantity."""


@dataclass(frozen=True)
class Coded:
    """A target as codes: ``codes`` of its ``classes`` in their order, -1 where the label is not known."""

    codes: NDArray[np.int64]
    classes: pd.api.extensions.ExtensionArray | NDArray[Any]

    @property
    def names(self) -> list[Any]:
        """The classes as plain values."""
        return pd.Series(self.classes).tolist()

    def __len__(self) -> int:
        return len(self.classes)


def coded(target: pd.Series, who: str) -> Coded:
    """Return a target of classes as codes; refuse one that has fewer than two, or that is a quantity."""
    values = plain(target)
    codes, found = pd.factorize(values, sort=not isinstance(values.dtype, pd.CategoricalDtype))
    if len(found) < 2:
        known = int((codes >= 0).sum())
        said = f"only the class {found[0]!s} in {known:,} known labels" if len(found) else "no known label"
        raise DataError(f"{who}: the target {target.name!r} has {said}", "label some rows of every class first")
    numbers = found.dtype.kind == "f" and not np.array_equal(np.floor(found), found)
    if numbers or len(found) > MOST_CLASSES:
        raise DataError(
            f"{who}: the target {target.name!r} has {len(found):,} values such as {found[0]!s}, which are no classes",
            "make classes of a quantity first, with NaturalLabel or Bin",
        )
    first = np.unique(codes[codes >= 0], return_index=True)[1]
    return Coded(np.asarray(codes, dtype=np.int64), target[codes >= 0].array.take(first))


def refuse_no_classifier(estimator: Any, who: str) -> None:
    """Raise for what is not an instance of an estimator that says probabilities."""
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise ConfigurationError(f"{who} got {estimator!r}, which has no fit(X, y)", "give LogisticRegression()")
    if not hasattr(estimator, "predict_proba"):
        raise ConfigurationError(
            f"{who} needs the probability of each class, but {type(estimator).__name__} has no predict_proba",
            "use a classifier that has it, or wrap it in CalibratedClassifierCV",
        )


def shown(frame: pd.DataFrame, names: Sequence[str], chosen: str | Sequence[str] | None, who: str) -> Any:
    """Return the features as an estimator takes them: one column by name as a Series, else a frame or a matrix."""
    wanted = [chosen] if isinstance(chosen, str) else list(names if chosen is None else chosen)
    missing = [name for name in wanted if name not in frame.columns]
    if missing or not wanted:
        said = f"{missing[0]!r} is not a column" if missing else "there are no features"
        raise DataError(f"{who}: {said} (columns: {listed(frame.columns)})", "correct features=")
    if isinstance(chosen, str):
        return _numpy(frame[chosen])
    made = pd.DataFrame(frame)[wanted]
    if blocks_among(made.dtypes.tolist()):
        return matrix_of(made)
    return with_columns(made, {name: _numpy(made[name]) for name in wanted})


def of_rows(rows: Rows, chosen: str | Sequence[str] | None, who: str) -> Any:
    """Return the features of rows as an estimator takes them."""
    return shown(pd.DataFrame(rows), rows.feature_names, chosen, who)


def _numpy(column: pd.Series) -> pd.Series:
    """Return numbers and truth values of any type as numpy's, null as NaN; other values in their plain type."""
    made = plain(column)
    if isinstance(made.dtype, (np.dtype, pd.CategoricalDtype)) or made.dtype.kind not in "biuf":
        return made
    if made.isna().any() or made.dtype.kind == "f":
        return pd.Series(made.to_numpy(dtype=np.float64, na_value=np.nan), column.index)
    return made.astype(getattr(made.dtype, "numpy_dtype", np.float64))


def taken(features: Any, places: NDArray[Any]) -> Any:
    """Return some rows of the features."""
    return features.iloc[places] if hasattr(features, "iloc") else features[places]


@dataclass(frozen=True)
class Classifier:
    """A fitted estimator that says the share of each of all classes, also of those it was not shown."""

    estimator: Any
    count: int

    def shares(self, features: Any) -> NDArray[np.float64]:
        """Return an array of shape (rows, classes) whose rows add up to 1."""
        said = np.asarray(self.estimator.predict_proba(features), dtype=np.float64)
        found = np.zeros((len(said), self.count))
        found[:, np.asarray(self.estimator.classes_, dtype=np.int64)] = said
        return found


def fitted(
    estimator: Any,
    features: Any,
    codes: NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
    who: str,
    weights: NDArray[np.float64] | None = None,
) -> Classifier:
    """Fit a copy of an estimator on rows with known labels; what it complains of is said with its name."""
    copy = seeded(estimator, rng)
    given = {} if weights is None else {_weight_argument(copy): weights}
    try:
        copy.fit(features, codes, **given)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{who}: {type(estimator).__name__} cannot learn from these rows: {str(error).splitlines()[0]}",
            "place steps that fill and encode the features before it, or give a pipeline of estimators that does",
        ) from error
    return Classifier(copy, count)


def _weight_argument(estimator: Any) -> str:
    """Return the name under which an estimator takes weights; a pipeline hands them to its last step."""
    steps = getattr(estimator, "steps", None)
    return f"{steps[-1][0]}__{_weight_argument(steps[-1][1])}" if steps else "sample_weight"
