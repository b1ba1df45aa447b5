"""Targets of numbers that are made of features: a sum, a difference, a product or a ratio of some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import is_measured
from mlsys.leakage.separation import in_hash_order
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST, ROWS_A_COLUMN, MOST_ROWS, MOST_COLUMNS = 60, 5, 4_000, 400
"""Rows below which nothing is fitted, rows for each column, and what is looked at at most."""
ALIKE = 0.95
"""Share of rows that a formula must give, to half of the last digit that the target shows."""
COARSE = 0.01
"""Of the spread: a formula that is further off than this says little."""
EXACT_DECIMALS, EXACT = 9, 1e-8
"""Decimals from which on a target was not rounded, and how far a formula may then be off, of its spread."""
CARRIES = 1e-6
"""Of the target's spread: a column that moves a formula by less has no part in it."""
FEW = 4
"""Columns of a formula that is told with a warning; of more, it may be how made-up data was made."""
CENTRED = 1e-6


def identity_findings(train: pd.DataFrame, features: Sequence[str], target: str) -> list[Finding]:
    """Return a finding when a target of numbers is a formula of several features.

    Parameters
    ----------
    train : DataFrame
        Training rows.
    features : sequence of str
        Numbers among them are tried.
    target : str
        The target column.

    Notes
    -----
    Least squares over all numbers, plain and in logarithms, learned on one half of at most 4,000 rows: a formula is
    told where it gives 95 % of the other half to the digits that the target shows. Of 254 tables with a target of
    numbers 13 have one, and in 12 of them the target is made of its parts. Nulls in a tenth of the rows leave a
    column out. A single column that is the target is told by :func:`mlsys.leakage.suspicion.power_findings`.
    """
    if target not in train.columns or not is_measured(train[target]) or len(train) < FEWEST:
        return []
    rows = in_hash_order(train[[*features, target]], MOST_ROWS)
    names, numbers, goal = _numbers(rows, features, target)
    if len(names) < 2 or len(goal) < max(FEWEST, ROWS_A_COLUMN * len(names)):  # noqa: PLR2004  one alone is a copy
        return []
    tolerance = _tolerance(goal)
    for way in ("sum", "product"):
        positive = np.flatnonzero((numbers > 0).all(axis=0)) if way == "product" else np.arange(len(names))
        if len(positive) < 2 or (way == "product" and (goal <= 0).any()):  # noqa: PLR2004
            continue
        found = _formula(numbers[:, positive], goal, tolerance, way == "product")
        if found is not None:
            weights = {names[positive[place]]: weight for place, weight in found.items()}
            return [_finding(weights, way)]
    return []


def _finding(weights: dict[str, float], way: str) -> Finding:
    few = len(weights) <= FEW or all(abs(abs(each) - 1) < CENTRED for each in weights.values())
    shown = ", ".join(repr(name) for name in list(weights)[:FEW]) + (" and others" if len(weights) > FEW else "")
    formula = _written(weights, way)
    return Finding(
        "LK209",
        f"the target is a {way} of {shown}{f' ({formula})' if formula else ''}, too good to be true unless all of "
        "these are known beforehand; declare what is known only after the decision with known_at= or exclude=",
        "warning" if few else "information",
        columns=tuple(weights),
    )


def _written(weights: dict[str, float], way: str) -> str:
    if len(weights) > FEW:
        return ""
    if way == "product":
        return " * ".join(name if abs(each - 1) < CENTRED else f"{name}^{each:.4g}" for name, each in weights.items())
    terms = [name if abs(abs(each) - 1) < CENTRED else f"{abs(each):.4g} {name}" for name, each in weights.items()]
    signs = [" - " if each < 0 else " + " for each in weights.values()]
    return "".join(f"{sign}{term}" for sign, term in zip(signs, terms, strict=True)).removeprefix(" + ").strip()


def _numbers(
    rows: pd.DataFrame, features: Sequence[str], target: str
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Return the features that are numbers, without nulls, and the target, in rows that have all of them."""
    columns = {}
    for name in [*features, target]:
        if values_of(rows[name]).kind in {Kind.NUMBER, Kind.TRUTH}:
            values = plain(rows[name]).to_numpy(dtype=np.float64, na_value=np.nan)
            known = values[np.isfinite(values)]
            if len(known) > 0.9 * len(values) and (name == target or np.ptp(known) > 0):
                columns[name] = values
    names = [name for name in columns if name != target][:MOST_COLUMNS]
    if target not in columns or not names:
        return [], np.empty((0, 0)), np.empty(0)
    table, goal = np.column_stack([columns[name] for name in names]), columns[target]
    filled = np.isfinite(table).all(axis=1) & np.isfinite(goal)
    return names, table[filled], goal[filled]


def _tolerance(goal: NDArray[np.float64]) -> float:
    """Return half of the last digit that a target shows, or little of its spread where it shows all."""
    decimals = max(len(f"{each:.12f}".rstrip("0").partition(".")[2]) for each in goal[:200].tolist())
    return EXACT * float(goal.std()) if decimals >= EXACT_DECIMALS else 0.5 * 10.0**-decimals


def _formula(
    numbers: NDArray[np.float64], goal: NDArray[np.float64], tolerance: float, logs: bool
) -> dict[int, float] | None:
    """Return the weights by the place of the column, if a formula gives the rows it was not learned from."""
    if not 0 < tolerance <= COARSE * goal.std():
        return None
    table, aim = (np.log(numbers), np.log(goal)) if logs else (numbers, goal)
    half = len(goal) // 2
    places = np.arange(table.shape[1])
    for _ in range(2):  # once more with those alone that carry it
        weights, given = _fitted(table[:, places], aim, half)
        off = np.abs((np.exp(given) if logs else given) - goal)[half:]
        if (off <= tolerance * (1 + EXACT)).mean() < ALIKE:
            return None
        carrying = np.abs(weights) * table[:, places].std(axis=0) > max(
            CARRIES * aim.std(), _share(tolerance, goal, aim)
        )
        places = places[carrying]
        if len(places) < 2:  # noqa: PLR2004
            return None
    return dict(zip(places.tolist(), weights[carrying].tolist(), strict=True))


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
