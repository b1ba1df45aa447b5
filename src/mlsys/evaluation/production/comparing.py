"""Two arms compared, at one look or at all looks together, and the decision that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.production.moments import Moments
from mlsys.evaluation.production.sequences import half_width, mixing, p_values, planned_information

Values = NDArray[np.float64]
BETTER, WORSE, NOT_BETTER = "better", "worse", "not better"
NOT_TOLD_APART, WAITS, REFUSED = "not told apart", "waits", "refused"
FEWEST = 30
"""Rows of each arm from which a variance is taken for known."""
SMALL_ARM = 0.2
"""Share of the rows below which the variance of an arm at one look is not trusted where it is the smaller one."""


@dataclass(frozen=True)
class Looks:
    """The difference, challenger less champion, at each look; arrays of shape (looks,).

    Parameters
    ----------
    difference, lower, upper, p : array
        NaN where an arm has too few rows.
    decided : int or None
        The first look at which there was a decision.
    verdict : str
        The decision, or why there is none.
    """

    difference: Values
    lower: Values
    upper: Values
    p: Values
    decided: int | None
    verdict: str


def at_once(
    one: Moments, other: Moments, minimum_effect: float, alpha: float, power: float, greater_is_better: bool
) -> Looks:
    """Compare both arms at all looks together."""
    difference, variance = other.means - one.means, careful_variance(one, other)
    enough = (np.minimum(one.rows, other.rows) >= FEWEST) & (variance > 0)
    information = np.where(enough, 1 / np.where(enough, variance, 1.0), np.nan)
    mixture = mixing(planned_information(minimum_effect, alpha, power), alpha)
    half = half_width(information, mixture, alpha)
    difference = np.where(enough, difference, np.nan)
    p = np.full(len(difference), np.nan)
    p[enough] = p_values(difference[enough], information[enough], mixture)
    lower, upper = difference - half, difference + half
    decided, verdict = _first(lower, upper, minimum_effect, greater_is_better)
    return Looks(difference, lower, upper, p, decided, verdict)


def careful_variance(one: Moments, other: Moments) -> Values:
    """Return the variance of the difference, in which no arm varies less than both together.

    Notes
    -----
    A small arm of skewed values that has seen no large one yet has a low mean and, by itself, nearly no variance: its
    first looks would find differences that do not exist.
    """
    spreads = [each.variances * each.rows for each in (one, other)]
    rows = one.rows + other.rows
    both = (one.rows * spreads[0] + other.rows * spreads[1]) / rows
    parts = zip((one, other), spreads, strict=True)
    return np.asarray(sum(np.maximum(spread, both) / each.rows for each, spread in parts))


def at_the_end(
    difference: float, variance: float, freedom: float, minimum_effect: float, alpha: float, greater_is_better: bool
) -> Looks:
    """Compare both arms at one look, by Student's t with ``freedom`` degrees of freedom (infinite: the normal)."""
    from scipy.special import stdtr, stdtrit

    if not variance > 0:
        nothing = np.array([np.nan])
        return Looks(np.array([difference]), nothing, nothing, nothing, None, WAITS)
    error, most = math.sqrt(variance), min(freedom, 1e9)
    half = float(stdtrit(most, 1 - alpha / 2)) * error
    p = 2 * float(stdtr(most, -abs(difference) / error))
    lower, upper = np.array([difference - half]), np.array([difference + half])
    decided, verdict = _first(lower, upper, minimum_effect, greater_is_better)
    return Looks(np.array([difference]), lower, upper, np.array([p]), decided, verdict)


def welch_freedom(one: Moments, other: Moments) -> float:
    """Return the degrees of freedom of Welch's t at the last look."""
    parts = [(float(each.variances[-1]), float(each.rows[-1])) for each in (one, other)]
    below = sum(variance**2 / (rows - 1) for variance, rows in parts if rows > 1)
    return float(sum(variance for variance, _ in parts) ** 2 / below) if below > 0 else math.inf


def _first(lower: Values, upper: Values, minimum_effect: float, greater_is_better: bool) -> tuple[int | None, str]:
    """Return the first look with a decision, and the decision."""
    if not greater_is_better:
        lower, upper = -upper, -lower
    with np.errstate(invalid="ignore"):
        found = {BETTER: lower > 0, WORSE: upper < 0, NOT_BETTER: upper < minimum_effect}
    reached = {verdict: int(at.argmax()) for verdict, at in found.items() if at.any()}
    if not reached:
        return None, WAITS
    verdict = min(reached, key=lambda each: reached[each])  # at the same look, worse says more than not better
    return reached[verdict], verdict
