"""DriftResult: a comparison of columns that shows the bar each is held against, and both shapes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mlsys.drift.shapes import shape_in
from mlsys.pages import Page, Remarks, Table, Title, Verdict, filled
from mlsys.steps import Result

SHAPES = "shapes"
"""Name of the table of bars before and after."""
SIGNALS = "signals"
"""Name of the table of what was compared of each column: values, range, new levels, nulls."""
LEAST = "least_effect"
"""Name of the fact that says which effect never alarms."""


@dataclass(frozen=True, repr=False)
class DriftResult(Result):
    """Result of comparing columns with a reference; made by ``DetectDrift`` and by ``monitor.check``."""

    def judged(self) -> pd.DataFrame:
        """Return for each column what is held against its bar: ``column``, ``verdict``, ``moved``, ``bar``.

        Where the season sets the bar, ``moved`` is how far windows moved at that distance in time; else it is the
        effect, and the least effect is the bar.
        """
        seasonal = self.table["bar"].notna()
        least = float(self.facts.get(LEAST, 0.0))
        moved = self.table["moved"].where(seasonal, self.table["effect"])
        bar = self.table["bar"].clip(lower=least).fillna(least)
        return self.table[["column", "verdict"]].assign(moved=moved.astype(float), bar=bar.astype(float))

    def _page(self) -> Page:
        shown = self.table
        if SHAPES in self.tables and len(shown):
            shapes = [shape_in(self.tables[SHAPES], name) for name in shown["column"]]
            shown = shown.assign(shape=pd.Series(shapes, shown.index, dtype=object))
            shown.insert(2, "shape", shown.pop("shape"))
        return Page([
            Title(self.name),
            Verdict(self.verdict.partition(":")[0], self.summary),
            Table(filled(shown), most=50),
            Remarks(self.findings, rest=".findings"),
        ])  # fmt: skip
