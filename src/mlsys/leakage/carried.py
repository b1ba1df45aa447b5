"""How much the columns of findings tell of the target alone: a number beside each name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlsys.dataset import Roles, Rows
from mlsys.leakage.power import feature_power

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mlsys.errors import Finding

SHOWN = 3
"""Columns of a finding beside which a number stands."""
MEASURES = ("AUC", "%")
"""What the messages of other findings say already."""


def with_power(found: Sequence[Finding], train: pd.DataFrame, target: str) -> list[Finding]:
    """Return findings with the AUC of their columns beside the names, where the messages say no other number.

    Parameters
    ----------
    found : sequence of Finding
        About columns.
    train : DataFrame
        Training rows, with the target: a quantity is cut at its median, and of several classes the one counts that a
        column tells best.
    target : str
        The target column.
    """
    asked = [each for each in found if not any(word in each.message for word in MEASURES)]
    names = list(dict.fromkeys(name for each in asked for name in each.columns[:SHOWN] if name in train.columns))
    if not names:
        return list(found)
    power = feature_power(Rows.of(train[[*names, target]], Roles(target=target), names))
    known = {str(row.column): f" (AUC {row.auc:.3f} ± {row.error:.3f})" for row in power.itertuples()}
    return [_told(each, known) if each in asked else each for each in found]


def _told(finding: Finding, known: dict[str, str]) -> Finding:
    message = finding.message
    for name in finding.columns[:SHOWN]:
        message = message.replace(repr(name), f"{name!r}{known.get(name, '')}", 1)
    return replace(finding, message=message)
