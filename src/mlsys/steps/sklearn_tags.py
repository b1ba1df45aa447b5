"""Features that an object takes, told from scikit-learn's tags and its parts."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from mlsys.usercode.installed import is_installed


class Takes(Enum):
    """Which features an object is shown that stands bare in a list; the value is said in the plan."""

    NUMBERS = "number and truth-value features"
    LEVELS = "text and category features"
    TEXT = "the only text feature"
    ALL = "all features"


_IMPUTED_AS_THEY_ARE = ("most_frequent", "constant")
"""Strategies of ``SimpleImputer`` that fill columns of any kind."""


def takes_one_column(transformer: Any) -> bool:
    """Whether it wants a list of texts, as ``TfidfVectorizer`` does, rather than a table.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> takes_one_column(TfidfVectorizer())
    True
    """
    tags = input_tags(transformer)
    return tags is not None and bool(tags.string and not tags.two_d_array)


def taken_by(transformer: Any) -> Takes:
    """Return the features that a transformer takes, as far as its class and tags tell.

    A ``ColumnTransformer`` chooses for itself, and so do classes and functions of the user's own: they are shown all,
    as scikit-learn shows them all. Encoders are shown texts and categories, vectorizers the one column of texts. A
    pipeline takes what its first step takes, a union what its parts agree on.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import OneHotEncoder, StandardScaler
    >>> taken_by(StandardScaler()).name, taken_by(make_pipeline(OneHotEncoder(), StandardScaler())).name
    ('NUMBERS', 'LEVELS')
    """
    if getattr(transformer, "steps", None):
        return _taken_by_steps([step for _, step in transformer.steps])
    if getattr(transformer, "transformer_list", None):
        parts = {taken_by(part) for _, part in transformer.transformer_list if not isinstance(part, str)}
        return parts.pop() if len(parts) == 1 else Takes.ALL
    if hasattr(transformer, "transformers") and hasattr(transformer, "remainder"):  # ColumnTransformer
        return Takes.ALL
    tags = input_tags(transformer)
    if tags is not None and tags.string and not tags.two_d_array:
        return Takes.TEXT
    if tags is not None and tags.categorical:
        return Takes.LEVELS
    if isinstance(getattr(transformer, "func", None), np.ufunc):  # of numbers, whatever else FunctionTransformer takes
        return Takes.NUMBERS
    chooses = _fills_any(transformer) or _unchecked(transformer) or is_own(transformer)
    return Takes.ALL if chooses or (tags is not None and tags.string) else Takes.NUMBERS


def is_own(thing: Any) -> bool:
    """Whether an object's class is the user's, and extends nothing but the bases that scikit-learn has for that."""
    kinds = type(thing).__mro__
    return not is_installed(kinds[0].__module__) and all(
        not is_installed(kind.__module__)
        or kind.__module__ in {"builtins", "abc", "typing", "sklearn.base"}
        or kind.__module__.startswith("sklearn.utils.")
        for kind in kinds
    )


def _taken_by_steps(steps: list[Any]) -> Takes:
    """Ask the first step that decides: an imputer that fills columns of any kind leaves it to the next."""
    for step in steps:
        if step is None or isinstance(step, str):
            continue
        if not (_fills_any(step) and step is not steps[-1]):
            return taken_by(step)
    return Takes.NUMBERS


def _fills_any(transformer: Any) -> bool:
    return getattr(transformer, "strategy", None) in _IMPUTED_AS_THEY_ARE and hasattr(transformer, "missing_values")


def _unchecked(transformer: Any) -> bool:
    from sklearn.utils import get_tags

    try:
        return bool(get_tags(transformer).no_validation)
    except (AttributeError, TypeError):
        return False


def input_tags(thing: Any) -> Any:
    """Return what scikit-learn's tags say of the input; ``None`` of what has none."""
    found = _tags(thing)
    return None if found is None else found.input_tags


def needs_y(thing: Any) -> bool:
    """Return whether it cannot be fitted without a target, by scikit-learn's tags.

    Examples
    --------
    >>> from sklearn.feature_selection import RFE, VarianceThreshold
    >>> from sklearn.linear_model import Lasso
    >>> needs_y(RFE(Lasso())), needs_y(VarianceThreshold())
    (True, False)
    """
    found = _tags(thing)
    return found is not None and bool(found.target_tags.required)


def _tags(thing: Any) -> Any:
    from sklearn.utils import get_tags

    try:
        return get_tags(thing)
    except (AttributeError, TypeError):  # not derived from scikit-learn's BaseEstimator
        return None
