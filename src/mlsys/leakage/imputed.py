"""Columns whose gaps were filled by a regression or by neighbours that were fitted on all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.leakage.neighbours import ASKED, COUNTS, are_means_of_nearest
from mlsys.leakage.off_grid import MOST_DECIMALS, OffGrid, off_grid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mlsys.leakage.all_parts import AllParts

    Numbers = NDArray[np.float64]
    Table = NDArray[np.float64]

AGREE = 0.5
"""Share of filled rows that neighbours among all rows must give: some of these were filled themselves."""
FEWEST, FEWEST_VALUES = 8, 30
"""Filled rows, and different measured values: of fewer, means of neighbours are equal by accident."""
ROWS_A_COLUMN, MOST_COLUMNS = 2, 40
"""Filled rows for each column of a regression, and its columns at most."""
EXACT, CARRIES = 1e-7, 1e-6
"""Of the spread of the filled values: what a regression leaves over, and what a column moves that has no part in it."""
CLOSER = 0.05
"""Distance to the regression over all rows, of that to the one over training rows: penalties and repeated fills keep
them apart. Nine in ten of the slopes that fit neither are farther."""


def imputed_columns(together: AllParts, told: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield columns whose gaps were filled by a fit over all rows, and by what.

    Parameters
    ----------
    together : AllParts
        All rows.
    told : collection of str
        Columns that are already reported.

    Notes
    -----
    Filled values have more decimals than measured ones. A regression is recognized because they are a linear function
    of other columns, without exception; it is compared with least squares over the rows that were not filled, of all
    parts and of training rows. Means of neighbours are recognized because a small multiple of each has few decimals;
    they are compared with the nearest rows of all parts and of training
    (:func:`~mlsys.leakage.neighbours.are_means_of_nearest`).

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys.leakage.all_parts import AllParts
    >>> generator = np.random.default_rng(0)
    >>> z = generator.gamma(2, size=400)
    >>> x = (2 * z + generator.normal(size=400)).round(1)
    >>> gone = generator.random(400) < 0.2
    >>> x[gone] = np.polyval(np.polyfit(z[~gone], x[~gone], 1), z[gone])
    >>> rows = pd.DataFrame({"x": x, "z": z, "y": 0})
    >>> list(imputed_columns(AllParts.of(rows[:240], rows[240:], "y", ["x", "z"], [])))
    [('x', 'by a regression on other columns')]
    """
    computed = {name: off_grid(column) for name, column in together.columns.items() if column.has_fractions}
    filled = {name: each for name, each in computed.items() if each is not None and each.rows.sum() >= FEWEST}
    for name, each in filled.items():
        if name in told or name == together.target:
            continue
        other = _elsewhere(together, [also for also in filled if also != name])
        if _by_regression(together, name, each, other):
            yield name, "by a regression on other columns"
        elif _by_neighbours(together, name, each, other):
            yield name, "with means of neighbouring rows"


def _elsewhere(together: AllParts, names: Sequence[str]) -> NDArray[np.bool_]:
    """Return the rows of which another column has a value that nobody wrote down."""
    rows = np.zeros(len(together.training), dtype=bool)
    for name in names:
        rows |= together.columns[name].known & (together.numbers[name].round(MOST_DECIMALS) != together.numbers[name])
    return rows


def _by_regression(together: AllParts, name: str, filled: OffGrid, other: NDArray[np.bool_]) -> bool:
    """Whether filled values are those of a regression over all rows; ``other`` rows have another column filled."""
    values = together.numbers[name]
    asked = filled.rows & ~other
    if asked.sum() < FEWEST:
        return False
    names = _varied(together.numbers, name, asked)
    names = names[: min(MOST_COLUMNS, int(asked.sum()) // ROWS_A_COLUMN)]
    used = _used(np.column_stack([together.numbers[each] for each in names])[asked], values[asked]) if names else []
    if not used:
        return False
    table = np.column_stack([together.numbers[names[place]] for place in used])
    whole = np.isfinite(table).all(axis=1) & np.isfinite(values) & ~filled.rows
    return any(_is_nearer(table, values, asked, known, together.training) for known in (whole, whole & ~other))


def _varied(numbers: Mapping[str, Numbers], name: str, asked: NDArray[np.bool_]) -> list[str]:
    """Return other columns that all filled rows have, with different values."""
    found = []
    for each, values in numbers.items():
        if each != name and np.isfinite(values[asked]).all() and np.ptp(values[asked]) > 0:
            found.append(each)
    return found


def _used(table: Table, values: Numbers) -> list[int]:
    """Return the columns of which values are a linear function; none where they are none."""
    spread = float(np.ptp(values))
    centre, scale = table.mean(axis=0), table.std(axis=0)
    scaled = np.column_stack([np.ones(len(table)), (table - centre) / scale])
    if spread == 0 or len(table) < scaled.shape[1] + ROWS_A_COLUMN:
        return []
    slopes = np.linalg.lstsq(scaled, values, rcond=None)[0]
    if np.abs(scaled @ slopes - values).max() > EXACT * spread:
        return []
    return np.flatnonzero(np.abs(slopes[1:]) > CARRIES * spread).tolist()


def _is_nearer(
    table: Table, values: Numbers, asked: NDArray[np.bool_], known: NDArray[np.bool_], training: NDArray[np.bool_]
) -> bool:
    """Whether the regression over all known rows gives the values, or nearly, and that over training rows does not."""
    spread = float(np.ptp(values[asked]))
    if min(known.sum(), (known & training).sum()) <= 2 * table.shape[1]:
        return False
    for predict in (_least_squares, _with_penalty):
        of_all, of_training = (
            float(np.sqrt(np.mean((predict(table[rows], values[rows], table[asked]) - values[asked]) ** 2)))
            for rows in (known, known & training)
        )
        if of_training > CARRIES * spread and of_all <= max(EXACT * spread, CLOSER * of_training):
            return True
    return False


def _least_squares(known: Table, values: Numbers, asked: Table) -> Numbers:
    ones, others = (np.column_stack([np.ones(len(each)), each]) for each in (known, asked))
    found: Numbers = others @ np.linalg.lstsq(ones, values, rcond=None)[0]
    return found


def _with_penalty(known: Table, values: Numbers, asked: Table) -> Numbers:
    """Predict as scikit-learn's ``IterativeImputer`` does."""
    from sklearn.linear_model import BayesianRidge

    found: Numbers = BayesianRidge().fit(known, values).predict(asked)
    return found


def _by_neighbours(together: AllParts, name: str, filled: OffGrid, other: NDArray[np.bool_]) -> bool:
    """Whether filled values are means of neighbours among all rows."""
    values = together.numbers[name]
    count = next((each for each in COUNTS if filled.is_on_grid(values[filled.rows] * each).all()), None)
    asked = np.flatnonzero(filled.rows & ~other)[:ASKED]
    donors = np.flatnonzero(np.isfinite(values) & ~filled.rows)
    if count is None or len(np.unique(values[asked])) < FEWEST or len(np.unique(values[donors])) < FEWEST_VALUES:
        return False
    others = {each: numbers for each, numbers in together.numbers.items() if each != name}
    return are_means_of_nearest(others, values[asked], values[donors], (asked, donors), together.training, count, AGREE)
