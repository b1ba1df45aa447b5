"""What scikit-learn's tags say of an object."""

from __future__ import annotations

from typing import Any


def takes_one_column(transformer: Any) -> bool:
    """Whether it wants a list of texts, as ``TfidfVectorizer`` does, rather than a table.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> takes_one_column(TfidfVectorizer())
    True
    """
    from sklearn.utils import get_tags

    try:
        tags = get_tags(transformer).input_tags
    except (AttributeError, TypeError):  # not derived from scikit-learn's BaseEstimator
        return False
    return bool(tags.string and not tags.two_d_array)
