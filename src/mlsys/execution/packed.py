"""Columns as plain data, so that they can be kept: texts and other single values by their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_OF_ONE_TYPE = frozenset({"string", "boolean", "integer", "floating"})
"""Objects that can be numbered: 1 and True in one column would get the same number."""


def packed(columns: Mapping[str, pd.Series]) -> dict[str, Any]:
    """Return columns as plain data.

    Examples
    --------
    >>> votes = pd.Series(["spam", None, "spam"], dtype=object, index=[7, 8, 9])
    >>> unpacked(packed({"vote": votes}), votes.index)["vote"].tolist()
    ['spam', None, 'spam']
    """
    return {name: _packed(column) for name, column in columns.items()}


def unpacked(state: Mapping[str, Any], index: pd.Index) -> dict[str, pd.Series]:
    """Return the columns again, for rows with these ids."""
    return {name: _unpacked(each, index) for name, each in state.items()}


def _packed(column: pd.Series) -> dict[str, Any]:
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in _OF_ONE_TYPE:
        codes, values = pd.factorize(column)
        small = np.min_scalar_type(-max(len(values), 1))
        return {"codes": codes.astype(small), "values": values.tolist()}
    return {"column": column.reset_index(drop=True).to_frame(name="column")}


def _unpacked(state: Mapping[str, Any], index: pd.Index) -> pd.Series:
    if "column" in state:
        kept: pd.Series = state["column"]["column"]
        return kept.set_axis(index)
    values = np.empty(len(state["values"]) + 1, dtype=object)
    values[:-1], values[-1] = state["values"], None
    return pd.Series(values[state["codes"]], index=index, dtype=object)
