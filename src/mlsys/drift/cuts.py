"""Bins of numbers: cut at quantiles; values that many rows share and what lies outside have bins of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.drift.reading import NUMBER

Floats = NDArray[np.float64]
PROBABILITIES = np.linspace(0, 1, 65)
"""Quantiles that numbers are counted between: distances are then exact to about a 64th of the rows."""
_SLACK = 2.0**-22
"""Broken numbers that differ by less, relative to themselves, are one value: float32 and float64 write 0.1 apart."""


def bins_between(quantiles: Floats, kind: str) -> dict[str, Any]:
    """Return the bins of a numeric column, given its quantiles at ``PROBABILITIES``.

    Returns
    -------
    dict
        ``cuts``: bins reach up to their cut, that included; the first lies below all values of the reference, the
        last above. ``ends``: smallest and largest value. ``frequent``: the bins that hold one value each, one that
        at least a 64th of the rows have.

    Examples
    --------
    >>> bins = bins_between(np.zeros(65), NUMBER)
    >>> np.searchsorted(bins["cuts"], [-1.0, 0.0, 1.0]).tolist(), bins["frequent"].tolist()
    ([0, 1, 2], [1])
    """
    values, times = np.unique(quantiles, return_counts=True)
    frequent = values[times > 1]
    slack = np.where((values == np.floor(values)) | (kind != NUMBER), 0.0, np.abs(values) * _SLACK)
    highest = values + slack
    lowest = np.minimum(np.nextafter(values, -np.inf), values - slack)
    first = np.arange(len(values)) == 0
    cuts = np.unique(np.r_[lowest[first | (times > 1)], highest[~first | (times > 1)], highest[-1:]])
    return {
        "kind": kind,
        "cuts": cuts,
        "ends": quantiles[[0, -1]],
        "frequent": np.searchsorted(cuts, frequent, side="left"),
    }


def middles(column: Mapping[str, Any]) -> Floats:
    """Return the value that stands for each bin; for the outer ones the reference's smallest and largest."""
    low, high = column["ends"]
    cuts = np.clip(column["cuts"], low, high)
    return np.concatenate([[low], (cuts[1:] + cuts[:-1]) / 2, [high]])


def beyond(values: Floats, column: Mapping[str, Any]) -> Floats:
    """Return how far each value lies outside the reference's range."""
    low, high = column["ends"]
    return np.asarray(np.maximum(values - high, 0.0) + np.maximum(low - values, 0.0), dtype=np.float64)


def apart(column: Mapping[str, Any], counts: Floats) -> Floats:
    """Return counts of the values that many rows share, each apart, and of all others together."""
    frequent = counts[column["frequent"]]
    return np.append(frequent, max(counts.sum() - frequent.sum(), 0.0))
