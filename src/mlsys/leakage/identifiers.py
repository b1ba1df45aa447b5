"""Features that identify a row rather than describe it: ids and running numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import FEWEST
from mlsys.leakage.remedies import REMEDIES
from mlsys.summaries import is_hashable
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

DISTINCT = 0.95
"""Share of unique values from which a column may identify rows."""
PEEK = 1_000
"""Number of rows to examine first: most columns already repeat values among them."""
DENSE = 2
"""Running numbers use at least every second whole number of their range; measured quantities leave most out."""
TELLS = 0.6
"""AUC from which a running number predicts the target: rows are then sorted in a related order."""


def identifier_findings(train: pd.DataFrame, features: Sequence[str], power: pd.DataFrame, rows: int) -> list[Finding]:
    """Return a finding for each feature that identifies rows.

    Parameters
    ----------
    train : DataFrame
        Training rows.
    features : sequence of str
        Their features.
    power : DataFrame
        From :func:`mlsys.leakage.power.feature_power`.
    rows : int
        Number of rows in all parts, over which running numbers count.

    Notes
    -----
    A one-word text that is unique in nearly every row, or a whole number that is unique in nearly every row and covers
    its range. It is a warning if it predicts the target, information otherwise.
    """
    if len(train) < FEWEST:
        return []
    known = {name: (auc, error) for name, auc, error in zip(power["column"], power["auc"], power["error"], strict=True)}
    found = []
    for name in features:
        how = _names_rows(train[name], rows)
        if not how:
            continue
        auc, error = known.get(name, (0.5, 0.5))
        tells = auc - 3 * error > TELLS
        told = f" and predicts the target (AUC {auc:.3f} ± {error:.3f}), as if rows were sorted by it" if tells else ""
        found.append(
            Finding(
                "LK207",
                f"{name!r} {how}{told}; {REMEDIES['row number']}",
                "warning" if tells else "information",
                columns=(name,),
            )
        )
    return found


def _names_rows(column: pd.Series, rows: int) -> str:
    """Say how a column names rows; nothing if it does not."""
    values = values_of(column)
    column, is_number = plain(column), values.kind is Kind.NUMBER
    if is_number and not _may_be_running(column, rows):  # asked first: it costs least, and says no of most columns
        return ""
    head = column.head(PEEK).dropna()
    if len(head) < FEWEST or not is_hashable(head) or head.nunique() < DISTINCT * len(head):
        return ""
    filled = column.dropna()
    if is_number:
        if _distinct(filled) < DISTINCT:
            return ""
        return "is a counter: nearly every row has a different number, with few gaps"
    if values.kind not in {Kind.TEXT, Kind.CATEGORY}:
        return ""
    if head.astype("str").str.strip().str.contains(r"\s", regex=True).mean() > 0.5 or _distinct(filled) < DISTINCT:
        return ""
    return "identifies rows: nearly every row has a different value"


def _may_be_running(column: pd.Series, rows: int) -> bool:
    """Whether numbers are whole and use up their range."""
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers) or float(numbers.max() - numbers.min()) + 1 > DENSE * rows:
        return False
    return not (numbers != np.floor(numbers)).any()


def _distinct(column: pd.Series) -> float:
    return float(column.nunique() / len(column))
