"""A loss lent to a booster while it learns; afterwards the booster is one of log-loss, which gives sigmoids itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import ConfigurationError, DataError
from mlsys.models.losses.focal import FocalLoss

if TYPE_CHECKING:
    from collections.abc import Iterator


_LOG_LOSS = {"lightgbm": "binary", "xgboost": "binary:logistic"}
_KINDS = {("lightgbm", "LGBMClassifier"), ("xgboost", "XGBClassifier")}


def refuse_focal(estimator: Any, gamma: float, who: str) -> None:
    """Raise where focal loss cannot be lent to an estimator."""
    if not (np.isfinite(gamma) and gamma >= 0):
        raise ConfigurationError(f"{who}: focal={gamma} is no power", "write focal=2, or another number of at least 0")
    if (_library(estimator), type(estimator).__name__) not in _KINDS:
        raise ConfigurationError(
            f"{who} takes no focal=", "use LGBMClassifier or XGBClassifier itself, not inside another estimator"
        )
    params = estimator.get_params()
    rounds = [
        name for name in ("early_stopping_rounds", "early_stopping_round", "n_iter_no_change") if params.get(name)
    ]
    if rounds:
        raise ConfigurationError(
            f"{who}: {rounds[0]}={params[rounds[0]]} stops early by another loss than focal loss",
            f"leave {rounds[0]} out and set n_estimators",
        )
    weighing = {"scale_pos_weight": (None, 1, 1.0), "is_unbalance": (None, False), "class_weight": (None,)}
    doubled = [name for name, off in weighing.items() if params.get(name) not in off]
    if doubled:
        raise ConfigurationError(
            f"{who}: {doubled[0]}={params[doubled[0]]!r} has no effect on focal loss",
            f"leave {doubled[0]} out and put WeighClasses() before it",
        )


@contextmanager
def lent(estimator: Any, gamma: float | None, classes: list[Any] | None, who: str) -> Iterator[None]:
    """Let an estimator learn by a loss, and leave it as one of log-loss with the same trees."""
    if gamma is None:
        yield
        return
    if classes is None or len(classes) != 2:  # noqa: PLR2004
        raise DataError(
            f"{who}: focal= is for two classes, but the target has {len(classes or ())}",
            "leave focal= out, or merge classes",
        )
    estimator.set_params(objective=FocalLoss(float(gamma)))
    yield
    library = _library(estimator)
    estimator.set_params(objective=_LOG_LOSS[library])
    if library == "lightgbm":
        estimator._Booster = _with_sigmoid(estimator.booster_)
        estimator._objective, estimator._fobj = _LOG_LOSS[library], None


def _with_sigmoid(booster: Any) -> Any:
    """Return a booster of the same trees whose file says that its answer is the sigmoid of their sum."""
    import lightgbm

    lines = booster.model_to_string(num_iteration=-1).split("\n")
    lines = [line for line in lines if not line.startswith("objective=")]
    place = next(number for number, line in enumerate(lines) if line.startswith("feature_names="))
    made = lightgbm.Booster(model_str="\n".join([*lines[:place], "objective=binary sigmoid:1", *lines[place:]]))
    made.best_iteration, made.best_score = booster.best_iteration, booster.best_score
    return made


def _library(estimator: Any) -> str:
    return type(estimator).__module__.partition(".")[0]
