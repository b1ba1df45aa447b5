"""Saying in terms of columns and rows why an estimator cannot learn or predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.models._matrix import infinite_columns, null_columns, text_columns, time_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def listed(columns: Sequence[str]) -> str:
    """Columns for a message."""
    shown = ", ".join(map(repr, columns[:20]))
    return f"column{'s' if len(columns) > 1 else ''} {shown}" + (" and more" if len(columns) > 20 else "")


def refuse_times(features: pd.DataFrame, who: str) -> None:
    """Raise for timestamps, which an estimator refuses or silently reads as nanoseconds since 1970."""
    times = time_columns(features)
    if times:
        raise DataError(
            f"{who}: {listed(times)} hold{'s' * (len(times) == 1)} timestamps, which mean nothing to an "
            "estimator as they are",
            f"leave out with exclude={times}, or derive numbers (hour, weekday, age) with Derive",
        )


def explained(error: Exception, features: Any, who: str) -> DataError | None:
    """Return scikit-learn's complaint about values with the columns that hold them, or ``None`` for another one."""
    frame = features.to_frame() if isinstance(features, pd.Series) else features
    said = str(error)
    about_text = any(part in said for part in ("could not convert string", "invalid literal", "pandas dtypes must be"))
    about_nulls = any(part in said for part in ("NaN", "missing values", "np.nan", "NAType"))
    text, nulls = text_columns(frame), null_columns(frame)
    if text and about_text:
        return DataError(
            f"{who}: {listed(text)} hold{'s' * (len(text) == 1)} text, which the estimator cannot use ({_first(said)})",
            f"encode with OneHot({text}) or TargetEncode({text}) before, or leave out with exclude={text}",
        )
    if nulls and about_nulls:
        empty = [name for name in nulls if len(frame) > 1 and frame[name].isna().all()]
        filled = f"leave out {', '.join(map(repr, empty))}, which is all null, with exclude={empty}" if empty else ""
        return DataError(
            f"{who}: {listed(nulls)} hold{'s' * (len(nulls) == 1)} nulls, which the estimator cannot use",
            f"{filled or 'put Impute() before it'}, or use an estimator that takes nulls, such as HistGradientBoosting",
        )
    infinite = infinite_columns(frame) if "infinity" in said else []
    if infinite:
        return DataError(
            f"{who}: {listed(infinite)} hold{'s' * (len(infinite) == 1)} infinite numbers",
            "clip or replace them in a Derive step",
        )
    nested = [name for name in text if pd.api.types.is_list_like(frame[name].dropna().head(1).squeeze())]
    if nested:
        return DataError(
            f"{who}: {listed(nested)} hold{'s' * (len(nested) == 1)} lists or dictionaries ({_first(said)})",
            f"make numbers of them in a Derive step, or leave out with exclude={nested}",
        )
    times = time_columns(frame)
    if times:
        return DataError(
            f"{who}: {listed(times)} hold{'s' * (len(times) == 1)} timestamps ({_first(said)})",
            f"leave out with exclude={times}, or derive numbers from them with Derive",
        )
    return None


def check_target(target: pd.Series, values: NDArray[Any], is_classifier: bool, is_regressor: bool, who: str) -> None:
    """Raise when the estimator and the target do not fit each other."""
    name = repr(target.name)
    if values.dtype.kind == "O":
        kinds = sorted({type(value).__name__ for value in values})
        raise DataError(
            f"{who}: the target {name} holds values of type {' and '.join(kinds)}, which are no classes and no numbers",
            f"make them one type in a Derive step, such as f[{name}].astype('str')",
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(
            f"{who}: the target {name} is infinite in {int((~np.isfinite(values)).sum()):,} rows "
            f"(the first is row {target.index[~np.isfinite(values)][0]!r})",
            "make it null where it is not known, so that these rows are counted and not learned from",
        )
    if is_classifier:
        if values.dtype.kind == "f" and not np.array_equal(values, np.floor(values)):
            raise DataError(
                f"{who} is a classifier, but the target {name} is continuous (such as {values[values % 1 != 0][0]:g})",
                "use a regressor, or make classes with NaturalLabel(..., rule=lambda value: value > ...)",
            )
        _refuse_one_class(values, name, who)
    elif is_regressor and values.dtype.kind not in "biuf":
        raise DataError(
            f"{who} is a regressor, but the target {name} holds {_kind(values)} (such as {target.iloc[0]!r})",
            "use a classifier, or name a numeric target",
        )


def _refuse_one_class(values: NDArray[Any], name: str, who: str) -> None:
    if len(values) and (values == values[0]).all():
        raise DataError(
            f"{who}: all {len(values):,} training rows have the same class of the target {name}: {values[0]!s}",
            "choose a split that leaves both classes in training (StratifiedSplit), or check the label's rule",
        )


def known_target(target: pd.Series, who: str) -> pd.Series:
    """Return the target, or raise where it is not known."""
    unknown = int(target.isna().sum())
    if unknown:
        raise DataError(
            f"{who}: the target {target.name!r} is null in {unknown:,} of {len(target):,} training rows "
            f"(the first is row {target.index[target.isna()][0]!r})",
            "drop the rows whose label is not known; a Pipeline does that at its split",
        )
    return target


def _kind(values: NDArray[Any]) -> str:
    return {"U": "text", "O": "objects", "M": "timestamps", "m": "durations"}.get(values.dtype.kind, str(values.dtype))


def _first(said: str) -> str:
    return said.split("\n", 1)[0]
