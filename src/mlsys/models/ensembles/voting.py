"""Voting: the mean of what several estimators say, or the class that most of them say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, PROBABILITY
from mlsys.errors import ConfigurationError
from mlsys.models.ensembles._members import (
    MEMBERS,
    answers_of,
    learned,
    predict_classes,
    refuse_unlike,
    refuse_without,
)
from mlsys.models.ensembles._of_members import OfMembers
from mlsys.steps import Field
from mlsys.steps.shares import corrected, odds_back

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows
    from mlsys.steps.shares import Shares

    Values = NDArray[np.float64]


class Voting(OfMembers):
    """Predict the mean of several estimators: of their probabilities, or of their numbers.

    Parameters
    ----------
    members : list or dict
        Estimators, or ``Train`` steps with settings of their own, such as ``features=``; of a dict by name, otherwise
        named by their class. At least two, all classifiers or all regressors.
    voting : {"soft", "hard"}
        Of classifiers: ``"soft"`` averages probabilities; ``"hard"`` counts predicted classes and gives no
        probabilities. Of a tie the first class in order wins.
    weights : list of float, optional
        How much each member counts; by default all alike.

    Raises
    ------
    ConfigurationError
        If there are fewer than two members, some predict classes and others numbers, one has no ``predict_proba`` and
        ``voting="soft"``, or weights do not fit the members.

    Notes
    -----
    Every member learns from all training rows, each as in a :class:`Train` of its own: weights, early stopping and
    levels of categories are treated alike. Averaging reduces what errors of members do not share; members that err
    together gain nothing (Breiman 1996). Predictions take the time, and the model the room, of all members:
    :func:`ensemble_study` says whether that pays. State: ``members`` by name, as ``Train`` learns them.

    References
    ----------
    Breiman, L. (1996). Bagging predictors. Machine Learning 24.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "late": [False, False, True, True]})
    >>> model = Voting([LogisticRegression(), GaussianNB()]).fit(frame, target="late")
    >>> model.predict(frame)["prediction"].tolist()
    [False, False, True, True]
    """

    voting: Literal["soft", "hard"] = Field(default="soft", kw_only=True)
    weights: tuple[float, ...] | list[float] | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check that members can vote together."""
        refuse_unlike(self.steps, self.title, least=2)
        if self.voting == "soft":
            remedy = 'write voting="hard", or wrap it in CalibratedClassifierCV(...), which has probabilities'
            refuse_without(self.steps, ["predict_proba"], f'{self.title}(voting="soft")', remedy)
        weights = np.ones(len(self.steps)) if self.weights is None else np.array(self.weights, dtype=np.float64)
        if len(weights) != len(self.steps) or not (np.isfinite(weights) & (weights >= 0)).all() or not weights.any():
            raise ConfigurationError(
                f"{self.title}: weights={self.weights} of {len(self.steps)} members",
                "give one number of at least 0 for each member, not all 0",
            )

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return what each member learns from the training rows."""
        return {MEMBERS: learned(self.steps, train, rng)}

    def corrected(self, state: dict[str, Any], shifts: Sequence[Shares], /) -> dict[str, Any] | None:
        """Return the state with what brings the mean probabilities back to the shares before they were changed."""
        if self.voting == "hard" or not predict_classes(self.steps):
            return None
        return state | {"odds": odds_back(shifts, _classes(state))}

    def predict(self, frame: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return ``prediction`` and, with soft voting of classifiers, ``probability_<class>``."""
        answers = answers_of(self.steps, frame, state[MEMBERS])
        weights = np.ones(len(answers)) if self.weights is None else np.array(self.weights, dtype=np.float64)
        if not predict_classes(self.steps):
            return pd.DataFrame({PREDICTION: _mean(answers, PREDICTION, weights)}, index=frame.index)
        classes = _classes(state)
        if self.voting == "hard":
            return pd.DataFrame({PREDICTION: _most_said(answers, classes, weights)}, index=frame.index)
        shares = np.column_stack([_mean(answers, f"{PROBABILITY}{value}", weights) for value in classes])
        prediction = np.array(classes)[shares.argmax(axis=1)]  # stays what changed shares made of it, as in Train
        shares = corrected(shares, state["odds"]) if "odds" in state else shares
        shown = {f"{PROBABILITY}{value}": shares[:, classes.index(value)] for value in _in_order(state, classes)}
        return pd.DataFrame({PREDICTION: prediction, **shown}, index=frame.index)


def _mean(answers: Mapping[str, pd.DataFrame], column: str, weights: Values) -> Values:
    """Return the weighted mean of a column over members."""
    values = [table[column].to_numpy(dtype=np.float64) for table in answers.values()]
    return np.asarray(sum(weight * each for weight, each in zip(weights, values, strict=True)) / weights.sum())


def _most_said(answers: Mapping[str, pd.DataFrame], classes: list[Any], weights: Values) -> NDArray[Any]:
    """Return the class with most votes; of equals the first in order."""
    votes = np.zeros((len(classes), len(next(iter(answers.values())))))
    for weight, table in zip(weights, answers.values(), strict=True):
        votes += weight * np.array([table[PREDICTION].to_numpy() == value for value in classes])
    found: NDArray[Any] = np.array(classes)[votes.argmax(axis=0)]
    return found


def _classes(state: Mapping[str, Any]) -> list[Any]:
    """Return the classes, which all members learned from the same rows."""
    found: list[Any] = next(iter(state[MEMBERS].values()))["classes"]
    return found


def _in_order(state: Mapping[str, Any], classes: list[Any]) -> list[Any]:
    """Return the classes in the order of an ordered target, otherwise as they are."""
    found: list[Any] = next(iter(state[MEMBERS].values())).get("order", classes)
    return found
