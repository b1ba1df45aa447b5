"""Columns that predict the target alone: copies of it, columns that nearly do, and columns that stand out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import STRONG, SURE, is_measured
from mlsys.leakage.remedies import NOBODY, advised
from mlsys.leakage.siblings import siblings_of

MOST = 2
"""Families of columns that stand out together; data in which many columns are strong is usually honest."""
FEWEST_BESIDE = 2
"""Number of families below which a column that stands out may be the only informative one."""
NEARLY = 0.975
"""Lower bound of the AUC, of two classes, that no honest column of 241 tables has; the strongest, income for who is a
student, has .966. A copy in which one label of a hundred is wrong has .98."""
SHOWN = 5
"""Columns that a message shows."""

SEVERITIES = {"copy": "error", "alone": "error", "undated": "error", "nearly": "warning", "apart": "warning",
              "strong": "information"}  # fmt: skip


def power_findings(
    power: pd.DataFrame, train: pd.DataFrame, target: str, *, timed: bool = False, made_by: Mapping[str, str] = NOBODY
) -> list[Finding]:
    """Return findings when columns predict the target alone, as a copy of it would or far better than all others.

    Parameters
    ----------
    power : DataFrame
        From :func:`mlsys.leakage.power.feature_power`.
    train : DataFrame
        Training rows.
    target : str
        The target column.
    timed : bool
        Whether other columns declare when they are known.
    made_by : mapping of str to str
        Columns to the steps that made them.

    Notes
    -----
    A column of few levels, each of one class, and a number that determines the target by a line or a curve with an R2
    of .9999, are copies whatever the other columns contribute: an error. So is any column that predicts every class
    with an AUC of .995 and stands out; beside another with half of its excess over chance, as in an easy problem, it is
    a warning. A number that determines the target with an R2 of .999 is also a warning, and so is a column that
    predicts two classes with an AUC whose lower bound (three standard errors below) exceeds ``NEARLY``.

    Other columns are a question, once, as information: those whose lower bound exceeds ``SURE``, and those that stand
    out: their lower bound exceeds ``STRONG``, at most two do, and the best other column has less than half of their
    excess. In three of sixteen such tables among 225 the column knows the outcome; a column of both kinds is a warning.
    If other columns declare when they are known, but not the one that stands out, that is an error. Columns that are
    correlated within the classes count as one, so that they do not hide each other.
    """
    power = power.assign(lower=power["auc"] - 3 * power["error"])
    copied = power["copy"].isin(["levels", "exact"])
    rest = power[~copied].reset_index(drop=True)
    leading, beside = _standing_out(rest, train, target)
    ranked = pd.concat(
        [power[copied].assign(tier="copy"), rest.assign(tier=_tiers(rest, leading, train[target], timed))]
    )
    return [
        Finding("LK204", _sentence(tier, table, beside, made_by), severity, columns=tuple(table["column"]))
        for tier, severity in SEVERITIES.items()
        if len(table := ranked[ranked["tier"] == tier])
    ]


def _tiers(rest: pd.DataFrame, leading: list[str], target: pd.Series, timed: bool) -> pd.Series:
    """Return the tier of each column that is no exact copy; empty for most."""
    two, measured = target.nunique() == 2, is_measured(target)  # noqa: PLR2004
    stands_out, lower = rest["column"].isin(leading), rest["lower"]
    tiers = pd.Series("", index=rest.index)
    tiers[stands_out | ((lower > SURE) & (not measured))] = "strong"
    tiers[stands_out & (lower > SURE) & two] = "apart"
    tiers[stands_out & (timed and not measured)] = "undated"
    tiers[(rest["copy"] != "") | ((lower > NEARLY) & two)] = "nearly"
    tiers[(rest["copy"] == "values") & stands_out] = "alone"
    return tiers


def _standing_out(power: pd.DataFrame, train: pd.DataFrame, target: str) -> tuple[list[str], str]:
    """Return the columns that are far better than all others, and a sentence about the best of the others."""
    left, leading = power, list[pd.DataFrame]()
    while len(left) and left["lower"].iloc[0] > STRONG and len(leading) <= MOST:
        best = left.iloc[0]
        rivals = left.loc[left["auc"] - 0.5 > (best["auc"] - 0.5) / 2, "column"].iloc[1:].tolist()
        family = left["column"].isin([best["column"], *siblings_of(best["column"], rivals, train, target)])
        leading.append(left[family])
        left = left[~family]
    if not leading or len(leading) > MOST or left.empty:
        return [], ""
    weakest, beside = leading[-1].iloc[0], left.iloc[0]
    few = len(leading) + len(left) <= FEWEST_BESIDE
    if (few and weakest["lower"] <= SURE) or weakest["auc"] - 0.5 < 2 * (beside["auc"] - 0.5):
        return [], ""
    strong = pd.concat(leading)
    names = strong.loc[strong["lower"] > STRONG, "column"].tolist()
    return names, f", the next best column {beside['column']!r} has {beside['auc']:.3f}"


def _sentence(tier: str, power: pd.DataFrame, beside: str, made_by: Mapping[str, str]) -> str:
    """Return the message about columns of one tier, with the remedy."""
    one = len(power) == 1
    named, predict, determine = _named(power), f"predict{'s' * one}", f"determine{'s' * one}"
    said = {
        "copy": f"{named} {determine} the target, as a copy of it would",
        "alone": f"{named} alone {predict} the target{beside}",
        "undated": f"{named} alone {predict} the target{beside}, and known_at= dates other columns but not this one",
        "nearly": f"{named} alone {predict} nearly every row: an easy problem, or known only after the decision",
        "apart": f"{named} alone {predict} the target very well{beside}",
        "strong": f"{named} alone {predict} the target well{beside}",
    }[tier]
    return advised(said, "LK204", power["column"].tolist(), made_by, asked=tier in {"apart", "strong"})


def _named(power: pd.DataFrame) -> str:
    shown = [f"{row.column!r} (AUC {row.auc:.3f} ± {row.error:.3f})" for row in power.head(SHOWN).itertuples()]
    return ", ".join([*shown, *([f"{len(power) - SHOWN} more"] if len(power) > SHOWN else [])])
