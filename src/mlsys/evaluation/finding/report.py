"""SliceReport: what a search for slices found, and which of it other rows confirm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import ConfigurationError, DataError, listed, meant
from mlsys.evaluation.finding.confirming import TOO_FEW, WORSE
from mlsys.pages import Block, Folded, Interval, Intervals, Items, Lines, Page, Table, Text, Title, Verdict, drawing
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROWS, HELD = "rows", "held"
_TABLES = {"like": "Slices that tell the same as those above", "reversals": "Reversals within another column"}


@dataclass(frozen=True, repr=False)
class SliceReport(Result):
    """Slices on which a model is worst, each with a verdict of rows that did not propose it.

    Made by :class:`~mlsys.FindSlices` and :func:`~mlsys.find_slices`.

    Parameters
    ----------
    metric : str
        What was searched by.
    overall : float
        Its value on all rows that confirm.
    searched, confirming : str
        On which rows slices were found, and on which they were confirmed.

    Notes
    -----
    ``table`` has one line a slice: ``value`` with the interval ``lower`` to ``upper`` on the ``n`` rows that confirm
    and count for the metric; ``verdict``; ``found``, the value on the ``found_n`` rows that proposed it; ``score``; and
    how many slices ``like`` it are not listed. ``tables`` has ``"like"`` and ``"reversals"``.

    Examples
    --------
    >>> from mlsys import find_slices
    >>> rows = pd.DataFrame({"city": ["Bonn", "Lyon"] * 1_000, "wrong": [0, 1, 0, 0] * 500})
    >>> report = find_slices(rows, error="wrong")
    >>> report.worse, report.table["slice"].tolist()
    (['city=Lyon'], ['city=Lyon'])
    >>> report.rows("city=Lyon")["city"].unique().tolist()
    ['Lyon']
    """

    metric: str = ""
    overall: float = float("nan")
    searched: str = ""
    confirming: str = ""

    @property
    def worse(self) -> list[str]:
        """Names of the slices on which the model is worse."""
        return self.table.loc[self.table["verdict"] == WORSE, "slice"].tolist()

    def rows(self, name: str | None = None) -> pd.DataFrame:
        """Return the rows of a slice that confirm it, the worst first; they never leave the machine of the run.

        Parameters
        ----------
        name : str, optional
            Of a slice, as in ``table``; by default the first.

        Returns
        -------
        DataFrame
            The searched columns, target and prediction, and the value of the metric for each row.

        Raises
        ------
        ConfigurationError
            There is no such slice.
        DataError
            The rows are not on this machine.
        """
        names = self.table["slice"].tolist()
        name = name if name is not None or not names else names[0]
        if name not in names:
            raise ConfigurationError(
                f"there is no slice {name!r}", f"{meant(str(name), names)}slices are {listed(names) or 'none'}"
            )
        rows, held = self.facts.get(ROWS), self.facts.get(HELD)
        if rows is None or held is None:
            raise DataError(
                "the rows of the slices are not stored with the report", "ask the run itself: run.reports['slices']"
            )
        found: pd.DataFrame = rows[held[name].to_numpy()]
        return found

    def _page(self) -> Page:
        said: list[Block] = [Verdict(self.verdict, self.summary)] if self.verdict else [Text(self.summary)]
        lines = [Interval("all rows", self.overall)] if len(self.table) else []
        for row in self.table.to_dict("records"):
            note = f"{row['verdict']}, {row['n']:,} rows"
            tone: Any = {WORSE: "bad", TOO_FEW: "watch"}.get(row["verdict"], "plain")
            lines.append(Interval(str(row["slice"]), row["value"], row["lower"], row["upper"], note, False, tone))
        found = [("found on", self.searched), ("confirmed on", self.confirming)]
        left_out = [f"{column}: {why}" for column, why in self.facts.get("left_out", {}).items()]
        back = [
            f"{row['slice']}: {row['difference']:+.3f} beside all other rows, but {row['within']:+.3f} within "
            f"{row['column']}"
            for row in self.tables["reversals"].to_dict("records")
        ]
        folded: list[Block] = [
            Folded(title, [Table(self.tables[name])]) for name, title in _TABLES.items() if len(self.tables[name])
        ]
        if left_out:
            folded.append(Folded(f"{len(left_out)} columns not searched", [Items(left_out)]))
        return Page([
            Title(f"{self.name}: where {self.metric} is worst"),
            *said,
            Intervals(lines, self.metric),
            Lines([(label, each) for label, each in found if each]),
            Items(back, "reversal"),
            Folded("Table", [Table(self.table)]),
            *folded,
        ])  # fmt: skip


def draw_slices(result: Result, ax: Axes) -> None:
    """Draw each slice with its interval beside the value of all rows; those that are worse are red."""
    assert isinstance(result, SliceReport)
    shown = result.table[result.table["value"].notna()]
    for place, row in enumerate(shown.to_dict("records")):
        colour = {WORSE: drawing.BAD, TOO_FEW: drawing.OTHER}.get(row["verdict"], drawing.MINE)
        said = f"{row['value']:.3f}, {row['n']:,} rows" + ("" if row["verdict"] == WORSE else f", {row['verdict']}")
        drawing.dot(ax, place, row["value"], row["lower"], row["upper"], colour, said)
    drawing.bar_at(ax, result.overall, drawing.DIM, "--")
    ax.annotate(f"all rows {result.overall:.3f}", (result.overall, -0.6), xytext=(3, 2), textcoords="offset points",
                fontsize=drawing.SMALL, color=drawing.DIM)  # fmt: skip
    names = [str(name).replace(" & ", "\n& ") for name in shown["slice"]]
    drawing.finish(ax, names, f"{result.metric} (simultaneous intervals)", margin=0.3)
    drawing.as_high_as(ax, len(shown), row=0.62)
