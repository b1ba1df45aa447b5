"""A boosted fit told round by round: callbacks of LightGBM and XGBoost, warm starts of scikit-learn's boosting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.models._estimators import classifies
from mlsys.models._fitting import asked_once, predictions
from mlsys.steps.rounds import listener_of_rounds, told_after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Raw = Callable[[Any], NDArray[Any]]
    """Features in; probabilities of the classes (of two, the second's may stand alone), or predicted numbers, out."""
    Tell = Callable[[int, Raw], None]
    Fit = Callable[..., object]

_HISTOGRAMS = "sklearn.ensemble._hist_gradient_boosting"


class SoFar:
    """What a regressor says after some rounds."""

    def __init__(self, raw: Raw) -> None:
        self.predict = raw


class SoFarOfClasses(SoFar):
    """What a classifier says after some rounds."""

    def predict_proba(self, features: Any) -> NDArray[np.float64]:
        """Return the probability of each class."""
        shares = np.asarray(self.predict(features), dtype=np.float64)
        return np.column_stack([1 - shares, shares]) if shares.ndim == 1 else shares


def tells_rounds(estimator: Any) -> bool:
    """Whether rounds of a fit can be told without changing what is learned.

    Examples
    --------
    >>> from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    >>> tells_rounds(HistGradientBoostingClassifier()), tells_rounds(RandomForestClassifier())
    (True, False)
    """
    return _way(estimator) is not None


def teller(state: Mapping[str, Any], one_column: bool, who: str) -> Tell | None:
    """Return what tells a listener the predictions after some rounds; nothing where nobody listens.

    Parameters
    ----------
    state : mapping
        That of ``Train`` before the fit.
    one_column : bool
        Whether the estimator takes one column as it is.
    who : str
        For messages.
    """
    listener = listener_of_rounds()
    if listener is None:
        return None
    kind = SoFar if state["classes"] is None else SoFarOfClasses
    known = {**state, **asked_once(dict(state)), "likeliest": state["classes"] is not None}

    def tell(rounds: int, raw: Raw) -> None:
        so_far = {**known, "estimator": kind(raw)}
        listener(rounds, lambda frame: predictions(frame, so_far, one_column, who))

    return tell


def fit_told(estimator: Any, tell: Tell | None, fit: Fit) -> None:
    """Fit, and tell of rounds on the way; what is learned is the same, byte for byte."""
    way = None if tell is None else _way(estimator)
    if way is None:
        fit()
    else:
        way(estimator, tell, fit)


def _way(estimator: Any) -> Callable[[Any, Any, Fit], None] | None:
    if type(estimator).__module__.startswith(_HISTOGRAMS):
        return None if estimator.warm_start else _by_warm_starts
    way = _BY_CALLBACKS.get(type(estimator).__module__.partition(".")[0])  # a user's class may fit in another way
    if way is None or not hasattr(estimator, "get_params"):
        return None
    given = estimator.get_params()
    usual = not callable(given.get("objective")) and given.get("booster") in {None, "gbtree", "dart"}
    return way if usual else None


def _by_warm_starts(estimator: Any, tell: Tell, fit: Fit) -> None:
    rounds = estimator.max_iter
    says = estimator.predict_proba if classifies(estimator) else estimator.predict
    try:
        for size in [*filter(told_after, range(rounds)), rounds]:
            estimator.set_params(warm_start=True, max_iter=size)
            fit()
            if estimator.n_iter_ < size:
                return  # stopped early
            if size < rounds:
                tell(size, says)
    finally:
        estimator.set_params(warm_start=False, max_iter=rounds)


def _of_lightgbm(estimator: Any, tell: Tell, fit: Fit) -> None:
    def after(now: Any) -> None:
        rounds = now.iteration + 1
        if told_after(rounds) and rounds < now.end_iteration:
            tell(rounds, lambda features: now.model.predict(features, num_iteration=rounds))

    fit(callbacks=[after])


def _of_xgboost(estimator: Any, tell: Tell, fit: Fit) -> None:
    from xgboost.callback import TrainingCallback

    class After(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            if told_after(epoch + 1) and epoch + 1 < estimator.get_num_boosting_rounds():
                tell(epoch + 1, model.inplace_predict)
            return False

    before = estimator.callbacks
    # Not by set_params, which would write into the learned trees.
    estimator.callbacks = [*(before or ()), After()]
    try:
        fit()
    finally:
        estimator.callbacks = before


_BY_CALLBACKS: dict[str, Callable[[Any, Any, Fit], None]] = {"lightgbm": _of_lightgbm, "xgboost": _of_xgboost}
