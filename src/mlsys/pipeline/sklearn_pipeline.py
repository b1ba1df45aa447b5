"""A pipeline as a scikit-learn estimator: the steps that learn and serve, on data that scikit-learn brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.utils.validation import check_is_fitted

from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.execution.execute import Execution, train_on_all
from mlsys.steps import Label, Model, Report, Reshape, Select, Sink, Source, Split
from mlsys.steps.sklearn_bridge import as_frame, as_target, with_weight

if TYPE_CHECKING:
    from mlsys.pipeline.pipeline import Pipeline

_LEFT_OUT = (Source, Split, Label, Report, Sink, Select, Reshape)
TARGET = "target"


def as_sklearn(pipeline: Pipeline) -> PipelineClassifier | PipelineRegressor:
    """Return the estimator for a pipeline; a classifier if its model is one."""
    model = next((each.step for each in pipeline.steps if isinstance(each.step, Model)), None)
    if model is None:
        raise ConfigurationError("as_sklearn() needs a pipeline with a model", "add Train(...)")
    estimator = getattr(model, "estimator", None)
    return (
        PipelineClassifier(pipeline) if estimator is None or is_classifier(estimator) else PipelineRegressor(pipeline)
    )


class _PipelineEstimator(BaseEstimator):  # type: ignore[misc]
    """What classifier and regressor share; ``pipeline`` is the only parameter."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803  scikit-learn's names
        """Train on all rows given; splitting and judging are scikit-learn's."""
        frame = as_frame(self, X, reset=True)
        target = as_target(self, y)
        roles = self.pipeline.roles
        column = roles.target or TARGET
        data = frame.assign(**{column: target})
        data, weight = with_weight(data, sample_weight, roles.weight)
        pipeline = self.pipeline.rebuilt(
            [each.step for each in self.pipeline.steps if not isinstance(each.step, _LEFT_OUT)],
            target=column, weight=weight,
        )  # fmt: skip
        self.execution_: Execution = train_on_all(
            pipeline.steps, data, pipeline._context(lambda _: None), LocalEngine()
        )
        self.model_ = self.execution_.model()
        if isinstance(self, ClassifierMixin):
            self.classes_ = np.unique(np.asarray(target))
        return self

    def _predicted(self, X: Any) -> pd.DataFrame:  # noqa: N803
        check_is_fitted(self, "model_")
        return self.model_.predict(as_frame(self, X, reset=False))

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return predictions, one a row."""
        return self._predicted(X)["prediction"].to_numpy()


class PipelineClassifier(ClassifierMixin, _PipelineEstimator):  # type: ignore[misc]
    """A pipeline that predicts classes."""

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """Return probabilities, one column a class in the order of ``classes_``."""
        predicted = self._predicted(X)
        return predicted[[f"probability_{each}" for each in self.classes_]].to_numpy()


class PipelineRegressor(RegressorMixin, _PipelineEstimator):  # type: ignore[misc]
    """A pipeline that predicts numbers."""
