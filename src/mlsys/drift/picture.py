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
    rows = result.table.head(MOST).to_dict("records")
    for place, row in enumerate(rows):
        colour, effect = _COLOURS.get(row["verdict"], "#8a8a8a"), float(row["effect"])
        ax.barh(place, effect, height=0.6, color=colour)
        if row["verdict"] != "no alarm":
            said = f"{row['verdict']}: {row['before']} to {row['after']}"
            at = {"xytext": (4, 0), "textcoords": "offset points", "va": "center", "fontsize": 8, "color": colour}
            ax.annotate(said, (effect, place), **at)  # type: ignore[arg-type]
    ax.set_yticks(range(len(rows)), [str(row["column"]) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("effect (standard deviations, or share of rows)")
    # Room on the right for the words beside the longest bar.
    ax.set_xlim(0, 1.8 * max([0.05, *(float(row["effect"]) for row in rows)]))
    ax.spines[["top", "right"]].set_visible(False)
    figure = ax.get_figure(root=True)
    if figure is not None and len(figure.axes) == 1:
        figure.set_figheight(max(2.0, 0.25 * len(rows) + 0.9))
