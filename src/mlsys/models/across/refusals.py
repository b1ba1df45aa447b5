"""Why a booster is trained in one process though there are workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT
from mlsys.models._early_stopping import booster_that_stops
from mlsys.values import blocks_among

if TYPE_CHECKING:
    from mlsys.dataset import Rows

KINDS = {("xgboost", name) for name in ("XGBClassifier", "XGBRegressor")} | {
    ("lightgbm", name) for name in ("LGBMClassifier", "LGBMRegressor")
}
_PLAIN: dict[str, dict[str, tuple[Any, ...]]] = {
    "xgboost": {
        "booster": (None, "gbtree"),
        "callbacks": (None,),
        "device": (None, "cpu"),
        "eval_metric": (None,),
        "feature_types": (None,),
        "feature_weights": (None,),
    },
    "lightgbm": {"boosting_type": ("gbdt",), "class_weight": (None,), "categorical_feature": (None, "auto")},
}
"""Parameters that only one process understands, with the values that several do."""
_OTHER_NAMES_OF_ROUNDS = (
    "num_iterations", "num_iteration", "n_iter", "num_tree", "num_trees", "num_round", "num_rounds", "nrounds",
    "num_boost_round", "max_iter",
)  # fmt: skip


def kind_of(estimator: Any) -> tuple[str, str]:
    """Return library and class."""
    return type(estimator).__module__.partition(".")[0], type(estimator).__name__


def why_not(estimator: Any, first: Rows) -> str:
    """Return why the workers do not train an estimator together; empty where they do.

    Parameters
    ----------
    estimator : estimator
        As configured.
    first : Rows
        Rows of training, or none, with their columns and roles.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from mlsys.dataset import Roles, Rows
    >>> why_not(Ridge(), Rows.of(pd.DataFrame({"x": [1.0]}), Roles(), ("x",)))
    'only XGBClassifier, XGBRegressor, LGBMClassifier and LGBMRegressor are, not Ridge'
    """
    library, name = kind_of(estimator)
    if (library, name) not in KINDS:
        return f"only XGBClassifier, XGBRegressor, LGBMClassifier and LGBMRegressor are, not {name}"
    given = estimator.get_params()
    for parameter, plain in _PLAIN[library].items():
        if given.get(parameter, plain[0]) not in plain:
            return f"{parameter}={given[parameter]!r} works in one process only"
    if callable(given.get("objective")):
        return "an objective of your own works in one process only"
    other = next((each for each in _OTHER_NAMES_OF_ROUNDS if each in given), None)
    if other is not None and library == "lightgbm":
        return f"{other}= must be called n_estimators="
    if booster_that_stops(estimator) is not None:
        return "it stops early, and the rows that it watches are chosen among all; give n_estimators= instead"
    if first.weight is not None and first.weight.name == SAMPLING_WEIGHT:
        return "rows have the weights of a sample, which are scaled by their mean"
    if first.roles.has_several_targets:
        return "there are several targets"
    kinds = {column: first[column].dtype for column in first.feature_names}
    if blocks_among(list(kinds.values())):
        return "features hold blocks of columns (texts, embeddings)"
    levels = next((column for column, kind in kinds.items() if isinstance(kind, pd.CategoricalDtype)), None)
    return f"{levels!r} holds categories; encode them (OneHot, TargetEncode)" if levels is not None else ""
