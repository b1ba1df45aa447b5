"""Columns that predict the target alone: copies of it, and columns that stand out among the others."""

from __future__ import annotations

import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import COPY, STRONG, SURE, is_measured

MOST = 2
"""Columns that stand out together; data in which many columns are strong is usually honest."""
FEWEST_BESIDE = 2
"""Other columns by which one stands out; with fewer it may be the only one there is to learn from."""
_REMEDY = "declare {} with known_at= or exclude="


def power_findings(power: pd.DataFrame, target: pd.Series) -> list[Finding]:
    """Return a finding when columns tell the target alone, as a copy of it would or far better than all others.

    Parameters
    ----------
    power : DataFrame
        From :func:`mlsys.leakage.power.feature_power`.
    target : Series
        Of the training rows.

    Notes
    -----
    A column of few levels, each of one class, and a number that gives another by a line or a curve with an R2 of
    .9999, are copies whatever the other columns are worth. Other columns stand out when the AUC less three standard
    errors exceeds ``STRONG``, at most two do, and the best other column carries less than half of their excess over
    chance: most medical and sensor tables have many strong columns and are not accused. For a target of numbers it
    is information unless each exceeds ``COPY``; so is a continuous column that separates the classes beside others
    that nearly do, as in an easy problem.
    """
    copies = power["copy"].isin(["levels", "exact"])
    found = [_copies(power[copies])] if copies.any() else []
    rest = power[~copies].reset_index(drop=True)
    stands_out = _standing_out(rest, target)
    if stands_out is not None:
        return [*found, stands_out]
    near = rest[rest["copy"] != ""]
    return [*found, _nearly(near, target)] if len(near) else found


def _copies(power: pd.DataFrame) -> Finding:
    one = len(power) == 1
    when = f"if {'it is' if one else 'they are'} known only after the decision"
    return Finding(
        "LK204",
        f"{_named(power)} leave{'s' if one else ''} nothing of the target open, as a copy of it would; {when}, "
        + _REMEDY.format("it" if one else "them"),
        "error",
        columns=tuple(power["column"]),
    )


def _standing_out(power: pd.DataFrame, target: pd.Series) -> Finding | None:
    """Return a finding about columns that are far better than all others."""
    lower = power["auc"] - 3 * power["error"]
    strong, others = power[lower > STRONG], power[lower <= STRONG]
    few = len(power) <= FEWEST_BESIDE
    if strong.empty or len(strong) > MOST or others.empty or (few and lower[strong.index].min() <= SURE):
        return None
    best_other = others.iloc[0]
    if (strong["auc"].min() - 0.5) < 2 * (best_other["auc"] - 0.5):
        return None
    if is_measured(target):
        severity = "error" if float(lower[strong.index].min()) > COPY else "information"
    else:
        severity = "warning" if few else "error"
    return Finding(
        "LK204",
        f"{_named(strong)} alone tell{'s' if len(strong) == 1 else ''} the target, the next best column "
        f"{best_other['column']!r} has {best_other['auc']:.3f}; if it is known only after the decision, "
        + _REMEDY.format("it"),
        severity,
        columns=tuple(strong["column"]),
    )


def _nearly(power: pd.DataFrame, target: pd.Series) -> Finding:
    """Return a finding about columns that tell the target as good as a copy, which an easy problem has as well."""
    severity = "warning" if is_measured(target) and len(power) <= MOST else "information"
    return Finding(
        "LK204",
        f"{_named(power)} alone tell{'s' if len(power) == 1 else ''} nearly all of the target: an easy problem, or "
        f"known only after the decision; then {_REMEDY.format('it' if len(power) == 1 else 'them')}",
        severity,
        columns=tuple(power["column"]),
    )


def _named(power: pd.DataFrame) -> str:
    return ", ".join(f"{row.column!r} (AUC {row.auc:.3f} ± {row.error:.3f})" for row in power.itertuples())
