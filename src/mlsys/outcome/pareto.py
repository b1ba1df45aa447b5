"""Pareto: which runs no other run beats in score and in what they cost, and the picture of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, meant
from mlsys.pages import drawing, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COSTS: Mapping[str, tuple[str, str]] = {
    "latency": ("p50 ms a row", "milliseconds for one row (median)"),
    "size": ("size kB", "kB of the model"),
}
"""What a model costs, by name: its column of the comparison, and the words of its axis."""
SAME = 0.05
"""Costs closer than this share are taken as equal: latency is measured, not counted."""


def cost_named(name: str) -> tuple[str, str]:
    """Return the column and the words of a cost.

    Raises
    ------
    ConfigurationError
        If it is none.
    """
    if name not in COSTS:
        raise ConfigurationError(
            f"cost={name!r} is not a cost of models", f"{meant(str(name), COSTS)}choose among {', '.join(COSTS)}"
        )
    return COSTS[name]


def front(table: pd.DataFrame, greater_is_better: bool, costs: Sequence[str]) -> list[str]:
    """Return the runs that no other run dominates, in the order of the table.

    Parameters
    ----------
    table : DataFrame
        Of a comparison: ``run``, ``value`` and columns of costs.
    greater_is_better : bool
        Of the metric.
    costs : sequence of str
        Columns that are better when low; a null cost is not compared.

    Examples
    --------
    >>> table = pd.DataFrame({"run": ["a", "b", "c"], "value": [0.9, 0.8, 0.7], "ms": [2.0, 1.0, 1.5]})
    >>> front(table, True, ["ms"])
    ['a', 'b']
    """
    values = table["value"].to_numpy(dtype=np.float64) * (1 if greater_is_better else -1)
    spent = table[list(costs)].to_numpy(dtype=np.float64)
    kept = []
    for place, run in enumerate(table["run"]):
        with np.errstate(invalid="ignore"):
            cheaper = spent < spent[place] * (1 - SAME)
            dearer = spent > spent[place]
        better = (values > values[place]) | cheaper.any(axis=1)
        no_worse = (values >= values[place]) & ~dearer.any(axis=1)
        if not (better & no_worse).any():
            kept.append(str(run))
    return kept


def draw_front(
    table: pd.DataFrame, metric: str, greater_is_better: bool, cost: str, best: str, ax: Axes | None = None
) -> Axes:
    """Draw the score of each run, with its interval, against one cost; the front is joined, other runs are grey."""
    column, words = cost_named(cost)
    if table[column].isna().all():
        raise ConfigurationError(f"no run knows its {cost}", "compare runs with a model that can be stored")
    ax = drawing.axes(ax, 6)
    kept = front(table, greater_is_better, [column])
    on_front = table[table["run"].isin(kept)].sort_values(column)
    ax.plot(on_front[column], on_front["value"], color=drawing.LINE, linewidth=1, zorder=0)
    for row in table.to_dict("records"):
        mine = str(row["run"]) in kept
        colour = drawing.MINE if mine else drawing.OTHER
        ax.plot([row[column]] * 2, [row["lower"], row["upper"]], color=colour, alpha=0.35, linewidth=1.5)
        ax.plot(row[column], row["value"], "o" if mine else "x", color=colour)
        said = f"{row['run']} {number(row['value'])}" + (": take it" if row["run"] == best else "")
        drawing.beside(ax, row[column], row["value"], said, colour)
    if table[column].max() > 20 * table[column].min() > 0:
        ax.set_xscale("log")
    ax.set(xlabel=words, ylabel=f"{metric} (95 % intervals)")
    ax.margins(x=0.3)
    side = "upper" if greater_is_better else "lower"
    ax.set_title(f"{metric} against {cost}: best is {side} left; x: beaten in both", loc="left", fontsize=10)
    return drawing.bare(ax)
