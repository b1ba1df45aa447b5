"""Pictures of estimates: one message each, said beside the dots."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

MINE, OTHER, WORSE = "#0b6e99", "#8a8a8a", "#b3405b"


def axes(ax: Any, rows: float, width: float = 7.5) -> Any:
    """Return ``ax``, or that of a new figure as high as so many rows need."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width, max(1.8, 0.45 * rows + 1.1)), layout="constrained")[1]


def finish(ax: Any, names: list[str], label: str) -> Any:
    """Name the rows from top to bottom and the axis."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel(label)
    ax.margins(x=0.14)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def draw_folds(table: pd.DataFrame, folds: pd.DataFrame, headline: str, ax: Any = None) -> Any:
    """Draw the headline metric of every fold as a small dot, and the means with intervals."""
    table = table[table["metric"] == headline]
    ax = axes(ax, len(table))
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
    return finish(ax, table["model"].tolist(), label)


def draw_ablation(table: pd.DataFrame, metric: str, carries: Collection[str], ax: Any = None) -> Any:
    """Draw the change without each feature, the greatest loss on top."""
    ax = axes(ax, len(table))
    colours = {"helps": MINE, "hurts": WORSE}
    ax.axvline(0, color="#c8c8c8", linewidth=0.8, zorder=0)
    for place, row in enumerate(table.to_dict("records")):
        colour = WORSE if row["without"] in carries else colours.get(row["verdict"], OTHER)
        right = row["change"]
        if row["lower"] == row["lower"]:  # noqa: PLR0124  not NaN
            ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.5, solid_capstyle="round")
            right = row["upper"]
        ax.plot(row["change"], place, "o", color=colour)
        said = f"{row['change']:+.3f}"
        said += f", {row['error removed']:.0%} of the error left" if row["without"] in carries else ""
        ax.annotate(
            said, (right, place), xytext=(6, 0), textcoords="offset points", va="center", color=colour, fontsize=8
        )
    label = f"change of {metric} without it (95 % intervals for all together)"
    return finish(ax, table["without"].tolist(), label)


def draw_price(table: pd.DataFrame, metric: str, ax: Any = None) -> Any:
    """Draw honest and optimistic scores of each leak as two joined dots with intervals."""
    ax = axes(ax, 1.6 * len(table))
    for place, row in enumerate(table.to_dict("records")):
        ax.plot([row["honest"], row["optimistic"]], [place, place], color="#d0d0d0", linewidth=4, zorder=0)
        rightmost = row["optimistic"] >= row["honest"]
        for who, colour, below in (("honest", MINE, 0.17), ("optimistic", WORSE, -0.17)):
            ends = [row[f"{who} lower"], row[f"{who} upper"]]
            ax.plot(ends, [place + below] * 2, color=colour, linewidth=1.5, alpha=0.7, solid_capstyle="round")
            ax.plot(row[who], place, "o", color=colour, markersize=8)
            right = (who == "optimistic") == rightmost
            ax.annotate(
                f"{who} {row[who]:.3f}", (row[who], place), xytext=(9 if right else -9, 0),
                textcoords="offset points", va="center", ha="left" if right else "right", color=colour, fontsize=9,
            )  # fmt: skip
    finish(ax, table["leak"].tolist(), f"{metric}: mean over folds (thin lines: 95 % intervals)")
    ax.margins(x=0.35)
    return ax
