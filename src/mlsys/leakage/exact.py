"""Copies of the target in few rows, or with a rare class: recognized by their probability under chance."""

from __future__ import annotations

from math import lgamma, log
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import EXACT_FIT, FEWEST, is_measured
from mlsys.leakage.read_once import of_few_values
from mlsys.leakage.remedies import NOBODY, advised
from mlsys.leakage.separation import in_hash_order
from mlsys.summaries import is_hashable
from mlsys.values import NUMERIC, is_of_type, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

CHANCE = -6.0
"""Power of ten: one of a million tables is accused whose target is independent of the columns."""
SHOWN, MOST_SHOWN = 5, 99
MOST_LEVELS, MOST_CLASSES, MOST_ROWS = 10, 20, 20_000
FEWEST_OF_A_CLASS, FEWEST_NUMBERS = 5, 12
PEEK = 500
"""Rows that tell whether a column has few levels."""


def exact_findings(
    train: pd.DataFrame,
    features: Sequence[str],
    target: str,
    told: Collection[str] = (),
    made_by: Mapping[str, str] = NOBODY,
) -> list[Finding]:
    """Return findings about columns that determine the target without exception, however few the rows.

    Parameters
    ----------
    train : DataFrame
        Training rows; at most 20,000 are used.
    features : sequence of str
        Columns to check.
    target : str
        The target column.
    told : collection of str
        Columns that are already suspected.
    made_by : mapping of str to str
        Columns to the steps that made them.

    Notes
    -----
    A column has at most ten levels, counting null, each of one class: at most a share of
    ``classes ** levels / (n! / (n1! n2! ...))`` of all arrangements of the targets has this property, and over all
    columns this share must be less than one in a million. For a numeric target in fewer than 100 rows: a line through
    all rows, plain or in logarithms, with an R2 of .9999, which ``(1 - R2) ** ((n - 2) / 2)`` of all arrangements
    reach. Both are an error. A number with many values that separates the classes without exception is a question, as
    information, because easy problems have such columns.
    """
    rows = in_hash_order(train[[*features, target]].dropna(subset=[target]), MOST_ROWS)
    left = [name for name in features if name not in told and is_hashable(rows[name])]
    if is_measured(rows[target]):
        copies = _lines(rows, left, target) if FEWEST_NUMBERS <= len(rows) < FEWEST else {}
        return [_finding(copies, "error", len(rows), made_by)] if copies else []
    classes = np.asarray(pd.factorize(rows[target])[0], dtype=np.int64)
    counts = np.bincount(classes)
    if not 2 <= len(counts) <= MOST_CLASSES or counts.min() < FEWEST_OF_A_CLASS:  # noqa: PLR2004
        return []
    orders, allowed = _orders(counts), CHANCE - np.log10(max(len(features), 1))
    copies, parted = {}, {}
    if len(rows) >= FEWEST:
        some = rows.head(PEEK)  # asked first: it says no of most columns
        left = [name for name in of_few_values(some, left, MOST_LEVELS) if some[name].nunique() <= MOST_LEVELS]
    for name in left:
        levels = np.asarray(pd.factorize(plain(rows[name]), use_na_sentinel=False)[0], dtype=np.int64)
        count = int(levels.max()) + 1
        few = count <= MOST_LEVELS
        chance = (count * log(len(counts)) if few else lgamma(len(counts) + 1)) / log(10) - orders
        if chance < allowed and few and _pure(levels, classes):
            copies[name] = chance
        elif chance < allowed and not few and len(rows) < FEWEST and _parts(rows[name], classes):
            parted[name] = chance
    found = [(copies, "error"), (parted, "information")]
    return [_finding(each, severity, len(rows), made_by) for each, severity in found if each]


def _finding(chances: Mapping[str, float], severity: str, rows: int, made_by: Mapping[str, str]) -> Finding:
    names = list(chances)
    one = len(names) == 1
    named = ", ".join([*map(repr, names[:SHOWN]), *([f"{len(names) - SHOWN} more"] if len(names) > SHOWN else [])])
    how = (
        f"{named} determine{'s' * one} the target in {rows:,} rows, which happens by chance in "
        f"less than 1 in 10^{min(-max(chances.values()), MOST_SHOWN):.0f}"
    )
    said = advised(how, "LK204", names, made_by, asked=severity == "information")
    return Finding("LK204", said, severity, columns=tuple(names))


def _orders(counts: NDArray[np.int64]) -> float:
    """Return the decimal logarithm of the number of arrangements of the targets."""
    return float(lgamma(counts.sum() + 1) - sum(lgamma(count + 1) for count in counts.tolist())) / log(10)


def _pure(levels: NDArray[np.int64], classes: NDArray[np.int64]) -> bool:
    """Whether each level is of one class."""
    first = np.zeros(int(levels.max()) + 1, dtype=np.int64)
    first[levels] = classes
    return bool((first[levels] == classes).all())


def _parts(column: pd.Series, classes: NDArray[np.int64]) -> bool:
    """Whether each class lies in a range of numbers of its own."""
    if not is_of_type(column.dtype, NUMERIC) or column.isna().any():
        return False
    values = column.to_numpy(dtype=np.float64)
    lows, highs = (each(values, classes) for each in (_lowest, _highest))
    order = np.argsort(lows)
    return bool((highs[order][:-1] < lows[order][1:]).all())


def _lowest(values: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    found = np.full(int(classes.max()) + 1, np.inf)
    np.minimum.at(found, classes, values)
    return found


def _highest(values: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    return -_lowest(-values, classes)


def _lines(rows: pd.DataFrame, names: Sequence[str], target: str) -> dict[str, float]:
    """Return columns that give a target of numbers by a line, with the logarithm of the chance."""
    goal = rows[target].to_numpy(dtype=np.float64)
    found = {}
    for name in names:
        if is_of_type(rows[name].dtype, NUMERIC) and rows[name].notna().all():
            values = rows[name].to_numpy(dtype=np.float64)
            best = max((_r2(x, y) for x in _plain_or_log(values) for y in _plain_or_log(goal)), default=0.0)
            chance = (len(goal) - 2) / 2 * np.log10(max(1 - best, np.finfo(float).eps))
            if best >= EXACT_FIT and chance < CHANCE - np.log10(len(names)):
                found[name] = float(chance)
    return found


def _plain_or_log(values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    ways = [values, np.log(values)] if (values > 0).all() else [values]
    return [each for each in ways if np.isfinite(each).all() and np.ptp(each) > 0]


def _r2(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(np.corrcoef(x, y)[0, 1] ** 2)
