"""The picture of an evaluation: model, baselines and slices on one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MODEL, _OTHER, _WORSE = "#0b6e99", "#8a8a8a", "#b3405b"


def draw_scores(result: Result, ax: Axes) -> None:
    """Draw the headline metric with intervals: the model first, then baselines, then slices, the worst ones red."""
    facts, table = result.facts, result.table
    rows = table[(table["part"] == facts["part"]) & (table["metric"] == facts["headline"]) & table["value"].notna()]
    everyone = rows[rows["slice"] == "all"]
    slices = rows[rows["slice"] != "all"].sort_values("value")
    drawn = [*everyone.to_dict("records"), *slices.to_dict("records")]
    for place, row in enumerate(reversed(drawn)):
        is_slice = row["slice"] != "all"
        mine = row["model"] == "model" and not is_slice
        colour = _MODEL if mine else _WORSE if is_slice and row["verdict"] == "worse" else _OTHER
        if row["lower"] == row["lower"]:  # noqa: PLR0124  not NaN
            ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.5, solid_capstyle="round")
        ax.plot(row["value"], place, "o", color=colour)
    labels = [row["slice"] if row["slice"] != "all" else row["model"] for row in reversed(drawn)]
    ax.set_yticks(range(len(drawn)), labels)
    ax.set_xlabel(f"{facts['headline']} ({facts['part']} rows, 95 % intervals; slices hold together)")
    ax.spines[["top", "right"]].set_visible(False)
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.set_figheight(max(2.5, 0.28 * len(drawn) + 1))
