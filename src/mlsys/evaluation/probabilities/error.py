"""Expected calibration error without the part that chance adds, and the Brier score in its parts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsys.evaluation.counts.formulas import Values
from mlsys.evaluation.probabilities.bins import Bins, Told
from mlsys.evaluation.sample import Sample
from mlsys.summaries.wilson import quantile_of

DRAWS = 1_000
"""Of the noise in the bins, for the lower end."""


def calibration_error(bins: Bins) -> float:
    """Return the mean distance between what was told and what happened, less what chance adds to it.

    Notes
    -----
    With few rows in a bin, what happened differs from what was told even if every probability is right, so the mean
    distance itself is too large (Kumar, Liang and Ma 2019). What chance adds is what normal noise of the size of
    each bin's adds on average to the distances, after these have been shrunk towards 0 by James and Stein (1961).

    Examples
    --------
    >>> told = np.full(10, 0.5)
    >>> happened = 0.5 + np.tile([0.1, -0.1], 5)
    >>> few, many = (Bins(np.full(10, n), np.full(10, 0.1), told, happened, np.full(10, n)) for n in (20.0, 20_000.0))
    >>> round(calibration_error(few), 3), round(calibration_error(many), 3)
    (0.016, 0.1)
    """
    noise, gap = _noise(bins), np.abs(bins.gap)
    ratio = float(((gap / noise) ** 2).sum())
    shrunk = gap * max(0.0, 1 - max(len(bins) - 2, 1) / ratio) if ratio > 0 else gap
    chance = bins.weight @ (_folded_mean(shrunk, noise) - shrunk)
    return max(0.0, float(bins.weight @ gap - chance))


def calibration_interval(bins: Bins, level: float) -> tuple[float, float]:
    """Return an interval of the calibration error of these bins.

    Notes
    -----
    It holds the error at least as often as ``level`` says. The lower end is above 0 if the distances are larger
    than chance explains: bins whose distance is beyond doubt keep it, all others count as right (Andrews and Soares
    2010). The upper end takes the sign of every distance as known.
    """
    alone = _noise(bins)
    null = np.sqrt(np.maximum(bins.told * (1 - bins.told), 0.0) / bins.worth)
    both = np.maximum(alone, null)
    gap, worth = np.abs(bins.gap), float(bins.worth.sum())
    certain = gap > np.sqrt(np.log(max(worth, 2.0))) * both
    noise = np.where(certain, alone, both)
    kept = np.where(certain, gap, 0.0)
    drawn = np.random.default_rng(0).normal(size=(DRAWS, len(bins))) * noise
    added = np.abs(kept + drawn) @ bins.weight - kept @ bins.weight
    plain = float(bins.weight @ gap)
    half = quantile_of(level) * float(np.sqrt((bins.weight**2 * noise**2).sum()))
    return max(0.0, plain - float(np.quantile(added, 0.5 + level / 2))), min(1.0, plain + half)


def brier_parts(told: Told, bins: Bins) -> dict[str, float]:
    """Return the Brier score and its parts: reliability - resolution + uncertainty + within bins.

    Notes
    -----
    Murphy (1973), without bias by the number of rows (Ferro and Fricker 2012), so that reliability may be slightly
    below 0. What remains within bins is that not all rows of a bin were told the same (Stephenson et al. 2008).

    Examples
    --------
    >>> told = Told(np.repeat([0.2, 0.8], 50), np.arange(100) % 50 < np.repeat([10, 40], 50), np.ones(100), None, "")
    >>> parts = brier_parts(told, Bins.of(told))
    >>> {name: round(value, 3) + 0.0 for name, value in parts.items()}
    {'brier': 0.16, 'reliability': -0.003, 'resolution': 0.089, 'uncertainty': 0.253, 'within_bins': 0.0}
    """
    brier = float(np.average((told.share - told.true) ** 2, weights=told.weight))
    overall, worth = float(bins.weight @ bins.happened), float(told.weight.sum() ** 2 / (told.weight**2).sum())
    spread = overall * (1 - overall)
    # A bin of one row cannot tell what is its own noise.
    chance = float(bins.weight @ (bins.happened * (1 - bins.happened) / np.maximum(bins.worth - 1, 1)))
    of_all = spread / max(worth - 1, 1)
    reliability = float(bins.weight @ bins.gap**2) - chance
    resolution = float(bins.weight @ (bins.happened - overall) ** 2) - chance + of_all
    uncertainty = spread + of_all
    return {
        "brier": brier, "reliability": reliability, "resolution": resolution, "uncertainty": uncertainty,
        "within_bins": brier - (reliability - resolution + uncertainty),
    }  # fmt: skip


def error_of(sample: Sample) -> float:
    """Return the calibration error of rows with probabilities."""
    told = Told.by(sample)
    return calibration_error(Bins.of(told)) if len(told) else float("nan")


def interval_of(sample: Sample, group: pd.Series | None, level: float) -> tuple[float, float]:
    """Return its interval."""
    return calibration_interval(Bins.of(Told.by(sample, group)), level)


def _noise(bins: Bins) -> Values:
    """Return the standard error of what happened in each bin; one row is added that was told the same, against 0."""
    smoothed = (bins.happened * bins.worth + bins.told) / (bins.worth + 1)
    return np.asarray(np.sqrt(np.maximum(smoothed * (1 - smoothed), 1e-12) / bins.worth))


def _folded_mean(mean: Values, deviation: Values) -> Values:
    """Return the mean of the absolute value of normal numbers."""
    from scipy.special import ndtr

    ratio = mean / deviation
    normal = np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2)
    return np.asarray(deviation * normal + mean * (1 - 2 * ndtr(-ratio)))
