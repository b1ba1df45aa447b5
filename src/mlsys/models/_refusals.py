"""Checks of targets and weights, with the row of each problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.dataset import FACTOR, OFFSET
from mlsys.errors import ConfigurationError, DataError
from mlsys.values import Kind, values_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

_MANY = 20
"""Rows, above which classes that never come twice are not an accident."""


def check_target(target: pd.Series, values: NDArray[Any], is_classifier: bool, is_regressor: bool, who: str) -> None:
    """Raise when the estimator and the target do not fit each other."""
    name = repr(target.name)
    if values.dtype.kind in "mMcSV":
        raise DataError(
            f"{who}: the target {name} holds {values_of(target)} (such as {target.iloc[0]!r}), which are neither "
            "classes nor numbers",
            "derive the target from them: days as numbers, or classes with NaturalLabel",
        )
    if values.dtype.kind == "O":
        kinds, meant = sorted({type(value).__name__ for value in values}), values_of(target)
        held = str(meant) if kinds == ["int"] else f"values of type {' and '.join(kinds)}"
        raise DataError(
            f"{who}: the target {name} holds {held}, which are neither classes nor numbers",
            f"convert them to one type in a Derive step, such as f[{name}].astype('str')",
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(
            f"{who}: the target {name} is infinite in {int((~np.isfinite(values)).sum()):,} rows "
            f"(the first is row {target.index[~np.isfinite(values)].tolist()[0]!r})",
            "set it to null where it is not known, so that these rows are counted but not used to learn",
        )
    if is_classifier:
        if values.dtype.kind == "f" and not np.array_equal(values, np.floor(values)):
            raise DataError(
                f"{who} is a classifier, but the target {name} is continuous (such as {values[values % 1 != 0][0]:g})",
                "use a regressor, or make classes with NaturalLabel(..., rule=lambda value: value > ...)",
            )
        _refuse_one_class(values, name, who)
        _refuse_names(values, name, who)
    elif is_regressor and (values.dtype.kind not in "biuf" or values_of(target).kind is Kind.CATEGORY):
        raise DataError(
            f"{who} is a regressor, but the target {name} holds {values_of(target)} (such as {target.iloc[0]!r})",
            "use a classifier, or name a numeric target",
        )


def _refuse_one_class(values: NDArray[Any], name: str, who: str) -> None:
    if len(values) and (values == values[0]).all():
        raise DataError(
            f"{who}: all {len(values):,} training rows have the same class of the target {name}: {values[0]!s}",
            "choose a split that leaves both classes in training (StratifiedSplit), or check the label's rule",
        )


def _refuse_names(values: NDArray[Any], name: str, who: str) -> None:
    if len(values) > _MANY and len(np.unique(values)) == len(values):
        raise DataError(
            f"{who}: the target {name} has a different class in each of {len(values):,} training rows, "
            "so no class can be learned",
            "name another column with target=; use a regressor for a quantity, id= for a column that names rows",
        )


def refuse_another_scale(train: Rows, who: str) -> None:
    """Raise for rows whose features are relative to a level, where the target is not."""
    found = next((name for name in (OFFSET, FACTOR) if name in train.columns), None)
    if found is not None:
        raise ConfigurationError(
            f"{who} learns the target as it is, but Forecast(level=...) has made its lags relative ({found!r})",
            "use TrainForecast(...), which learns the target relative to the level too, or leave level= out",
        )


def known_target(target: pd.Series, who: str) -> pd.Series:
    """Return the target; raise if it is unknown."""
    unknown = int(target.isna().sum())
    if unknown:
        raise DataError(
            f"{who}: the target {target.name!r} is null in {unknown:,} of {len(target):,} training rows "
            f"(the first is row {target.index[target.isna()].tolist()[0]!r})",
            "drop the rows whose label is not known; a Pipeline does this at its split",
        )
    return target
