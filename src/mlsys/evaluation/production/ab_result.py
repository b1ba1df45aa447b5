"""ABResult: what an A/B test shows so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.evaluation.production.result import IntervalResult, p_in_words
from mlsys.pages import Folded, Lines, Page, Table, Title, Tone, Verdict, drawing, filled, interval, number
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "refused": "bad", "waits": "watch"}


@dataclass(frozen=True, repr=False)
class ABResult(IntervalResult):
    """Result of :meth:`ABTest.analyse <mlsys.ABTest.analyse>`.

    ``table`` has one row for each arm: ``arm``, ``rows``, ``missing`` (outcomes), ``mean``. ``tables["looks"]`` has the
    difference at each look, with its interval and p-value. The difference is that of the challenger, less that of the
    champion.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys import ABTest
    >>> rows = pd.DataFrame({"arm": ["champion", "challenger"] * 2_000, "bought": [0, 0, 0, 1] * 1_000})
    >>> result = ABTest("bought", minimum_effect=0.1, baseline=0.1).analyse(rows)
    >>> result.verdict, result.difference
    ('better', 0.5)
    >>> result.table[["arm", "rows", "mean"]]
              arm  rows  mean
    0    champion  2000   0.0
    1  challenger  2000   0.5
    """

    @property
    def difference(self) -> float:
        """Mean of the challenger less that of the champion, at the last look."""
        return self.scalars["difference"]

    @property
    def p(self) -> float:
        """The p-value of no difference: at all looks together for a sequential test."""
        return self.scalars["p"]

    @property
    def lift(self) -> float:
        """The difference as a share of the champion's mean."""
        return self.scalars["lift"]

    def _page(self) -> Page:
        lift = f", {self.lift:+.1%} of the champion" if np.isfinite(self.lift) else ""
        known = f"; {p_in_words(self.p)}" if np.isfinite(self.p) else ""
        ends = interval(self.lower, self.upper, signed=True)
        lines = [
            ("difference", f"{number(self.difference, signed=True)} {ends}{lift}{known}"),
            ("arms", str(self.facts["arms"])),
            ("error rate", str(self.facts["error rate"])),
        ]
        looks = self.tables["looks"]
        evidence = [Folded(f"{len(looks)} looks", [Table(filled(looks), most=60)])] if len(looks) > 1 else []
        verdict = Verdict(self.verdict, self.summary, tone=_TONES.get(self.verdict, "plain"))
        return Page([Title(self.name), verdict, Lines(lines), Table(filled(self.table)), *evidence])


def draw_ab(result: Result, ax: Axes) -> None:
    """Draw the difference with its interval, look by look, against no difference and the smallest that matters."""
    looks = result.tables["looks"]
    facts: Any = result.facts
    for value, said, style in ((0.0, "no difference", "-"), (facts["minimum effect"], "smallest that matters", "--")):
        ax.axhline(value, color=drawing.DIM, linewidth=1, linestyle=style, zorder=0)
        ax.annotate(said, (1.01, value), xycoords=("axes fraction", "data"), va="center", fontsize=drawing.SMALL,
                    color=drawing.DIM)  # fmt: skip
    values, lower, upper = (looks[name].to_numpy(dtype=float) for name in ("difference", "lower", "upper"))
    ax.set_ylabel(f"difference of {facts['metric']}\n(challenger less champion)")
    if len(looks) == 1:
        ax.errorbar([0], values, [values - lower, upper - values], fmt="o", color=drawing.MINE, linewidth=2.5)
        ax.set_xticks([0], [f"{int(looks['rows'].iloc[0]):,} rows"])
        ax.set_xlim(-1, 1)
        drawing.bare(ax)
        return
    at = looks["time"].to_numpy()
    ax.fill_between(at, lower, upper, color=drawing.MINE, alpha=0.18, linewidth=0)
    ax.plot(at, values, color=drawing.MINE)
    first = facts["decided"]
    if first is not None:
        ax.plot(at[first], values[first], "o", color=drawing.MINE)
        ax.annotate(str(result.facts["decision"]), (at[first], upper[first]), xytext=(0, 8), ha="center",
                    textcoords="offset points", color=drawing.MINE, fontsize=drawing.SMALL)  # fmt: skip
    _frame(ax, values, lower, upper, float(facts["minimum effect"]))
    few_dates(ax, looks["time"].dtype.kind)
    drawing.bare(ax)


def few_dates(ax: Axes, kind: str) -> None:
    """Name few dates on the axis of times, so that they do not overlap; other times are numbered."""
    if kind != "M":
        ax.set_xlabel("time")
        return
    from matplotlib import dates

    made: Any = dates  # its classes have no types
    where = made.AutoDateLocator(maxticks=6)
    ax.xaxis.set_major_locator(where)
    ax.xaxis.set_major_formatter(made.ConciseDateFormatter(where))


def _frame(ax: Axes, values: Any, lower: Any, upper: Any, effect: float) -> None:
    """Leave out what the first looks do not know yet: their intervals would flatten all others."""
    known = np.isfinite(lower)
    if not known.any():
        return
    widths = (upper - lower)[known]
    usual = float(np.quantile(widths, 0.75))
    low = min(0.0, effect, float(np.nanmin(values[known][widths <= usual])) - usual / 2)
    high = max(0.0, effect, float(np.nanmax(values[known][widths <= usual])) + usual / 2)
    ax.set_ylim(low - 0.1 * (high - low), high + 0.15 * (high - low))
