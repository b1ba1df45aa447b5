"""Pictures of explanations: one feature's partial dependence, one row's contributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.pages import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FLOOR = 0.18
"""Share of the height that shows where rows are."""


def draw_dependence(curve: pd.DataFrame, ax: Axes, unit: str) -> Axes:
    """Draw the mean answer by a feature's values, how it is in 80 % of the rows, and below it where rows are.

    Parameters
    ----------
    curve : DataFrame
        Of one feature: ``value``, ``number``, ``mean``, ``low``, ``high``, ``density``.
    ax : Axes
        Where to draw.
    unit : str
        What the answers are.
    """
    curve, name = curve.reset_index(drop=True), str(curve["column"].iloc[0])
    of_number = bool(curve["number"].notna().sum() > 1)
    place = curve["number"].to_numpy(dtype=np.float64).copy()
    if not of_number:
        place = np.arange(len(curve), dtype=np.float64)
    elif np.isnan(place).any():  # null stands to the right of all numbers
        place[np.isnan(place)] = np.nanmax(place) + (np.nanmax(place) - np.nanmin(place)) / 10
    known = curve["number"].notna().to_numpy() if of_number else np.ones(len(curve), dtype=bool)
    if of_number:
        ax.fill_between(
            place[known], curve["low"][known], curve["high"][known], color=drawing.MINE, alpha=0.15, linewidth=0
        )
        ax.plot(place[known], curve["mean"][known], color=drawing.MINE, linewidth=1.8)
    lone = ~known if of_number else known
    ax.vlines(place[lone], curve["low"][lone], curve["high"][lone], color=drawing.MINE, alpha=0.25, linewidth=6)
    ax.plot(place[lone], curve["mean"][lone], "o", color=drawing.MINE)
    _floor(place, curve["density"].to_numpy(), ax, of_number)
    if not of_number:
        ax.set_xticks(place, curve["value"].tolist(), rotation=0 if len(curve) < 7 else 45)  # noqa: PLR2004  as fit
    elif lone.any():
        ax.annotate("null", (place[lone][0], curve["mean"][lone].iloc[0]), xytext=(6, 0), textcoords="offset points",
                    va="center", fontsize=drawing.SMALL, color=drawing.MINE)  # fmt: skip
    ax.set_xlabel(f"{name} (below: where training rows are)")
    ax.set_ylabel(f"mean {unit} (band: 80 % of rows)")
    return drawing.bare(ax)


def _floor(place: np.ndarray, density: np.ndarray, ax: Axes, of_number: bool) -> None:
    """Draw how dense rows are in the lowest part of the picture."""
    bottom, top = ax.get_ylim()
    ground = bottom - (top - bottom) * _FLOOR
    wide = np.full(len(place), 0.6)
    height = density.astype(np.float64)
    if of_number and len(place) > 1:
        order = np.argsort(place)
        edges = np.concatenate([[place[order][0]], (place[order][1:] + place[order][:-1]) / 2, [place[order][-1]]])
        wide[order] = np.maximum(np.diff(edges), 1e-12)
        height = density / wide  # as many rows on less room are denser
    ax.bar(place, height / height.max() * (bottom - ground) * 0.9, width=wide, bottom=ground, color=drawing.OTHER,
           alpha=0.5, linewidth=0)  # fmt: skip
    ax.set_yticks([tick for tick in ax.get_yticks() if bottom <= tick <= top])
    ax.set_ylim(ground, top)


def draw_contributions(rows: pd.DataFrame, ax: Axes, base: float, said: float, unit: str) -> None:
    """Draw what each feature of a row adds to the mean answer, the largest first.

    Parameters
    ----------
    rows : DataFrame
        Of one row: ``feature``, ``value``, ``contribution``.
    ax : Axes
        Where to draw.
    base, said : float
        The mean answer, and that of the row.
    unit : str
        What the answers are.
    """
    colours = [drawing.MINE if each > 0 else drawing.SERIES[1][0] for each in rows["contribution"]]
    ax.barh(range(len(rows)), rows["contribution"], height=0.55, color=colours)
    drawing.bar_at(ax, 0)
    names = [f"{feature} = {value}" for feature, value in zip(rows["feature"], rows["value"], strict=True)]
    drawing.finish(ax, names, f"added to the mean {unit}: {base:.3g} becomes {said:.3g}")
    drawing.as_high_as(ax, len(rows), row=0.34)
