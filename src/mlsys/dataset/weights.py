"""Weights of rows: what is none, and which rows count. A row of weight 0 counts as none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.values import Kind, plain, values_of

SAMPLING_WEIGHT = "sampling_weight"
"""The column of how many rows each row of a sample stands for."""
TRAINING_WEIGHT = "training_weight"
"""The column of what a step lets training rows weigh for the model, and for nothing else."""


def effective_size(weights: NDArray[np.float64]) -> float:
    """Return how many rows of equal weight would give a mean as precise as these (Kish 1965).

    Examples
    --------
    >>> effective_size(np.ones(4)), effective_size(np.array([9.0, 1.0, 1.0, 1.0]))
    (4.0, 1.7142857142857142)
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def known_weights(weight: pd.Series, who: str) -> NDArray[np.float64]:
    """Return the weights, or raise for weights that are none."""
    held = values_of(weight)
    if held.kind not in {Kind.NUMBER, Kind.TRUTH}:
        raise DataError(
            f"{who}: the weight {weight.name!r} holds {held}, not numbers",
            "name a number column in weight=, or convert it with Derive",
        )
    values = plain(weight).to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise DataError(
            f"{who}: the weight {weight.name!r} is null, negative or infinite in {int(wrong.sum()):,} rows "
            f"(the first is row {weight.index[wrong].tolist()[0]!r})",
            "give every row a weight of at least 0",
        )
    return values


def weights_before(rows: pd.DataFrame, weight: pd.Series | None, who: str) -> NDArray[np.float64]:
    """Return what training rows weigh so far, for a step that is about to write :data:`TRAINING_WEIGHT`.

    Raises
    ------
    DataError
        When the rows have a column of that name that is not their weight, or a weight is none.

    Examples
    --------
    >>> weights_before(pd.DataFrame({"x": [1, 2]}), None, "WeighClasses")
    array([1., 1.])
    """
    if TRAINING_WEIGHT in rows.columns and (weight is None or weight.name != TRAINING_WEIGHT):
        raise DataError(f"{who} writes the column {TRAINING_WEIGHT!r}, which the rows have", "rename the column")
    return np.ones(len(rows)) if weight is None else known_weights(weight, who)


def counting(weight: pd.Series | None, who: str, rows: str = "rows") -> NDArray[np.bool_] | None:
    """Return which rows count; ``None`` where all do.

    Raises
    ------
    DataError
        When a weight is none, or every row has weight 0.

    Examples
    --------
    >>> counting(pd.Series([0.0, 2.0], name="w"), "Train").tolist()
    [False, True]
    """
    if weight is None:
        return None
    counts = known_weights(weight, who) > 0
    if len(counts) and not counts.any():
        raise DataError(
            f"{who}: all {len(counts):,} {rows} have zero weight in {weight.name!r}and are ignored",
            "give rows that should count a weight above 0, or remove the weight role",
        )
    return None if counts.all() else counts
