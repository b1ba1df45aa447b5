"""Which features an estimator takes as they are: a table, one column of texts, or values of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlsys.errors import DataError
from mlsys.steps.sklearn_tags import Takes, is_own, taken_by, takes_one_column
from mlsys.values import Kind, values_by_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

_INNER = ("estimator", "regressor", "classifier", "base_estimator")
_NAMED = ("cat_features", "text_features", "embedding_features", "categorical_features", "categorical_feature")
"""Parameters in which a user names columns that a booster takes as they are."""


def takes_any(estimator: Any) -> bool:
    """Whether an estimator prepares features itself, so that nothing needs to be prepared for it.

    True for scikit-learn pipelines that begin with a ``ColumnTransformer``, an encoder, a vectorizer or a transformer
    of one's own, for searches, stacks and the like over such pipelines, for estimators of one's own, and for boosters
    that were told which columns are categories or texts.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import OneHotEncoder, StandardScaler
    >>> takes_any(make_pipeline(OneHotEncoder(), Ridge())), takes_any(make_pipeline(StandardScaler(), Ridge()))
    (True, False)
    """
    if getattr(estimator, "steps", None):
        first = _first(estimator.steps)
        return takes_any(first) if hasattr(first, "predict") else taken_by(estimator) is not Takes.NUMBERS
    inside = list(_inside(estimator))
    if inside:
        return all(map(takes_any, inside))
    told = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    if any(_names_columns(told.get(name)) for name in _NAMED):
        return True
    return takes_one_column(estimator) or is_own(estimator)


def text_reader(estimator: Any) -> Any:
    """Return the vectorizer that a pipeline begins with, which wants one column of texts; ``None`` for a table.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> text_reader(make_pipeline(TfidfVectorizer(), LogisticRegression()))
    TfidfVectorizer()
    """
    if getattr(estimator, "steps", None):
        return text_reader(_first(estimator.steps))
    if getattr(estimator, "transformer_list", None):
        readers = [text_reader(part) for _, part in estimator.transformer_list if not isinstance(part, str)]
        return readers[0] if readers and all(readers) else None
    inside = list(_inside(estimator))
    if inside:
        readers = [text_reader(each) for each in inside]
        return readers[0] if all(each is not None for each in readers) else None
    return estimator if takes_one_column(estimator) else None


def the_text(frame: pd.DataFrame, names: Sequence[str], reader: Any, named: bool, who: str) -> str:
    """Return the one feature of texts, which a vectorizer reads.

    Parameters
    ----------
    frame : DataFrame
        Training rows.
    names : sequence of str
        The features.
    reader : estimator
        The vectorizer.
    named : bool
        Whether the user named them in a list, which is a table.
    who : str
        For messages.

    Raises
    ------
    DataError
        There is none, or more than one, or a table was asked for.
    """
    held = values_by_column(frame, names)
    texts = [name for name in names if held[name].means is Kind.TEXT]
    if len(texts) == 1 and not named:
        return texts[0]
    raise DataError(
        f"{who} begins with {type(reader).__name__}, which takes one text column, but receives a table of "
        f"{len(names)} feature{'s' * (len(names) > 1)} (of text: {', '.join(map(repr, texts)) or 'none'})",
        f'name that column as a string: Train(..., features="{texts[0] if texts else "..."}")',
    )


def _first(steps: Sequence[tuple[str, Any]]) -> Any:
    return next((step for _, step in steps if step is not None and not isinstance(step, str)), None)


def _inside(estimator: Any) -> Iterator[Any]:
    """Yield the estimators that get the features: members of a stack or a vote, the one inside a search."""
    several = getattr(estimator, "estimators", None)
    if isinstance(several, list):
        yield from (each[1] for each in several if isinstance(each, tuple) and not isinstance(each[1], str))
    elif hasattr(estimator, "get_params"):
        found = [getattr(estimator, name, None) for name in _INNER]
        yield from (each for each in found if hasattr(each, "fit") and not isinstance(each, type))


def _names_columns(given: Any) -> bool:
    return isinstance(given, (list, tuple)) and any(isinstance(each, str) for each in given)
