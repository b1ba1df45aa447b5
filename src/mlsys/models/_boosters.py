"""Names and levels of features in the form that boosters take; users never see them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.models._estimators import library_of, parts_of, transforms_itself
from mlsys.values import blocks_among, matrix_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_REFUSED = {
    "xgboost": re.compile(r"[\[\]<\x00]"),
    "lightgbm": re.compile(r'[\x00-\x1f\s",:\[\]{}=]'),
    "catboost": re.compile(r"\x00"),
}
"""Characters that a library refuses in the name of a feature, changes without a word, or cuts a name at."""

_LEVELS_ARE_OURS = {"xgboost", "lightgbm"}
"""XGBoost refuses a level it never saw and levels of most types, LightGBM those that JSON cannot hold; gradient
boosting of scikit-learn keeps them as they are, and no file of a model holds an interval."""


def agreement(estimator: Any, features: Any) -> dict[str, Any]:
    """Return the names and levels that a booster gets in place of the frame's, to be used again when it predicts.

    Returns
    -------
    dict
        ``known_as``: the name of each feature to the booster, where one is refused. ``levels``: of each column of
        categories those that training rows hold, in order. Nothing where the estimator takes all as it is.
    """
    told: dict[str, Any] = {}
    if not isinstance(features, pd.DataFrame) or transforms_itself(estimator):
        return told
    parts, names = list(parts_of(estimator)), features.columns.tolist()
    libraries = {library_of(part) for part in parts}
    known_as = taken_names(names, [_REFUSED[each] for each in sorted(libraries & _REFUSED.keys())])
    if known_as != names:
        told["known_as"] = known_as
    if libraries & _LEVELS_ARE_OURS or any(map(_takes_levels, parts)):
        kinds = zip(names, features.dtypes.tolist(), strict=True)
        levels = {name: _levels(features[name]) for name, kind in kinds if isinstance(kind, pd.CategoricalDtype)}
        told |= {"levels": levels} if levels else {}
    return told


def as_agreed(features: Any, told: Mapping[str, Any]) -> Any:
    """Return the features with the names and levels of training, an unseen level as null; as a matrix beside blocks."""
    if "levels" in told:
        known = told["known"] if "known" in told else known_levels(told)
        features = with_columns(features, {name: _coded(features[name], each) for name, each in known.items()})
    if isinstance(features, pd.DataFrame) and blocks_among(features.dtypes.tolist()):
        return matrix_of(features)
    return features.set_axis(told["known_as"], axis=1) if "known_as" in told else features


def known_levels(told: Mapping[str, Any]) -> dict[str, tuple[pd.Index, pd.Index]]:
    """Return what levels are looked up in, by column."""
    return {name: _known(levels) for name, levels in told.get("levels", {}).items()}


def rename_in_parameters(estimator: Any, names: Sequence[str], told: Mapping[str, Any]) -> None:
    """Call features in lists and mappings of parameters (``cat_features``, ``monotone_constraints``) as agreed."""
    new = {old: name for old, name in zip(names, told.get("known_as", names), strict=True) if old != name}
    if not new:
        return
    for part in parts_of(estimator):
        if library_of(part) in _REFUSED or _takes_levels(part):
            given = {name: value for name, value in part.get_params().items() if isinstance(value, list | tuple | dict)}
            part.set_params(**{name: _renamed(value, new) for name, value in given.items()})


def taken_names(names: Sequence[str], refused: Iterable[re.Pattern[str]]) -> list[str]:
    r"""Return names without refused characters; none twice, and none that is another feature's.

    Examples
    --------
    >>> taken_names(["<5k", "_5k", "x[1]", "x[1["], [re.compile(r"[\[\]<]")])
    ['_5k_2', '_5k', 'x_1_', 'x_1__2']
    """
    patterns = list(refused)
    if not patterns:
        return list(names)
    wanted = []
    for name in names:
        cleaned = name
        for pattern in patterns:
            cleaned = pattern.sub("_", cleaned)
        wanted.append(cleaned or "_")
    taken = {name for name, cleaned in zip(names, wanted, strict=True) if name == cleaned}
    found = []
    for name, cleaned in zip(names, wanted, strict=True):
        unique, number = cleaned, 1
        while name != cleaned and unique in taken:
            number += 1
            unique = f"{cleaned}_{number}"
        taken.add(unique)
        found.append(unique)
    return found


def _takes_levels(part: Any) -> bool:
    return hasattr(part, "categorical_features")


def _renamed(value: Any, new: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return new.get(value, value)
    if isinstance(value, dict):
        return {_renamed(key, new): _renamed(each, new) for key, each in value.items()}
    return type(value)(_renamed(each, new) for each in value) if isinstance(value, list | tuple) else value


def _levels(column: pd.Series) -> list[Any]:
    """Return the levels that rows hold; of ordered ones all, since one that no row holds has its place too."""
    used = column if column.cat.ordered else column.cat.remove_unused_categories()
    return _storable(used.cat.categories)


def _storable(levels: pd.Index) -> list[Any]:
    """Return levels as values that a state holds: intervals, times and others by their text."""
    return [level if isinstance(level, str | bool | int | float) else str(level) for level in levels.tolist()]


def _coded(column: pd.Series, known: tuple[pd.Index, pd.Index]) -> pd.Categorical:
    """Return a column in the codes of training."""
    column = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
    levels, shown = known
    places = levels.get_indexer(pd.Index(_storable(column.cat.categories), dtype=object))
    codes = np.append(places, -1)[column.cat.codes.to_numpy()]
    return pd.Categorical.from_codes(codes, categories=shown, ordered=bool(column.cat.ordered))


def _known(levels: list[Any]) -> tuple[pd.Index, pd.Index]:
    """Return levels to look up, and what the booster calls them: texts and whole numbers themselves, else places."""
    as_they_are = {type(level) for level in levels} in ({str}, {int})
    return pd.Index(levels, dtype=object), pd.Index(levels) if as_they_are else pd.RangeIndex(len(levels))
