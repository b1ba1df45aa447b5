"""Scored rows of several targets in one frame, and taken apart again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import alone, of_each

_TRUTH = "y_"
_BESIDE = ("weight", "group")
_WITH_NULLS: dict[str, Any] = {"i": pd.Int64Dtype(), "u": pd.UInt64Dtype(), "b": pd.BooleanDtype()}
"""Types of whole numbers and truth values that hold null."""


def targets_of(columns: Any) -> list[str]:
    """Return the targets that scored rows are about; nothing for those of one target."""
    names = list(columns)
    return [] if "y" in names else [str(name).removeprefix(_TRUTH) for name in names if str(name).startswith(_TRUTH)]


def is_truth(column: object) -> bool:
    """Whether a column of scored rows holds a target.

    Examples
    --------
    >>> is_truth("y"), is_truth("y_rain"), is_truth("prediction")
    (True, True, False)
    """
    return column == "y" or str(column).startswith(_TRUTH)


def beside_each_other(found: Mapping[str, pd.DataFrame], index: pd.Index) -> pd.DataFrame:
    """Return the scored rows of several targets in one frame, null where a target is not known.

    Parameters
    ----------
    found : mapping of str to DataFrame
        Scored rows by target.
    index : Index
        Of all rows.
    """
    columns: dict[str, pd.Series] = {}
    for target, frame in found.items():
        for name in frame.columns:
            if name not in _BESIDE:
                called = f"{_TRUTH}{target}" if name == "y" else of_each(str(name), target)
                columns[called] = _with_nulls(frame[name], index)
    for name in _BESIDE:
        held = [frame[name] for frame in found.values() if name in frame]
        if held:
            whole = pd.concat(held)
            columns[name] = whole[~whole.index.duplicated()].reindex(index)
    return pd.DataFrame(columns, index=index)


def _with_nulls(column: pd.Series, index: pd.Index) -> pd.Series:
    """Return a column over more rows; whole numbers and truth values stay what they are."""
    if len(column) == len(index):
        return column
    kind = _WITH_NULLS.get(column.dtype.kind) if isinstance(column.dtype, np.dtype) else None
    return (column if kind is None else column.astype(kind)).reindex(index)


def apart(scored: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, NDArray[np.int64]]]:
    """Return the scored rows of each of several targets where it is known, and their places."""
    targets, found = targets_of(scored.columns), {}
    for target in targets:
        known = scored[f"{_TRUTH}{target}"].notna().to_numpy()
        names = {f"{_TRUTH}{target}": "y", **alone(scored.columns, target, targets)}
        names |= {name: name for name in _BESIDE if name in scored}
        frame = scored[list(names)].set_axis(list(names.values()), axis=1)[known]
        found[target] = (_without_nulls(frame), np.flatnonzero(known))
    return found


def scored_alone(scored: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the scored rows of one of several targets."""
    return apart(scored)[target][0]


def _without_nulls(frame: pd.DataFrame) -> pd.DataFrame:
    kinds: dict[Any, Any] = {name: frame[name].dtype for name in frame.columns}
    return frame.astype({name: kind.numpy_dtype for name, kind in kinds.items() if kind in _WITH_NULLS.values()})
