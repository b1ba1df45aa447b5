"""Features that were chosen among all columns by the target of all rows, held-out ones included."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.levels import numbers_of, targets_of
from mlsys.leakage.remedies import REMEDIES
from mlsys.values import NUMERIC, values_by_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mlsys.leakage.all_parts import AllParts

    Numbers = NDArray[np.float64]

FEWEST, FEWEST_LEFT = 3, 5
"""Columns that were chosen, and that were left."""
CHOICES = 1e6
"""Ways to choose as many of the columns: the best of so many are no accident."""
OUT_OF_PLACE = 2
"""Chosen columns that training rows would have left, at least."""
SAME = 1e-9
MOST_ROWS, MOST_COLUMNS = 200_000, 5_000
SHOWN = 3


def chosen_column_findings(together: AllParts) -> list[Finding]:
    """Return a finding when the features are the columns that go best with the target of all rows.

    Parameters
    ----------
    together : AllParts
        All rows; ``asked`` names the columns that were left as well.

    Notes
    -----
    Features and the other columns of numbers are ranked by how they go with the target: squared correlation (or the
    share of variance between classes, which the F statistic ranks alike), the same of ranks, and the chi-squared
    statistic of numbers that are not negative. By one of them all features must stand before all other columns over
    all rows, and by none over training rows, where at least two must be out of place. There must be a million ways to
    choose as many columns.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> names = [f"g{number}" for number in range(40)]
    >>> rows = pd.DataFrame(generator.normal(size=(200, 40)), columns=names).assign(y=np.arange(200) % 2)
    >>> best = rows[names].corrwith(rows["y"]).abs().nlargest(6).index
    >>> from mlsys.leakage.all_parts import AllParts
    >>> [each.code for each in chosen_column_findings(AllParts.of(rows[:120], rows[120:], "y", list(best), names))]
    ['LK229']
    """
    left = [name for name in together.levels_asked() if name not in set(together.features)]
    if len(left) < FEWEST_LEFT or len(together.rows) > MOST_ROWS:
        return []
    there = values_by_column(together.rows, [*together.features, *left])
    chosen, others = ([name for name in names if there[name].kind in NUMERIC] for names in (together.features, left))
    if len(chosen) < FEWEST or len(others) < FEWEST_LEFT or len(chosen) + len(others) > MOST_COLUMNS:
        return []
    if comb(len(chosen) + len(others), len(chosen)) < CHOICES:
        return []
    table = np.column_stack([numbers_of(together.rows[name]) for name in [*chosen, *others]])
    goals, own = targets_of(together.rows[together.target]), together.training
    of_all = [_out_of_place(each, len(chosen)) for each in _scores(table, goals)]
    of_training = [_out_of_place(each, len(chosen)) for each in _scores(table[own], [each[own] for each in goals])]
    if min(of_all, default=1) > 0 or min(of_training) < OUT_OF_PLACE:
        return []
    return [_finding(chosen, len(others), min(of_training))]


def _scores(table: Numbers, goals: Sequence[Numbers]) -> Iterator[Numbers]:
    """Yield how the columns go with the target, in several ways; of several classes, all of them together."""
    known = np.isfinite(np.column_stack(goals)).all(axis=1) if goals else np.zeros(len(table), dtype=bool)
    if not known.any():
        return
    values, targets = table[known], np.column_stack(goals)[known]
    for each in (values, pd.DataFrame(values).rank().to_numpy()):
        yield _explained(each, targets)
    if (np.nan_to_num(values) >= 0).all() and set(np.unique(targets)) <= {0.0, 1.0}:
        classes = targets if targets.shape[1] > 1 else np.column_stack([targets, 1 - targets])
        sums = np.nan_to_num(values)
        seen, expected = classes.T @ sums, np.outer(classes.mean(axis=0), sums.sum(axis=0))
        with np.errstate(divide="ignore", invalid="ignore"):
            yield np.nan_to_num(((seen - expected) ** 2 / expected).sum(axis=0))


def _explained(values: Numbers, targets: Numbers) -> Numbers:
    """Return the share of each column's variance that targets explain, or of classes: those are uncorrelated parts."""
    mean = np.nanmean(values, axis=0)
    left = np.nan_to_num(values - mean)
    whole = (left**2).sum(axis=0)
    if targets.shape[1] == 1:
        centred = targets[:, 0] - targets[:, 0].mean()
        explained = (left.T @ centred) ** 2 / max(float(centred @ centred), 1e-300)
    else:
        explained = ((targets.T @ left) ** 2 / np.maximum(targets.sum(axis=0), 1.0)[:, None]).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Numbers = np.nan_to_num(explained / whole)
    return found


def _out_of_place(scores: Numbers, chosen: int) -> int:
    """Return how many of the first columns would have to change places with others to be the best."""
    bound = np.sort(scores)[len(scores) - chosen]
    return int((scores[:chosen] < bound * (1 - SAME)).sum())


def _finding(chosen: Sequence[str], left: int, otherwise: int) -> Finding:
    named = ", ".join(map(repr, chosen[:SHOWN])) + (f" and {len(chosen) - SHOWN} more" if len(chosen) > SHOWN else "")
    return Finding(
        "LK229",
        f"the features {named} are, of {len(chosen) + left} columns, exactly those that go best with the target over "
        f"all rows, including held-out ones, and training rows would have chosen {otherwise} others; "
        f"{REMEDIES['chosen beforehand']}",
        "warning",
        columns=tuple(chosen),
    )
