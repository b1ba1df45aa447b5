"""Criteria of fairness: gaps and ratios between the groups of a sensitive column, for one rate or for several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from mlsys.evaluation.differing import difference
from mlsys.evaluation.intervals import Interval, at_once

CRITERIA: Mapping[str, Sequence[str]] = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("recall",),
    "equalized_odds": ("recall", "false_positive_rate"),
    "predictive_parity": ("precision",),
}
"""What must be alike in all groups: Hardt et al. (2016) for the second and third, Chouldechova (2017) for the last."""
GAP = ("gap", "lower", "upper", "ratio", "ratio_lower", "ratio_upper", "highest", "lowest", "groups", "too_small")
Rated = Mapping[str, Callable[[float], Interval]]
"""Of each group what gives the interval of a rate at a level."""


def widest_gap(rated: Rated, level: float, share: bool) -> dict[str, Any]:
    """Return difference and ratio of the highest and the lowest group, with intervals that hold for all pairs.

    Parameters
    ----------
    rated : mapping of str to callable
        Groups with their rates.
    level : float
        Of each interval.
    share : bool
        Whether the rate lies between 0 and 1, so that it has a ratio.

    Notes
    -----
    The interval of each pair combines the intervals of both groups (differences: Newcombe 1998, Zou and Donner 2008;
    ratios: Donner and Zou 2012), at a level at which those of all pairs hold simultaneously (Sidak): the greatest upper
    end of a difference is above the widest true gap, and the greatest lower end below it; for ratios the least ends.
    Groups are assumed to be independent.
    """
    alone = {name: at(level) for name, at in rated.items()}
    known = [name for name, found in alone.items() if np.isfinite(found.lower)]
    small = ", ".join(f"{name} ({alone[name].n:,})" for name in rated if name not in known)
    none = dict.fromkeys(GAP[:6], np.nan)
    if len(known) < 2:
        return {**none, "highest": "", "lowest": "", "groups": len(known), "too_small": small}
    each = at_once(level, len(known) * (len(known) - 1) // 2)
    found = {name: rated[name](each) for name in known}
    pairs = [(found[one], found[other]) for one, other in permutations(known, 2)]
    highest, lowest = (choose(known, key=lambda name: found[name].value) for choose in (max, min))
    most, least = found[highest].value, found[lowest].value
    ends = [_difference(*pair) for pair in pairs]
    gaps = difference(most, least), max(0.0, *(low for low, _ in ends)), max(high for _, high in ends)
    ratios: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    if share:
        ends = [_ratio(*pair) for pair in pairs]
        lower, upper = min(low for low, _ in ends), min(1.0, *(high for _, high in ends))
        ratios = (least / most if most > 0 else 1.0), lower, upper
    return dict(zip(GAP, (*gaps, *ratios, highest, lowest, len(known), small), strict=True))


def criteria(by_rate: Mapping[str, Rated], level: float) -> list[dict[str, Any]]:
    """Return the criteria that rates decide: the widest gap and the least ratio of any of their rates.

    Parameters
    ----------
    by_rate : mapping of str to mapping
        For each rate its groups.
    level : float
        Of each criterion; the intervals of its rates hold simultaneously (Sidak).
    """
    rows = []
    for criterion, rates in CRITERIA.items():
        if not all(rate in by_rate for rate in rates):
            continue
        gaps = [widest_gap(by_rate[rate], at_once(level, len(rates)), share=True) for rate in rates]
        if any(each["groups"] < 2 for each in gaps):
            row = min(gaps, key=lambda each: each["groups"])
        else:
            row = max(gaps, key=lambda each: each["gap"])
            row = row | {name: max(each[name] for each in gaps) for name in GAP[:3]}
            row |= {name: min(each[name] for each in gaps) for name in GAP[3:6]}
        rows.append({"criterion": criterion, "rates": ", ".join(rates), **row})
    return rows


def _difference(one: Interval, other: Interval) -> tuple[float, float]:
    """Return the ends of the interval of the difference of two independent values."""
    apart = one.value - other.value
    below = np.hypot(one.value - one.lower, other.upper - other.value)
    above = np.hypot(one.upper - one.value, other.value - other.lower)
    return float(apart - below), float(apart + above)


def _ratio(one: Interval, other: Interval) -> tuple[float, float]:
    """Return the ends of the interval of the ratio of two independent shares.

    Examples
    --------
    >>> _ratio(Interval(0.2, 0.1, 0.3, 0, ""), Interval(0.4, 0.4, 0.4, 0, ""))
    (0.25, 0.75)
    """
    both = one.value * other.value
    lower = one.lower * (2 * one.value - one.lower), other.upper * (2 * other.value - other.upper)
    upper = one.upper * (2 * one.value - one.upper), other.lower * (2 * other.value - other.lower)
    below = both + np.sqrt(max(0.0, both**2 - lower[0] * lower[1]))
    above = both + np.sqrt(max(0.0, both**2 - upper[0] * upper[1]))
    low = lower[0] / below if below > 0 else 0.0
    return round(float(low), 12), round(float(above / upper[1]), 12) if upper[1] > 0 else np.inf
