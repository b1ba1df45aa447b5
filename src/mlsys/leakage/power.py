"""Single-feature power: how well one column alone tells the target, with its standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import Finding
from mlsys.leakage.overlap import is_hashable
from mlsys.summaries import hash_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE = 20_000
"""Training rows used: the standard error of an AUC is then below .005 unless one class is very rare."""
FEWEST = 100
"""With fewer rows than this one column's power cannot be told from chance."""
BINS = 20
STRONG = 0.85
"""An AUC that one honest column rarely reaches alone; `dep_delay` tells late flights with .88."""
COPY = 0.995
"""The same for a target of numbers, whose honest columns are often strong: of 2013's flights the distance tells whether
the time in the air is above its median with .993, while the delay at departure, which leaks, tells that of the delay at
arrival with .79. Only a column as good as equal to the target (correlation above .99) is accused."""


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
        their own, so missingness that tells the target shows as well.
    """
    frame = pd.DataFrame(train)
    order = np.argsort(hash_ids(frame.index), kind="stable")[:sample]
    rows = Rows.of(frame.iloc[order], train.roles, train.feature_names)
    targets = _events(rows.y)
    half = len(rows) // 2
    table = []
    for name in rows.feature_names:
        if not is_hashable(rows[name]):
            continue
        codes = _codes(rows[name], half)
        auc, error = max((_power(codes, event, half) for event in targets), default=(0.5, 0.0))
        table.append({"column": name, "auc": auc, "error": error})
    return pd.DataFrame(table, columns=["column", "auc", "error"]).sort_values(
        "auc", ascending=False, ignore_index=True
    )


def power_findings(train: Rows) -> list[Finding]:
    """Return a finding when one or two columns tell the target alone, far better than all others.

    Notes
    -----
    Raised when a column's AUC less three standard errors exceeds ``STRONG``, at most two columns do,
    and the best other column carries less than half of their excess over chance. Data in which many
    columns are strong (most medical and sensor tables) are not accused. For a target of numbers it is
    information unless each of the columns exceeds ``COPY``.
    """
    if len(train) < FEWEST or not train.has_target or len(train.feature_names) < 3:
        return []
    power = feature_power(train)
    lower = power["auc"] - 3 * power["error"]
    strong = power[lower > STRONG]
    others = power[lower <= STRONG]
    if strong.empty or len(strong) > 2 or others.empty:
        return []
    best_other = others.iloc[0]
    if (strong["auc"].min() - 0.5) < 2 * (best_other["auc"] - 0.5):
        return []
    lowest = float(lower[strong.index].min())
    severity = "error" if lowest > COPY or not _is_measured(train.y) else "information"
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


def _events(target: pd.Series) -> list[NDArray[np.bool_]]:
    values = target.dropna()
    levels = values.unique()
    if len(levels) <= 2:
        return [(target == levels[-1]).to_numpy(dtype=bool, na_value=False)] if len(levels) == 2 else []
    if _is_measured(target):
        return [(target > values.median()).to_numpy(dtype=bool, na_value=False)]
    if not pd.api.types.is_float_dtype(target) and len(levels) <= BINS:
        return [(target == level).to_numpy(dtype=bool, na_value=False) for level in levels]
    return []


def _is_measured(target: pd.Series) -> bool:
    """Whether the target is a quantity rather than classes."""
    levels = target.nunique()
    few = levels <= 2 or (levels <= BINS and not pd.api.types.is_float_dtype(target))
    return pd.api.types.is_numeric_dtype(target) and not few


def _codes(column: pd.Series, half: int) -> NDArray[np.int64]:
    """Return a level for each row: quantile bins of the first half, or the values themselves; 0 for null."""
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        if pd.api.types.is_datetime64_any_dtype(column):
            column = pd.Series(column.array.asi8, index=column.index).where(column.notna())
        else:
            return np.asarray(pd.factorize(column)[0] + 1, dtype=np.int64)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[:half][np.isfinite(values[:half])]
    if not len(known):
        return np.asarray(np.isfinite(values), dtype=np.int64)
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins = np.searchsorted(cuts, values, side="right") + 1
    return np.asarray(np.where(np.isnan(values), 0, bins), dtype=np.int64)


def _power(codes: NDArray[np.int64], event: NDArray[np.bool_], half: int) -> tuple[float, float]:
    """Return AUC and standard error of the level's event rate, learned on the first half, on the second."""
    levels = int(codes.max()) + 1
    counts = np.bincount(codes[:half], minlength=levels)
    rates = (np.bincount(codes[:half], event[:half], levels) + event[:half].mean()) / (counts + 1)
    score, truth = rates[codes[half:]], event[half:]
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if min(positives, negatives) < 5:
        return 0.5, 0.5
    ranks = pd.Series(score).rank().to_numpy()
    auc = (ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives)
    return float(auc), _hanley_mcneil(float(auc), positives, negatives)


def _hanley_mcneil(auc: float, positives: int, negatives: int) -> float:
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (first - auc**2) + (negatives - 1) * (second - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (positives * negatives)))
