"""Estimates for a model of numbers: its errors are predicted from features and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from mlsys.drift.performance.lines import FEWEST_LABELS, Asked, Found, Line, check_labels, table_of
from mlsys.drift.performance.losses import ExpectedLosses
from mlsys.drift.performance.metrics import metrics_asked
from mlsys.drift.performance.overlap import density_ratios, feature_matrix
from mlsys.drift.performance.scored import Columns, Values, numbers_in
from mlsys.errors import ConfigurationError

_POWER = {"mae": 1, "rmse": 2}


@dataclass(frozen=True)
class OfNumbers:
    """Estimates for a regression model.

    Parameters
    ----------
    frame : DataFrame
        The reference.
    errors : ndarray of shape (rows,)
        Of the reference, NaN without a label.
    """

    frame: pd.DataFrame
    errors: Values
    columns: Columns
    metrics: tuple[str, ...]
    who: str

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Columns, metrics: Sequence[str] | str | None, who: str) -> OfNumbers:
        """Read the reference."""
        if columns.prediction is None:
            raise ConfigurationError(
                f"{who}: there is no prediction of {columns.target!r}",
                "name its column: prediction=...; for classes probability=...",
            )
        names = metrics_asked(metrics, "numbers", who)
        errors = _errors(frame, columns, "the reference", who)
        check_labels(int((~np.isnan(errors)).sum()), who)
        return cls(frame, errors, columns, names, who)

    def estimated(self, rows: pd.DataFrame, asked: Asked, why: str) -> pd.DataFrame:
        """Return the table of some rows; ``why`` says why nothing can be estimated."""
        known = _errors(rows, self.columns, "today's rows", self.who)
        if asked.features and not why:
            why = density_ratios(self.frame, rows, asked.features, asked.seed).problem
        lines = []
        for name in self.metrics:
            power = _POWER[name]
            estimate = Found() if why else self._expected(rows, power, asked)
            reference = _root(float(np.nanmean(self.errors**power)), power)
            lines.append(
                Line(name, estimate, reference, _realised(known[~np.isnan(known)] ** power, power, asked.level))
            )
        return table_of(lines, len(rows), int((~np.isnan(known)).sum()), "dle", why)

    def _expected(self, rows: pd.DataFrame, power: int, asked: Asked) -> Found:
        assert self.columns.prediction is not None
        names = [self.columns.prediction, *asked.features]
        matrix, is_level = feature_matrix(self.frame, rows, names)
        losses = ExpectedLosses.of(self.errors**power, matrix, is_level, asked.seed)
        return _between(*losses.mean(), power, asked.level)


def _errors(frame: pd.DataFrame, columns: Columns, which: str, who: str) -> Values:
    """Return absolute errors, NaN without a label."""
    assert columns.prediction is not None
    said = numbers_in(frame, columns.prediction, which, who)
    return np.abs(said - numbers_in(frame, columns.target, which, who, may_lack=True))


def _realised(losses: Values, power: int, level: float) -> Found:
    if len(losses) < FEWEST_LABELS:
        return Found()
    return _between(float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(len(losses))), power, level)


def _between(mean: float, error: float, power: int, level: float) -> Found:
    reach = NormalDist().inv_cdf(0.5 + level / 2) * error
    return Found(_root(mean, power), _root(max(mean - reach, 0.0), power), _root(mean + reach, power))


def _root(value: float, power: int) -> float:
    return float(value ** (1 / power))
