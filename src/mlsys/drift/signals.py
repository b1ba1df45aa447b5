"""What is compared of one column: its values, their range, new levels, nulls; each a signal with effect and p."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.cuts import apart, middles
from mlsys.drift.reading import DURATION, MOMENT, ZONED
from mlsys.drift.two_sample import (
    OF_LEVELS,
    OF_NUMBERS,
    Test,
    comparable_levels,
    levels_differ,
    levels_effect,
    numbers_differ,
    numbers_effect,
    share,
)

Floats = NDArray[np.float64]
VALUES, RANGE, NEW_LEVELS, NULLS = "values", "range", "new levels", "nulls"


@dataclass(frozen=True)
class Tests:
    """Which two-sample test numbers and levels are compared with, by name."""

    numbers: str = "omnibus"
    levels: str = "omnibus"

    def of(self, column: Mapping[str, Any]) -> Test:
        """Return the test for a column of the grid."""
        return OF_NUMBERS[self.numbers] if "cuts" in column else OF_LEVELS[self.levels]


@dataclass(frozen=True)
class Sides:
    """One column on both sides: counts by bin with nulls last, the sum of numbers, what lies outside or is new.

    Parameters
    ----------
    name : str
        Of the column.
    column : mapping
        Its bins or levels.
    before, after : ndarray of shape (bins,)
        Counts.
    sums : tuple of float
        Sum of the numbers of each side.
    outside : float
        How far today's numbers lie outside the reference's range, added up.
    unseen : ndarray
        Rows of each level that only today has.
    alike : float
        So many rows count as one, because rows depend on each other.
    """

    name: str
    column: Mapping[str, Any]
    before: Floats
    after: Floats
    sums: tuple[float, float] = (0.0, 0.0)
    outside: float = 0.0
    unseen: Floats = field(default_factory=lambda: np.zeros(0))
    alike: float = 1.0

    @property
    def known(self) -> tuple[Floats, Floats]:
        """Counts without nulls."""
        return self.before[:-1], self.after[:-1]


def signals_of(sides: Sides, tests: Tests) -> Iterator[dict[str, Any]]:
    """Yield the signals of a column: ``column``, ``signal``, ``effect``, ``p``, ``before`` and ``after`` in words."""
    one, other = sides.known
    test = tests.of(sides.column)
    if "cuts" in sides.column:
        yield from _of_numbers(sides, test)
    else:
        difference = levels_differ(*comparable_levels(one, other, sides.unseen), test, sides.alike)
        yield _signal(sides, VALUES, difference.effect, difference.p, _most_moved(sides.column, one, other))
        if not one[-1] and len(sides.unseen):
            yield _new_levels(sides)
    if sides.before[-1] or sides.after[-1]:
        nulls = _null_or_not(sides.before), _null_or_not(sides.after)
        missing = levels_differ(*nulls, OF_LEVELS["chi_square"], sides.alike)
        yield _signal(sides, NULLS, missing.effect, missing.p, _percents(_nulls(sides.before), _nulls(sides.after)))


def effect_of(column: Mapping[str, Any], whole: Floats) -> Callable[[Floats, Floats, float], float]:
    """Return the function that says how far two rows of counts of a column are apart: nulls or the others, if further.

    Parameters
    ----------
    column : mapping
        Its bins or levels.
    whole : ndarray of shape (bins,)
        Counts of the whole reference.
    """
    scale = _scale_of(column, whole[:-1]) if "cuts" in column else None

    def effect(one: Floats, other: Floats, outside: float) -> float:
        known, seen = one[:-1], other[:-1]
        values = levels_effect(known, seen) if scale is None else numbers_effect(known, seen, *scale, outside)
        return max(values, levels_effect(_null_or_not(one), _null_or_not(other)))

    return effect


def _scale_of(column: Mapping[str, Any], whole: Floats) -> tuple[Floats, float, Callable[[Floats], Floats]]:
    return np.diff(middles(column)), _deviation(column, whole), lambda counts: apart(column, counts)


def _of_numbers(sides: Sides, test: Test) -> Iterator[dict[str, Any]]:
    one, other = sides.known
    difference = numbers_differ(one, other, *_scale_of(sides.column, one), sides.outside, test, sides.alike)
    means = tuple(
        total / counts.sum() if counts.any() else np.nan for total, counts in zip(sides.sums, sides.known, strict=True)
    )
    effect = max(difference.effect, _mean_shift(means, sides))
    shown = tuple(_mean_shown(mean, sides.column["kind"]) for mean in means)
    yield _signal(sides, VALUES, effect, difference.p, shown)
    beyond = (share(other)[0], share(other)[-1])
    yield _signal(sides, RANGE, effect, difference.p_ends, ("", f"{beyond[0]:.1%} below, {beyond[1]:.1%} above"))


def _new_levels(sides: Sides) -> dict[str, Any]:
    """Compare the rows of new levels with the levels that a single row of the reference has.

    Notes
    -----
    A row of today has a level unseen among n rows about as often as one of n rows has a level of its own (Good 1953).
    Given both numbers of levels, the new ones are binomial; several rows of one new level count once.
    """
    one, other = sides.known
    from scipy.special import betainc

    n, m, single, new = one.sum(), other.sum(), float((one[:-1] == 1).sum()), float(len(sides.unseen))
    p = float(betainc(new, single + 1, m / (n + m)))  # binomial: at least so many of both
    expected, found = single / max(n, 1), float(sides.unseen.sum()) / m
    return _signal(sides, NEW_LEVELS, max(0.0, found - expected), p, _percents(expected, found))


def _signal(sides: Sides, signal: str, effect: float, p: float, shown: tuple[str, ...]) -> dict[str, Any]:
    before, after = shown
    return {"column": sides.name, "signal": signal, "effect": effect, "p": p, "before": before, "after": after}


def _percents(before: float, after: float) -> tuple[str, str]:
    return f"{before:.1%}", f"{after:.1%}"


def _nulls(counts: Floats) -> float:
    return float(counts[-1] / max(counts.sum(), 1))


def _null_or_not(counts: Floats) -> Floats:
    return np.array([counts[-1], counts[:-1].sum()])


def _mean_shift(means: tuple[float, ...], sides: Sides) -> float:
    """Return the shift of the mean in standard deviations, less chance; it shows what lies beyond the last cut."""
    one, other = sides.known
    deviation = _deviation(sides.column, one)
    if deviation <= 0 or not other.sum():
        return 0.0
    chance = np.sqrt(2 / np.pi) * np.sqrt(1 / max(one.sum(), 1) + 1 / other.sum())
    return max(0.0, abs(means[1] - means[0]) / deviation - float(chance))


def _mean_shown(mean: float, kind: str) -> str:
    if np.isnan(mean):
        return "no value"
    if kind in {MOMENT, ZONED}:
        return f"mean {np.datetime64(int(mean), 's')}"
    return f"mean {pd.Timedelta(round(mean), 's')}" if kind == DURATION else f"mean {mean:.4g}"


def _deviation(column: Mapping[str, Any], counts: Floats) -> float:
    values, shares = middles(column), share(counts)
    mean = float((values * shares).sum())
    return float(np.sqrt(((values - mean) ** 2 * shares).sum()))


def _most_moved(column: Mapping[str, Any], one: Floats, other: Floats) -> tuple[str, str]:
    before, after = share(one), share(other)
    place = int(np.argmax(np.abs(after - before)))
    levels = [*column["levels"], "(new or rare)"]
    return f"{levels[place]} {before[place]:.1%}", f"{levels[place]} {after[place]:.1%}"
