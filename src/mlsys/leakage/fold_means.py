"""Means of levels over other folds, computed from all rows before the split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.fold_codes import follows_other_folds
from mlsys.leakage.levels import Levels, targets_of
from mlsys.leakage.power import is_measured
from mlsys.leakage.read_once import Number
from mlsys.leakage.remedies import REMEDIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FEWEST_LEVELS, PEEK = 20, 60
"""Levels in which the target varies, and those looked at first."""
MOST_MERGED = 4
"""Folds of one level that may have the same mean, so that their rows cannot be told apart."""
SHARE, FEWER = 0.9, 0.15
"""Of the rows, whose value is a mean over others of all rows; and by how much fewer that are one over training rows."""
CLOSE = 1e-6


def fold_mean_findings(together: AllParts) -> list[Finding]:
    """Return findings for features that are means of the target over all rows of a level but those of one fold.

    Notes
    -----
    Rows of a level that share a value form a fold, and the value must equal the level's sum outside the fold divided
    by its count outside the fold. If this holds over all rows but not over training rows, all rows were used. Smoothed
    means keep the order of sums among folds with equally many rows outside.
    """
    found: dict[str, str] = {}
    target = together.rows[together.target]
    goals = targets_of(target)
    for goal in goals if is_measured(target) else [*goals, *(1 - each for each in goals)]:  # either class may be 1
        table = {name: each.values for name, each in together.columns.items() if _is_between(each, goal)}
        for each in together.groupings if table else ():
            known = each.kept(together.labelled)
            training = together.training[known.places]
            for name in [name for name in table if name != each.name and name not in found]:
                given = goal[known.places], table[name][known.places], training
                if _is_of_all(known.levels, *given) or follows_other_folds(known.levels.codes, *given):
                    found[name] = each.name
    return [_finding(name, group) for name, group in found.items()]


def _is_between(column: Number, goal: Numbers) -> bool:
    """Whether numbers may be means of the target."""
    inside = column.low >= np.nanmin(goal) - CLOSE and column.high <= np.nanmax(goal) + CLOSE
    return bool(inside and column.has_fractions)


def _is_of_all(levels: Levels, goal: Numbers, values: Numbers, training: NDArray[np.bool_]) -> bool:
    """Whether values are means over other folds of all rows, and not of training rows."""
    few = levels.codes < PEEK
    if _share(levels.codes[few], goal[few], values[few], 2) < SHARE / 2:
        return False
    share = _share(levels.codes, goal, values, FEWEST_LEVELS)
    if share < SHARE:
        return False
    return _share(levels.codes[training], goal[training], values[training], FEWEST_LEVELS) < share - FEWER


def _share(codes: NDArray[np.int64], goal: Numbers, values: Numbers, fewest: int) -> float:
    """Return in how many rows the value is the mean of other folds, of levels in which the target varies."""
    known = (codes >= 0) & np.isfinite(values)
    codes, goal, values = codes[known], goal[known], values[known]
    if not len(codes):
        return 0.0
    order = np.lexsort((values, codes))
    codes, goal, values = codes[order], goal[order], values[order]
    levels = _starts(codes[1:] != codes[:-1])
    folds = _starts((codes[1:] != codes[:-1]) | (values[1:] - values[:-1] > CLOSE))
    of_fold = np.searchsorted(levels, folds, side="right") - 1
    sizes, totals = np.diff(np.append(levels, len(codes))), np.add.reduceat(goal, levels)
    varied = np.maximum.reduceat(goal, levels) > np.minimum.reduceat(goal, levels)
    varied &= np.bincount(of_fold, minlength=len(levels)) > 1
    if varied.sum() < fewest:
        return 0.0
    rows, hits = np.diff(np.append(folds, len(codes))), np.add.reduceat(goal, folds)
    holds = np.zeros(len(folds), dtype=bool)
    for merged in range(1, MOST_MERGED + 1):
        others = sizes[of_fold] - rows / merged
        with np.errstate(divide="ignore", invalid="ignore"):
            means = (totals[of_fold] - hits / merged) / others
        holds |= (rows % merged == 0) & (others > 0) & (np.abs(means - values[folds]) < CLOSE)
    asked = varied[of_fold]
    return float(rows[asked & holds].sum() / rows[asked].sum())


def _starts(changes: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(np.concatenate([[True], changes]))


def _finding(name: str, group: str) -> Finding:
    return Finding(
        "LK229",
        f"{name!r} is the mean target of all other folds of each {group!r}, computed over all rows before they were "
        f"divided, so targets of held-out rows stand in training rows; {REMEDIES['encoded beforehand']}",
        "error",
        columns=(name,),
    )
