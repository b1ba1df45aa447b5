"""Pictures of estimates: one message each, said beside the dots."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from mlsys.pages import drawing
from mlsys.pages.drawing import BAD, LINE, MINE, OTHER


def draw_folds(table: pd.DataFrame, folds: pd.DataFrame, headline: str, ax: Any = None) -> Any:
    """Draw the headline metric of every fold as a small dot, and the means with intervals."""
    table = table[table["metric"] == headline]
    ax = drawing.axes(ax, len(table))
    for place, row in enumerate(table.to_dict("records")):
        colour = MINE if row["model"] == "model" else OTHER
        single = folds[(folds["metric"] == headline) & (folds["model"] == row["model"])]
        ax.plot(single["value"], np.full(len(single), place + 0.22), "o", color=colour, markersize=3, alpha=0.55)
        right = row["value"]
        if row["lower"] == row["lower"]:  # noqa: PLR0124  not NaN
            ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.5, solid_capstyle="round")
            right = max(row["upper"], single["value"].max())
        ax.plot(row["value"], place, "o", color=colour)
        said = f"{row['value']:.3f}" if row["value"] == row["value"] else "not defined"  # noqa: PLR0124
        ax.annotate(said, (right, place), xytext=(6, 0), textcoords="offset points", va="center", color=colour)
    label = f"{headline}: mean over {folds['fold'].nunique()} folds (95 % interval), small dots are folds"
    return drawing.finish(ax, table["model"].tolist(), label)


def draw_ablation(table: pd.DataFrame, metric: str, carries: Collection[str], ax: Any = None) -> Any:
    """Draw the change without each feature, the greatest loss on top."""
    ax = drawing.axes(ax, len(table))
    colours = {"helps": MINE, "hurts": BAD}
    drawing.bar_at(ax, 0)
    for place, row in enumerate(table.to_dict("records")):
        colour = BAD if row["without"] in carries else colours.get(row["verdict"], OTHER)
        said = f"{row['change']:+.3f}, {row['verdict']}"
        said += f", {row['error removed']:.0%} of the error left" if row["without"] in carries else ""
        drawing.dot(ax, place, row["change"], row["lower"], row["upper"], colour, said)
    label = f"change of {metric} without it (95 % intervals for all together)"
    return drawing.finish(ax, table["without"].tolist(), label)


def draw_price(table: pd.DataFrame, metric: str, ax: Any = None) -> Any:
    """Draw honest and optimistic scores of each leak as two joined dots with intervals."""
    ax = drawing.axes(ax, 1.6 * len(table))
    for place, row in enumerate(table.to_dict("records")):
        ax.plot([row["honest"], row["optimistic"]], [place, place], color=LINE, linewidth=4, zorder=0)
        rightmost = row["optimistic"] >= row["honest"]
        for who, colour, below in (("honest", MINE, 0.17), ("optimistic", BAD, -0.17)):
            ends = [row[f"{who} lower"], row[f"{who} upper"]]
            ax.plot(ends, [place + below] * 2, color=colour, linewidth=1.5, alpha=0.7, solid_capstyle="round")
            ax.plot(row[who], place, "o", color=colour, markersize=8)
            right = (who == "optimistic") == rightmost
            ax.annotate(
                f"{who} {row[who]:.3f}", (row[who], place), xytext=(9 if right else -9, 0),
                textcoords="offset points", va="center", ha="left" if right else "right", color=colour, fontsize=9,
            )  # fmt: skip
    drawing.finish(ax, table["leak"].tolist(), f"{metric}: mean over folds (thin lines: 95 % intervals)")
    ax.margins(x=0.35)
    return ax
