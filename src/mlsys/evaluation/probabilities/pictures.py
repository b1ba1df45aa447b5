"""Pictures of probabilities: reliability, and risk against coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mlsys.pages import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_reliability(bins: pd.DataFrame, ax: Axes, of: str, rows: str) -> Axes:
    """Draw how often what was told with each probability came true, against the diagonal.

    Parameters
    ----------
    bins : DataFrame
        ``told``, ``happened``, ``lower``, ``upper`` and ``n`` of each bin.
    ax : Axes
        Where to draw.
    of : str
        What the probabilities are of.
    rows : str
        Which rows, for the axis.
    """
    ax.plot([0, 1], [0, 1], color=drawing.LINE, linewidth=1, zorder=0)
    ax.annotate("calibrated", (0.7, 0.7), xytext=(5, -5), textcoords="offset points", ha="center", va="center",
                rotation=45, fontsize=drawing.SMALL, color=drawing.DIM)  # fmt: skip
    ax.vlines(bins["told"], bins["lower"], bins["upper"], color=drawing.MINE, linewidth=2, alpha=0.6)
    ax.plot(bins["told"], bins["happened"], "o-", color=drawing.MINE, linewidth=1)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    ax.set_xlabel(f"predicted probability of {of}, {rows}")
    ax.set_ylabel("share in which it came true (95 % interval)")
    return drawing.bare(ax)


def draw_risk(table: pd.DataFrame, ax: Axes, part: str) -> None:
    """Draw the share of wrong answers by the share of rows that are answered, with its interval.

    Parameters
    ----------
    table : DataFrame
        ``coverage``, ``risk``, ``lower``, ``upper``.
    ax : Axes
        Where to draw.
    part : str
        Where the rows are from, for the axes.
    """
    ax.fill_between(table["coverage"], table["lower"], table["upper"], color=drawing.MINE, alpha=0.2, linewidth=0)
    ax.plot(table["coverage"], table["risk"], "o-", color=drawing.MINE, markersize=3, linewidth=1.4)
    ax.set_xlim(0, 1.02)
    ax.set_ylim(0, None)
    ax.set_xlabel(f"coverage: share of {part} rows answered, surest first")
    ax.set_ylabel("risk: share of answers that are wrong (95 % interval)")
