"""Confidence sequences: intervals of a difference that hold at all looks together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
LOOKS = 20
"""Looks that sample sizes of sequential tests count on; with more looks a test ends a little sooner."""
NODES = 80
"""Points at which a density between two boundaries is known."""


def planned_information(effect: float, alpha: float, power: float) -> float:
    """Return the information, one over the variance of the difference, at which a fixed test reaches its power.

    Examples
    --------
    >>> round(planned_information(0.1, 0.05, 0.8))
    785
    """
    from scipy.special import ndtri

    return float(((ndtri(1 - alpha / 2) + ndtri(power)) / effect) ** 2)


def mixing(information: float, alpha: float) -> float:
    """Return the variance of the mixture whose sequence is narrowest at a given information.

    Notes
    -----
    Howard et al. 2021, proposition 3; ``W`` is the lower branch of Lambert's function.
    """
    from scipy.special import lambertw

    return float(information / (-lambertw(-(alpha**2) / math.e, -1).real - 1))


def half_width(information: Values | float, mixture: float, alpha: float) -> Values:
    """Return half the interval of the two-sided normal mixture (Robbins 1970; Howard et al. 2021, equation 14).

    Examples
    --------
    >>> half_width(np.array([100.0, 10_000.0]), mixing(1_000, 0.05), 0.05).round(3)
    array([0.382, 0.032])
    """
    known = np.asarray(information, dtype=np.float64)
    both = known + mixture
    return np.asarray(np.sqrt(both * (np.log(both / mixture) - 2 * math.log(alpha))) / known)


def one_sided_width(information: Values | float, mixture: float, alpha: float) -> Values:
    """Return how far one end lies from the difference: the one-sided normal mixture (Howard et al. 2021, equation 3.7).

    Examples
    --------
    >>> float(one_sided_width(1_000.0, 100.0, 0.05)) < float(half_width(1_000.0, 100.0, 0.05))
    True
    """
    known = np.asarray(information, dtype=np.float64)
    both = known + mixture
    return np.asarray(np.sqrt(2 * both * np.log1p(np.sqrt(both / mixture) / (2 * alpha))) / known)


def p_values(difference: Values, information: Values, mixture: float) -> Values:
    """Return, look by look, a p-value that holds at all looks together (Johari et al. 2022).

    Examples
    --------
    >>> p_values(np.array([0.2, 0.1]), np.array([100.0, 400.0]), 50.0).round(3)
    array([0.457, 0.457])
    """
    both = information + mixture
    logs = (difference * information) ** 2 / (2 * both) - np.log(both / mixture) / 2
    return np.minimum.accumulate(np.exp(-np.maximum(logs, 0.0)))


def found_by(information: float, effect: float, mixture: float, alpha: float, looks: int = LOOKS) -> float:
    """Return the chance that a sequential test has found an effect by some information, looking at even steps.

    Notes
    -----
    The density of what has not been decided yet, carried from look to look (Armitage, McPherson and Rowe 1969), at
    Gaussian nodes between the boundaries.

    Examples
    --------
    >>> round(found_by(planned_information(0.1, 0.05, 0.8), 0.1, mixing(785, 0.05), 0.05), 2)
    0.49
    """
    from scipy.special import ndtr

    step = information / looks
    moved, deviation = effect * step, math.sqrt(step)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    places, mass, found = np.zeros(1), np.ones(1), 0.0
    for look in range(1, looks + 1):
        bound = float(half_width(look * step, mixture, alpha)) * look * step
        found += float(mass @ ndtr((places + moved - bound) / deviation))
        following = bound * nodes
        apart = (following[:, None] - places - moved) / deviation
        density = np.exp(-(apart**2) / 2) / (deviation * math.sqrt(2 * math.pi))
        places, mass = following, bound * weights * (density @ mass)
    return found


def sequential_information(effect: float, alpha: float, power: float) -> float:
    """Return the information by which a sequential test has found an effect with its power, looked at 20 times."""
    from scipy.optimize import brentq

    fixed = planned_information(effect, alpha, power)
    mixture = mixing(fixed, alpha)
    return float(brentq(lambda times: found_by(times * fixed, effect, mixture, alpha) - power, 0.5, 20.0)) * fixed


def share_evidence(hits: Values, rows: Values, share: float) -> Values:
    """Return, look by look, the largest evidence so far that a share is not what it should be.

    Parameters
    ----------
    hits, rows : array of shape (looks,)
        Rows that count, and all rows, up to each look.
    share : float
        What it should be.

    Notes
    -----
    The likelihood ratio of a uniform mixture of shares (Lindon and Malek 2022): under the share it exceeds 1 / alpha
    at any look with a probability of at most alpha, exactly.

    Examples
    --------
    >>> np.log10(share_evidence(np.array([50.0, 600.0]), np.array([100.0, 1_000.0]), 0.5)).round(1)
    array([-0.9,  7.3])
    """
    from scipy.special import betaln

    logs = betaln(hits + 1, rows - hits + 1) - hits * math.log(share) - (rows - hits) * math.log1p(-share)
    found: Any = np.exp(np.minimum(np.maximum.accumulate(logs), 700.0))
    return np.asarray(found, dtype=np.float64)


def share_interval_at_all_looks(hits: float, rows: float, alpha: float) -> tuple[float, float]:
    """Return the shares that :func:`share_evidence` does not refuse at one look; at all looks together they hold it.

    Examples
    --------
    >>> [round(end, 2) for end in share_interval_at_all_looks(60, 100, 0.05)]
    [0.44, 0.75]
    """
    from scipy.optimize import brentq
    from scipy.special import betaln, xlog1py, xlogy

    most = float(betaln(hits + 1, rows - hits + 1)) + math.log(alpha)

    def kept(share: float) -> float:
        return float(xlogy(hits, share) + xlog1py(rows - hits, -share)) - most

    at = hits / rows
    lower = 0.0 if hits == 0 else float(brentq(kept, 1e-300, at))
    upper = 1.0 if hits == rows else float(brentq(kept, at, 1 - 1e-16))
    return lower, upper
