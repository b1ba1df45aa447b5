"""Nulls that predict the target: the presence of a value says more than the value."""

from __future__ import annotations

import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import STRONG, SURE, is_measured
from mlsys.leakage.remedies import REMEDIES

TELLING = 0.75
"""AUC that legitimate gaps rarely reach: half the rows of one class lack what all rows of the other have."""


def missingness_findings(power: pd.DataFrame, train: pd.DataFrame, target: pd.Series) -> list[Finding]:
    """Return a finding for columns whose nulls alone predict the target.

    Parameters
    ----------
    power : DataFrame
        From :func:`mlsys.leakage.power.feature_power`.
    train : DataFrame
        Training rows.
    target : Series
        Target of the training rows.

    Notes
    -----
    Reported if the AUC of the nulls less three standard errors exceeds ``TELLING``, the nulls account for at least two
    thirds of the column's excess over chance, and no other column predicts better: an error above .95, a warning above
    .85, otherwise information, because doctors order tests for patients whom they already suspect. Columns that are
    null in the same rows count as one; with more than two such patterns nothing is reported.
    """
    lower = power["missing_auc"] - 3 * power["missing_error"]
    own = power["auc"] - 0.5 <= 1.5 * (power["missing_auc"] - 0.5)
    telling = power[(lower > TELLING) & own]
    others = power.loc[~power.index.isin(telling.index) & ~(lower > TELLING), "auc"]
    if telling.empty or _patterns(train, telling["column"].tolist()) > 2:
        return []
    if not others.empty and others.max() > telling["missing_auc"].max():
        return []
    surest = float(lower[telling.index].max())
    severity = "error" if surest > SURE else "warning" if surest > STRONG else "information"
    severity = "information" if is_measured(target) else severity
    named = ", ".join(
        f"{row.column!r} (AUC {row.missing_auc:.3f} ± {row.missing_error:.3f})" for row in telling.itertuples()
    )
    return [
        Finding(
            "LK206",
            f"whether {named} is null alone predicts the target: is it filled in before the outcome is known? "
            f'{REMEDIES["nulls"]}; otherwise, as for a test that is ordered, waive={{"LK206": "why"}}',
            severity,
            columns=tuple(telling["column"]),
        )
    ]


def _patterns(frame: pd.DataFrame, columns: list[str]) -> int:
    """Return how many different sets of rows the columns are null in."""
    return len({frame[name].isna().to_numpy(dtype=bool).tobytes() for name in columns})
