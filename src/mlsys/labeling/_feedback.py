"""How long it takes until labels are known: a curve, and what a shorter window would miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.labeling._waited import Waited
from mlsys.pages import drawing
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Z = 1.959963984540054
"""Of a 95 % interval."""
POINTS = 100
"""Windows in the table; the curve between them is flat or nearly so."""
NEARLY_ALL = 0.95


def kaplan_meier(durations: Floats, happened: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the share to which something has happened by each time at which it happened to anybody.

    Parameters
    ----------
    durations : array of float
        How long each was observed, until it happened or observation ended.
    happened : array of bool
        Whether it happened then.

    Returns
    -------
    DataFrame
        ``time``, ``at_risk``, ``events``, ``share``, ``lower``, ``upper``.

    Notes
    -----
    Kaplan and Meier (1958): the product of the shares that pass each time, among those still observed. Assumes that
    what ends observation has nothing to do with what is waited for. Intervals by Greenwood's variance on the log-log
    scale, so that they stay within 0 and 1.

    Examples
    --------
    >>> kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True]))["share"].tolist()
    [0.25, 0.5, 1.0]
    """
    times, places = np.unique(durations[happened], return_inverse=True)
    events = np.bincount(places, minlength=len(times))
    at_risk = len(durations) - np.searchsorted(np.sort(durations), times, side="left")
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        width = Z * np.sqrt(greenwood) / np.abs(np.log(survival))
        lower, upper = 1 - survival ** np.exp(-width), 1 - survival ** np.exp(width)
    inside = (survival > 0) & (survival < 1)
    share = 1 - survival
    return pd.DataFrame(
        {
            "time": times, "at_risk": at_risk, "events": events, "share": share,
            "lower": np.where(inside, lower, share), "upper": np.where(inside, upper, share),
        }
    )  # fmt: skip


def feedback_loop(waited: Waited, column: str) -> Result:
    """Return the curve of what is known by when, with the bias of shorter windows."""
    usable = waited.observed.notna() & (waited.observed >= 0)
    happened = waited.happened[usable].to_numpy()
    observed = waited.observed[usable].to_numpy()
    did = ~np.isnan(happened)
    if not did.any():
        raise DataError(f"{column!r} has no positive row yet", "wait longer, or correct event_at= and until=")
    curve = kaplan_meier(np.where(did, happened, observed), did)
    longest = float(observed.max())
    windows = np.linspace(0, waited.window, POINTS + 1)[1:]
    table = _at(curve, windows)
    full = float(table["positive"].iloc[-1])
    if full == 0:
        raise DataError(f"{column!r} has no positive row within {waited.window:g} days", "choose a longer window=")
    table = table.assign(of_all_positives=table["positive"] / full, bias=table["positive"] - full)
    table["known_rows"] = [int((observed >= days).sum()) for days in windows]
    nearly = float(windows[int(np.argmax(table["of_all_positives"].to_numpy() >= NEARLY_ALL))])
    so_far = float((did & (happened <= waited.window)).mean())
    half = table.iloc[(len(table) - 1) // 2]
    summary = (
        f"{full:.1%} of rows are positive within {waited.window:g} days, {NEARLY_ALL:.0%} of these after {nearly:.3g} "
        f"days; a window of half the length would call {half['of_all_positives']:.0%} of them positive and the rest "
        f"negative. {so_far:.1%} were positive when the data was drawn"
    )
    if longest < waited.window:
        summary += f"; no row was observed for longer than {longest:.3g} days, so what comes later is not counted"
    scalars = {
        "positive": full, "positive_so_far": so_far, "days_until_95_percent": nearly,
        "bias_of_half_the_window": float(half["bias"]), "window_days": waited.window,
    }  # fmt: skip
    return Result("feedback_loop", table, scalars, summary=summary + ".", facts={"column": column}, draw=_draw)


def _at(curve: pd.DataFrame, windows: Floats) -> pd.DataFrame:
    """Return the curve at some windows."""
    places = np.searchsorted(curve["time"].to_numpy(), windows, side="right") - 1
    read = {"positive": "share", "lower": "lower", "upper": "upper"}
    values = {
        name: np.where(places >= 0, curve[given].to_numpy()[np.maximum(places, 0)], 0.0) for name, given in read.items()
    }
    return pd.DataFrame({"window_days": windows, **values})


def _draw(result: Result, ax: Axes) -> None:
    """Draw the share that is positive by each window, and what half the window would miss."""
    table, full = result.table, result.scalars["positive"]
    days, share = table["window_days"], 100 * table["positive"]
    ax.fill_between(days, 100 * table["lower"], 100 * table["upper"], step="post", color=drawing.SOFT, linewidth=0)
    ax.step(days, share, where="post", color=drawing.MINE)
    half = table.iloc[(len(table) - 1) // 2]
    ax.plot([half["window_days"]] * 2, [100 * half["positive"], 100 * full], color=drawing.BAD)
    ax.annotate(
        f"missed by half the window: {100 * (full - half['positive']):.2g} points",
        (half["window_days"], 50 * (half["positive"] + full)), xytext=(-6, 0), textcoords="offset points",
        ha="right", va="center", fontsize=drawing.SMALL, color=drawing.BAD,
    )  # fmt: skip
    ax.axhline(100 * full, color=drawing.LINE, linewidth=1, zorder=0)
    ax.set(xlabel="days waited", ylabel=f"{result.facts['column']} (% of rows)", xlim=(0, days.max()))
    ax.set_ylim(0, 115 * float(table["upper"].max()))
    ax.spines[["top", "right"]].set_visible(False)
