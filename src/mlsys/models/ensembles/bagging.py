"""Bagging: the mean of one estimator fitted many times on rows drawn at random."""

from __future__ import annotations

from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.models._estimators import classifies
from mlsys.models.ensembles._through_train import ThroughTrain
from mlsys.steps import Field


class Bagging(ThroughTrain):
    """Average many fits of one estimator, each on training rows drawn at random (Breiman 1996).

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor with scikit-learn's interface. It is cloned, never changed.
    members : int
        Number of fits.
    rows_share : float
        Share of the training rows that each learns from, above 0 and at most 1.
    features_share : float
        Share of the features that each learns from, above 0 and at most 1.
    replacement : bool
        Draw rows with replacement, as in a bootstrap.

    Raises
    ------
    ConfigurationError
        If it is no classifier or regressor, or the numbers make no sense.

    Notes
    -----
    scikit-learn's ``BaggingClassifier`` or ``BaggingRegressor``, trained as :class:`Train` trains any estimator. It
    reduces the variance of estimators that change much with their rows, such as deep trees; a stable one, such as
    logistic regression, gains nothing. A forest does the same for trees faster. Categories reach members as numbers.
    Cost: ``members`` fits, and as many times the size and the time of a prediction.

    References
    ----------
    Breiman, L. (1996). Bagging predictors. Machine Learning 24.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> frame = pd.DataFrame({"x": range(20), "late": [False] * 10 + [True] * 10})
    >>> model = Bagging(DecisionTreeClassifier(), members=5).fit(frame, target="late")
    >>> model.predict(pd.DataFrame({"x": [2, 17]}))["prediction"].tolist()
    [False, True]
    """

    members: int = Field(default=10, kw_only=True)
    rows_share: float = Field(default=1.0, kw_only=True)
    features_share: float = Field(default=1.0, kw_only=True)
    replacement: bool = Field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        """Check the estimator and the numbers."""
        self.refuse_other_aims()
        if self.members < 1 or not (0 < self.rows_share <= 1 and 0 < self.features_share <= 1):
            raise ConfigurationError(
                f"{self.title}: members={self.members}, rows_share={self.rows_share}, "
                f"features_share={self.features_share}",
                "use 1 member or more, and shares above 0 and at most 1",
            )

    def made(self) -> Any:
        """Return scikit-learn's bagging of the estimator."""
        from sklearn.ensemble import BaggingClassifier, BaggingRegressor

        return (BaggingClassifier if classifies(self.estimator) else BaggingRegressor)(
            self.estimator,
            n_estimators=self.members,
            max_samples=self.rows_share,
            max_features=self.features_share,
            bootstrap=self.replacement,
        )
