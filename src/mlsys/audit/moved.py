"""What moved: the same rows in two frames, compared value by value; bit by bit, or but for rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from mlsys.leakage.rounding import Rounding


@dataclass(frozen=True)
class Moved:
    """What differs between two frames in the rows that must not differ.

    Parameters
    ----------
    columns : tuple of str
        Columns that hold other values, are gone or are new.
    rows : int
        Rows that differ in at least one of them.
    ids : int
        Rows that stand in one of the frames only.
    example : str
        One value before and after.
    """

    columns: tuple[str, ...] = ()
    rows: int = 0
    ids: int = 0
    example: str = ""

    def __bool__(self) -> bool:
        return bool(self.columns)


def moved(before: pd.DataFrame, after: pd.DataFrame, rounding: Rounding | None = None) -> Moved:
    """Compare the rows that both frames have; values count, and types where no value tells them apart.

    Parameters
    ----------
    before, after : DataFrame
        Rows under the same ids, before something else was replaced and after.
    rounding : Rounding, optional
        What the step says of ``before`` in other last digits: what that explains has not moved. Bit by bit without it.

    Examples
    --------
    >>> before = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    >>> moved(before, before.assign(x=[1.0, 2.5]))
    Moved(columns=('x',), rows=1, ids=0, example="row 1: 'x' 2, then 2.5")
    >>> bool(moved(before, before.copy()))
    False
    """
    shared = before.index.intersection(after.index, sort=False)
    ids = len(before.index) + len(after.index) - 2 * len(shared)
    one = before if len(shared) == len(before) else before.loc[shared]
    other = after if after.index.equals(one.index) else after.loc[one.index]
    columns = [name for name in one.columns if name not in other.columns]
    columns += [name for name in other.columns if name not in one.columns]
    any_row = np.zeros(len(one), dtype=bool)
    example = ""
    for name in one.columns:
        if name not in other.columns:
            continue
        differs = unequal(one[name], other[name])
        if differs.any() and rounding is not None and len(one) == len(before):
            differs &= ~rounding.explains(one[name], other[name])
        if differs.any():
            columns.append(name)
            any_row |= differs
            if not example:
                example = example_of(one.index[int(differs.argmax())], name, one, other)
    rows = len(one) if len(columns) and not any_row.any() else int(any_row.sum())
    return Moved(tuple(map(str, columns)), rows, ids, example)


def unequal(one: pd.Series, other: pd.Series) -> np.ndarray:
    """Return where two columns differ; null equals null, and a number of another type the same number.

    Examples
    --------
    >>> unequal(pd.Series([1.0, None]), pd.Series([1.5, None])).tolist()
    [True, False]
    """
    if one.dtype == other.dtype and one.array is other.array:
        return np.zeros(len(one), dtype=bool)
    left, right = one.reset_index(drop=True), other.reset_index(drop=True)
    if left.equals(right):
        return np.zeros(len(one), dtype=bool)
    missing_left, missing_right = left.isna().to_numpy(), right.isna().to_numpy()
    differs: np.ndarray = missing_left != missing_right
    both = ~missing_left & ~missing_right
    if isinstance(left.dtype, pd.CategoricalDtype):
        left = left.astype(left.cat.categories.dtype)
    if isinstance(right.dtype, pd.CategoricalDtype):
        right = right.astype(right.cat.categories.dtype)
    try:
        compared = np.asarray(left[both].array != right[both].array, dtype=bool)
    except (TypeError, ValueError):  # values without an order or of two kinds: their texts tell
        compared = np.asarray(left[both].map(repr).to_numpy() != right[both].map(repr).to_numpy(), dtype=bool)
    differs = differs.copy()
    differs[both] = compared
    return differs


def example_of(row: Any, name: str, before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Return a value before and after in words.

    Examples
    --------
    >>> example_of(0, "x", pd.DataFrame({"x": [1.25]}), pd.DataFrame({"x": [2.0]}))
    "row 0: 'x' 1.25, then 2"
    """
    was, now = (each[name].loc[pd.Index([row])].iloc[0] for each in (before, after))
    return f"row {row}: {name!r} {_short(was)}, then {_short(now)}"


def _short(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
