"""Predictions of evaluated rows without error, which are rarely genuine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import is_measured
from mlsys.leakage.remedies import REMEDIES
from mlsys.values import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST, FEWEST_OF_A_CLASS = 30, 10
"""Evaluated rows, and rows of each class, below which all may be right by luck."""
PERFECT = 0.99999
"""R2 from which the remainder is rounding."""
NEARLY = 0.99
"""R2 of some rows below which that of all is never perfect."""


def too_good_finding(
    target: pd.Series, predictions: pd.DataFrame, part: str, findings: Sequence[Finding] = ()
) -> Finding | None:
    """Return a finding if evaluated rows are predicted without an error.

    Parameters
    ----------
    target : Series
        Target of the evaluated rows.
    predictions : DataFrame
        Predictions of the same rows, with the column ``prediction``.
    part : str
        Name of the part, for messages.
    findings : sequence of Finding
        Earlier findings about columns: those that may explain the score are named.

    Notes
    -----
    A warning for a numeric target, because measured quantities are never predicted to the last digit; information for
    classes, because easy problems are also solved without error.
    """
    if "prediction" not in predictions.columns or len(target) < FEWEST:
        return None
    known = target.notna().to_numpy() & predictions["prediction"].notna().to_numpy()
    truth, said = target[known], predictions["prediction"][known]
    how = _perfect(truth, said)
    if not how:
        return None
    columns = tuple(
        dict.fromkeys(column for each in findings if each.code in {"LK204", "LK209"} for column in each.columns)
    )
    named = f"; {', '.join(map(repr, columns))} may be the cause" if columns else ""
    return Finding(
        "LK218",
        f"{how} of the {part} rows{named}; {REMEDIES['too good']}",
        "warning" if is_measured(target) else "information",
        columns=columns,
    )


def nearly_right(target: pd.Series, said: pd.Series) -> bool:
    """Whether some of the rows leave it open that all are predicted without an error; for those that are at hand.

    Examples
    --------
    >>> nearly_right(pd.Series(["a", "b", None]), pd.Series(["a", "b", "b"]))
    True
    >>> nearly_right(pd.Series(["a", "b"]), pd.Series(["a", "a"]))
    False
    """
    known = target.notna().to_numpy() & said.notna().to_numpy()
    truth, given = target[known], said[known]
    if not len(truth):
        return True
    return _fit(truth, given) >= NEARLY if is_measured(truth) else bool((truth.to_numpy() == given.to_numpy()).all())


def _fit(truth: pd.Series, said: pd.Series) -> float:
    """Return R2; 0 where the truth does not vary."""
    values, given = (plain(each).to_numpy(dtype=np.float64, na_value=np.nan) for each in (truth, said))
    spread = float(((values - values.mean()) ** 2).sum())
    return 1 - float(((values - given) ** 2).sum()) / spread if spread else 0.0


def _perfect(truth: pd.Series, said: pd.Series) -> str:
    """Describe how predictions are perfect; empty if they are not."""
    if len(truth) < FEWEST:
        return ""
    if is_measured(truth):
        fit = _fit(truth, said)
        return f"R2 is {fit:.5f}: too good to be true for predictions" if fit >= PERFECT else ""
    counts = truth.value_counts()
    if len(counts) < 2 or counts.min() < FEWEST_OF_A_CLASS:  # noqa: PLR2004  one class is no problem at all
        return ""
    right = (truth.to_numpy() == said.to_numpy()).all()
    return f"all {len(truth):,} are right: too good to be true for predictions" if right else ""
