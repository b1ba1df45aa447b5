"""Single-feature power: how well one column alone tells the target, with its standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import Finding
from mlsys.leakage.separation import BINS, auc_of, aucs_of_numbers, in_hash_order, levels_of
from mlsys.summaries import is_hashable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE = 20_000
"""Training rows used: the standard error of an AUC is then below .005 unless one class is very rare."""
FEWEST = 100
"""With fewer rows than this one column's power cannot be told from chance."""
STRONG = 0.85
"""An AUC that one honest column rarely reaches alone; `dep_delay` tells late flights with .88."""
COPY = 0.995
"""The same for a target of numbers, whose honest columns are often strong: of 2013's flights the distance tells whether
the time in the air is above its median with .993, while the delay at departure, which leaks, tells that of the delay at
arrival with .79. Only a column as good as equal to the target (correlation above .99) is accused."""
COLUMNS = ["column", "auc", "error", "missing_auc", "missing_error"]


def feature_power(train: Rows, sample: int = SAMPLE) -> pd.DataFrame:
    """Return the AUC of each feature alone, worked out on one half of the rows and judged on the other.

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
        ``column``, ``auc``, ``error`` (Hanley and McNeil 1982), best first. Nulls count as a level of
        their own, so missingness that tells the target shows as well. ``missing_auc`` and ``missing_error``
        say how well the column's nulls alone do, NaN where it has none.
    """
    if not train.has_target or len(train) < FEWEST:
        return pd.DataFrame(columns=COLUMNS)
    rows = Rows.of(in_hash_order(pd.DataFrame(train), sample), train.roles, train.feature_names)
    targets, half = _events(rows.y), len(rows) // 2
    names, table = rows.feature_names, []
    numbers = aucs_of_numbers(rows[list(names)], targets, half)
    for name in names:
        if name in numbers:
            table.append([name, *numbers[name], float("nan"), float("nan")])
            continue
        column = rows[name]
        if not is_hashable(column):
            continue
        auc, error = _best(levels_of(column, half), targets, half)
        null = column.isna().to_numpy(dtype=bool)
        alone = _best(null.astype("int64"), targets, half) if null.any() else (float("nan"), float("nan"))
        table.append([name, auc, error, *alone])
    return pd.DataFrame(table, columns=COLUMNS).sort_values("auc", ascending=False, ignore_index=True)


def power_findings(power: pd.DataFrame, target: pd.Series) -> list[Finding]:
    """Return a finding when one or two columns tell the target alone, far better than all others.

    Parameters
    ----------
    power : DataFrame
        From :func:`feature_power`.
    target : Series
        Of the training rows.

    Notes
    -----
    Raised when a column's AUC less three standard errors exceeds ``STRONG``, at most two columns do,
    and the best other column carries less than half of their excess over chance. Data in which many
    columns are strong (most medical and sensor tables) are not accused. For a target of numbers it is
    information unless each of the columns exceeds ``COPY``.
    """
    lower = power["auc"] - 3 * power["error"]
    strong = power[lower > STRONG]
    others = power[lower <= STRONG]
    if len(power) < 3 or strong.empty or len(strong) > 2 or others.empty:
        return []
    best_other = others.iloc[0]
    if (strong["auc"].min() - 0.5) < 2 * (best_other["auc"] - 0.5):
        return []
    lowest = float(lower[strong.index].min())
    severity = "error" if lowest > COPY or not is_measured(target) else "information"
    named = ", ".join(f"{row.column!r} (AUC {row.auc:.3f} ± {row.error:.3f})" for row in strong.itertuples())
    return [
        Finding(
            "LK204",
            f"{named} alone tell{'s' if len(strong) == 1 else ''} the target, the next best column "
            f"{best_other['column']!r} has {best_other['auc']:.3f}; if it is known only after the decision, "
            "declare it with known_at= or exclude=",
            severity,
            columns=tuple(strong["column"]),
        )
    ]


def is_measured(target: pd.Series) -> bool:
    """Whether the target is a quantity rather than classes.

    Examples
    --------
    >>> is_measured(pd.Series([0, 1, 1])), is_measured(pd.Series([0.5, 1.5, 2.5]))
    (False, True)
    """
    levels = target.nunique()
    few = levels <= 2 or (levels <= BINS and not pd.api.types.is_float_dtype(target))
    return pd.api.types.is_numeric_dtype(target) and not few


def _best(levels: NDArray[np.int64], targets: list[NDArray[np.bool_]], half: int) -> tuple[float, float]:
    return max((auc_of(levels, event, half) for event in targets), default=(0.5, 0.0))


def _events(target: pd.Series) -> list[NDArray[np.bool_]]:
    values = target.dropna()
    levels = values.unique()
    if len(levels) <= 2:
        return [(target == levels[-1]).to_numpy(dtype=bool, na_value=False)] if len(levels) == 2 else []
    if is_measured(target):
        return [(target > values.median()).to_numpy(dtype=bool, na_value=False)]
    if not pd.api.types.is_float_dtype(target) and len(levels) <= BINS:
        return [(target == level).to_numpy(dtype=bool, na_value=False) for level in levels]
    return []
