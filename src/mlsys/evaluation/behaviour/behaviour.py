"""Behaviour: what a behavioural test found, with the rows that failed most."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.pages import Block, Page, Remarks, Table, Text, Title, Tone, Verdict, drawing
from mlsys.pages.tones import tone_of
from mlsys.steps import Result
from mlsys.steps.result import OF_ROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TESTS = ("perturbation", "weakness", "invariance", "direction")
"""Names of results."""
ALL = "all"
_SHOWN = 15


@dataclass(frozen=True, repr=False)
class Behaviour(Result):
    """Result of a behavioural test.

    Parameters
    ----------
    table : DataFrame
        One row for each change and slice: ``n`` rows that were changed, the share ``failing`` with its interval
        (``lower``, ``upper``), the median and the largest move of the prediction (``typical``, ``largest``), the share
        of rows whose predicted class became another (``flipped``, null for numbers), ``verdict`` and ``note``.
    unit : str
        What moves: ``"probability of 'yes'"``, for example.
    must : str
        What a row must do, in words.
    tolerance : float
        Moves up to here do not count, in that unit.
    most : float
        Share of failing rows that is admitted.
    part : str
        The part that was asked about; empty for a frame.
    worst : DataFrame
        The rows that failed most: ``change``, value ``before`` and ``after``, predicted ``was`` and ``became``, and
        ``move``. They stay on the machine of the run.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from mlsys import DirectionalTest
    >>> frame = pd.DataFrame({"rooms": [2.0, 3.0, 4.0, 5.0] * 50})
    >>> model = LinearRegression().fit(frame, 100 * frame["rooms"])
    >>> found = DirectionalTest("rooms", "up", by=1).check(model, frame)
    >>> found.verdict, round(float(found.table["typical"][0]))
    ('pass', 100)
    """

    unit: str = ""
    must: str = ""
    tolerance: float = 0.0
    most: float = 0.0
    part: str = ""
    worst: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=OF_ROWS)

    def _page(self) -> Page:
        shown: list[Block] = [Table(self.table.drop(columns="note"))] if len(self.table) else []
        where = f" on {self.part} rows" if self.part else ""
        said = f"moves up to {self.tolerance:.3g} do not count" if self.tolerance else ""
        return Page([
            Title(f"{self.name}{where}"),
            Verdict(self.verdict, self.summary),
            *([Text(said, dim=True)] if said else []),
            *shown,
            Remarks(self.findings, rest=".findings"),
        ])  # fmt: skip


def draw_failing(result: Result, ax: Axes) -> None:
    """Draw the failing share of each change, or of each slice of the only one, against the admitted share."""
    assert isinstance(result, Behaviour)
    table = result.table
    overall = table[table["slice"] == ALL]
    one = len(overall) == 1
    shown = table if one else overall.sort_values("failing", ascending=False, kind="stable")
    shown = shown.head(_SHOWN)
    names = shown["slice" if one else "change"].tolist()
    if one:
        names = ["all rows", *names[1:]]
    drawing.as_high_as(ax, len(shown), row=0.4)
    ax.axvspan(0, 100 * result.most, color=drawing.SOFT, zorder=0)
    drawing.bar_at(ax, 100 * result.most, drawing.DIM, "--")
    for place, row in enumerate(shown.to_dict("records")):
        tone: Tone = tone_of(row["verdict"])
        said = f"{100 * row['failing']:.1f} %: {row['verdict']}"
        sides = (100 * row["failing"], 100 * row["lower"], 100 * row["upper"])
        drawing.dot(ax, place, *sides, drawing.TONES[tone], said)
    drawing.finish(ax, names, f"rows that fail, in % (shaded: up to {100 * result.most:g} % are admitted)", margin=0.2)
    right = ax.get_xlim()[1]
    ax.set_xlim(-0.01 * right, right)
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= min(100, right)])
    ax.set_title(result.must, loc="left", fontsize=drawing.SMALL + 1)
