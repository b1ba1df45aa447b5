"""The picture of a comparison: how far each column moved, the bar it is held against, both shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.drift.comparing import LEVEL
from mlsys.drift.result import SHAPES, DriftResult
from mlsys.pages import drawing, tone_of
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 20
_WIDE, _FROM = 0.16, 1.03
"""Width of a shape and where it begins, as shares of the axes."""


def draw_effects(result: Result, ax: Axes) -> None:
    """Draw the largest effects with the bar each is held against; alarms red, seasonal ones amber, shapes beside."""
    assert isinstance(result, DriftResult)
    rows = result.judged().head(MOST).to_dict("records")
    told = result.table.head(MOST).to_dict("records")
    for place, (row, more) in enumerate(zip(rows, told, strict=True)):
        colour, moved, bar = drawing.TONES[_tone(row["verdict"])], row["moved"], row["bar"]
        ax.barh(place, moved, height=0.5, color=colour)
        ax.plot([bar, bar], [place - 0.36, place + 0.36], color="black", linewidth=1.4)
        drawing.beside(ax, max(moved, bar), place, _said(row, more), colour)
        _draw_shape(ax, place, result.tables.get(SHAPES), row["column"])
    names = [str(row["column"]) for row in rows]
    drawing.finish(ax, names, "how far it moved (standard deviations, or share of rows); black: threshold")
    # Room on the right for the words beside the longest bar.
    ax.set_xlim(0, 1.9 * max([0.05, *(max(row["moved"], row["bar"]) for row in rows)]))
    if SHAPES in result.tables and rows:
        ax.annotate("filled: now, line: before", (_FROM, -0.62), xycoords=("axes fraction", "data"),
                    fontsize=drawing.SMALL - 1, color=drawing.DIM, va="bottom")  # fmt: skip
    drawing.as_high_as(ax, len(rows), row=0.34)


def _tone(verdict: str) -> Any:
    return "plain" if verdict == "no alarm" else tone_of(verdict)


def _said(row: dict[Any, Any], more: dict[Any, Any]) -> str:
    if row["verdict"] != "no alarm":
        return f"{row['verdict']}: {more['before']} to {more['after']}"
    return "may be chance" if row["moved"] > row["bar"] and more["adjusted p"] > LEVEL else ""


def _draw_shape(ax: Axes, place: int, shapes: pd.DataFrame | None, name: str) -> None:
    """Draw a column's bars beside its row: filled as they are now, as a line what they were."""
    mine = pd.DataFrame() if shapes is None else shapes[shapes["column"] == name]
    most = 0.0 if mine.empty else float(mine[["before", "after"]].to_numpy().max())
    if most <= 0:
        return
    x = _FROM + _WIDE * np.arange(len(mine) + 1) / len(mine)
    side: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "clip_on": False}
    after, before = (place + 0.36 - 0.72 * mine[name].to_numpy() / most for name in ("after", "before"))
    ax.stairs(after, x, baseline=place + 0.36, fill=True, color=drawing.MINE, alpha=0.45, **side)
    ax.stairs(before, x, baseline=None, color="black", linewidth=0.9, **side)
