"""Column: what is known of one column of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mlsys.overview.spread import Spread, spread_of
from mlsys.values import values_of


@dataclass(frozen=True)
class Use:
    """What a column is for.

    Parameters
    ----------
    words : str
        ``"feature"``, ``"encoded"``, ``"known too late"``, ``"withheld"``, ``"left out"``, or the name of its role.
    reason : str
        Why, and what became of it.
    made_by : str
        The step that made it; ``"data"`` for a column of the source.
    """

    words: str
    reason: str = ""
    made_by: str = "data"


@dataclass(frozen=True)
class Alone:
    """How well a column alone predicts the target.

    Parameters
    ----------
    auc, error : float
        With its standard error.
    copy : str
        How it leaves nothing open, where it does.
    """

    auc: float
    error: float
    copy: str = ""


@dataclass(frozen=True)
class Moved:
    """Whether a column differs between training rows and the rows that judge.

    Parameters
    ----------
    verdict : str
        ``"alarm"``, ``"season"`` or ``"no alarm"``.
    effect : float
        In standard deviations of numbers, as share of rows of categories.
    before, after : str
        Mean, or the level that moved most.
    """

    verdict: str
    effect: float
    before: str
    after: str


@dataclass(frozen=True)
class Described:
    """What is known of one column.

    Parameters
    ----------
    name : str
        Of the column.
    meaning, held : str
        What its values are, in words; the type that holds them.
    nulls : float
        Share of rows.
    spread : Spread
        How its values spread.
    use : Use, optional
        What it is for, in a run.
    alone : Alone, optional
        How well it alone predicts the target.
    moved : Moved, optional
        Whether it differs in the rows that judge.
    findings : sequence of str
        Codes of what was remarked.
    """

    name: str
    meaning: str = ""
    held: str = ""
    nulls: float = float("nan")
    spread: Spread = field(default_factory=Spread)
    use: Use | None = None
    alone: Alone | None = None
    moved: Moved | None = None
    findings: Sequence[str] = ()

    def line(self) -> dict[str, Any]:
        """Return it as one line of a table."""
        spread = self.spread
        frequent, share = spread.levels[0] if spread.levels else (None, float("nan"))
        line: dict[str, Any] = {
            "column": self.name, "meaning": self.meaning, "type": self.held, "nulls": self.nulls,
            "distinct": spread.distinct, "min": spread.least, "median": spread.middle, "max": spread.greatest,
            "most frequent": frequent, "share": share,
        }  # fmt: skip
        use = self.use or Use("", made_by="")
        line |= {"use": use.words, "reason": use.reason, "made by": use.made_by}
        alone, moved = self.alone or Alone(float("nan"), float("nan")), self.moved or Moved("", float("nan"), "", "")
        return line | {
            "auc": alone.auc, "auc error": alone.error, "drift": moved.effect, "verdict": moved.verdict,
            "before": moved.before, "after": moved.after, "findings": ", ".join(self.findings),
        }  # fmt: skip


def described(name: str, column: pd.Series, later: pd.Series | None = None) -> Described:
    """Return what the values of a column tell.

    Examples
    --------
    >>> found = described("age", pd.Series([30, 41, None]))
    >>> found.meaning, round(found.nulls, 2), found.spread.distinct
    ('numbers', 0.33, 2)
    """
    meaning, _, _ = str(values_of(column)).partition(" (")
    nulls = float(column.isna().mean()) if len(column) else float("nan")
    return Described(name, meaning, str(column.dtype), nulls, spread_of(column, later))
