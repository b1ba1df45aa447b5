"""CanaryDecision: go on, hold or roll back, with what each guard shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlsys.pages import Lines, Page, Table, Title, Tone, Verdict, drawing, filled
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GO_ON, HOLD, ROLL_BACK = "go on", "hold", "roll back"
_TONES: dict[str, Tone] = {GO_ON: "good", HOLD: "watch", ROLL_BACK: "bad"}


@dataclass(frozen=True, repr=False)
class CanaryDecision(Result):
    """Result of :meth:`Canary.decide <mlsys.Canary.decide>`; truthy if it is to go on.

    ``table`` has one row for each guard: means of both arms, ``difference`` (challenger less champion, within steps)
    with its interval ``lower`` to ``upper``, ``allowed`` (the difference that is tolerated at the next share), and what
    this guard ``says``.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys import Canary
    >>> canary = Canary({"failed": 0.05})
    >>> rows = pd.DataFrame({"arm": canary.assign(range(20_000), step=0), "share": 0.01, "failed": 0})
    >>> decision = canary.decide(rows)
    >>> bool(decision), decision.verdict, decision.next_share
    (True, 'go on', 0.05)
    """

    def __bool__(self) -> bool:
        return self.verdict == GO_ON

    @property
    def next_share(self) -> float:
        """Share of traffic to give the challenger now; 0 to roll back."""
        return self.scalars["next_share"]

    def _page(self) -> Page:
        lines = [
            ("share", f"{self.scalars['share']:.4g} so far, {self.next_share:.4g} from now on"),
            ("error rate", str(self.facts["error rate"])),
        ]
        verdict = Verdict(self.verdict, self.summary, tone=_TONES[self.verdict])
        return Page([Title(self.name), verdict, Lines(lines), Table(filled(self.table), signed=("difference",))])


def draw_canary(result: Result, ax: Axes) -> None:
    """Draw the difference of each guard in multiples of what is tolerated at the next share."""
    colours = {GO_ON: drawing.GOOD, HOLD: drawing.WATCH, ROLL_BACK: drawing.BAD}
    drawing.bar_at(ax, 0.0)
    drawing.bar_at(ax, 1.0, drawing.DIM, "--")
    ax.annotate("tolerated", (1.0, 1), xycoords=("data", "axes fraction"), xytext=(3, -10), color=drawing.DIM,
                textcoords="offset points", fontsize=drawing.SMALL)  # fmt: skip
    for place, row in enumerate(result.table.to_dict("records")):
        scaled = [float(row[name]) / float(row["allowed"]) for name in ("difference", "lower", "upper")]
        if np.isfinite(scaled).all():
            drawing.dot(ax, place, scaled[0], scaled[1], scaled[2], colours[row["says"]], row["says"])
    drawing.finish(ax, result.table["guard"].tolist(), "difference, in multiples of what the next share tolerates")
    drawing.as_high_as(ax, len(result.table))
