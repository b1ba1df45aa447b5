"""Training rows that early stopping watches: the latest, or whole groups; never the validation part."""

from __future__ import annotations

import inspect
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.models._estimators import library_of, parts_of, searches
from mlsys.summaries import hash_ids, uniform
from mlsys.values import TIMES, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Arguments = dict[str, Any]

AUTO_ROWS = 10_000
"""Above this many rows scikit-learn's ``early_stopping="auto"`` means yes."""

_LIGHTGBM_NAMES = ("early_stopping_round", "early_stopping_rounds", "early_stopping", "n_iter_no_change")
_CATBOOST_NAMES = ("early_stopping_rounds", "od_wait", "od_type", "od_pval", "use_best_model")
_NAMES = (*_LIGHTGBM_NAMES, *_CATBOOST_NAMES)
"""Names under which boosters are asked to stop early."""

_STREAM = int.from_bytes(b"early", "big")


def stops_early(estimator: Any, rows: int) -> bool:
    """Whether the estimator will stop early and lets us say on which rows."""
    return booster_that_stops(estimator) is not None or _trees_that_stop(estimator, rows) is not None


def _trees_that_stop(estimator: Any, rows: int) -> Any:
    """Return gradient boosting of scikit-learn that stops early, alone or where a search or pipeline hands it rows."""
    learner, inside = _behind_steps(estimator), _searched(estimator)
    if learner is not inside and not hasattr(inside, "transform_input"):
        return None
    wanted = getattr(learner, "early_stopping", False)
    if not (wanted is True or (wanted == "auto" and rows > AUTO_ROWS)):
        return None
    return learner if {"X_val", "y_val"} <= set(inspect.signature(learner.fit).parameters) else None


def _searched(estimator: Any) -> Any:
    return estimator.estimator if searches(estimator) else estimator


def _behind_steps(estimator: Any) -> Any:
    inside = _searched(estimator)
    return inside.steps[-1][1] if getattr(inside, "steps", None) else inside


def keeps_to_itself(estimator: Any, rows: int) -> list[str]:
    """Return one sentence for each estimator inside that stops early on rows it chooses itself, whatever the groups."""
    reached = _trees_that_stop(estimator, rows)
    found = []
    for part in parts_of(estimator):
        given = part.get_params(deep=False) if hasattr(part, "get_params") else {}
        wanted = given.get("early_stopping", given.get("n_iter_no_change") is not None)
        stops = wanted is True or (wanted == "auto" and rows > AUTO_ROWS)
        if stops and "validation_fraction" in given and part is not reached:
            found.append(f"{type(part).__name__} stops early on rows that it selects itself")
    return found


def booster_that_stops(estimator: Any) -> Any:
    """Return the booster that stops early, the estimator itself or one inside; ``None`` where none does."""
    return next((part for part in parts_of(estimator) if _wants_rows(part)), None)


def refuse_out_of_reach(estimator: Any, who: str) -> None:
    """Raise for a booster that stops early where no rows to watch can be handed to it."""
    booster = booster_that_stops(estimator)
    if booster is None or booster is estimator or (searches(estimator) and booster is estimator.estimator):
        return
    raise ConfigurationError(
        f"{who}: {type(booster).__name__} inside it stops early, but {type(estimator).__name__} passes it no "
        "validation rows",
        f"put {type(booster).__name__} alone into Train, with what stands before it as steps of the pipeline, or give "
        "it a number of trees in place of early stopping",
    )


def watches_the_latest(train: Rows) -> bool:
    """Whether there are times to tell the latest rows by."""
    return bool(_times(train).notna().any())


def _times(train: Rows) -> pd.Series:
    times = None if train.time is None else plain(train.time)
    return pd.Series(dtype="float64") if times is None or values_of(times).kind not in TIMES else times


def watched_rows(train: Rows, target: NDArray[Any], share: float, is_classifier: bool) -> NDArray[np.bool_]:
    """Return the mask of rows to watch: the latest where there is time, else by hash of group or id.

    Rows of a class that no other row has stay in training. Nothing is watched where that leaves no rows.
    """
    times = _times(train)
    if times.notna().any():
        ordered = times.dropna().sort_values()
        start = ordered.iloc[min(int(len(ordered) * (1 - share)), len(ordered) - 1)]
        watched = (times >= start).to_numpy(dtype=bool)
    else:
        units = train.group if train.group is not None else train.ids
        watched = uniform(hash_ids(units, _STREAM)) < share
    if is_classifier:
        watched = watched & np.isin(target, np.unique(target[~watched]))
    if not watched.any() or watched.mean() > 0.5:
        return np.zeros(len(target), dtype=bool)
    return np.asarray(watched, dtype=bool)


def set_aside(
    estimator: Any, features: Any, target: NDArray[Any], weights: Arguments, watched: NDArray[np.bool_], who: str
) -> Arguments:
    """Return the arguments of ``fit`` that hand over the rows to watch; nothing where none can be watched."""
    booster = booster_that_stops(estimator)
    if not watched.any() and booster is not None:
        raise DataError(
            f"{who} stops early, but none of the {len(target):,} training rows can serve as validation rows: the share "
            "of the latest rows or of whole groups is empty or more than half",
            "set another early_stopping_share=, use more rows, or set a number of trees instead of early stopping",
        )
    if not watched.any():
        return {}
    weight = next((values[watched] for values in weights.values()), None)
    if booster is not None:
        return _HANDED[library_of(booster)](booster, features[watched], target[watched], weight)
    # "auto" would count the rows again, without the watched ones.
    _behind_steps(estimator).set_params(early_stopping=True)
    shown = {"X_val": features[watched], "y_val": target[watched]}
    return shown if weight is None else shown | {"sample_weight_val": weight}


def size_found(estimator: Any) -> int | None:
    """Return the number of trees at which an estimator stopped; ``None`` if it is inside another."""
    if booster_that_stops(estimator) is estimator:
        found = getattr(estimator, _BEST[library_of(estimator)], None)
        return None if found is None else int(found) + (library_of(estimator) != "lightgbm")
    return int(estimator.n_iter_) if _behind_steps(estimator) is estimator else None


def with_size(estimator: Any, size: int) -> Any:
    """Return an estimator of that many trees that does not stop early; the same one where it can be changed."""
    given = estimator.get_params(deep=False)
    library = library_of(estimator)
    if library not in _ASKS:
        return estimator.set_params(max_iter=max(size, 1), early_stopping=False)
    off: Arguments = {name: None if library == "xgboost" else 0 for name in _NAMES if given.get(name)}
    if library == "xgboost" and given.get("callbacks"):
        off["callbacks"] = [each for each in given["callbacks"] if type(each).__name__ != "EarlyStopping"] or None
    if library != "catboost":
        return estimator.set_params(n_estimators=max(size, 1), **off)
    sizes = ("iterations", "n_estimators", "num_boost_round", "num_trees")
    kept = {name: value for name, value in given.items() if name not in (*_NAMES, *sizes)}
    return type(estimator)(**kept, iterations=max(size, 1))


@contextmanager
def watched_behind_steps(estimator: Any, shown: Arguments) -> Iterator[bool]:
    """Let a pipeline change the rows to watch as it changes the others; says whether that takes metadata routing."""
    from sklearn import config_context

    inside = _searched(estimator)
    if "X_val" not in shown or not getattr(inside, "steps", None):
        yield False
        return
    before = inside.transform_input
    inside.set_params(transform_input=["X_val"])
    with config_context(enable_metadata_routing=True):
        inside.steps[-1][1].set_fit_request(**dict.fromkeys(shown, True))
    yield True
    for each in (inside, getattr(estimator, "best_estimator_", None)):
        if each is not None:
            each.set_params(transform_input=before)


@contextmanager
def watching() -> Iterator[None]:
    """Quiet LightGBM 4.7 where it is handed ``eval_set``: its successor takes no classes but those numbered from 0."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The argument 'eval_set' is deprecated")
        yield


def _wants_rows(part: Any) -> bool:
    asks = _ASKS.get(library_of(part))
    return asks is not None and hasattr(part, "get_params") and bool(asks(part.get_params()))


def _xgboost_asks(given: Arguments) -> bool:
    stopping = any(type(each).__name__ == "EarlyStopping" for each in given.get("callbacks") or ())
    return bool(given.get("early_stopping_rounds")) or stopping


def _lightgbm_asks(given: Arguments) -> bool:
    return any((given.get(name) or 0) > 0 for name in _LIGHTGBM_NAMES)


def _catboost_asks(given: Arguments) -> bool:
    return any(given.get(name) for name in _CATBOOST_NAMES) and not given.get("eval_fraction")


def _for_xgboost(booster: Any, features: Any, target: Any, weights: Any) -> Arguments:
    told = {"eval_set": [(features, target)], "verbose": False}
    return told if weights is None else told | {"sample_weight_eval_set": [weights]}


def _for_lightgbm(booster: Any, features: Any, target: Any, weights: Any) -> Arguments:
    told: Arguments = {"eval_set": [(features, target)]}
    if "eval_set" not in inspect.signature(booster.fit).parameters:
        told = {"eval_X": (features,), "eval_y": (target,)}
    return told if weights is None else told | {"eval_sample_weight": [weights]}


def _for_catboost(booster: Any, features: Any, target: Any, weights: Any) -> Arguments:
    from catboost import Pool

    given = booster.get_params()
    kinds = {name: given.get(name) for name in ("cat_features", "text_features", "embedding_features")}
    return {"eval_set": [Pool(features, target, weight=weights, **kinds)]}


_ASKS: dict[str, Callable[[Arguments], bool]] = {
    "xgboost": _xgboost_asks, "lightgbm": _lightgbm_asks, "catboost": _catboost_asks,
}  # fmt: skip
"""Whether parameters of a library's estimators ask for early stopping, under any of its names."""

_HANDED: dict[str, Callable[..., Arguments]] = {
    "xgboost": _for_xgboost, "lightgbm": _for_lightgbm, "catboost": _for_catboost,
}  # fmt: skip
"""How rows to watch are handed to ``fit``."""

_BEST = {"xgboost": "best_iteration", "lightgbm": "best_iteration_", "catboost": "best_iteration_"}
"""Where a library's estimators keep the tree at which they stopped, counted from 0 but for LightGBM."""
