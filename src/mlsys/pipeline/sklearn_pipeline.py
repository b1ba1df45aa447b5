"""A pipeline as a scikit-learn estimator: the steps that learn and serve, on data that scikit-learn brings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_regressor

from mlsys.errors import ConfigurationError
from mlsys.execution.execution import trained_on_all
from mlsys.execution.session import start, work_of
from mlsys.plan import Plan
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.steps import Label, Model, Report, Reshape, Select, Sink, Source, Split
from mlsys.steps.capabilities import all_wrapped
from mlsys.steps.questions import needs_target, predicts
from mlsys.steps.sklearn_bridge import StepClassifier, StepRegressor
from mlsys.values import with_columns

_LEFT_OUT = (Source, Split, Label, Report, Sink, Select, Reshape)
_TARGET, _WEIGHT = "__target__", "__weight__"


def as_sklearn(pipeline: AnyPipeline) -> PipelineClassifier | PipelineRegressor:
    """Return the estimator for a pipeline; a regressor if its model is one.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> from mlsys import Pipeline, Standardize
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> pipeline = Pipeline([Standardize(), LogisticRegression()], target="species")
    >>> float(cross_val_score(pipeline.as_sklearn(), X, y, cv=3).mean()) > 0.95
    True
    """
    model = model_of(pipeline)
    if model is None:
        raise ConfigurationError("as_sklearn() needs a pipeline with a model", "add Train(...)")
    if not needs_target(model):
        raise ConfigurationError(
            f"as_sklearn() makes classifiers and regressors, but {model.title} learns without a target",
            "put the steps and the estimator into a scikit-learn pipeline: make_pipeline(...)",
        )
    return PipelineRegressor(pipeline) if any(map(is_regressor, all_wrapped(model))) else PipelineClassifier(pipeline)


def model_of(pipeline: AnyPipeline) -> Model | None:
    """Return the model step of a pipeline."""
    return next((each.step for each in pipeline.planned if predicts(each.step)), None)


class _OfPipeline(BaseEstimator):  # type: ignore[misc]
    """What classifier and regressor share; ``pipeline`` is the only parameter."""

    _required_parameters = ("pipeline",)

    def __init__(self, pipeline: Any = None) -> None:
        self.pipeline = pipeline

    @property
    def step(self) -> Model | None:
        """The model, which says what it can take."""
        return None if self.pipeline is None else model_of(self.pipeline)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return ``pipeline``."""
        return {"pipeline": self.pipeline}

    def set_params(self, **changes: Any) -> Any:
        """Set ``pipeline``; or replace steps of it by name."""
        self.pipeline = changes.pop("pipeline", self.pipeline)
        if changes:
            self.pipeline = self.pipeline.replace(**changes)
        return self

    def _frame(self, X: Any, reset: bool) -> pd.DataFrame:  # noqa: N803
        """Return the features as a frame whose columns have texts as names, as steps ask for them."""
        frame: pd.DataFrame = super()._frame(X, reset)
        return frame if all(isinstance(name, str) for name in frame.columns) else frame.rename(columns=str)

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> tuple[pd.DataFrame, Any]:  # noqa: N803
        frame = self._frame(X, reset=True)
        values = np.asarray(y)
        several = values.ndim == 2  # noqa: PLR2004
        self.targets_ = [f"{_TARGET}{place}" for place in range(values.shape[1])] if several else [_TARGET]
        columns = dict(zip(self.targets_, values.T, strict=True)) if several else {_TARGET: values}
        data = with_columns(frame.reset_index(drop=True), columns)
        if sample_weight is not None:
            data[_WEIGHT] = np.asarray(sample_weight, dtype=np.float64)
        pipeline = self.pipeline.rebuilt(
            [planned.step for planned in self.pipeline.steps if not isinstance(planned.step, _LEFT_OUT)],
            target=self.targets_ if several else _TARGET,
            weight=None if sample_weight is None else _WEIGHT,
        )
        execution = trained_on_all(Plan(pipeline.planned), data, start(pipeline), work_of(pipeline))
        self.fitted_: Any = execution.model()
        return frame, None


class PipelineClassifier(_OfPipeline, StepClassifier):
    """A pipeline that predicts classes, as a scikit-learn classifier."""


class PipelineRegressor(_OfPipeline, StepRegressor):
    """A pipeline that predicts numbers, as a scikit-learn regressor."""
