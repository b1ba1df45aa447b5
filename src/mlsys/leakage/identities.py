"""Targets that are computed from features: a sum, difference, product or ratio of some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.pairs import pair_formula
from mlsys.leakage.power import is_measured
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order
from mlsys.leakage.terms import EXACT, Term, factors_of, goal_of, products_of, terms_of, tolerance_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

FEWEST, ROWS_A_COLUMN, MOST_ROWS, MOST_COLUMNS = 60, 5, 4_000, 400
"""Rows below which nothing is fitted, rows for each column, and what is looked at at most."""
ALIKE = 0.95
"""Share of rows that a formula must predict, to half of the last digit that the target shows."""
CARRIES = 1e-6
"""Of the target's spread: a column that moves a formula by less has no part in it."""
FEW = 4
"""Maximum number of columns of a formula that is a warning; synthetic data often follows a longer one."""
CENTRED = 1e-6
FILLED, OFTEN = 0.9, 0.2
"""Share of known values from which on a column is taken as it is, and with 0 for null."""


def identity_findings(train: pd.DataFrame, features: Sequence[str], target: str) -> list[Finding]:
    """Return a finding when the target is a formula of several features.

    Parameters
    ----------
    train : DataFrame
        Training rows.
    features : sequence of str
        Features; numbers and times are used.
    target : str
        The target column.

    Notes
    -----
    Least squares over all numbers is learned on one half of at most 4,000 rows. A formula is reported if it predicts
    95 % of the other half to the digits that the target shows. The forms tried are plain, also for two classes;
    logarithms, with rates subtracted from one and added to it; products of two of at most ten numbers; and 0 for null.
    Then sums, differences, products and ratios of two columns are tried on the rows that have both. A single column
    that equals the target is reported by :func:`mlsys.leakage.suspicion.power_findings`.
    """
    if target not in train.columns or len(train) < FEWEST:
        return []
    rows = in_hash_order(train[[*features, target]], MOST_ROWS)
    goal = goal_of(rows[target])
    if goal is None:
        return []
    every = terms_of(rows, features, OFTEN)
    for way, terms in _ways(every, is_measured(rows[target])):
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers close to the largest there is no formula
            found = _formula(terms[:MOST_COLUMNS], goal, way)
        if found:
            return [_finding(found, way)]
    if is_measured(rows[target]) and (pair := pair_formula(every, goal)) is not None:
        return [_told(pair.called, pair.columns, "formula", "warning")]
    return []


def _ways(every: Sequence[Term], measured: bool) -> Iterator[tuple[str, Sequence[Term]]]:
    """Yield sets of terms of which a target may be made, likely ones first."""
    terms = [term for term in every if np.isfinite(term.values).sum() > FILLED * len(term.values)]
    yield "sum", terms
    if measured:
        yield "product", factors_of(terms)
        yield "sum of products", products_of(terms)
    gaps = [term for term in every if np.isnan(term.values).any()]
    if gaps:
        kept = {term.called: term for term in [*terms, *gaps]}.values()
        yield (
            "sum",
            [Term(each.called, each.columns, np.where(np.isnan(each.values), 0.0, each.values)) for each in kept],
        )


def _finding(weights: dict[Term, float], way: str) -> Finding:
    columns = tuple(dict.fromkeys(column for term in weights for column in term.columns))
    few = len(columns) <= FEW or all(abs(abs(each) - 1) < CENTRED for each in weights.values())
    return _told(_written(weights, way), columns, way, "warning" if few else "information")


def _told(formula: str, columns: tuple[str, ...], way: str, severity: str) -> Finding:
    shown = ", ".join(map(repr, columns[:FEW])) + (" and others" if len(columns) > FEW else "")
    return Finding(
        "LK209",
        f"the target is a {way} of {shown}{f' ({formula})' if formula else ''} in at least {ALIKE:.0%} of the rows, "
        f"too good to be true unless all of these are known beforehand; {REMEDIES['formula']}",
        severity,
        columns=columns,
    )


def _written(weights: dict[Term, float], way: str) -> str:
    if len(weights) > FEW:
        return ""
    named = [(term.called, weight) for term, weight in weights.items()]
    if way == "product":
        return " * ".join(name if abs(each - 1) < CENTRED else f"{name}^{each:.4g}" for name, each in named)
    terms = [name if abs(abs(each) - 1) < CENTRED else f"{abs(each):.4g} {name}" for name, each in named]
    signs = [" - " if each < 0 else " + " for _, each in named]
    return "".join(f"{sign}{term}" for sign, term in zip(signs, terms, strict=True)).removeprefix(" + ").strip()


def _formula(terms: Sequence[Term], goal: NDArray[np.float64], way: str) -> dict[Term, float]:
    """Return the terms and their weights, if a formula gives the rows it was not learned from."""
    logs = way == "product"
    if len(terms) < 2 or (logs and (goal <= 0).any()):  # noqa: PLR2004  one alone is a copy
        return {}
    table = np.column_stack([term.values for term in terms])
    filled = np.isfinite(table).all(axis=1) & np.isfinite(goal)
    table, goal = table[filled], goal[filled]
    if len(goal) < max(FEWEST, ROWS_A_COLUMN * len(terms)):
        return {}
    tolerance = tolerance_of(goal)
    if not tolerance > 0:
        return {}
    table, aim = (np.log(table), np.log(goal)) if logs else (table, goal)
    half, places = len(goal) // 2, np.arange(len(terms))
    least = max(CARRIES * aim.std(), _share(tolerance, goal, aim))
    for _ in range(2):  # once more with those alone that carry it
        weights, given = _fitted(table[:, places], aim, half)
        off = np.abs((np.exp(given) if logs else given) - goal)[half:]
        if not (off <= tolerance * (1 + EXACT)).mean() >= ALIKE:
            return {}
        carrying = np.abs(weights) * table[:, places].std(axis=0) > least
        places, weights = places[carrying], weights[carrying]
        if len(places) < 2:  # noqa: PLR2004
            return {}
    return {terms[place]: float(weight) for place, weight in zip(places.tolist(), weights, strict=True)}


def _share(tolerance: float, goal: NDArray[np.float64], aim: NDArray[np.float64]) -> float:
    """Return what rounding of the target may be taken for a part of a formula."""
    return float(tolerance / goal.std() * aim.std() / np.sqrt(len(goal)) * ROWS_A_COLUMN)


def _fitted(
    table: NDArray[np.float64], aim: NDArray[np.float64], half: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights of a line through the first half of the rows, and what it gives for all."""
    middle, spread = table[:half].mean(axis=0), table[:half].std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (table - middle) / spread
    weights = np.linalg.lstsq(scaled[:half], aim[:half] - aim[:half].mean(), rcond=1e-10)[0]
    return weights / spread, scaled @ weights + aim[:half].mean()
