"""Single-feature power: how well one column alone predicts the target, with its standard error, and copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.leakage.separation import BINS, auc_of, aucs_of_numbers, in_hash_order, levels_of
from mlsys.summaries import is_hashable
from mlsys.values import NUMERIC, is_of_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SAMPLE = 20_000
"""Training rows used: the standard error of an AUC is then below .005 unless one class is very rare."""
FEWEST = 100
"""With fewer rows than this one column's power cannot be told from chance."""
STRONG = 0.85
"""AUC that a legitimate column rarely reaches alone; `dep_delay` predicts late flights with .88."""
COPY = 0.995
"""AUC from which a column may be a copy of the target and is examined. For numeric targets legitimate columns are often
strong: for the flights of 2013, distance predicts whether the time in the air is above its median with .993, while the
departure delay, which leaks, predicts that of the arrival delay with .79."""
SURE = 0.95
"""Lower bound of the AUC of a copy: a few correct rows prove nothing."""
FIT, EXACT_FIT = 0.999, 0.9999
"""R2 from which one number is nearly, or exactly, a copy of another. Of 229 tables with numeric targets 8 have a column
above .999; all but two know the outcome."""
COLUMNS = ["column", "auc", "error", "missing_auc", "missing_error", "copy"]


def feature_power(train: Rows, sample: int = SAMPLE) -> pd.DataFrame:
    """Return the AUC of each feature alone, learned on one half of the rows and computed on the other.

    Parameters
    ----------
    train : Rows
        Training rows with a target: two classes, several (one against the rest, the best of them),
        or numbers (above the median).
    sample : int
        Rows to use, chosen by hash of the index.

    Returns
    -------
    DataFrame
        ``column``, ``auc``, ``error`` (Hanley and McNeil 1982), best first. Nulls count as a separate level, so
        informative missingness is included. ``missing_auc`` and ``missing_error`` refer to the nulls alone, NaN if
        there are none. ``copy`` says how a column determines the target: ``"levels"`` (few of them, each of one
        class), ``"values"`` (any other column that predicts every class), ``"exact"`` and ``"near"`` (numeric
        targets); empty for all others.
    """
    if not train.has_target or len(train) < FEWEST:
        return pd.DataFrame(columns=COLUMNS)
    rows = Rows.of(in_hash_order(pd.DataFrame(train), sample), train.roles, train.feature_names)
    targets, half = events_of(rows.y), len(rows) // 2
    names, table = rows.feature_names, []
    numbers = aucs_of_numbers(rows[list(names)], targets, half)
    for name in names:
        alone = (float("nan"), float("nan"))
        if name in numbers:
            auc, error = numbers[name]
        elif is_hashable(rows[name]):
            auc, error = _best(levels_of(rows[name], half), targets, half)
            null = rows[name].isna().to_numpy(dtype=bool)
            alone = _best(null.astype("int64"), targets, half) if null.any() else alone
        else:
            continue
        table.append([name, auc, error, *alone, _copy_of(rows[name], rows.y, targets, half) if auc >= COPY else ""])
    return pd.DataFrame(table, columns=COLUMNS).sort_values("auc", ascending=False, ignore_index=True)


def best_power(powers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the power of each feature for the target that it predicts best, which is named where there are several.

    Parameters
    ----------
    powers : mapping of str to DataFrame
        From :func:`feature_power`, by target.
    """
    if len(powers) <= 1:
        return next(iter(powers.values()), pd.DataFrame(columns=COLUMNS))
    named = [power.assign(target=target) for target, power in powers.items()]
    together = pd.concat([each for each in named if len(each)] or named[:1])
    return together.sort_values("auc", ascending=False, kind="stable").drop_duplicates("column").reset_index(drop=True)


def is_measured(target: pd.Series) -> bool:
    """Whether the target is a quantity rather than classes.

    Examples
    --------
    >>> is_measured(pd.Series([0, 1, 1])), is_measured(pd.Series([0.5, 1.5, 2.5]))
    (False, True)
    """
    levels = target.nunique()
    few = levels <= 2 or (levels <= BINS and not pd.api.types.is_float_dtype(target))
    return is_of_type(target.dtype, NUMERIC) and not few


def _copy_of(column: pd.Series, target: pd.Series, targets: list[NDArray[np.bool_]], half: int) -> str:
    """Describe how a column determines the target; empty if it does not."""
    if is_measured(target):
        fit = _fit(column, target, half)
        return "exact" if fit >= EXACT_FIT else "near" if fit >= FIT else ""
    levels = levels_of(column, half)
    for event in targets:
        auc, error = auc_of(levels, event, half)
        if auc < COPY or auc - 3 * error <= SURE:
            return ""
    return "values" if is_measured(column) and column.nunique() > BINS else "levels"


def _fit(column: pd.Series, target: pd.Series, half: int) -> float:
    """Return R2 of a numeric target by a line or a curve, learned on one half of the rows, on the other.

    It is 1 if one rises or falls with the other without exception.
    """
    if not is_of_type(column.dtype, NUMERIC):
        return 0.0
    x, y = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (column, target))
    known = np.isfinite(x) & np.isfinite(y)
    first, second = known & (np.arange(len(x)) < half), known & (np.arange(len(x)) >= half)
    if min(first.sum(), second.sum()) < FEWEST // 4 or known.mean() < SURE or np.ptp(x[first]) == 0:
        return 0.0
    ranks, wanted = (pd.Series(each[known]).rank().to_numpy() for each in (x, y))
    if np.array_equal(ranks, wanted) or np.array_equal(ranks, known.sum() + 1 - wanted):
        return 1.0
    order = np.argsort(x[first], kind="stable")
    line = np.polyval(np.polyfit(x[first] - x[first].mean(), y[first], 1), x[second] - x[first].mean())
    curve = np.interp(x[second], x[first][order], y[first][order])
    spread = float(((y[second] - y[second].mean()) ** 2).sum())
    return max(1 - float(((y[second] - each) ** 2).sum()) / spread for each in (line, curve)) if spread else 0.0


def _best(levels: NDArray[np.int64], targets: list[NDArray[np.bool_]], half: int) -> tuple[float, float]:
    return max((auc_of(levels, event, half) for event in targets), default=(0.5, 0.0))


def events_of(target: pd.Series) -> list[NDArray[np.bool_]]:
    """Return the events to predict: one of two classes, each of several, or a number above the median."""
    values = target.dropna()
    levels = values.unique()
    if len(levels) <= 2:
        return [(target == levels[-1]).to_numpy(dtype=bool, na_value=False)] if len(levels) == 2 else []
    if is_measured(target):
        return [(target > values.median()).to_numpy(dtype=bool, na_value=False)]
    if not pd.api.types.is_float_dtype(target) and len(levels) <= BINS:
        return [(target == level).to_numpy(dtype=bool, na_value=False) for level in levels]
    return []
