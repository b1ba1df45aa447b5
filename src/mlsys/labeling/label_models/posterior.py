"""Probabilities of classes from what votes say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

AT_ONCE = 65_536
"""Rows of which a copy as floats is made at a time."""


def probabilities(logs: Floats) -> Floats:
    """Return rows of logarithms as probabilities that sum to 1.

    Examples
    --------
    >>> probabilities(np.log([[1.0, 3.0]])).round(2).tolist()
    [[0.25, 0.75]]
    """
    if logs.shape[1] == 2:  # half the exponentials
        ahead = np.exp(np.clip(logs[:, 0] - logs[:, 1], -700, 700))
        second = 1 / (1 + ahead)
        return np.column_stack([1 - second, second])
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def shares_of_votes(codes: NDArray[np.int8], classes: int) -> Floats:
    """Return each class's share of a row's votes; the same for all where nobody voted.

    Examples
    --------
    >>> shares_of_votes(np.array([[0, 1, 1, 1], [-1, -1, -1, -1]], np.int8), 2).tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    """
    shares, one = np.empty((len(codes), classes)), np.ones(codes.shape[1], np.float32)
    for start in range(0, len(codes), AT_ONCE):
        part = codes[start : start + AT_ONCE]
        counts = np.column_stack([(part == place).astype(np.float32) @ one for place in range(classes)])
        total = counts @ np.ones((classes, 1), np.float32)
        shares[start : start + AT_ONCE] = np.where(total > 0, counts / np.maximum(total, 1), 1 / max(classes, 1))
    return shares
