"""What differs between two answers of a step, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlsys.leakage.row_check import TOLERANCE


def altered(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Say what was changed in place; nothing if nothing was.

    Examples
    --------
    >>> altered(pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": [1, 3]}))
    "column 'x'"
    """
    if list(before.columns) != list(after.columns):
        moved = sorted(map(str, set(before.columns) ^ set(after.columns)))
        return f"column {moved[0]!r}" if moved else "the order of columns"
    if not before.index.equals(after.index):
        return "the index"
    for name in before.columns:
        if before[name].dtype != after[name].dtype or not before[name].equals(after[name]):
            return f"column {name!r}"
    return ""


def difference(one: pd.DataFrame, other: pd.DataFrame, relative: float = TOLERANCE) -> str:
    """Say how two frames with the same rows differ; nothing if they are equal.

    Parameters
    ----------
    one, other : DataFrame
        Row by row the same rows; the index is compared too.
    relative : float
        Tolerance of numbers, relative; 0 for equality.

    Examples
    --------
    >>> difference(pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [1.0, 2.5]}))
    "column 'x' of row 1 is 2.0 in one and 2.5 in the other"
    """
    if list(one.columns) != list(other.columns):
        return f"one has the columns {_listed(one)}, the other {_listed(other)}"
    if not one.index.equals(other.index):
        if len(one) != len(other):
            return f"one has {len(one):,} rows and the other {len(other):,}"
        return "the rows have different ids or a different order"
    for name in one.columns:
        differs = _differs(one[name], other[name], relative)
        if differs.any():
            at = int(differs.argmax())
            values = f"{one[name].iloc[at]} in one and {other[name].iloc[at]} in the other"
            return f"column {name!r} of row {one.index[at]} is {values}"
    return ""


def as_frame(answer: Any) -> pd.DataFrame:
    """Return a frame, a Series or the table of a Result as a frame.

    Examples
    --------
    >>> as_frame(pd.Series([1, 2])).columns.tolist()
    ['value']
    """
    if isinstance(answer, pd.Series):
        return pd.DataFrame({"value": answer})
    found = getattr(answer, "table", answer)
    assert isinstance(found, pd.DataFrame), f"it is {type(answer).__name__}, not a DataFrame"
    return pd.DataFrame(found)


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(map(repr, frame.columns[:20])) or "none"


def _differs(one: pd.Series, other: pd.Series, relative: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    missing, also = one.isna().to_numpy(), other.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other):
        mine = one.to_numpy(dtype=np.float64, na_value=np.nan)
        theirs = other.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.asarray(~np.isclose(mine, theirs, rtol=relative, atol=0.0, equal_nan=True), dtype=bool)
    pairs = zip(one.astype(object), other.astype(object), strict=True)
    same = [bool(np.all(first == second)) for first, second in pairs]
    return np.asarray(np.where(missing | also, missing != also, ~np.array(same, dtype=bool)), dtype=bool)
