"""Fine-tuning: an estimator goes on from what an earlier one of its kind has learned."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.steps.earlier import earlier_model
from mlsys.steps.questions import predicts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_FROM = {"lightgbm": "init_model", "xgboost": "xgb_model", "catboost": "init_model"}
"""Argument of a booster's ``fit`` that takes the earlier one; its trees stay, and new ones are added."""
_ADDS = ("n_estimators",)
"""Parameter that counts what ``warm_start`` adds to, in scikit-learn's forests and boosting."""
_SAME_ROWS = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
"""Their ``warm_start`` is valid on the same rows only: thresholds refer to bins of the rows of each fit."""
_REMEDY = (
    "use an estimator with partial_fit (SGDClassifier, MLPClassifier), with warm_start (LogisticRegression, forests), "
    "or LightGBM, XGBoost or CatBoost; or take the earlier model's answers as features: Embed(reference, columns=...)"
)


def refuse_no_warm_start(estimator: Any, who: str) -> None:
    """Raise for an estimator that cannot go on from an earlier one."""
    last = _last(estimator)
    if type(last).__name__ in _SAME_ROWS or not (
        _library(last) in _FROM or hasattr(last, "partial_fit") or "warm_start" in _parameters(last)
    ):
        raise ConfigurationError(
            f"{who}: {type(last).__name__} cannot go on from an earlier model on other rows", _REMEDY
        )


def earlier_state(reference: str | Path, estimator: Any, who: str) -> dict[str, Any]:
    """Return what the earlier model has learned; raise if it is not of the same estimator."""
    found = [fitted.state for _, fitted in earlier_model(reference).steps if predicts(fitted.step)]
    state = found[0] if found else None
    if not isinstance(state, dict) or "estimator" not in state:
        raise ConfigurationError(
            f"{who}: warm_start={str(reference)!r} is no model of one estimator and one target",
            "name a model that Train(estimator) made",
        )
    same = [type(each) for each in _chain(state["estimator"])] == [type(each) for each in _chain(estimator)]
    if not same:
        raise ConfigurationError(
            f"{who}: warm_start={str(reference)!r} is {_named(state['estimator'])}, not {_named(estimator)}",
            "give an estimator of the same class, or train without warm_start",
        )
    return state


def refuse_unlike(earlier: Mapping[str, Any], now: Mapping[str, Any], who: str) -> None:
    """Raise where features, their levels or classes are not those that the earlier model has learned."""
    names, before = list(now["features"]), list(earlier["features"])
    if names != before:
        lost, new = [n for n in before if n not in names], [n for n in names if n not in before]
        said = f"lacks {_quoted(lost)}" if lost else f"also has {_quoted(new)}" if new else "has them in another order"
        raise DataError(
            f"{who}: the earlier model learned {len(before)} features, and this data {said}",
            "make the same features with the same steps, and name them in order: features=[...]",
        )
    for what in ("classes", "levels"):
        if earlier.get(what) != now.get(what):
            raise DataError(
                f"{who}: the {what} of the earlier model are {_short(earlier.get(what))}, here they are "
                f"{_short(now.get(what))}",
                "give rows that have the same ones, or train without warm_start",
            )


def continued(
    fresh: Any, earlier: Any, features: Any, target: NDArray[Any], weights: dict[str, Any], epochs: int
) -> tuple[Any, dict[str, Any], bool]:
    """Return the estimator to go on with, further arguments of its ``fit``, and whether it has been fitted here.

    Parameters
    ----------
    fresh : estimator
        As configured, not fitted.
    earlier : estimator
        The earlier one; it is copied.
    features, target, weights
        The rows to go on with.
    epochs : int
        Passes over the rows with ``partial_fit``.
    """
    if _library(fresh) in _FROM:
        booster = getattr(earlier, "booster_", None) or getattr(earlier, "get_booster", lambda: earlier)()
        return fresh, {_FROM[_library(fresh)]: booster}, False
    going = copy.deepcopy(earlier)
    if getattr(fresh, "steps", None):
        # The steps before the last stay as they were learned: the last one was fitted on what they make.
        inner = going[:-1].transform(features) if len(going.steps) > 1 else features
        own = {name.rpartition("__")[2]: values for name, values in weights.items()}
        last, arguments, fitted = continued(fresh.steps[-1][1], going.steps[-1][1], inner, target, own, epochs)
        if not fitted:
            last.fit(inner, target, **own, **arguments)
        going.steps[-1] = (going.steps[-1][0], last)
        return going, {}, True
    if hasattr(going, "partial_fit"):
        for _ in range(epochs):
            going.partial_fit(features, target, **weights)
        return going, {}, True
    kept = {name: value for name, value in _parameters(fresh).items() if value is not None and name != "random_state"}
    added = {name: getattr(earlier, name) + kept[name] for name in _ADDS if name in kept and hasattr(earlier, name)}
    going.set_params(**{**kept, **added, "warm_start": True})
    return going, {}, False


def _last(estimator: Any) -> Any:
    steps = getattr(estimator, "steps", None)
    return _last(steps[-1][1]) if steps else estimator


def _chain(estimator: Any) -> list[Any]:
    steps = getattr(estimator, "steps", None)
    return [each for _, step in steps for each in _chain(step)] if steps else [estimator]


def _named(estimator: Any) -> str:
    return " and ".join(type(each).__name__ for each in _chain(estimator))


def _library(estimator: Any) -> str:
    return type(estimator).__module__.split(".")[0]


def _parameters(estimator: Any) -> dict[str, Any]:
    found: dict[str, Any] = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    return found


def _quoted(names: list[Any]) -> str:
    return listed([repr(name) for name in names])


def _short(values: Any) -> str:
    text = str(values)
    return text if len(text) <= 80 else text[:77] + "..."
