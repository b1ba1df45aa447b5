"""Slices: levels of a column, quarters of a number, or a user's own conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import ContractError, DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Slices = Sequence[str] | Mapping[str, Callable[[pd.DataFrame], Any]] | None
Mask = tuple[str, "NDArray[np.bool_]"]

MOST_COLUMNS = 5
"""Columns sliced by when none is named: more would widen every interval, since they hold together."""
MOST_NUMBERS = 2
"""Numbers sliced by when no column has levels."""
MOST_LEVELS = 20
"""Levels of a column that become slices, most frequent first: a person reads no longer list."""


def masks_of(slices: Slices, train: Rows, rows: pd.DataFrame, who: str) -> Iterator[Mask]:
    """Yield the name of each slice and the mask of its rows.

    Parameters
    ----------
    slices : sequence of str, mapping of str to callable, or None
        Columns, or conditions by name; ``None`` takes features that have few levels, else quarters of numbers.
    train : Rows
        Training rows, whose quarters cut numbers.
    rows : DataFrame
        The rows that judge.
    who : str
        Of the step, for messages.

    Raises
    ------
    DataError
        A named column is not in the rows.
    ContractError
        A condition returns something other than a truth value a row.
    """
    if isinstance(slices, Mapping):
        for name, condition in slices.items():
            yield f"slice={name}", _condition(name, condition, rows, who)
        return
    for column in _telling_columns(train) if slices is None else slices:
        if column not in rows.columns:
            raise DataError(f"{who} slices by {column!r}, which the rows do not have", "slice by a column of the data")
        yield from _quarters(train, rows, column) if _is_number(train, column) else _levels(rows, column)


def _condition(name: str, condition: Callable[[pd.DataFrame], Any], rows: pd.DataFrame, who: str) -> NDArray[np.bool_]:
    answer = condition(rows)
    chosen = answer if isinstance(answer, pd.Series) else pd.Series(answer)
    if len(chosen) != len(rows) or not pd.api.types.is_bool_dtype(chosen.dtype):
        raise ContractError(
            f"{who}: the slice {name!r} is {len(chosen):,} values of {chosen.dtype} for {len(rows):,} rows",
            "return one True or False for each row, such as frame['price'] > 50",
        )
    return chosen.to_numpy(dtype=bool, na_value=False)


def _levels(rows: pd.DataFrame, column: str) -> Iterator[Mask]:
    values = rows[column].value_counts(dropna=False).index
    shown = values if len(values) <= MOST_LEVELS else values[: MOST_LEVELS - 1]
    rest = np.ones(len(rows), dtype=bool)
    for value in shown:
        mask = rows[column].isna() if pd.isna(value) else rows[column] == value
        held = mask.to_numpy(dtype=bool, na_value=False)
        rest &= ~held
        yield f"{column}={value}", held
    if len(values) > len(shown):
        yield f"{column}=any of {len(values) - len(shown)} other levels", rest


def _quarters(train: Rows, rows: pd.DataFrame, column: str) -> Iterator[Mask]:
    values = rows[column].to_numpy(dtype=np.float64, na_value=np.nan)
    known = train[column].to_numpy(dtype=np.float64, na_value=np.nan)
    edges = np.unique(np.nanquantile(known, [0.25, 0.5, 0.75]))
    bounds = [-np.inf, *edges.tolist(), np.inf]
    for low, high in zip(bounds[:-1], bounds[1:], strict=True):
        name = f"above {low:.4g}" if high == np.inf else f"up to {high:.4g}"
        name = name if np.inf in (-low, high) else f"{low:.4g} to {high:.4g}"
        yield f"{column}={name}", (values > low) & (values <= high)
    if np.isnan(values).any():
        yield f"{column}=nan", np.isnan(values)


def _is_number(train: Rows, column: str) -> bool:
    if column not in train.columns or not pd.api.types.is_numeric_dtype(train[column].dtype):
        return False
    return not pd.api.types.is_bool_dtype(train[column].dtype) and train[column].nunique() > MOST_LEVELS


def _telling_columns(train: Rows) -> list[str]:
    """Return features to slice by when the user names none."""
    levels: list[str] = []
    numbers: list[str] = []
    for name in train.feature_names:
        if name not in train.columns:
            continue
        kind = train[name].dtype
        if pd.api.types.is_string_dtype(kind) or pd.api.types.is_bool_dtype(kind) or kind == "category":
            levels += [name] if 2 <= train[name].nunique() <= MOST_LEVELS else []
        elif len(numbers) < MOST_NUMBERS and _is_number(train, name):
            numbers.append(name)
        if len(levels) == MOST_COLUMNS:
            break
    return levels or numbers
