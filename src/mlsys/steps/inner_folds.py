"""Splits inside an estimator's ``fit``, by the pipeline's roles: groups together, earlier rows before later ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.steps.inner_splits import InnerSplit, inner_splits, parts_inside, splits_rows, wants_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Places = NDArray[np.int64]


_ONLY_ROUTED = frozenset({"TunedThresholdClassifierCV", "FixedThresholdClassifier"})
"""Estimators that pass weights on only by metadata routing."""


@dataclass(frozen=True)
class Told:
    """Arguments of ``fit`` beside features and target.

    Parameters
    ----------
    weights : mapping of str to ndarray
        Of the rows, by the argument that takes them.
    others : mapping
        Arguments that are not of these rows: rows to watch.
    routed : bool
        Whether these others need metadata routing.
    """

    weights: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    routed: bool = False


class _Folds(list[tuple[Any, Any]]):
    """Splits as pairs of places, and what stood there before."""

    before: Any = None


@contextmanager
def split_by_roles(
    estimator: Any,
    train: Rows,
    who: str,
    told: Told = Told(),  # noqa: B008  frozen
) -> Iterator[tuple[Places, dict[str, Any]]]:
    """Make every split inside an estimator keep groups together and respect time while it is fitted.

    Parameters
    ----------
    estimator : estimator
        Its ``cv`` parameters are set while inside; afterwards it holds no places of rows.
    train : Rows
        Rows on which it is fitted.
    who : str
        For messages.
    told : Told
        Arguments of ``fit`` beside features and target.

    Yields
    ------
    order : ndarray
        Places of the rows in the order to fit in: by time where there is a time role and something splits.
    arguments : dict
        For ``fit``: the weights in that order, groups where folds of folds are handed them, and the others.

    Raises
    ------
    DataError
        If folds need groups and there is no group role, or there are fewer groups than folds.

    Notes
    -----
    A number of folds, or the default, becomes folds of whole groups (stratified for classes). With only a time role it
    becomes folds of later rows after earlier ones, or blocks in time if every row must be predicted once. Folds that
    take groups receive them; others are unchanged. Splits of the training rows themselves are made here; estimators
    fitted on a part of them, inside a search, receive groups by scikit-learn's metadata routing.
    """
    found = list(inner_splits(estimator))
    timed, grouped = train.time is not None and bool(found), train.group is not None and bool(found)
    ranks = _ranks(train.time) if timed and train.time is not None else None
    order: Places = np.arange(len(train)) if ranks is None else np.argsort(ranks, kind="stable")
    codes = pd.factorize(train.group)[0][order] if grouped and train.group is not None else None
    target = train.y.iloc[order] if found and train.has_target else None
    weights = {name: np.asarray(values)[order] for name, values in told.weights.items()}
    for each in found:
        if codes is None and wants_groups(each.folds):
            raise DataError(
                f"{who}: {each.said} needs groups, but there is no group role", 'name their column: group="..."'
            )
        if each.near:
            _deal_out(estimator, each, codes, None if ranks is None else ranks[order], target, who)
    handed = _folds_of_folds(estimator, [each for each in found if not each.near], codes, timed, target)
    try:
        if handed or told.routed or (weights and type(estimator).__name__ in _ONLY_ROUTED):
            with _routed(estimator, codes if handed else None, weights) as given:
                yield order, given | dict(told.others)
        else:
            yield order, weights | dict(told.others)
    finally:
        _put_back(estimator, set())


def _ranks(times: pd.Series) -> Places:
    """Return the place of each time among the distinct ones, nulls last."""
    return np.asarray(times.rank(method="dense", na_option="bottom").to_numpy(), dtype=np.int64)


def _deal_out(
    estimator: Any, each: InnerSplit, codes: Places | None, ranks: Places | None, target: pd.Series | None, who: str
) -> None:
    """Set the splits of one that is fitted on the very rows."""
    if codes is not None and wants_groups(each.folds):
        pairs = list(each.folds.split(np.zeros(len(codes)), target, codes))
    elif not each.is_number:
        return
    elif codes is not None and (ranks is None or each.predicts_all):
        pairs = _by_group(each, codes, target, who)
    elif ranks is not None:
        pairs = _by_time(each, ranks, codes, who)
    else:
        return
    folds = _Folds(pairs)
    folds.before = each.folds
    estimator.set_params(**{each.parameter: folds})


def _by_group(each: InnerSplit, codes: Places, target: pd.Series | None, who: str) -> list[tuple[Any, Any]]:
    groups = len(np.unique(codes))
    if groups < each.count:
        raise DataError(
            f"{who}: {type(each.owner).__name__} splits into {each.count} folds of whole groups, but the training rows "
            f"have {groups}",
            f"use a smaller cv=, at most {groups}" if groups > 1 else "remove the group role",
        )
    return list(_group_folds(each, target).split(np.zeros(len(codes)), target, codes))


def _group_folds(each: InnerSplit, target: pd.Series | None) -> Any:
    """Return folds of whole groups, stratified where scikit-learn would stratify."""
    from sklearn.model_selection import GroupKFold, GroupShuffleSplit, StratifiedGroupKFold

    if isinstance(each.folds, float):
        return GroupShuffleSplit(1, test_size=each.folds, random_state=0)
    classes = _classes(target) if each.stratifies else None
    strata = classes is not None and int(classes.max()) >= each.count
    return (StratifiedGroupKFold if strata else GroupKFold)(each.count)


def _classes(target: pd.Series | None) -> NDArray[np.int64] | None:
    """Return how many rows each class has; ``None`` for numbers."""
    from sklearn.utils.multiclass import type_of_target

    if target is None or target.isna().any():
        return None
    values = target.to_numpy()
    values = values.astype(str) if values.dtype == object else values
    counts = np.unique(values, return_counts=True)[1]
    return counts if type_of_target(values) in ("binary", "multiclass") else None


def _by_time(each: InnerSplit, ranks: Places, codes: Places | None, who: str) -> list[tuple[Any, Any]]:
    """Return splits of rows in the order of time; rows of one time are never on both sides, nor are groups."""
    rows, count = len(ranks), each.count
    if each.predicts_all:
        blocks = np.searchsorted(ranks, ranks) * count // rows
        return [(np.flatnonzero(blocks != one), np.flatnonzero(blocks == one)) for one in np.unique(blocks)]
    if isinstance(each.folds, float):
        starts, size = [int(rows * (1 - each.folds))], int(np.ceil(rows * each.folds))
    else:
        size = rows // (count + 1)
        starts = list(range(rows - count * size, rows, size)) if size else []
    pairs = []
    for start in starts:
        held = np.arange(start, min(start + size, rows))
        before = np.flatnonzero(ranks < ranks[start])
        if codes is not None:
            before = before[~np.isin(codes[before], codes[held])]
        pairs.append((before, held))
    if not pairs or any(not len(before) for before, _ in pairs):
        raise DataError(
            f"{who}: {type(each.owner).__name__} splits into {count} folds in time order, and no row"
            f"{' of another group' if codes is not None else ''} lies before one of them",
            "use a smaller cv=, more training rows, or your own folds: cv=KFold(5)",
        )
    return pairs


def _folds_of_folds(
    estimator: Any, nested: list[InnerSplit], codes: Places | None, timed: bool, target: pd.Series | None
) -> bool:
    """Set folds of what is fitted on a part of the rows; returns whether groups must be handed on to it."""
    from sklearn.model_selection import KFold, TimeSeriesSplit

    handed = False
    for each in nested:
        if codes is not None and (each.is_number or wants_groups(each.folds)) and each.hands_groups_on(estimator):
            handed = True
            if each.is_number:
                estimator.set_params(**{each.parameter: _group_folds(each, target)})
        elif codes is None and timed and each.is_number:  # the parts of rows in the order of time are in that order
            in_time = KFold(each.count) if each.predicts_all else TimeSeriesSplit(each.count)
            estimator.set_params(**{each.parameter: in_time})
    return handed


@contextmanager
def _routed(estimator: Any, codes: Any, weights: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Let scikit-learn hand groups to folds inside; weights go to what learns, as without routing."""
    from sklearn import config_context

    with config_context(enable_metadata_routing=True):
        groups = {} if codes is None else {"groups": codes}
        for _, part in parts_inside(estimator) if weights else ():
            _ask_for_weights(part)
        yield groups | dict.fromkeys(weights and ["sample_weight"], next(iter(weights.values()), None))


def _ask_for_weights(part: Any) -> None:
    from sklearn.metrics import get_scorer

    for ask in (getattr(part, f"set_{method}_request", None) for method in ("fit", "score")):
        try:
            if ask is not None:
                ask(sample_weight=hasattr(part, "predict"))
        except TypeError:  # it takes none
            continue
    if splits_rows(part) and isinstance(getattr(part, "scoring", None), str):
        part.set_params(scoring=get_scorer(part.scoring).set_score_request(sample_weight=True))


def _put_back(thing: Any, seen: set[int]) -> None:
    """Restore the user's folds, also in the copies that were fitted inside."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, (list, tuple)):
        inside = list(thing)
    elif isinstance(thing, dict):
        inside = list(thing.values())
    elif hasattr(type(thing), "get_params") and not isinstance(thing, type):
        inside = list(vars(thing).values())
        for name, value in vars(thing).items():
            if isinstance(value, _Folds):
                setattr(thing, name, value.before)
            elif type(value).__name__ == "_CVIterableWrapper":  # kept by a halving search, for its own use in fit
                setattr(thing, name, None)
    else:
        return
    for each in inside:
        if not isinstance(each, _Folds):
            _put_back(each, seen)
