"""The picture of an evaluation: model, baselines and slices on one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.evaluation.evaluation import Evaluation
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MODEL, _OTHER, _WORSE = "#0b6e99", "#8a8a8a", "#b3405b"


def draw_scores(result: Result, ax: Axes) -> None:
    """Draw the headline metric with intervals: the model first, then baselines, then slices, the worst ones red."""
    assert isinstance(result, Evaluation)
    table = result.table
    rows = table[(table["part"] == result.part) & (table["metric"] == result.headline) & table["value"].notna()]
    everyone = rows[rows["slice"] == "all"]
    slices = rows[rows["slice"] != "all"].sort_values("value", ascending=False)
    drawn = [*everyone.to_dict("records"), *slices.to_dict("records")]
    for place, row in enumerate(drawn):
        is_slice = row["slice"] != "all"
        mine = row["model"] == "model" and not is_slice
        colour = _MODEL if mine else _WORSE if is_slice and row["verdict"] == "worse" else _OTHER
        right = row["value"]
        if row["lower"] == row["lower"]:  # noqa: PLR0124  not NaN
            ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.5, solid_capstyle="round")
            right = row["upper"]
        ax.plot(row["value"], place, "o", color=colour)
        note = f", {row['verdict']}" if is_slice and row["verdict"] != "not worse" else ""
        said = f"{row['value']:.3f}{note}"
        ax.annotate(
            said, (right, place), xytext=(6, 0), textcoords="offset points", va="center", color=colour, fontsize=8
        )
    ax.set_yticks(range(len(drawn)), [row["slice"] if row["slice"] != "all" else row["model"] for row in drawn])
    ax.set_ylim(len(drawn) - 0.5, -0.5)
    together = ""
    if len(slices):
        ax.axhline(len(everyone) - 0.5, color="#d0d0d0", linewidth=0.8)
        together = "; slice intervals hold simultaneously"
    ax.set_xlabel(f"{result.headline} on {result.part} rows (95 % intervals{together})")
    ax.margins(x=0.12)
    ax.spines[["top", "right"]].set_visible(False)
    figure = ax.get_figure(root=True)
    if figure is not None and len(figure.axes) == 1:
        figure.set_figheight(max(2.0, 0.28 * len(drawn) + 1))
