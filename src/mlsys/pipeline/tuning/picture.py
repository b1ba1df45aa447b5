"""Pictures of a search: the score of each trial, and how much each key of the space matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from mlsys.evaluation.choosing import ChosenScore
from mlsys.evaluation.intervals import Interval
from mlsys.pages import drawing
from mlsys.pipeline.tuning.tried import Tried


class Drawn(Protocol):
    """What is drawn of a search."""

    @property
    def tried(self) -> Sequence[Tried]:
        """All trials."""
        ...

    @property
    def importances(self) -> Mapping[str, float]:
        """What each key explains."""
        ...

    @property
    def before(self) -> Interval:
        """The score of the pipeline as it was."""
        ...

    @property
    def corrected(self) -> ChosenScore:
        """The score of the best, corrected."""
        ...

    @property
    def metric(self) -> str:
        """Name of the metric."""
        ...

    @property
    def greater_is_better(self) -> bool:
        """Of the metric."""
        ...

    @property
    def judged(self) -> str:
        """The evaluated rows, in words."""
        ...


def draw_tuned(tuned: Drawn) -> Any:
    """Draw the scores, and beside them what matters; return the axes of the scores."""
    from matplotlib import pyplot

    if len(tuned.importances) < 2:  # noqa: PLR2004  one key explains all
        return draw_history(tuned, drawing.axes(None, 6))
    left, right = pyplot.subplots(1, 2, figsize=(10, 3.8), width_ratios=(3, 2), layout="constrained")[1]
    draw_importances(tuned, right)
    return draw_history(tuned, left)


def draw_history(tuned: Drawn, ax: Any) -> Any:
    """Draw the score of each trial as a dot, and the best so far as a line."""
    complete = [each for each in tuned.tried if each.state == "complete"]
    numbers, values = [each.number for each in complete], [each.value for each in complete]
    best = (np.maximum if tuned.greater_is_better else np.minimum).accumulate(values)
    ax.axhline(tuned.before.value, color=drawing.LINE, linewidth=1)
    ax.plot(numbers, values, "o", color=drawing.OTHER, markersize=4, alpha=0.7)
    ax.step(numbers, best, where="post", color=drawing.MINE, linewidth=1.5)
    for state, sign, place in (("failed", "x", 0.02), ("pruned", "v", 0.06)):
        left = [each.number for each in tuned.tried if each.state == state]
        ax.plot(left, np.full(len(left), place), sign, color=drawing.BAD if state == "failed" else drawing.WATCH,
                transform=ax.get_xaxis_transform(), markersize=5)  # fmt: skip
        if left:
            ax.annotate(state, (max(left), place), xycoords=ax.get_xaxis_transform(), xytext=(6, 0), va="center",
                        textcoords="offset points", fontsize=drawing.SMALL)  # fmt: skip
    last, found = max(each.number for each in tuned.tried), tuned.corrected
    ax.set_xlim(-0.5, last + max(0.34 * last, 2))
    words = [(f"best {best[-1]:.4f}", best[-1], drawing.MINE)]
    words += [(f"as it was {tuned.before.value:.4f}", tuned.before.value, drawing.DIM)]
    if np.isfinite(found.value):
        at = last + max(0.05 * last, 0.6)
        ax.plot([at, at], [found.lower, found.upper], color=drawing.GOOD, linewidth=2.5, solid_capstyle="round")
        ax.plot(at, found.value, "o", color=drawing.GOOD)
        words.append((f"corrected {found.value:.4f}", found.value, drawing.GOOD))
    low, high = ax.get_ylim()
    places, colours = {name: at for name, at, _ in words}, {name: colour for name, _, colour in words}
    drawing.ends(ax, last + max(0.07 * last, 0.9), places, colours, high - low)
    ax.set_xticks([each for each in ax.get_xticks() if 0 <= each <= last])
    ax.set(xlabel="trial", ylabel=tuned.metric)
    ax.set_title(f"{tuned.metric} on {tuned.judged}", loc="left", fontsize=10)
    return drawing.bare(ax)


def draw_importances(tuned: Drawn, ax: Any) -> Any:
    """Draw how much of the spread of scores each key explains, the greatest on top."""
    names = list(tuned.importances)
    for place, share in enumerate(tuned.importances.values()):
        ax.plot([0, share], [place, place], color=drawing.MINE, linewidth=6, solid_capstyle="butt")
        drawing.beside(ax, share, place, f"{share:.0%}", drawing.MINE)
    drawing.finish(ax, names, "share of the spread of scores (fANOVA)")
    ax.set_xlim(0, max(tuned.importances.values()) * 1.2)
    ax.set_title("what matters", loc="left", fontsize=10)
    return ax
