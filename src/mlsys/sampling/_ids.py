"""Ids, sizes and numbers of rows as samples need them, or an error that says which row has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.values import Kind, plain, told_apart, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def ids_of(frame: pd.DataFrame, column: str | None, who: str) -> pd.Series | pd.Index:
    """Return the id of each row; raise if ids do not identify rows."""
    if column is None:
        return frame.index
    require_columns(frame.columns, [column], who, "correct id=, or omit it to use the index")
    ids = told_apart(frame[column], f"{who}: the id column {column!r}")
    repeated = ids.duplicated()
    if repeated.any():
        raise DataError(
            f"{who}: {int(repeated.sum()):,} rows repeat an id of column {column!r} (the first is row "
            f"{frame.index[repeated][0]!r}), so rows cannot be sampled by it",
            "name a column that identifies single rows, or omit id= to use the index",
        )
    return ids


def sizes_of(
    frame: pd.DataFrame, column: str, who: str, argument: str, *, any_sign: bool = False
) -> NDArray[np.float64]:
    """Return a column of known numbers, of at least 0 unless any sign is allowed; raise for others."""
    require_columns(frame.columns, [column], who, f"correct {argument}=, or create the column with a Derive step first")
    held = values_of(frame[column])
    if held.kind not in {Kind.NUMBER, Kind.TRUTH}:
        raise DataError(
            f"{who}: {argument}={column!r} holds {held}, not numbers", f"name a column of numbers in {argument}="
        )
    values = plain(frame[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    total = values.sum()
    if not len(values) or (np.isfinite(total) and (any_sign or (total > 0 and values.min() >= 0))):
        return values
    wrong = ~(np.isfinite(values) & ((values >= 0) | any_sign))
    if wrong.any():
        raise DataError(
            f"{who}: {argument}={column!r} is null{'' if any_sign else ', negative'} or infinite in "
            f"{int(wrong.sum()):,} rows (the first is row {frame.index[wrong].tolist()[0]!r})",
            f"give every row a number{'' if any_sign else ' of at least 0'}, or drop such rows in a Filter step",
        )
    if len(values) and not values.any() and not any_sign:
        raise DataError(
            f"{who}: {argument}={column!r} is 0 in all {len(values):,} rows, so none can be drawn",
            "give rows that may be drawn a number above 0",
        )
    return values


def check_size(who: str, rows: int | None, share: float | None = None) -> None:
    """Raise unless a size is said once, and is one."""
    if (rows is None) == (share is None):
        raise ConfigurationError(f"{who} needs either rows= or share=", "say how many rows to keep, or which share")
    if (rows is not None and rows < 1) or (share is not None and not 0 < share <= 1):
        raise ConfigurationError(
            f"{who}: {'rows=' + str(rows) if share is None else 'share=' + str(share)} is not a sample size",
            "keep at least one row, or a share above 0 and at most 1",
        )


def kept_in_words(kept: int, rows: int, asked: int | None = None) -> str:
    """Say how many of how many rows are kept.

    Examples
    --------
    >>> kept_in_words(10, 1000), kept_in_words(7, 7, asked=10)
    ('10 of 1,000 rows', 'all 7 rows, fewer than the 10 asked for')
    """
    if kept < rows:
        return f"{kept:,} of {rows:,} rows"
    return f"all {rows:,} rows" + (
        f", fewer than the {asked:,} asked for" if asked is not None and asked > rows else ""
    )
