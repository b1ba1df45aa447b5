"""A booster learned by the workers of a cluster together, round by round, with checkpoints in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.models._amounts import check_amounts, power_of
from mlsys.models._boosters import agreement, as_agreed, rename_in_parameters
from mlsys.models._estimators import classifies, regresses
from mlsys.models._fitting import selected
from mlsys.models._matrix import order_of, plain_target
from mlsys.models._refusals import check_target
from mlsys.models.across.refusals import kind_of
from mlsys.models.across.rows import PartOf, target_of
from mlsys.models.across.trainers import Rounds

if TYPE_CHECKING:
    from mlsys.dataset import Rows
    from mlsys.tables import Table

EVERY = 50
"""Rounds after which the booster is here, so that these are not lost with a worker."""
_TWO = 2


def learned_across(
    estimator: Any, names: tuple[str, ...], train: Table, wrap: Callable[[pd.DataFrame], Rows], who: str
) -> dict[str, Any]:
    """Return the state of a fitted booster.

    Parameters
    ----------
    estimator : estimator
        With its seed; it becomes the fitted one.
    names : tuple of str
        Features, in order.
    train : Table
        Training rows in partitions, of an engine whose workers keep what is made of them.
    wrap : callable
        Gives a frame its roles and features.
    who : str
        The step, for messages.
    """
    first = wrap(train.head(1))
    shown = selected(first, None, names, False, who)
    told = agreement(estimator, shown)
    rename_in_parameters(estimator, names, told)
    with train.keeping(PartOf(wrap, names, told, who)) as kept:
        targets = kept.each(target_of)
        kept.only([len(each) > 0 for each in targets])
        known = pd.concat([each for each in targets if len(each)])
        values = plain_target(known)
        check_target(known, values, classifies(estimator), regresses(estimator), who)
        power = power_of(estimator) if regresses(estimator) else None
        if power is not None:
            check_amounts(known, values, power, who)
        classes = np.unique(values) if classifies(estimator) else None
        booster, done = None, 0
        features = as_agreed(shown, told).iloc[:0]
        while done < (total := _rounds(estimator)):
            rounds = min(EVERY, total - done)
            parameters = _parameters(estimator, classes, done)
            library, _ = kind_of(estimator)
            missing = float(estimator.get_params().get("missing", np.nan))
            asked = Rounds(library, parameters, rounds, booster, features, classes, first.weight is not None, missing)
            booster = kept.run(asked)
            done += rounds
    listed = None if classes is None else classes.tolist()
    order = {} if listed is None else order_of(first.y, listed)
    fitted = _fitted(estimator, booster, classes, len(names))
    return {"estimator": fitted, "classes": listed, "features": list(names), **order, **told}


def _rounds(estimator: Any) -> int:
    given = estimator.get_params()["n_estimators"]
    return 100 if given is None else int(given)


def _parameters(estimator: Any, classes: Any, done: int) -> dict[str, Any]:
    """Return the parameters of the library; each block of rounds draws its own rows and columns."""
    library, _ = kind_of(estimator)
    count = 0 if classes is None else len(classes)
    if library == "xgboost":
        given = {name: value for name, value in estimator.get_xgb_params().items() if value is not None}
        given.pop("n_jobs", None)
        if count > _TWO:
            given |= {"objective": "multi:softprob", "num_class": count}
    else:
        given = {
            name: value for name, value in estimator.get_params().items() if name not in ("n_estimators", "n_jobs")
        }
        given.setdefault("verbose", -1)
        if count:
            given["objective"] = given["objective"] or ("binary" if count <= _TWO else "multiclass")
        if count > _TWO:
            given["num_class"] = count
    return given | {"random_state": (given.get("random_state") or 0) + done}


def _fitted(estimator: Any, booster: Any, classes: Any, features: int) -> Any:
    """Return the estimator as its own ``fit`` would have left it."""
    library, _ = kind_of(estimator)
    estimator._Booster = booster
    if library == "xgboost":
        if classes is not None:
            estimator.n_classes_ = len(classes)
            if len(classes) > _TWO:
                estimator.objective = "multi:softprob"
        return estimator
    vars(estimator).update(
        _n_features=features, _n_features_in=features, _evals_result={}, fitted_=True, _fitted_with_feature_names=True,
        _best_iteration=booster.best_iteration, _best_score=dict(booster.best_score),
        _objective=estimator.objective or ("regression" if classes is None else _objective(classes)),
    )  # fmt: skip
    if classes is not None:
        from sklearn.preprocessing import LabelEncoder

        encoder = LabelEncoder().fit(classes)
        places = range(len(classes))
        vars(estimator).update(
            _le=encoder, _classes=encoder.classes_, _n_classes=len(classes), _class_weight=None,
            _class_map=dict(zip(encoder.classes_, places, strict=True)),
        )  # fmt: skip
    return estimator


def _objective(classes: Any) -> str:
    return "binary" if len(classes) <= _TWO else "multiclass"
