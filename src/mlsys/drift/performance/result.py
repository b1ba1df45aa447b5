"""EstimatedPerformance: estimated metrics beside those of the reference and those of labels known so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.pages import Page, Table, Title, Verdict, drawing, filled
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TICKS = 6
"""Dates that fit below a figure."""
NOT_ASSESSED, WORSE, NOT_WORSE = "not assessed", "worse", "no sign of harm"


@dataclass(frozen=True, repr=False)
class EstimatedPerformance(Result):
    """Result of :func:`estimate_performance`.

    The table has one row for each period and metric: ``period``, ``rows``, ``labelled`` (rows with a known label),
    ``metric``, ``estimate`` with the interval ``lower`` to ``upper``, ``reference`` (the metric on the reference),
    ``realised`` with its interval ``realised_lower`` to ``realised_upper``, ``method``, ``verdict`` and ``why``.

    Examples
    --------
    >>> from mlsys import estimate_performance
    >>> p = np.tile(np.linspace(0.02, 0.98, 49), 20)
    >>> reference = pd.DataFrame({"p": p, "y": np.random.default_rng(0).random(len(p)) < p})
    >>> unsure = reference[["p"]].query("0.3 < p < 0.7")
    >>> found = estimate_performance(reference, unsure, target="y", probability="p", metrics="accuracy")
    >>> found.table[["metric", "estimate", "reference", "verdict"]].round(1)
         metric  estimate  reference verdict
    0  accuracy       0.6        0.8   worse
    """

    def _page(self) -> Page:
        shown = self.table.drop(columns=[name for name in ("period", "why") if not _says(self.table[name])])
        return Page([Title(self.name), Verdict(self.verdict, self.summary), Table(filled(shown), most=60)])


def _says(column: pd.Series) -> bool:
    return bool(column.astype(str).str.len().gt(0).any())


def draw_performance(result: Result, ax: Axes) -> None:
    """Draw the first metric: the estimate with its interval by period, the reference, and what labels said."""
    metric = result.table["metric"].iloc[0]
    rows = result.table[result.table["metric"] == metric].reset_index(drop=True)
    places = np.arange(len(rows))
    ax.axhline(rows["reference"].iloc[0], color=drawing.DIM, linewidth=1, linestyle="--")
    ax.annotate("reference", (1.01, rows["reference"].iloc[0]), xycoords=("axes fraction", "data"), va="center",
                fontsize=drawing.SMALL, color=drawing.DIM)  # fmt: skip
    for name, lower, upper, colour, aside, said in (
        ("estimate", "lower", "upper", drawing.MINE, -0.08, "estimated, no labels"),
        ("realised", "realised_lower", "realised_upper", drawing.GOOD, 0.08, "by labels"),
    ):
        known = rows[name].notna().to_numpy()
        if not known.any():
            continue
        values = rows.loc[known, name].to_numpy(dtype=float)
        ends = rows.loc[known, [lower, upper]].to_numpy(dtype=float)
        at = places[known] + aside
        ax.vlines(at, ends[:, 0], ends[:, 1], color=colour, linewidth=2.2)
        marker = "o" if name == "estimate" else "s"
        ax.plot(at, values, marker, color=colour, markersize=5, label=said)
    periods = [str(each) or "today" for each in rows["period"]]
    step = -(-len(periods) // MOST_TICKS)
    ax.set_xticks(places[::step], periods[::step])
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_ylabel(str(metric))
    ax.legend(frameon=False, fontsize=drawing.SMALL, loc="best")
    drawing.bare(ax)
