"""The picture of an evaluation: model, baselines and slices on one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.evaluation.evaluation import Evaluation
from mlsys.pages import drawing
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        colour = drawing.MINE if mine else drawing.OTHER
        colour = drawing.BAD if is_slice and row["verdict"] == "worse" else colour
        note = f", {row['verdict']}" if is_slice and row["verdict"] != "not worse" else ""
        drawing.dot(ax, place, row["value"], row["lower"], row["upper"], colour, f"{row['value']:.3f}{note}")
    together = ""
    if len(slices):
        ax.axhline(len(everyone) - 0.5, color=drawing.LINE, linewidth=0.8)
        together = "; slice intervals hold simultaneously"
    names = [row["slice"] if row["slice"] != "all" else row["model"] for row in drawn]
    drawing.finish(ax, names, f"{result.headline} on {result.part} rows (95 % intervals{together})")
    drawing.as_high_as(ax, len(drawn))
