"""FreshnessCurve: what newer data is worth, by the age of what a model has learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.drift.retraining.excess import MOST_CORRELATED, Values, reach
from mlsys.pages import drawing, number
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 5
"""Periods that an age must be seen in for an interval."""
HELPS, NO_SIGN = "newer data helps", "not told apart"


@dataclass(frozen=True, repr=False)
class FreshnessCurve(Result):
    """Loss by age of the data that a model has learned from, in periods.

    The table has ``age``, ``loss`` (mean over periods), ``extra`` (loss beyond that of the newest model on the same
    rows) with its interval ``lower`` to ``upper``, and ``periods``.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from mlsys import training_history
    >>> day, x = pd.date_range("2024-01-01", periods=300, freq="6h"), np.tile([-1.0, 0.0, 1.0], 100)
    >>> rows = pd.DataFrame({"day": day, "x": x, "y": x * np.linspace(0, 4, 300)})
    >>> history = training_history(LinearRegression(), rows, target="y", time="day", every="5D", window="10D")
    >>> curve = history.freshness_curve()
    >>> curve.verdict, bool((curve.table["extra"].diff().dropna() > 0).all())
    ('newer data helps', True)
    """


def freshness_of(losses: Values, rows: Values, length: pd.Timedelta, level: float) -> FreshnessCurve:
    """Return the curve of a history; the extra loss is paired by period, so that hard periods do not blur it."""
    newest, found = np.diagonal(losses), []
    for age in range(len(losses)):
        served = np.arange(age, len(losses))
        old = losses[served - age, served]
        known = ~np.isnan(old)
        if known.sum() < FEWEST:
            break
        weight = rows[served][known]
        extra = (old - newest[served])[known]
        mean = float(np.average(extra, weights=weight))
        half = 0.0 if age == 0 else reach(level) * correlated_error(extra - mean, weight)
        found.append(
            (age, float(np.average(old[known], weights=weight)), mean, mean - half, mean + half, int(known.sum()))
        )
    table = pd.DataFrame(found, columns=["age", "loss", "extra", "lower", "upper", "periods"])
    proven = table[table["lower"] > 0]
    verdict = NO_SIGN if proven.empty else HELPS
    summary = f"no data up to {in_words(max(len(table) - 1, 0) * length)} older is proven to lose more than the newest"
    if not proven.empty:
        first = proven.iloc[0]
        ends = f"[{number(first['lower'])}, {number(first['upper'])}]"
        older = in_words(int(first["age"]) * length)
        summary = f"a model whose data is {older} older loses {number(first['extra'])} {ends} more"
    facts = {"length": in_words(length)}
    return FreshnessCurve("freshness", table, {}, verdict, summary, facts=facts, draw=_draw)


def in_words(length: pd.Timedelta) -> str:
    """Return a duration in words, without hours of whole days.

    Examples
    --------
    >>> in_words(pd.Timedelta("7D")), in_words(pd.Timedelta("36h"))
    ('7 days', '1 days 12:00:00')
    """
    return str(length).removesuffix(" 00:00:00")


def correlated_error(rest: Values, weight: Values) -> float:
    """Return the standard error of a weighted mean of periods that are correlated with their neighbours."""
    variance = float((weight**2 * rest**2).sum() / weight.sum() ** 2)
    square = float((rest**2).sum())
    correlated = float(np.clip((rest[1:] * rest[:-1]).sum() / square, 0, MOST_CORRELATED)) if square else 0.0
    return float(np.sqrt(variance * (1 + correlated) / (1 - correlated)))


def _draw(result: Result, ax: Axes) -> None:
    """Draw the extra loss by age with its interval."""
    table = result.table
    ax.axhline(0, color=drawing.LINE, linewidth=0.9)
    lower, upper = (table[name].to_numpy(dtype=float) for name in ("lower", "upper"))
    ax.fill_between(table["age"], lower, upper, color=drawing.MINE, alpha=0.18, linewidth=0)
    ax.plot(table["age"], table["extra"], color=drawing.MINE)
    ax.set_xlabel(f"age of the newest data in periods of {result.facts['length']}")
    ax.set_ylabel("loss beyond that of the newest model,\non the same rows")
    drawing.bare(ax)
