"""Numeric targets that are a sum, difference, product or ratio of two features, or one and a rate, where both are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.leakage.terms import COARSE, EXACT, Term, tolerance_of, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MOST_COLUMNS, MOST_ROWS, FEWEST = 60, 2_000, 100
"""Columns whose pairs are tried, rows looked at, and rows needed."""
FEWEST_VALUES = 12
"""Values that a target takes, at least: a few are a ratio of something soon."""
LOOK, FEWEST_LOOKED_AT, LOOKS_ALIKE = 64, 12, 0.9
"""Rows that rule most pairs out, of which so many must have both, and the share that must agree."""
ALIKE, BY_CHANCE = 0.95, 0.5
"""Share of rows that a formula must predict, and that it may predict with the second part shuffled."""
SIGNS = "+-*/"
MOST_RATES, HIGHEST_RATE = 12, 3
"""Terms made of shares, and the largest share that is taken for one."""
ONE = 1e-3
"""A factor so close to 1 is tried as 1."""


def pair_formula(terms: Sequence[Term], goal: Numbers) -> Term | None:
    """Return a formula of two terms, with a factor, that gives a target; else ``None``.

    Parameters
    ----------
    terms : sequence of Term
        Numbers of features; pairs of the first 60 are tried.
    goal : array
        The target.

    Notes
    -----
    Reported if 95 % of at most 2,000 rows with both values agree within the last digits of target and parts, less than
    half of them with the second part shuffled, and less than 95 % with one part alone. Time and memory grow with
    the square of the number of columns: 64 rows of every pair are examined first.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> parts = [Term(name, (name,), rng.uniform(1, 9, 400).round(2)) for name in ("price", "tax", "metres")]
    >>> found = pair_formula(parts, parts[0].values / parts[2].values)
    >>> found.called
    'price / metres'
    """
    known = np.isfinite(goal)
    goal = goal[known][:MOST_ROWS]
    if len(goal) < FEWEST or len(np.unique(goal)) < FEWEST_VALUES or not tolerance_of(goal) > 0:
        return None
    kept = [Term(term.called, term.columns, term.values[known][:MOST_ROWS]) for term in terms[:MOST_COLUMNS]]
    rates = [rate for term in kept for rate in _rates(term)][:MOST_RATES]
    for sign in SIGNS:
        for first, second in _worth_a_look(sign, [*kept, *(rates if sign in "*/" else [])], goal):
            factor = _factor(sign, first, second, goal)
            if factor:
                called = f"{first.called} {sign} {second.called}"
                written = called if factor == 1 else f"{factor:.6g} ({called})"
                return Term(written, first.columns + second.columns, goal)
    return None


def _rates(term: Term) -> list[Term]:
    """Return what a discount or a surcharge leaves of one, for numbers that may be shares."""
    inside = term.values[np.isfinite(term.values)]
    if not len(inside) or inside.min() < 0 or inside.max() > HIGHEST_RATE or (inside % 1 == 0).all():
        return []
    added = Term(f"(1 + {term.called})", term.columns, 1 + term.values)
    return [added, Term(f"(1 - {term.called})", term.columns, 1 - term.values)] if inside.max() < 1 else [added]


def _worth_a_look(sign: str, terms: Sequence[Term], goal: Numbers) -> list[tuple[Term, Term]]:
    """Return the pairs that give most of the first rows."""
    some = np.column_stack([term.values[:LOOK] for term in terms]) if len(terms) > 1 else np.empty((0, 0))
    units = np.array([unit_of(term.values) for term in terms]) / 2
    if not some.size:
        return []
    a, b, y = some[:, :, None], some[:, None, :], goal[:LOOK, None, None]
    made, slack = _made(sign, a, b, units[:, None], units[None, :])
    agree, count = _agreeing(made, slack, y, _fitted(made, y), tolerance_of(goal), float(goal.std()))
    found = (count >= FEWEST_LOOKED_AT) & (agree >= LOOKS_ALIKE * count)
    both_ways = sign in "+*"
    return [(terms[i], terms[j]) for i, j in np.argwhere(found).tolist()
            if terms[i].columns != terms[j].columns and not (both_ways and i > j)]  # fmt: skip


def _factor(sign: str, first: Term, second: Term, goal: Numbers) -> float:
    """Return the factor with which two terms give a target; 0 if they do not."""
    tolerance, spread = tolerance_of(goal), float(goal.std())
    units = unit_of(first.values) / 2, unit_of(second.values) / 2
    shuffled = np.random.default_rng(0).permutation(second.values)
    made, slack = _made(sign, first.values, second.values, *units)
    fitted = float(_fitted(made, goal))
    for factor in (1.0, fitted) if abs(fitted - 1) < ONE else (fitted,):
        share = _share(made, slack, goal, factor, tolerance, spread)
        by_chance = _share(*_made(sign, first.values, shuffled, *units), goal, factor, tolerance, spread)
        if (
            share >= ALIKE
            and by_chance < BY_CHANCE
            and not any(
                _share(part, slack, goal, float(_fitted(part, goal)), tolerance, spread) >= ALIKE
                for part in (first.values, second.values)
            )
        ):
            return factor
    return 0.0


def _made(sign: str, a: Numbers, b: Numbers, u: Any, v: Any) -> tuple[Numbers, Numbers]:
    """Return two numbers put together, and how far their own rounding may have moved the result."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if sign in "+-":
            return (a + b if sign == "+" else a - b), u + v + 0 * (a + b)
        if sign == "*":
            return a * b, np.abs(b) * u + np.abs(a) * v
        return a / b, (u + np.abs(a / b) * v) / np.abs(b)


def _fitted(made: Numbers, goal: Numbers) -> Numbers:
    """Return the factor of least squares, without an offset."""
    fine = np.isfinite(made)
    values = np.where(fine, made, 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray((values * goal).sum(axis=0) / (values * values).sum(axis=0))


def _share(made: Numbers, slack: Numbers, goal: Numbers, factor: float, tolerance: float, spread: float) -> float:
    agree, count = _agreeing(made, slack, goal, np.asarray(factor), tolerance, spread)
    return float(agree / count) if count >= FEWEST // 2 else 0.0


def _agreeing(
    made: Numbers, slack: Numbers, goal: Numbers, factor: Numbers, tolerance: float, spread: float
) -> tuple[Any, Any]:
    """Return in how many rows what was made is the target, and how many have both parts."""
    with np.errstate(invalid="ignore", over="ignore"):
        allowed = np.abs(factor) * slack
        allowed = np.where(np.isfinite(allowed) & (allowed <= COARSE * spread), allowed, 0.0)
        fine = np.isfinite(made)
        near = np.abs(factor * made - goal) <= (tolerance + allowed) * (1 + EXACT) + EXACT * np.abs(goal)
    return (near & fine).sum(axis=0), fine.sum(axis=0)
