"""Errors of estimators, rephrased in terms of columns and rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import DataError
from mlsys.models._matrix import infinite_columns, null_columns
from mlsys.values import TIMES, BlockDtype, Kind, values_by_column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Answer = tuple[str, str] | None
    """Problem, without who has it, and remedy; ``None`` where the features do not show what is said of them."""

_TEXTS = ("could not convert string", "invalid literal", "pandas dtypes must be", "must be int, float, bool or cat",
          "Bad value for num_feature", "uniformly strings or numbers")  # fmt: skip
_NULLS = ("NaN", "missing values", "np.nan", "NAType")
_INFINITE = ("infinity", "`inf`")
_LEVELS = ("enable_categorical", "cat_features list")
_ONE_LEVEL = re.compile(r"Invalid type for cat_feature.*feature_idx=(\d+)\]=(.*?) : ")
_NAMES = ("feature_names must be", "special JSON characters", "Wrong size of feature_names", "more than one time")
_LONGEST = 200
"""Characters of an estimator's complaint that are said again: it may quote a text of a million."""
_SPARSE = ("Sparse data was passed",)
_ONE_COLUMN = ("Expected a 2-dimensional", "Expected 2D array")
_TIMES = (Kind.MOMENT, Kind.DATE, Kind.DURATION, Kind.PERIOD)


def listed(columns: Sequence[str]) -> str:
    """Columns for a message."""
    shown = ", ".join(map(repr, columns[:20]))
    return f"column{'s' if len(columns) > 1 else ''} {shown}" + (" and more" if len(columns) > 20 else "")


def held(columns: Sequence[str]) -> str:
    """Columns and the verb behind them."""
    return f"{listed(columns)} hold{'s' * (len(columns) == 1)}"


def explained(error: Exception, features: Any, who: str) -> DataError | None:
    """Return an estimator's complaint about values with the columns that hold them, or ``None`` for another one."""
    frame = features.to_frame() if isinstance(features, pd.Series) else features
    said = str(error)
    for words, answer in _ANSWERS:
        if any(word in said for word in words):
            found = answer(frame, _line(said, words))
            if found is not None:
                return DataError(f"{who}: {found[0]}", found[1])
    return None if isinstance(features, pd.Series) else refused_kinds(frame, who, levels=True)


def refused_kinds(frame: pd.DataFrame, who: str, levels: bool = False) -> DataError | None:
    """Return the error for columns of a kind that means nothing to an estimator, or takes it to mean something else.

    Times are silently read as nanoseconds since 1970 by some. With ``levels``, categories of such kinds count too.
    """
    found = [
        (name, values)
        for name, values in values_by_column(frame).items()
        if (values.means if levels else values.kind) in _NONE
    ]
    if not found:
        return None
    columns, said = [name for name, _ in found], []
    for what in dict.fromkeys(_word(values) for _, values in found):
        said.append(f"{held([name for name, values in found if _word(values) == what])} {what}")
    times = all(values.means in _TIMES for _, values in found)
    return DataError(
        f"{who}: {', '.join(said)}, which an estimator cannot use as they are",
        f"leave out with exclude={columns}, or derive numbers{' (hour, weekday, age)' if times else ''} with Derive",
    )


_NONE = {*_TIMES, Kind.INTERVAL, Kind.NESTED, Kind.OTHER}


def _word(values: Any) -> str:
    if values.means in TIMES:
        return "timestamps" if values.means is Kind.MOMENT else "dates"
    return "lists or dictionaries" if values.means is Kind.NESTED else str(values).removesuffix(f" ({values.held})")


def _infinite(frame: pd.DataFrame, said: str) -> Answer:
    rows = infinite_columns(frame)
    if not rows:
        return None
    columns = list(rows)
    return (
        f"{held(columns)} infinite numbers, or too large ones, which the estimator cannot use "
        f"(the first of {columns[0]!r} is {_shown(frame, columns[0], rows)} in row {rows[columns[0]]!r})",
        "clip or replace them in a preceding Derive step, or make them null and use Impute()",
    )


def _shown(frame: pd.DataFrame, name: str, rows: dict[str, Any]) -> str:
    column: Any = frame.iloc[:, frame.columns.map(str).tolist().index(name)]
    return f"{column.loc[rows[name]]:g}"


def _text(frame: pd.DataFrame, said: str) -> Answer:
    kinds = {str(name): values for name, values in values_by_column(frame).items()}
    levels = "must be int, float, bool or cat" not in said  # where categories are told apart from text
    texts = [name for name, values in kinds.items() if (values.means if levels else values.kind) is Kind.TEXT]
    mixed = {name: values for name, values in kinds.items() if values.means is Kind.MIXED}
    if mixed and not texts:
        name, values = next(iter(mixed.items()))
        row, value = (values.levels or values).strange or (None, None)
        where = "among its levels" if values.levels else f"in row {row!r}"
        return (
            f"{held(list(mixed))} values of several kinds (in {name!r} the first unlike those before it is {value!r} "
            f"{where})",
            f"convert them to one type in a Derive step, or leave them out with exclude={list(mixed)}",
        )
    if not texts:
        return None
    return (
        f"{held(texts)} text, which the estimator cannot use ({_cut(said)})",
        f"encode them first with OneHot({texts}) or TargetEncode({texts}), or leave them out with exclude={texts}",
    )


def _nulls(frame: pd.DataFrame, said: str) -> Answer:
    nulls = null_columns(frame)
    if not nulls:
        return None
    empty = [name for name in nulls if len(frame) > 1 and frame[name].isna().all()]
    filled = f"leave out {', '.join(map(repr, empty))}, which is all null, with exclude={empty}" if empty else ""
    return (
        f"{held(nulls)} nulls, which the estimator cannot use",
        f"{filled or 'put Impute() before it'}, or use an estimator that accepts nulls, such as HistGradientBoosting",
    )


def _categories(frame: pd.DataFrame, said: str) -> Answer:
    columns = [str(name) for name, values in values_by_column(frame).items() if values.kind is Kind.CATEGORY]
    if not columns:
        return None
    option = f"cat_features={columns}" if "cat_features" in said else "enable_categorical=True"
    return (
        f"{held(columns)} categories, which the estimator accepts only if configured",
        f"give it {option}, or encode with OneHot({columns}) or TargetEncode({columns}) before",
    )


def _one_level(frame: pd.DataFrame, said: str) -> Answer:
    """CatBoost's levels are texts or whole numbers."""
    found = _ONE_LEVEL.search(said)
    if found is None:
        return None
    name, value = str(frame.columns[int(found[1])]), found[2]
    if value.lower() in {"nan", "none", "<na>"}:
        return (
            f"column {name!r} holds nulls among its categories, which the estimator cannot use",
            "put Impute() before it",
        )
    return (
        f"column {name!r} is named in cat_features= and holds {value}, but it takes only text and integers",
        f"leave {name!r} out of cat_features=, or convert it to text in a Derive step",
    )


def _names(frame: pd.DataFrame, said: str) -> Answer:
    return (
        f"the name of a feature is refused inside the estimator ({said}): {listed(list(map(str, frame.columns)))}",
        "rename it with Derive, or put only the booster into Train and the steps before it into the pipeline",
    )


def _all_null(frame: pd.DataFrame, said: str) -> Answer:
    empty = [name for name in null_columns(frame) if frame[name].isna().all()]
    return (f"{held(empty)} nulls alone", f"leave out with exclude={empty}") if empty else None


def _sparse(frame: pd.DataFrame, said: str) -> Answer:
    kinds = frame.dtypes.items()
    blocks = [str(name) for name, dtype in kinds if isinstance(dtype, BlockDtype) and dtype.sparse]
    if blocks:
        return (
            f"{held(blocks)} sparse numbers, which the estimator cannot use",
            "use an estimator that takes them, such as LogisticRegression or RandomForestClassifier; or of texts make "
            "few numbers with TextComponents, and of levels with TargetEncode",
        )
    columns = [str(name) for name, dtype in kinds if isinstance(dtype, pd.SparseDtype)]
    return (
        f"{held(columns)} sparse numbers, which the estimator cannot use",
        "make them dense (frame.sparse.to_dense()), or use an estimator that accepts them, such as LogisticRegression",
    )


def _many_levels(frame: pd.DataFrame, said: str) -> Answer:
    found = re.search(r"Categorical feature (.+?) is expected", said)
    columns = [found[1].strip("'")] if found else []
    return (
        (
            f"{held(columns)} more levels than the estimator accepts ({said})",
            f"encode with TargetEncode({columns}) before",
        )
        if columns
        else None
    )


def _as_table(frame: pd.DataFrame, said: str) -> Answer:
    name = str(frame.columns[0])
    return (
        f"features={name!r} passes one text column, but the estimator takes a table",
        f"write features=[{name!r}], or begin with a vectorizer: make_pipeline(TfidfVectorizer(), ...)",
    )


_ANSWERS: tuple[tuple[tuple[str, ...], Callable[[pd.DataFrame, str], Answer]], ...] = (
    (_INFINITE, _infinite),
    (_TEXTS, _text),
    (_LEVELS, _categories),
    (("Invalid type for cat_feature",), _one_level),
    (_NULLS, _nulls),
    (_NAMES, _names),
    (_ONE_COLUMN, _as_table),
    (("cardinality <=",), _many_levels),
    (_SPARSE, _sparse),
    (("window shape",), _all_null),  # scikit-learn's gradient boosting
)
"""Words of a complaint, and how it is answered; the first whose columns are found says it."""


def _cut(said: str) -> str:
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 4]} ..."


def _line(said: str, words: Sequence[str]) -> str:
    """Return the line that holds the words: a search quotes the errors of its fits below its own."""
    lines = [line.strip() for line in said.split("\n")]
    return next((line for line in lines if any(word in line for word in words)), lines[0])
