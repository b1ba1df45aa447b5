"""Mean targets of the nearest rows, among which are held-out rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.leakage.levels import targets_of
from mlsys.leakage.neighbours import ASKED, COUNTS, MOST_DONORS, are_means_of_nearest
from mlsys.leakage.off_grid import MOST_DECIMALS, on_grid

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from mlsys.leakage.all_parts import AllParts

    Numbers = NDArray[np.float64]

AGREE = 0.95
"""Share of rows whose mean is that of their neighbours: of few different means, many are equal by accident."""
FEWEST_VALUES, NEAR = 5, 0.2
"""Distinct means, and how far their mean is from that of the targets, of the targets' spread."""


def neighbour_target_columns(together: AllParts, told: Collection[str] = ()) -> list[str]:
    """Return the features that are mean targets of the nearest rows among all rows, and not among training rows.

    Parameters
    ----------
    together : AllParts
        All rows, with their targets.
    told : collection of str
        Columns that are already reported.

    Notes
    -----
    A small multiple of such a mean has as few decimals as targets have. A row may be its own neighbour, or not.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys.leakage.all_parts import AllParts
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> generator = np.random.default_rng(0)
    >>> rows = pd.DataFrame(generator.normal(size=(200, 3)), columns=list("abc"))
    >>> rows["y"] = (9 * rows["a"] + generator.normal(size=200)).round(1)
    >>> rows["near"] = KNeighborsRegressor(5).fit(rows[["a", "b"]], rows["y"]).predict(rows[["a", "b"]])
    >>> neighbour_target_columns(AllParts.of(rows[:120], rows[120:], "y", ["a", "b", "c", "near"], []))
    ['near']
    """
    found: list[str] = []
    if len(together.rows) > MOST_DONORS:
        return found
    goals = targets_of(together.rows[together.target])
    for name, column in together.columns.items():
        if name in told or not column.has_fractions or together.looks[name].distinct < FEWEST_VALUES:
            continue
        for goal in goals:
            count = _count(column.values, goal)
            if count and _are_of_neighbours(together, name, goal, count):
                found.append(name)
                break
    return found


def _count(values: Numbers, goal: Numbers) -> int | None:
    """Return of how many targets each value is the mean; ``None`` where they are no means of so few."""
    known = np.isfinite(values) & np.isfinite(goal)
    spread = float(goal[known].std()) if known.any() else 0.0
    if spread == 0 or abs(float(values[known].mean() - goal[known].mean())) > NEAR * spread:
        return None
    inside = goal[known].min() <= values[known].min() and values[known].max() <= goal[known].max()
    some = goal[known][:1_000]
    decimals = next((each for each in range(MOST_DECIMALS) if (some.round(each) == some).all()), None)
    if not inside or decimals is None or values[known].std() > spread:
        return None
    first = values[known][:1_000]
    if on_grid(first, decimals).mean() > 0.5:  # noqa: PLR2004  as fine as the targets themselves
        return None
    return next((each for each in COUNTS if on_grid(first * each, decimals).all()), None)


def _are_of_neighbours(together: AllParts, name: str, goal: Numbers, count: int) -> bool:
    others = {each: numbers for each, numbers in together.numbers.items() if each != name}
    known = np.isfinite(together.numbers[name]) & np.isfinite(goal)
    donors, rows = np.flatnonzero(np.isfinite(goal)), np.flatnonzero(known)
    asked = rows[np.linspace(0, len(rows) - 1, min(len(rows), ASKED)).astype(np.int64)]
    wanted = together.numbers[name][asked]
    return any(
        are_means_of_nearest(others, wanted, goal[each], (asked, each), together.training, count, AGREE)
        for each in (donors, np.setdiff1d(donors, asked))
    )
