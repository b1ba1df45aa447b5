"""A step as a scikit-learn estimator; this module is imported only when ``as_sklearn()`` is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin, is_regressor
from sklearn.utils import get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d, validate_data

from mlsys.dataset import Roles, predictions_alone
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.steps.capabilities import all_wrapped
from mlsys.steps.cloning import unfitted
from mlsys.steps.fitted import Fitted
from mlsys.steps.kinds import RowTransform
from mlsys.steps.learning import learn
from mlsys.steps.learning_kinds import Model, Transform
from mlsys.steps.questions import needs_target
from mlsys.steps.seeds import generator
from mlsys.steps.shown import Shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.steps.base import Step

_TARGET, _WEIGHT = "__target__", "__weight__"
"""Names of roles beside the features; a feature may have neither."""

_CROSS_FITTED = (
    "a cross-fitted step gives training rows the code of the other folds, so fit_transform(X, y) differs from "
    "fit(X, y).transform(X), as in scikit-learn's own TargetEncoder"
)

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "medians, means and levels of built-in transforms do not use sample weights; TargetEncode and Train do"
    ),
    "check_transformer_general": _CROSS_FITTED,
    "check_transformer_data_not_an_array": _CROSS_FITTED,
}
"""Checks of ``sklearn.utils.estimator_checks`` that rest on assumptions which do not hold here, with the reason."""


def as_sklearn(step: Step, regression: bool | None = None) -> Any:
    """Return a scikit-learn estimator that learns and acts as ``step``.

    Parameters
    ----------
    step : RowTransform, Transform or Model
        The configuration; its fields are the estimator's parameters.
    regression : bool, optional
        For a Model: whether it predicts numbers; asked of its ``estimator`` field when not given.

    Returns
    -------
    StepTransformer, StepClassifier or StepRegressor

    Examples
    --------
    >>> from mlsys.features import Standardize
    >>> as_sklearn(Standardize()).fit_transform(np.array([[1.0], [3.0]])).tolist()
    [[-1.0], [1.0]]
    """
    if isinstance(step, Model):
        if not needs_target(step):
            raise ConfigurationError(
                f"{step.title} learns without a target, for which as_sklearn() has no counterpart",
                "use the estimator inside it: step.estimator",
            )
        if regression is None:
            regression = any(map(is_regressor, all_wrapped(step)))
        return StepRegressor(step) if regression else StepClassifier(step)
    if isinstance(step, (RowTransform, Transform)):
        return StepTransformer(step)
    raise ConfigurationError(
        f"{step.title} is a {step.kind}, which has no counterpart in scikit-learn",
        "RowTransform, Transform and Model steps have one",
    )


class _StepEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn publishes no types
    """Base of the three estimators: parameters are the step's fields, input is a frame or an array."""

    _required_parameters = ("step",)

    def __init__(self, step: Any = None) -> None:
        self.step = step

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return ``step``; when deep also its fields and the parameters of estimators among them."""
        found: dict[str, Any] = {"step": self.step}
        if deep and self.step is not None:
            for name, value in self.step.configuration().items():
                found[name] = value
                if hasattr(value, "get_params") and not isinstance(value, type):
                    found.update({f"{name}__{key}": each for key, each in value.get_params(deep=True).items()})
        return found

    def set_params(self, **changes: Any) -> Any:
        """Set ``step``, its fields, or parameters of estimators among them (``estimator__max_iter``)."""
        if "step" in changes:
            self.step = changes.pop("step")
        fields: dict[str, Any] = {}
        for name, value in sorted(changes.items()):  # "estimator" before "estimator__max_iter"
            field, _, inner = name.partition("__")
            if not inner:
                fields[field] = value
                continue
            if field not in fields:
                fields[field] = unfitted(self.get_params().get(field))
            fields[field].set_params(**{inner: value})
        if fields:
            self.step = self.step.with_(**fields)
        return self

    def __sklearn_tags__(self) -> Any:
        """Describe what it takes: nulls, since steps see them; a target where the step learns from one."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = _takes_nulls(self.step)
        tags.target_tags.required = isinstance(self.step, Model) or _reads_target(self.step)
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = []
        return tags

    def _frame(self, X: Any, reset: bool) -> pd.DataFrame:  # noqa: N803  scikit-learn's own name
        """Return the features as a frame; the columns of an array are called x0, x1, ..., others by text."""
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, reset=reset, skip_check_array=True)
            names = [str(name) for name in X.columns]
            return X if names == X.columns.tolist() else X.set_axis(names, axis=1)
        finite = "allow-nan" if self.__sklearn_tags__().input_tags.allow_nan else True
        values = validate_data(self, X, reset=reset, dtype="numeric", ensure_all_finite=finite)
        return pd.DataFrame(values, columns=[f"x{place}" for place in range(values.shape[1])])

    def _said(self, X: Any) -> list[pd.DataFrame]:  # noqa: N803
        """Return the predictions of each target."""
        check_is_fitted(self)
        predicted = self.fitted_.predict(self._frame(X, reset=False))
        if len(self.targets_) == 1:
            return [predicted]
        return [predictions_alone(predicted, target, self.targets_) for target in self.targets_]

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> tuple[pd.DataFrame, Any]:  # noqa: N803
        if self.step is None:
            raise ConfigurationError(f"{type(self).__name__} has no step", "get one from step.as_sklearn()")
        frame = self._frame(X, reset=True)
        train = frame.reset_index(drop=True)
        roles: dict[str, str] = {}
        several = _columns(y) > 1
        self.targets_ = [f"{_TARGET}{place}" for place in range(np.shape(y)[1])] if several else [_TARGET]
        given = [(name, name, np.asarray(y)[:, place]) for place, name in enumerate(self.targets_)] if several else [
            ("target", _TARGET, y)]  # fmt: skip
        for role, name, values in (*given, ("weight", _WEIGHT, sample_weight)):
            if values is not None:
                column = (
                    values
                    if isinstance(values, pd.Series)
                    else check_array(values, ensure_2d=False, dtype=None, input_name=role, ensure_all_finite=False)
                )
                if len(column) != len(train):
                    raise ValueError(f"{role} has {len(column)} values for {len(train)} rows; give one for each row")
                if role == "weight" and not np.any(column):
                    raise ValueError("Sample weights must contain at least one non-zero number.")
                roles[role] = name
                train[name] = column.array if isinstance(column, pd.Series) else column
        features, targets = tuple(frame.columns), tuple(self.targets_) if several else ()
        named = Roles(target=roles.get("target"), weight=roles.get("weight"), targets=targets)
        shown = Shown(self.step, named, features)
        if isinstance(self.step, RowTransform):
            self.fitted_ = Fitted(self.step)
            return frame, None
        learned = learn(self.step, LocalEngine().hold(None, train), shown, generator(0, self.step))
        self.fitted_ = Fitted(self.step, learned.state, features)
        if not learned.fold_states:
            return frame, None
        crossed = self.step.apply_cross_fitted(shown(train), learned.fold_states)
        return frame, crossed.drop(columns=list(roles.values())).set_axis(frame.index, axis=0)


class StepTransformer(TransformerMixin, _StepEstimator):  # type: ignore[misc]
    """A RowTransform or Transform as a scikit-learn transformer.

    Parameters
    ----------
    step : RowTransform or Transform
        The configuration.

    Notes
    -----
    A frame gives a frame, an array an array. ``fit_transform`` of a cross-fitted step gives training rows the output
    of the other folds.

    Examples
    --------
    >>> from mlsys.features import Impute
    >>> Impute(indicator=False).as_sklearn().fit_transform(np.array([[1.0], [np.nan], [3.0]])).ravel().tolist()
    [1.0, 2.0, 3.0]
    """

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> StepTransformer:  # noqa: N803
        """Learn from rows; ``y`` and weights where the step uses them."""
        self._learn(X, y, sample_weight)
        return self

    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:  # noqa: N803
        """Learn from rows and return what training rows get."""
        crossed = self._learn(X, y, sample_weight)
        if crossed is None:
            return self.transform(X)
        return crossed if isinstance(X, pd.DataFrame) else crossed.to_numpy()

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Return rows as the step changes them."""
        check_is_fitted(self)
        out = self.fitted_.transform(self._frame(X, reset=False))
        return out if isinstance(X, pd.DataFrame) else out.to_numpy()

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the output columns."""
        check_is_fitted(self)
        return np.asarray(self._names_out, dtype=object)

    def _learn(self, X: Any, y: Any, sample_weight: Any) -> pd.DataFrame | None:  # noqa: N803
        if y is None and _reads_target(self.step):
            raise ValueError(f"{self.step.title} requires y to be passed, but the target y is None")
        frame, crossed = self._fit(X, y, sample_weight)
        self._names_out = list(self.fitted_.transform(frame.head(1)).columns)
        return None if crossed is None else pd.DataFrame(crossed)


class StepClassifier(ClassifierMixin, _StepEstimator):  # type: ignore[misc]
    """A Model that predicts classes as a scikit-learn classifier.

    Parameters
    ----------
    step : Model
        The configuration.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from mlsys.models import Train
    >>> Train(LogisticRegression()).as_sklearn().fit([[0.0], [1.0]], ["a", "b"]).predict([[5.0]]).tolist()
    ['b']
    """

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> StepClassifier:  # noqa: N803
        """Learn from rows, their classes and weights."""
        target = _target(self, y)
        several = target.ndim == 2  # noqa: PLR2004
        columns = [_plain(column) for column in target.T] if several else [target]
        for column in columns:
            check_classification_targets(column)
        if len(target) == 1:
            raise ValueError("1 sample holds one class; a classifier needs rows of two")
        classes = [np.unique(column) for column in columns]
        self.classes_: Any = classes if several else classes[0]
        self._fit(X, target, sample_weight)
        return self

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the class of each row; of several targets, a column for each."""
        found = self._said(X)
        if not isinstance(self.classes_, list):
            return found[0]["prediction"].to_numpy().astype(self.classes_.dtype)
        pairs = zip(found, self.classes_, strict=True)
        return np.column_stack([each["prediction"].to_numpy().astype(classes.dtype) for each, classes in pairs])

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """Return the probability of each class, in the order of ``classes_``; of several targets, a list."""
        found, several = self._said(X), isinstance(self.classes_, list)
        shares = [
            each[[f"probability_{name}" for name in classes.tolist()]].to_numpy(dtype=np.float64)
            for each, classes in zip(found, self.classes_ if several else [self.classes_], strict=True)
        ]
        return shares if several else shares[0]


class StepRegressor(RegressorMixin, _StepEstimator):  # type: ignore[misc]
    """A Model that predicts numbers as a scikit-learn regressor.

    Parameters
    ----------
    step : Model
        The configuration.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from mlsys.models import Train
    >>> Train(LinearRegression()).as_sklearn().fit([[0.0], [1.0]], [0.0, 2.0]).predict([[2.0]]).round(6).tolist()
    [4.0]
    """

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> StepRegressor:  # noqa: N803
        """Learn from rows, their targets and weights."""
        target = check_array(_target(self, y), ensure_2d=False, dtype="numeric", input_name="y")
        self._fit(X, target.astype(np.float64), sample_weight)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Return the number predicted for each row; of several targets, a column for each."""
        found = [each["prediction"].to_numpy(dtype=np.float64) for each in self._said(X)]
        return found[0] if len(found) == 1 else np.column_stack(found)


def _target(estimator: Any, y: Any) -> NDArray[Any]:
    if y is None:
        raise ValueError(f"{type(estimator).__name__} requires y to be passed, but the target y is None")
    if _columns(y) > 1:
        return np.asarray(check_array(y, dtype=None, input_name="y", ensure_all_finite=False))
    return np.asarray(column_or_1d(y, warn=True))


def _columns(y: Any) -> int:
    """Return how many targets there are: the columns of a table, else one."""
    shape: Any = np.shape(y) if isinstance(y, (list, tuple)) else getattr(y, "shape", ())
    return int(shape[1]) if len(shape) == 2 else 1  # noqa: PLR2004


def _plain(column: NDArray[Any]) -> NDArray[Any]:
    """Return one of several targets in the type of its own values."""
    return np.asarray(pd.Series(column).infer_objects().to_numpy())


def _reads_target(step: Any) -> bool:
    return isinstance(step, Transform) and step.reads_target


def _takes_nulls(step: Any) -> bool:
    """Ask the estimator inside the step where there is one; built-in transforms of columns take nulls."""
    inner = all_wrapped(step)
    return all(get_tags(each).input_tags.allow_nan for each in inner) if inner else not isinstance(step, Model)
