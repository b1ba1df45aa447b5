"""PriceOfLeakage: what a leak would have pretended, beside what is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

import pandas as pd

from mlsys.evaluation.resampled import ASSUMES, HEURISTIC
from mlsys.pages import Block, Interval, Intervals, Items, Lines, Page, Shown, Title
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.estimates.picture import draw_price


@dataclass(frozen=True, repr=False)
class PriceOfLeakage(Shown, Generic[PipelineType]):
    """Optimistic and honest scores side by side; made by ``price_of_leakage()``.

    Parameters
    ----------
    pipeline : Pipeline
        The pipeline without leaks.
    table : DataFrame
        One row per leak: ``leak``, ``what`` it does, ``metric``; ``optimistic`` and ``honest`` score and the ``gap``
        between them, each with ``lower`` and ``upper``; how they are ``compared``; a ``verdict``: ``"flatters"``,
        ``"not told apart"`` or ``"looks worse"``.
    metric : str
        The headline metric.
    how : str
        Folds and rows on which both are evaluated.
    sealed : int
        Number of test rows, which were not used.
    in_time : bool
        Whether the honest folds follow one another in time.

    Notes
    -----
    Scores are means over folds; intervals and paired gaps are corrected for the training rows that folds share
    (Nadeau and Bengio 2003). If a leak changes which rows are evaluated, the gap combines both standard errors as if
    they were independent; since the two share data, its interval is rather too wide than too narrow.
    """

    pipeline: PipelineType
    table: pd.DataFrame
    metric: str
    how: str
    sealed: int = 0
    in_time: bool = False

    @property
    def assumes(self) -> str:
        """Assumptions of the intervals."""
        return f"{ASSUMES}; {HEURISTIC}" if self.in_time else ASSUMES

    @property
    def lines(self) -> list[str]:
        """Each leak in a sentence."""
        said = []
        for row in self.table.to_dict("records"):
            ends = sorted((row["gap lower"], row["gap upper"]))
            between = "" if pd.isna(ends[0]) else f" [{ends[0]:+.3f}, {ends[1]:+.3f}]"
            said.append(
                f"{row['leak']}: {self.metric} {row['optimistic']:.3f} instead of {row['honest']:.3f}, "
                f"{row['gap']:+.3f}{between} {row['compared']}: {row['verdict']} ({row['what']})"
            )
        return said

    def plot(self, ax: Any = None) -> Any:
        """Draw honest and optimistic scores as joined dots."""
        return draw_price(self.table, self.metric, ax)

    def _page(self) -> Page:
        drawn: list[Block] = []
        for row in self.table.to_dict("records"):
            flatters = row["verdict"] == "flatters"
            pair = [
                Interval(who, row[who], row[f"{who} lower"], row[f"{who} upper"], main=who == "honest",
                         tone="bad" if flatters and who != "honest" else "plain")
                for who in ("honest", "optimistic")
            ]  # fmt: skip
            drawn += [Title(f"{row['leak']}: {row['verdict']}", 4), Intervals(pair, self.metric)]
        head = Title(f"{self.pipeline.name}: the price of a leak, evaluated by {self.how}")
        return Page([head, *drawn, Items(self.lines), Lines([("intervals", self.assumes)])])
