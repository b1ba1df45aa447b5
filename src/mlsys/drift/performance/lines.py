"""Lines of the table of estimates, and what all of them are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from mlsys.drift.performance.metrics import LOWER_IS_BETTER
from mlsys.drift.performance.result import NOT_ASSESSED, NOT_WORSE, WORSE
from mlsys.drift.performance.scored import Values
from mlsys.errors import DataError

Method = Literal["auto", "cbpe", "weighted"]
FEWEST_REFERENCE = 100
"""Labelled rows of a reference: of fewer, a calibration curve is mostly chance."""
FEWEST_LABELS = 10
"""Known labels of today's rows: of fewer there is no realised metric."""
COLUMNS = [
    "rows", "labelled", "metric", "estimate", "lower", "upper", "reference", "realised", "realised_lower",
    "realised_upper", "method", "verdict", "why",
]  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """How to estimate: columns that tell rows apart, method, level of intervals, seed."""

    features: tuple[str, ...]
    method: Method
    level: float
    seed: int


@dataclass(frozen=True)
class Found:
    """A value with an interval; NaN where there is none."""

    value: float = np.nan
    lower: float = np.nan
    upper: float = np.nan

    @classmethod
    def of_draws(cls, value: float, draws: Values, level: float) -> Found:
        """Return the central interval of draws."""
        lower, upper = (
            np.nanquantile(draws, [0.5 - level / 2, 0.5 + level / 2]) if np.isfinite(draws).any() else [np.nan] * 2
        )
        return cls(float(value), float(lower), float(upper))


@dataclass(frozen=True)
class Line:
    """One metric: estimated, on the reference, and by labels known so far."""

    metric: str
    estimate: Found
    reference: float
    realised: Found

    @property
    def verdict(self) -> str:
        """Whether the interval of the estimate excludes the value of the reference on the bad side."""
        if np.isnan(self.estimate.value):
            return NOT_ASSESSED
        if self.metric in LOWER_IS_BETTER:
            return WORSE if self.estimate.lower > self.reference else NOT_WORSE
        return WORSE if self.estimate.upper < self.reference else NOT_WORSE


def table_of(lines: Sequence[Line], rows: int, labelled: int, method: str, why: str) -> pd.DataFrame:
    """Return lines as a table."""
    made = [
        (rows, labelled, each.metric, each.estimate.value, each.estimate.lower, each.estimate.upper, each.reference,
         each.realised.value, each.realised.lower, each.realised.upper, method, each.verdict, why)
        for each in lines
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS)


def check_labels(labelled: int, who: str) -> None:
    """Raise where a reference has too few labels."""
    if labelled < FEWEST_REFERENCE:
        raise DataError(
            f"{who}: the reference has {labelled} labelled rows, and at least {FEWEST_REFERENCE} are needed",
            "give more rows that the model did not learn from, with labels",
        )
