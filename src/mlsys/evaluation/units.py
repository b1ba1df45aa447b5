"""Units: how many rows, or groups of rows, the interval of a metric rests on, and whether these are enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.sample import Sample
from mlsys.evaluation.scored import group_codes
from mlsys.evaluation.statistic import OfRanks

FEWEST = 10
"""With fewer rows or groups, or rows that a share is of, there is no interval."""
ROWS_WORTH = 4
"""A metric of ranks is worth at most this many independent rows for each of the rarer class: near 1, where it hardly
varies, 95 % intervals then still cover about 95 % (simulated in tests/evaluation/test_auc_interval.py)."""


@dataclass(frozen=True)
class Units:
    """Rows or groups that a metric is known from.

    Parameters
    ----------
    freedom : float
        Rows or groups that Student's t has as many degrees of freedom as, and one. Rows with weights count as many as
        rows of equal weight that would tell as much.
    too_few : bool
        Whether rows or groups, those that a share is of, or those of either class are fewer than its interval needs.
    most : float
        Independent rows that the metric is worth at most.
    """

    freedom: float
    too_few: bool
    most: float = np.inf


def kish(weight: NDArray[np.float64]) -> float:
    """Return how many rows of equal weight would tell as much of a mean as weighted rows (Kish 1965).

    Examples
    --------
    >>> kish(np.array([2.0, 2.0, 2.0])), kish(np.array([1.0, 0.0])), kish(np.array([]))
    (3.0, 1.0, 0.0)
    """
    largest = float(weight.max(initial=0.0))
    if not largest:
        return 0.0
    share = weight / largest  # of very large weights, the squares are not finite
    return float(share.sum() ** 2 / (share**2).sum())


def units_of(metric: Metric, sample: Sample, group: pd.Series | None) -> Units:
    """Return what the interval of a metric rests on.

    Notes
    -----
    A mean varies with all rows; what is read from counts or ranks most with the rarer of events and other rows, and a
    share with the rows that it is of.
    """
    codes = group_codes(group)
    plain = codes is None and sample.is_plain

    def counted(mask: NDArray[np.bool_]) -> float:
        if plain:
            return float(np.count_nonzero(mask))
        return kish(sample.weight[mask]) if codes is None else len(np.unique(codes[mask]))

    everyone = float(len(sample)) if plain else counted(np.ones(len(sample), dtype=bool))
    counts, most = [everyone], np.inf
    needed = FEWEST
    if metric.either is not None and len(sample.classes) == 2:  # noqa: PLR2004
        counts += [counted(sample.event), counted(~sample.event)]
        needed = metric.either[codes is not None]
        if isinstance(metric.statistic, OfRanks):
            events = int(np.count_nonzero(sample.event))
            most = ROWS_WORTH * min(events, len(sample) - events)
    among = None if plain else metric.rows_among(sample)
    if among is not None:
        counts.append(counted(among))
    is_mean = isinstance(metric, SampleMetric) and metric.per_row is not None
    freedom = everyone if is_mean else min(counts)
    return Units(freedom, min(counts) < needed, float(most))
