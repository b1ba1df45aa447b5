"""Features that reveal the target: one alone, two together, several in a formula, words and codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlsys.leakage.codes import code_findings
from mlsys.leakage.exact import exact_findings
from mlsys.leakage.identities import identity_findings
from mlsys.leakage.missingness import missingness_findings
from mlsys.leakage.power import SAMPLE
from mlsys.leakage.remedies import NOBODY
from mlsys.leakage.separation import in_hash_order
from mlsys.leakage.suspicion import power_findings
from mlsys.leakage.together import together_findings
from mlsys.leakage.tokens import token_findings

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.errors import Finding


def target_findings(
    train: pd.DataFrame,
    features: Sequence[str],
    target: str,
    power: pd.DataFrame,
    *,
    timed: bool = False,
    made_by: Mapping[str, str] = NOBODY,
) -> list[Finding]:
    """Return findings about features that predict the target; each suspicion is reported once.

    Parameters
    ----------
    train : DataFrame
        Training rows.
    features : sequence of str
        Columns to check.
    target : str
        The target column.
    power : DataFrame
        From :func:`mlsys.leakage.power.feature_power`.
    timed : bool
        Whether other columns declare when they are known.
    made_by : mapping of str to str
        Columns to the steps that made them.
    """
    train = in_hash_order(train, SAMPLE)[[*features, target]]  # each of them looks at some of these rows
    found = power_findings(power, train, target, timed=timed, made_by=made_by)
    found += missingness_findings(power, train, train[target])
    found += exact_findings(train, features, target, _told(found), made_by)
    copies = {name for finding in found if finding.severity == "error" for name in finding.columns}
    left = [name for name in features if name not in copies]
    found += identity_findings(train, left, target)
    found += together_findings(train, [name for name in left if name not in _told(found)], target, power, made_by)
    found += code_findings(train, left, target, _told(found), made_by)
    return found + token_findings(train, left, target, made_by)


def _told(found: Sequence[Finding]) -> set[str]:
    return {name for finding in found if finding.severity != "information" for name in finding.columns}
