"""Whether the mean loss rose: by labels that are known, or as the predictions alone let one expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlsys.drift.outcomes.outcomes import AMOUNT, Outcomes
from mlsys.summaries.wilson import quantile_of, wilson

Floats = NDArray[np.float64]
LEAST_RISE = 0.1
"""A loss that is higher by up to a tenth of itself pages nobody."""
FEWEST_KNOWN = 30
"""Labelled rows from which on the normal approximation is used for amounts; rates have an exact test."""
NORMAL = quantile_of(0.95)
"""Quantile of 95 % intervals."""


@dataclass(frozen=True)
class Loss:
    """A mean loss beside the reference's.

    Parameters
    ----------
    metric : str
        ``"error rate"`` or ``"absolute error"``.
    before, now : float
        Mean loss of the reference and of today's rows.
    lower, upper : float
        95 % interval of ``now``.
    rows : int
        Rows it comes from.
    p : float
        One-sided: how likely such a rise is if the loss did not rise.
    least : float
        Rise that is worth a page, in the unit of the loss.
    """

    metric: str
    before: float
    now: float
    lower: float
    upper: float
    rows: int
    p: float
    least: float

    @property
    def gap(self) -> float:
        """How much the loss rose."""
        return self.now - self.before

    def pages(self, level: float) -> bool:
        """Whether the rise is significant at a level and larger than the least one."""
        return self.p <= level and self.gap > self.least

    def said(self) -> str:
        """Say it in a few words."""
        return f"{self.metric} {self.before:.3g} to {self.now:.3g} [{self.lower:.3g}, {self.upper:.3g}]"


def judge_labels(reference: Outcomes, known: Outcomes, least: float | None = None) -> Loss:
    """Compare the loss of rows whose labels are known with the reference's.

    Parameters
    ----------
    reference, known : Outcomes
        On one grid.
    least : float, optional
        Rise worth a page; by default a tenth of the reference's loss.

    Notes
    -----
    Rates: Fisher's exact test, one-sided, and Wilson's interval. Amounts: Welch's test of the means, one-sided; with
    fewer than 30 labels none is made. Where losses of the reference depend on each other within windows of time, that
    many rows count as one.
    """
    alike = reference.losses_alike.on(known.rows)
    n, m = reference.rows / alike, known.rows / alike
    before, now = (each.losses.sum() / max(each.rows, 1.0) for each in (reference, known))
    least = LEAST_RISE * before if least is None else least
    if reference.kind == AMOUNT:
        spread = [each.squares.sum() / max(each.rows, 1) - (each.losses.sum() / max(each.rows, 1)) ** 2
                  for each in (reference, known)]  # fmt: skip
        error = float(np.sqrt(max(spread[1], 0.0) / max(m, 1.0)))
        both = float(np.sqrt(max(spread[0], 0.0) / max(n, 1.0) + error**2))
        p = _upper((now - before) / both) if both > 0 and known.rows >= FEWEST_KNOWN else 1.0
        lower, upper = now - NORMAL * error, now + NORMAL * error
    else:
        p = _fisher_greater(reference.losses.sum() / alike, n, known.losses.sum() / alike, m)
        lower, upper = wilson(float(known.losses.sum()) / alike, m) if m else (0.0, 1.0)
    rows = int(known.rows)
    return Loss(reference.metric, float(before), float(now), float(lower), float(upper), rows, p, float(least))


def judge_estimate(reference: Outcomes, by_bin: Floats, least: float | None = None) -> Loss:
    """Estimate the loss of rows without labels: each bin of predictions keeps the loss it had in the reference.

    Parameters
    ----------
    reference : Outcomes
        Labelled.
    by_bin : ndarray of shape (bins,)
        Today's rows by bin of the prediction.

    Notes
    -----
    It sees a change of inputs as far as it shows in the predictions, and is blind to a changed relation between inputs
    and label. The variance is that of the bins' losses in the reference and of today's shares. Bins that fewer than
    five rows of the reference have take the reference's mean loss.
    """
    before = float(reference.losses.sum() / max(reference.rows, 1.0))
    least = LEAST_RISE * before if least is None else least
    n, m = reference.counts.sum(axis=1), float(by_bin.sum())
    alike = reference.expected_alike.on(m)
    enough = n >= 5
    mean = np.where(enough, reference.losses.sum(axis=1) / np.maximum(n, 1), before)
    spread = np.maximum(reference.squares.sum(axis=1) / np.maximum(n, 1) - mean**2, 0.0) / np.maximum(n, 5)
    shares, shares_before = by_bin / max(m, 1.0), n / max(n.sum(), 1.0)
    now = float((shares * mean).sum())
    drawn = float((shares * mean**2).sum() - now**2) / max(m / alike, 1.0)
    error = float(np.sqrt(max(drawn + (shares**2 * spread).sum(), 0.0)))
    # The losses of the bins are in both means, and cancel where the shares are alike.
    drawn_before = float((shares_before * mean**2).sum() - before**2) / max(n.sum() / alike, 1.0)
    moved = float(((shares - shares_before) ** 2 * spread).sum())
    apart = float(np.sqrt(max(drawn, 0.0) + moved + max(drawn_before, 0.0)))
    p = _upper((now - before) / apart) if apart > 0 and m else 1.0
    interval = max(now - NORMAL * error, 0.0), now + NORMAL * error
    return Loss(reference.metric, before, now, *interval, int(m), p, float(least))


def _upper(z: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(-z))


def _fisher_greater(one: float, n: float, other: float, m: float) -> float:
    """Return how likely so many or more of all losses are on the other side, drawn at random."""
    from scipy.stats import hypergeom

    if not m or not n:
        return 1.0
    return float(hypergeom.sf(round(other) - 1, round(n + m), round(one + other), round(m)))
