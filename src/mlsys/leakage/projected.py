"""Scores that were fitted to the target of all rows: least squares, trees and means by level leave nothing over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.levels import targets_of
from mlsys.leakage.neighbour_targets import neighbour_target_columns
from mlsys.leakage.power import is_measured
from mlsys.leakage.remedies import REMEDIES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from mlsys.leakage.read_once import Number

    Numbers = NDArray[np.float64]

FEWEST = 60
"""Rows that have a score and a target."""
FEWEST_VALUES = 2
EXACT, APART = 1e-9, 1e-6
"""Of the target's spread: what is left over on average of rows that a score was fitted to, and of others at least."""
PEEK, FAR = 2_000, 8.0
"""Rows that are looked at first, and standard errors by which they are apart."""
COPY = 1e-6
"""Of the target's variance, which a score leaves at least: a copy of the target is reported otherwise."""


def projection_findings(together: AllParts, made_by: Mapping[str, str], told: Collection[str] = ()) -> list[Finding]:
    """Return findings for features that are predictions of the target, fitted to all rows and not to training rows.

    Parameters
    ----------
    together : AllParts
        All rows, with their targets.
    made_by : mapping of str to str
        Columns to the steps that made them.
    told : collection of str
        Columns that are already reported.

    Notes
    -----
    Over the rows that least squares, the leaves of a tree or the means of levels were fitted to, the residuals have
    mean 0 and are uncorrelated with the predictions (they are a projection of the target). Both must hold to nine
    digits over all rows, and one must not over training rows. Predictions of other rows have neither by accident.

    Examples
    --------
    >>> import pandas as pd
    >>> generator = np.random.default_rng(0)
    >>> x = generator.normal(size=200)
    >>> y = x + generator.normal(size=200)
    >>> rows = pd.DataFrame({"score": np.polyval(np.polyfit(x, y, 1), x), "y": y})
    >>> [each.columns for each in projection_findings(AllParts.of(rows[:120], rows[120:], "y", ["score"], []), {})]
    [('score',)]
    """
    target = together.rows[together.target]
    goals = targets_of(target)
    if not is_measured(target):
        goals += [1 - each for each in goals]  # either class may be 1
    asked = [_Goal.of(each) for each in goals]
    found = []
    for name, column in together.columns.items():
        if name in told or not column.has_fractions or together.looks[name].distinct < FEWEST_VALUES:
            continue
        if any(_is_projection(column, goal, together.training) for goal in asked):
            found.append(_finding(name, _RESIDUALS, made_by.get(name, "")))
    for name in neighbour_target_columns(together, {*told, *(name for each in found for name in each.columns)}):
        found.append(_finding(name, _NEIGHBOURS, made_by.get(name, "")))
    return found


@dataclass(frozen=True)
class _Goal:
    """Targets as numbers, with their spread, and their sum where all are known."""

    values: Numbers
    spread: float
    total: float

    @classmethod
    def of(cls, values: Numbers) -> _Goal:
        return cls(values, float(np.nanstd(values)) if np.isfinite(values).any() else 0.0, float(values.sum()))


def _is_projection(column: Number, goal: _Goal, training: NDArray[np.bool_]) -> bool:
    """Whether residuals are 0 on average and uncorrelated with the score, over all rows and not over training rows."""
    values, most = column.values, EXACT * goal.spread
    if goal.spread == 0 or _is_apart(values, goal.values) or abs(float(values.sum()) - goal.total) > most * len(values):
        return False  # NaN says nothing yet
    left = goal.values - values
    known = np.isfinite(left)
    rows = int(known.sum())
    if rows < FEWEST or abs(float(left[known].sum())) > most * rows:
        return False
    if float(left[known].var()) < COPY * goal.spread**2 or _left_over(left[known], values[known]) > most:
        return False
    own = known & training
    return bool(own.sum() >= FEWEST // 2 and _left_over(left[own], values[own]) > APART * goal.spread)


def _is_apart(values: Numbers, goal: Numbers) -> bool:
    """Whether a few rows have another mean than the target, by far more than chance."""
    step = max(1, len(values) // PEEK)
    left = goal[::step] - values[::step]
    left = left[np.isfinite(left)]
    return bool(len(left) and abs(float(left.mean())) * np.sqrt(len(left)) > FAR * float(left.std()))


def _left_over(left: Numbers, values: Numbers) -> float:
    """Return the larger of the residuals' mean and their mean product with the score, in units of the target."""
    size = float(values.std())
    if size == 0:
        return float("inf")
    scaled = (values - values.mean()) / size
    return max(abs(float(left.mean())), abs(float((left * scaled).mean())))


_RESIDUALS = (
    "a prediction of the target that was fitted to all rows, including held-out ones: its residuals are 0 on average "
    "and uncorrelated with it, and not over training rows"
)
_NEIGHBOURS = "the mean target of the nearest rows among all rows, including held-out ones, not among training rows"


def _finding(name: str, what: str, step: str) -> Finding:
    message = f"{name!r} is {what}; {REMEDIES['score beforehand']}"
    return Finding("LK229", message, "error", columns=(name,), step=step)
