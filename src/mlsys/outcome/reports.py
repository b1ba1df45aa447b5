"""Reports: results by name, which show their verdicts, and answer a name that there is none of."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mlsys.habits import Named
from mlsys.pages import Page, Shown, Table, Text, Title
from mlsys.steps import Result


class Reports(Shown, Named[Result]):
    """Results of the reports of a run, by name.

    Examples
    --------
    >>> Reports({"drift": Result("drift", pd.DataFrame(), verdict="no alarm", summary="no column moved")})
    1 report
      report  verdict        summary
      drift   no alarm  no column moved
      reports[name] shows one, reports[name].plot() draws it
    """

    def __init__(self, reports: Mapping[str, Result]) -> None:
        super().__init__("report", reports)

    def _page(self) -> Page:
        rows = [(name, each.verdict, each.summary) for name, each in self.items()]
        return Page([
            Title("1 report" if len(self) == 1 else f"{len(self)} reports"),
            Table(pd.DataFrame(rows, columns=["report", "verdict", "summary"])),
            Text("reports[name] shows one, reports[name].plot() draws it", dim=True),
        ])  # fmt: skip
