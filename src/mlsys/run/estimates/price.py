"""PriceOfLeakage: what a leak would have pretended, beside what is so."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.evaluation.resampled import ASSUMES, HEURISTIC
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.run.estimates.picture import draw_price
from mlsys.secrets import hidden


@dataclass(frozen=True, repr=False)
class PriceOfLeakage:
    """Optimistic and honest scores side by side; made by ``price_of_leakage()``.

    Parameters
    ----------
    pipeline : Pipeline
        The honest order.
    table : DataFrame
        One row a leak: ``leak``, ``what`` it does, ``metric``; ``optimistic`` and ``honest`` score and the ``gap``
        between them, each with ``lower`` and ``upper``; how they are ``compared``; a ``verdict``: ``"flatters"``,
        ``"not told apart"`` or ``"looks worse"``.
    metric : str
        The headline metric.
    how : str
        Folds and rows that judge both.
    sealed : int
        Test rows, which nothing looked at.
    in_time : bool
        Whether the honest folds follow one another in time.

    Notes
    -----
    Scores are means over folds; intervals and paired gaps are corrected for the training rows that folds share
    (Nadeau and Bengio 2003). Where a leak changes which rows judge, the gap adds both standard errors as squares: the
    two share their data, so that it is wide rather than narrow.
    """

    pipeline: AnyPipeline
    table: pd.DataFrame
    metric: str
    how: str
    sealed: int = 0
    in_time: bool = False

    @property
    def assumes(self) -> str:
        """What the intervals take for granted."""
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

    def __repr__(self) -> str:
        head = f"{self.pipeline.name}: what a leak would pretend, judged by {self.how}"
        return hidden("\n".join([head, *(f"  {line}" for line in self.lines), f"  intervals: {self.assumes}"]))

    def _repr_html_(self) -> str:
        head = html.escape(f"{self.pipeline.name}: what a leak would pretend, judged by {self.how}")
        said = "".join(f"<li>{html.escape(line)}</li>" for line in [*self.lines, f"intervals: {self.assumes}"])
        return hidden(f"<div><b>{head}</b><ul>{said}</ul></div>")
