"""Checks over time: a picture, and a page that stands alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import how_many
from mlsys.pages import Block, Folded, Page, Picture, Table, Text, Title, Verdict, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CHECKS = 60
"""Checks listed on a page, the latest; the picture shows all."""
MOST_COLUMNS = 12
_TONES = {"page": drawing.BAD, "ticket": drawing.WATCH, "": drawing.OTHER}


def history_page(table: pd.DataFrame, title: str) -> Page:
    """Return the page of a history: verdict, picture, columns over time, checks."""
    if table.empty:
        return Page([Title(title), Text("no check was made yet")])
    last = table.iloc[-1]
    pages, tickets = (int((table["level"] == level).sum()) for level in ("page", "ticket"))
    days = (table["time"].max() - table["time"].min()) / pd.Timedelta(days=1)
    over = f" over {days:,.0f} days" if days >= 1 else ""
    found = f"{how_many(pages, 'page')}, {how_many(tickets, 'ticket')}"
    said = f"{how_many(len(table), 'check')}{over}: {found}; the last: {last['said']}"
    blocks: list[Block] = [Title(title, level=1), Verdict(str(last["verdict"]).partition(":")[0], said)]
    blocks.append(Picture(_png(table), "the model over time"))
    moved = columns_over_time(table)
    if not moved.empty:
        blocks.append(Folded("Columns: effect in the latest checks", [Table(moved, most=MOST_COLUMNS)]))
    shown = table.tail(MOST_CHECKS).iloc[::-1][["time", "rows", "verdict", "level", "cause", "said"]]
    shown = shown.assign(
        time=shown["time"].dt.strftime("%Y-%m-%d %H:%M"), rows=shown["rows"].astype("Int64")
    ).reset_index(drop=True)
    return Page([*blocks, Table(shown, most=MOST_CHECKS)])


def columns_over_time(table: pd.DataFrame, checks: int = 8) -> pd.DataFrame:
    """Return the effect of the columns that moved most, in the latest checks."""
    latest = table.tail(checks)
    named = {str(time.strftime("%m-%d %H:%M")): effects for time, effects in zip(latest["time"], latest["effects"],
                                                                                 strict=True)}  # fmt: skip
    made = pd.DataFrame({time: pd.Series(effects or {}, dtype=float) for time, effects in named.items()})
    if made.empty:
        return made
    order = made.max(axis=1).sort_values(ascending=False).index[:MOST_COLUMNS]
    return made.loc[order].rename_axis("column").reset_index()


def draw_history(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the loss with its interval over time, or the largest effect where labels are unknown; pages red."""
    made = drawing.axes(ax, rows=4.5)
    loss = table["loss"].astype(float)
    estimate = table["estimate"].astype(float)
    times = table["time"].dt.tz_localize(None)
    if loss.notna().any() or estimate.notna().any():
        _draw_loss(made, table, times, loss, estimate)
        metric = next((str(each) for each in table["metric"] if each), "loss")
        made.set_ylabel(metric)
    else:
        effect = table["largest_effect"].astype(float)
        colours = [_TONES.get(str(level), drawing.OTHER) for level in table["level"]]
        made.plot(times, effect, color=drawing.LINE, linewidth=1.2, zorder=1)
        made.scatter(times, effect, c=colours, s=18, zorder=2)
        made.set_ylabel("largest effect of a column")
        made.set_ylim(bottom=0)
        if (table["level"] == "ticket").any():
            made.annotate("amber: ticket", (0.01, 0.94), xycoords="axes fraction", color=drawing.WATCH,
                          fontsize=drawing.SMALL)  # fmt: skip
    from matplotlib.dates import ConciseDateFormatter

    short: Any = ConciseDateFormatter
    made.xaxis.set_major_formatter(short(made.xaxis.get_major_locator()))
    made.tick_params(axis="x", labelsize=drawing.SMALL)
    return drawing.bare(made)


def _draw_loss(ax: Axes, table: pd.DataFrame, times: pd.Series, loss: pd.Series, estimate: pd.Series) -> None:
    before = table["reference_loss"].astype(float).dropna()
    if len(before):
        ax.axhline(before.iloc[-1], color=drawing.DIM, linewidth=1, linestyle="--")
        ax.annotate("reference", (1.01, before.iloc[-1]), xycoords=("axes fraction", "data"), va="center",
                    fontsize=drawing.SMALL, color=drawing.DIM)  # fmt: skip
    for values, name, colour, said in (
        (estimate, "estimate", drawing.OTHER, "estimated from predictions"),
        (loss, "loss", drawing.MINE, "by labels"),
    ):
        known = values.notna()
        if not known.any():
            continue
        lower, upper = (table.loc[known, f"{name}_{end}"].astype(float) for end in ("lower", "upper"))
        ax.fill_between(times[known], lower, upper, color=colour, alpha=0.18, linewidth=0)
        ax.plot(times[known], values[known], color=colour, linewidth=1.6, label=said)
    paged = (table["level"] == "page").to_numpy()
    if paged.any():
        at = np.where(loss.notna(), loss, estimate)
        ax.scatter(times[paged], at[paged], color=drawing.BAD, zorder=3, s=26, label="page")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize=drawing.SMALL, loc="upper left")


def _png(table: pd.DataFrame) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.2, 3.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    draw_history(table, axes)
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=110)
    return held.getvalue()
