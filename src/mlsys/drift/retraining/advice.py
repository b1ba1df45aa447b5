"""Advice: retrain, wait, mend the data or relabel, with the money it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from mlsys.pages import Folded, Lines, Page, Shown, Table, Title, Tone, drawing, filled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Deed = Literal["retrain", "wait", "mend the data", "relabel"]
RETRAIN: Deed = "retrain"
WAIT: Deed = "wait"
MEND: Deed = "mend the data"
RELABEL: Deed = "relabel"
_TONES: dict[str, Tone] = {RETRAIN: "watch", WAIT: "good", MEND: "bad", RELABEL: "watch"}


@dataclass(frozen=True, repr=False)
class Advice(Shown):
    """What to do about a model now; truthy if it is to retrain.

    Parameters
    ----------
    deed : {"retrain", "wait", "mend the data", "relabel"}
        What to do.
    saving : float
        Money that retraining now is expected to save over the horizon, its price subtracted; NaN if nothing is known.
    lower, upper : float
        Interval of the expected saving.
    horizon : float
        Periods that the saving is counted over.
    why : str
        In a sentence.
    table : DataFrame
        What is known of each period since the last training: ``time``, ``rows``, ``loss``, ``fresh``, ``estimate``,
        ``excess cost``.
    price : float
        Of one training.

    Examples
    --------
    >>> from mlsys import RetrainPolicy
    >>> weeks = pd.DataFrame({"rows": 1000, "loss": [0.10, 0.10, 0.12, 0.15, 0.16], "fresh": 0.10})
    >>> advice = RetrainPolicy(cost_retrain=100, cost_per_error=2).advise(weeks)
    >>> advice.deed, bool(advice), round(advice.saving), round(advice.table["excess cost"].sum())
    ('retrain', True, 160, 260)
    """

    deed: Deed
    saving: float
    lower: float
    upper: float
    horizon: float
    why: str
    table: pd.DataFrame
    price: float

    def __bool__(self) -> bool:
        return self.deed == RETRAIN

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what the model has cost beyond a fresh one since it was trained, against the price of a training."""
        ax = drawing.axes(ax, 4)
        cost = np.nancumsum(self.table["excess cost"].to_numpy(dtype=float))
        places = np.arange(len(cost))
        ax.axhline(self.price, color=drawing.DIM, linewidth=1, linestyle="--")
        ax.annotate("price of retraining", (0, self.price), xytext=(0, 4), textcoords="offset points",
                    color=drawing.DIM, fontsize=drawing.SMALL)  # fmt: skip
        ax.plot(places, cost, "-o", color=drawing.MINE, markersize=4)
        if len(cost):
            drawing.beside(ax, float(places[-1]), float(cost[-1]), self.deed, drawing.MINE)
        times = [str(each) for each in self.table["time"]]
        step = max(1, -(-len(times) // 6))
        ax.set_xticks(places[::step], times[::step])
        ax.set_ylabel("cost beyond a fresh model,\nsummed since the last training")
        ax.margins(x=0.14, y=0.18)
        return drawing.bare(ax)

    def _page(self) -> Page:
        lines = [("why", self.why)]
        if np.isfinite(self.saving):
            ends = f"[{_money(self.lower)}, {_money(self.upper)}]"
            lines.insert(0, ("expected saving", f"{_money(self.saving)} {ends} over {self.horizon:g} periods"))
        evidence = Folded(f"{len(self.table)} periods since the last training", [Table(filled(self.table), most=60)])
        return Page([Title(self.deed, tone=_TONES[self.deed]), Lines(lines), evidence])


def _money(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
