"""The picture of a comparison: effect of each column against what season and chance explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 20
_COLOURS = {"alarm": "#b3405b", "season": "#c58a1c", "no alarm": "#8a8a8a"}


def draw_effects(result: Result, ax: Axes) -> None:
    """Draw the largest effects as bars, alarms red, seasonal ones amber."""
    rows = result.table.head(MOST).iloc[::-1]
    ax.barh(rows["column"], rows["effect"], color=[_COLOURS.get(verdict, "#8a8a8a") for verdict in rows["verdict"]])
    for place, row in enumerate(rows.to_dict("records")):
        if row["verdict"] != "no alarm":
            said = f" {row['verdict']}: {row['before']} to {row['after']}"
            ax.text(float(row["effect"]), place, said, va="center", fontsize=8)
    ax.set_xlabel("effect (standard deviations, or share of rows)")
    ax.margins(x=0.35)
    ax.spines[["top", "right"]].set_visible(False)
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.set_figheight(max(2.0, 0.25 * len(rows) + 0.9))
