"""DetectDrift: whether evaluated rows still look like the training rows."""

from __future__ import annotations

import pandas as pd

from mlsys.dataset import Dataset
from mlsys.drift.asked import check_least_effect, check_rows, names_asked
from mlsys.drift.between import compare_rows
from mlsys.drift.comparing import LEAST_EFFECT
from mlsys.drift.picture import draw_effects
from mlsys.drift.result import LEAST, SHAPES, SIGNALS, DriftResult
from mlsys.errors import DataError, Finding
from mlsys.steps import Report, Result

MOST_ROWS = 500_000
"""Of a part: more rows tell effects no better than to a thousandth of a standard deviation."""


class DetectDrift(Report):
    """Compare later rows with the training rows, column by column.

    Parameters
    ----------
    columns : list of str, optional
        Columns to compare; by default the features.
    least_effect : float
        Effects up to this size raise no alarm, however significant: in standard deviations for numbers, as
        a share of rows for categories.

    Notes
    -----
    Anderson-Darling and the smooth test on the cuts of the reference for numbers, two-sample chi-square for
    categories (rare levels pooled); effect sizes beside every p; Benjamini-Hochberg over columns. With a
    time role the threshold (``bar``) is how much windows of the reference differ at the same distance in time, so
    that a season alone is not drift. Rows are assumed to be independent; with autocorrelated rows the p-values are
    too small, and effect and threshold decide. Of more than 500,000 rows of a part so many are compared, chosen by the
    hash of their index. Cost: a few passes over the reference, one over the rest.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> train = pd.DataFrame({"x": rng.normal(size=2000), "y": rng.normal(size=2000)})
    >>> later = pd.DataFrame({"x": rng.normal(1, size=500), "y": rng.normal(size=500)})
    >>> DetectDrift().of(train=train, validation=later).verdict
    'alarm: x'
    """

    columns: tuple[str, ...] | list[str] | None = None
    least_effect: float = LEAST_EFFECT

    def __post_init__(self) -> None:
        """Check names and effect."""
        names_asked(self.columns, self.title)
        check_least_effect(self.least_effect, self.title)

    def report(self, dataset: Dataset, /) -> Result:
        """Return the comparison of the last open part with the training rows."""
        part = "test" if "test" in dataset else "validation"
        if part not in dataset or (part == "validation" and dataset.folds):
            return Result(
                "drift",
                pd.DataFrame({"column": [], "verdict": []}),
                verdict="not assessed",
                summary="there is no later part to compare",
            )
        time = dataset.roles.time
        columns = tuple(dataset.features if self.columns is None else self.columns)
        wanted = list(dict.fromkeys([*columns, *([time] if time else [])]))
        train, later = (self._rows(dataset, name, wanted) for name in ("train", part))
        compared = compare_rows(train, later, columns, time, self.least_effect)
        findings = [
            Finding("DR101", f"{name} changed between training and {part} rows", "warning", (name,), self.title)
            for name in compared.alarms
        ]
        return DriftResult(
            "drift",
            compared.table,
            scalars=compared.scalars(),
            verdict=f"alarm: {', '.join(compared.alarms)}" if compared.alarms else "no alarm",
            summary=compared.summary + _sampled(train, later),
            tables={SHAPES: compared.shapes, SIGNALS: compared.signals},
            findings=findings,
            facts={"alarms": compared.alarms, "part": part, LEAST: self.least_effect},
            draw=draw_effects,
        )

    @property
    def gathers(self) -> None:
        """Nothing that grows with the rows."""
        return

    def _rows(self, dataset: Dataset, part: str, wanted: list[str]) -> pd.DataFrame:
        frame = dataset.sample(part, MOST_ROWS, wanted)
        missing = [name for name in wanted if name not in frame.columns]
        if missing:
            raise DataError(
                f"{self.title} compares {', '.join(map(repr, missing))}, which the {part} rows do not have",
                "correct columns= of the step, or leave it out to compare the features",
            )
        check_rows(frame, self.title)
        return frame


def _sampled(train: pd.DataFrame, later: pd.DataFrame) -> str:
    """Say which rows are compared, where not all are."""
    most = max(len(train), len(later))
    return f"; at most {MOST_ROWS:,} rows of a part are compared, chosen by hash" if most == MOST_ROWS else ""
