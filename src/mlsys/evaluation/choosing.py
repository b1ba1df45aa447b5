"""The score of a model that was chosen by its score: on rows that were not drawn when it was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation._metric import Metric
from mlsys.evaluation.delta_method import added_by_rows
from mlsys.evaluation.intervals import DRAWS, MOST_BOOTSTRAPPED

Values = NDArray[np.float64]
MOST_UNITS = 5_000
"""Blocks of rows that are drawn at most: draws of so many vary by a hundredth of the standard error."""
FEW_DRAWS = 50
"""Draws where a metric must be called anew for each."""
OUTSIDE = float(np.exp(-1))
"""Share of the units that a Poisson(1) draw leaves out."""


@dataclass(frozen=True)
class Bags:
    """Draws of the evaluated rows, the same for all candidates.

    Parameters
    ----------
    rows : int
        Number of evaluated rows.
    codes : ndarray of int of shape (rows,), optional
        The group of each row: groups are drawn as a whole.
    seed : int
        Of the draws.
    """

    rows: int
    codes: NDArray[np.int64] | None = None
    seed: int = 0

    @cached_property
    def _block(self) -> NDArray[np.int64]:
        """The unit of each row: its group, or one of many random blocks."""
        codes = np.arange(self.rows) if self.codes is None else self.codes
        units = int(codes.max()) + 1
        if units <= MOST_UNITS:
            return np.asarray(codes, dtype=np.int64)
        return np.asarray(np.random.default_rng(self.seed).permutation(units) % MOST_UNITS, dtype=np.int64)[codes]

    @cached_property
    def _times(self) -> Values:
        """How often each unit is drawn, of shape (draws, units)."""
        rng = np.random.default_rng([self.seed, 1])
        return rng.poisson(1.0, (DRAWS, int(self._block.max()) + 1)).astype(np.float64)

    def values(self, metric: Metric, sample: Any) -> tuple[Values, Values]:
        """Return a metric on the drawn units, and on those left out, of each draw.

        Notes
        -----
        By the slopes of the metric in the weights of rows where it has them, as for its interval; otherwise a metric is
        called for each of fewer draws. NaN where it is not defined.
        """
        drawn = self._times
        added = None if metric.interval == "none" else added_by_rows(metric, sample)
        if added is not None:
            units = np.asarray(np.bincount(self._block, added, minlength=drawn.shape[1]), dtype=np.float64)
            value = metric(sample)
            return _reweighted(value, units, drawn), _reweighted(value, units, _left_out(drawn))
        if metric.interval == "none" or not np.isfinite(metric(sample)):
            nothing = np.full(FEW_DRAWS, np.nan)
            return nothing, nothing
        chosen = np.random.default_rng([self.seed, 2]).permutation(self.rows)[:MOST_BOOTSTRAPPED]
        part, times = sample.taken(chosen), drawn[:FEW_DRAWS][:, self._block[chosen]]
        return metric.drawn(part, times), metric.drawn(part, _left_out(times))


def _left_out(times: Values) -> Values:
    """Return weights of 1 for what was not drawn."""
    return np.asarray(times == 0, dtype=np.float64)


def _reweighted(value: float, added: Values, weights: Values) -> Values:
    """Return a metric under other weights of units, to first order."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(value + weights @ added * (len(added) / weights.sum(axis=1)))


@dataclass(frozen=True)
class ChosenScore:
    """The score of the best of several candidates, corrected for having been chosen by it.

    Parameters
    ----------
    value, lower, upper : float
        On rows that did not choose it, with its interval.
    optimism : float
        By how much the score that chose it looks better; at least 0.
    gain, gain_lower, gain_upper : float
        What it has more than the candidate that was there before, corrected in the same way; positive is better.
    """

    value: float
    lower: float
    upper: float
    optimism: float
    gain: float
    gain_lower: float
    gain_upper: float


def chosen_score(
    values: Sequence[float],
    drawn: Sequence[tuple[Values, Values]],
    before: tuple[Values, Values],
    greater_is_better: bool,
    level: float = 0.95,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> ChosenScore:
    """Return the score of the best candidate, corrected for the choice.

    Parameters
    ----------
    values : sequence of float
        The metric of each candidate.
    drawn : sequence of (ndarray, ndarray)
        What :meth:`Bags.values` returned of each.
    before : tuple of ndarray
        The same of the model that there was before, which nothing chose.
    greater_is_better : bool
        Of the metric.
    level : float
        Of the intervals.
    bounds : tuple of float
        Of the metric.

    Notes
    -----
    Bootstrap bias corrected cross-validation (Tsamardinos, Greasidou and Borboudakis 2018): of each draw of rows the
    best candidate is chosen on the drawn rows and scored on those left out; the mean of these scores is the estimate.
    Rows left out are fewer than all, so the spread of the scores is narrowed by the root of the ratio of variances.
    """
    sign = 1.0 if greater_is_better else -1.0
    inside, outside = (np.vstack([pair[side] for pair in drawn]) for side in (0, 1))
    with np.errstate(invalid="ignore"):
        best = np.argmax(np.where(np.isfinite(inside), sign * inside, -np.inf), axis=0)
    scores = outside[best, np.arange(outside.shape[1])]
    winner = max(sign * each for each in values)
    value, lower, upper = _centred(sign * scores, level, winner)
    gain, gain_lower, gain_upper = _centred(sign * (scores - before[1]), level)
    ends = sorted(np.clip([sign * lower, sign * upper], *bounds)) if np.isfinite(lower) else [np.nan, np.nan]
    return ChosenScore(sign * value, float(ends[0]), float(ends[1]), winner - value, gain, gain_lower, gain_upper)


def _centred(scores: Values, level: float, most: float = np.inf) -> tuple[float, float, float]:
    """Return the mean of the scores of rows left out, at most ``most``, with an interval for as many as all rows."""
    known = scores[np.isfinite(scores)]
    if not len(known) or len(known) < len(scores) / 2:
        return float("nan"), float("nan"), float("nan")
    mean = float(known.mean())
    value = min(mean, most)
    narrowed = float(np.sqrt(OUTSIDE / (1 - OUTSIDE)))
    lower, upper = value + narrowed * (np.quantile(known, [(1 - level) / 2, (1 + level) / 2]) - mean)
    return value, float(lower), float(upper)
