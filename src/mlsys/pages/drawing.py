"""Drawing: shared settings of matplotlib figures, which have a white background in both themes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlsys.pages.style import LIGHT
from mlsys.pages.tones import Tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MINE, OTHER, BAD, WATCH, GOOD = (LIGHT[name] for name in ("accent", "other", "bad", "watch", "good"))
LINE, DIM, SOFT = (LIGHT[name] for name in ("line", "dim", "soft"))
TONES: dict[Tone, str] = {"good": GOOD, "watch": WATCH, "bad": BAD, "plain": OTHER}
"""Colours of tones; a word always stands beside them."""
SERIES = (
    (MINE, "-"),
    ("#b34700", "--"),
    ("#6b3fa0", "-."),
    (GOOD, ":"),
    ("#7a7a00", (0, (5, 1))),
    (OTHER, (0, (1, 1))),
)
"""Colours of lines beside one another, each with a dash of its own."""
SMALL = 8
"""Size of words beside marks, in points."""


def axes(ax: Axes | None, rows: float, width: float = 7.5, row: float = 0.45) -> Axes:
    """Return ``ax``, or that of a new figure as high as so many rows need."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    made: Axes = pyplot.subplots(figsize=(width, max(1.8, row * rows + 1.1)), layout="constrained")[1]
    return made


def as_high_as(ax: Axes, rows: int, row: float = 0.28) -> None:
    """Make a figure that holds nothing else as high as so many rows need."""
    figure = ax.get_figure(root=True)
    if figure is not None and len(figure.axes) == 1:
        figure.set_figheight(max(2.0, row * rows + 1))


def finish(ax: Axes, names: Sequence[str], label: str, margin: float = 0.14) -> Axes:
    """Name the rows from top to bottom, and the axis."""
    ax.set_yticks(range(len(names)), list(names))
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel(label)
    ax.margins(x=margin)
    return bare(ax)


def bare(ax: Axes) -> Axes:
    """Leave out the frame's upper and right side."""
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def dot(ax: Axes, place: float, value: float, lower: float, upper: float, colour: str, said: str = "") -> None:
    """Draw a value with its interval, and words to the right of both."""
    right = value
    if math.isfinite(lower) and math.isfinite(upper):
        ax.plot([lower, upper], [place, place], color=colour, linewidth=2.5, solid_capstyle="round")
        right = max(value, upper)
    ax.plot(value, place, "o", color=colour)
    beside(ax, right, place, said, colour)


def beside(ax: Axes, x: float, place: float, said: str, colour: str) -> None:
    """Write words to the right of a mark."""
    ax.annotate(said, (x, place), xytext=(6, 0), textcoords="offset points", va="center", color=colour, fontsize=SMALL)


def ends(ax: Axes, x: float, values: Mapping[str, float], colours: Mapping[str, str], span: float) -> None:
    """Name lines where they end, each name below the one before it; ``span`` is what the axis holds from end to end."""
    below = math.inf
    for name in sorted(values, key=lambda each: -values[each]):
        below = min(values[name], below - 0.06 * span)
        beside(ax, x, below, name, colours[name])


def bar_at(ax: Axes, x: float, colour: str = LINE, style: str = "-") -> None:
    """Draw a line across all rows that they are held against."""
    ax.axvline(x, color=colour, linewidth=0.9, linestyle=style, zorder=0)
