"""Boosting: one estimator fitted many times, each time on rows weighed by how badly the fits before predict them."""

from __future__ import annotations

from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.models._estimators import classifies, weight_argument
from mlsys.models.ensembles._through_train import ThroughTrain
from mlsys.steps import Field


class Boosting(ThroughTrain):
    """Fit one estimator many times, each on rows weighed by the errors of those before (Freund and Schapire 1997).

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor whose ``fit`` accepts ``sample_weight``: a simple one, such as
        ``DecisionTreeClassifier(max_depth=1)``. It is cloned, never changed.
    members : int
        Number of fits at most; it stops when nothing is left to correct.
    learning_rate : float
        How much each fit counts, above 0.

    Raises
    ------
    ConfigurationError
        If it is no classifier or regressor, its ``fit`` accepts no weights, or the numbers make no sense.

    Notes
    -----
    scikit-learn's ``AdaBoostClassifier`` (SAMME) or ``AdaBoostRegressor`` (R2), trained as :class:`Train` trains any
    estimator. Its probabilities are far too near to a half: follow it with :class:`Calibrate`. Rows with wrong labels
    get the largest weights. Gradient boosting of trees (``HistGradientBoostingClassifier``, LightGBM, XGBoost) is
    usually better and faster, and is a ``Train(...)``; this step boosts any other estimator. Cost: ``members`` fits,
    one after another.

    References
    ----------
    Freund, Y. and Schapire, R. E. (1997). A decision-theoretic generalization of on-line learning and an application to
    boosting. Journal of Computer and System Sciences 55.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> frame = pd.DataFrame({"x": range(20), "odd": [False] * 6 + [True] * 8 + [False] * 6})
    >>> model = Boosting(DecisionTreeClassifier(max_depth=1), members=20).fit(frame, target="odd")
    >>> model.predict(pd.DataFrame({"x": [2, 10, 18]}))["prediction"].tolist()
    [False, True, False]
    """

    members: int = Field(default=50, kw_only=True)
    learning_rate: float = Field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        """Check the estimator and the numbers."""
        self.refuse_other_aims()
        if weight_argument(self.estimator) is None:
            raise ConfigurationError(
                f"{self.title}: fit() of {type(self.estimator).__name__} accepts no sample_weight, by which boosting "
                "tells it which rows matter",
                "use an estimator that accepts weights, or Bagging(...)",
            )
        if self.members < 1 or not self.learning_rate > 0:
            raise ConfigurationError(
                f"{self.title}: members={self.members}, learning_rate={self.learning_rate}",
                "use 1 member or more, and a rate above 0",
            )

    def made(self) -> Any:
        """Return scikit-learn's boosting of the estimator."""
        from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor

        return (AdaBoostClassifier if classifies(self.estimator) else AdaBoostRegressor)(
            self.estimator, n_estimators=self.members, learning_rate=self.learning_rate
        )
