"""Result of a report: table, scalars, verdict and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import ConfigurationError, Finding
from mlsys.pages import Block, Folded, Page, Remarks, Shown, Table, Text, Title, Verdict, filled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOT_STORED = MappingProxyType({"stored": False})
"""Metadata of fields that are code; a result from the cache gets them from its report."""
OF_ROWS = MappingProxyType({"rows": True})
"""Metadata of fields that hold rows of the data, which stay on the machine of the run."""
Draw = Callable[["Result", "Axes"], None]


@dataclass(frozen=True, repr=False)
class Result(Shown):
    """A named result of a report.

    Parameters
    ----------
    name : str
        ``"evaluate"``, ``"drift"``, or a name of the user's own.
    table : DataFrame
        Tidy: one row an observation, one column a variable.
    scalars : mapping of str to float
        Numbers worth logging; keys may hold ``/``.
    verdict : str
        One or two words such as ``"no alarm"``; empty when the report gives none.
    summary : str
        One sentence for the card.
    tables : mapping of str to DataFrame
        Further tables by name.
    findings : sequence of Finding
        Remarks for the card.
    facts : mapping
        Further plain data, by name.
    draw : callable, optional
        ``draw(result, ax)`` draws the one message of the result.

    Examples
    --------
    >>> Result("size", pd.DataFrame({"part": ["train"], "rows": [3]}), scalars={"rows": 3.0})
    size
      part   rows
      train     3
    """

    name: str
    table: pd.DataFrame
    scalars: Mapping[str, float] = field(default_factory=dict)
    verdict: str = ""
    summary: str = ""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    draw: Draw | None = None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result's picture on ``ax``, or on a new figure that notebooks show by themselves."""
        if self.draw is None:
            raise ConfigurationError(
                f"the result {self.name!r} has no figure", "look at .table, or draw it with .table.plot()"
            )
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.subplots(figsize=(7, 4), layout="constrained")[1]
        self.draw(self, ax)
        return ax

    def _page(self) -> Page:
        said: list[Block] = [Verdict(self.verdict, self.summary)] if self.verdict else []
        if self.summary and not self.verdict:
            said = [Text(self.summary)]
        further = [Folded(name.capitalize(), [Table(filled(frame))]) for name, frame in self.tables.items()]
        return Page(
            [Title(self.name), *said, Table(filled(self.table)), *further, Remarks(self.findings, rest=".findings")]
        )
