"""Rates that slices are searched by: which rows count, and what is averaged over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import ConfigurationError, DataError, meant
from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.intervals import Interval, draws_for, metric_interval
from mlsys.evaluation.metrics import METRICS
from mlsys.evaluation.own import metric_of
from mlsys.evaluation.sample import EVENT, Sample, Task, Values

_BINARY: tuple[Task, ...] = ("binary",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
DEFAULT: Mapping[str, str] = {"binary": "error", "multiclass": "error", "regression": "mae"}


def _mean(_: Sample) -> float:
    raise NotImplementedError  # only the values of rows are asked for


def _rate(name: str, tasks: tuple[Task, ...], rows: Callable[[Sample], Values], better: bool = False) -> SampleMetric:
    return SampleMetric(name, _mean, better, tasks=tasks, per_row=rows, bounds=(0.0, 1.0))


def _right(sample: Sample) -> Values:
    return np.asarray(sample.y == sample.prediction, dtype=np.float64)


def _among(rows: NDArray[np.bool_], values: NDArray[np.bool_]) -> Values:
    return np.where(rows, values.astype(np.float64), np.nan)


def _others(sample: Sample) -> NDArray[np.bool_]:
    return np.asarray(sample.y == 1 - EVENT)


_RATES = {
    each.name: each
    for each in (
        _rate("error", _CLASSES, lambda sample: 1 - _right(sample)),
        _rate("accuracy", _CLASSES, _right, True),
        _rate("recall", _BINARY, lambda sample: _among(sample.event, sample.flagged), True),
        _rate("false_negative_rate", _BINARY, lambda sample: _among(sample.event, ~sample.flagged)),
        _rate("false_positive_rate", _BINARY, lambda sample: _among(_others(sample), sample.flagged)),
        _rate("precision", _BINARY, lambda sample: _among(sample.flagged, sample.event), True),
        _rate("false_discovery_rate", _BINARY, lambda sample: _among(sample.flagged, ~sample.event)),
        _rate("selection_rate", _BINARY, lambda sample: sample.flagged.astype(np.float64)),
        SampleMetric("squared_error", _mean, False, tasks=("regression",), bounds=(0.0, np.inf),
                     per_row=lambda sample: np.asarray((sample.prediction - sample.y) ** 2)),
        *(each for each in METRICS.values() if each.per_row is not None),
    )
}  # fmt: skip
"""Means over rows, by name."""


def metric_for_slices(asked: Any, who: str) -> Metric:
    """Return a metric that is a mean over rows.

    Raises
    ------
    ConfigurationError
        It is none, or there is no such metric.
    """
    if isinstance(asked, str) and asked in _RATES:
        return _RATES[asked]
    near = meant(asked, _RATES) if isinstance(asked, str) else ""
    remedy = f'{near}choose among {", ".join(_RATES)}, or Metric("name", function, interval="mean")'
    try:
        metric = metric_of(asked)
    except ConfigurationError as error:
        raise ConfigurationError(f"{who}: {error.problem}", remedy) from None
    if isinstance(metric, SampleMetric) and metric.per_row is not None:
        return metric
    if isinstance(metric, SampleMetric) or metric.interval != "mean":
        raise ConfigurationError(f"{who} cannot search by {metric.name!r}, which is no mean over rows", remedy)
    return metric


@dataclass(frozen=True)
class Rate:
    """A mean over some of the rows.

    Parameters
    ----------
    name : str
        Of the rate.
    greater_is_better : bool
        Whether slices are searched on which it is low.
    values : ndarray of shape (rows,)
        What is averaged; NaN for rows that do not count.
    weight : ndarray of shape (rows,)
        Above 0.
    group : Series, optional
        Rows of one group depend on each other.
    most : float
        The highest value that there can be.
    """

    name: str
    greater_is_better: bool
    values: Values
    weight: Values
    group: pd.Series | None = None
    most: float = np.inf

    def __post_init__(self) -> None:
        """Refuse what cannot be added up."""
        if np.isinf(self.values).any():
            raise DataError(
                f"{self.name} is infinite for {int(np.isinf(self.values).sum()):,} rows, so slices have no mean",
                "limit it, or leave these rows out by returning null for them",
            )

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Which rows count."""
        return ~np.isnan(self.values)

    @cached_property
    def losses(self) -> Values:
        """What is high where the rate is bad, at least 0; NaN for rows that do not count."""
        return np.asarray(self._turned(self.values))

    def of_losses(self, mean: float) -> float:
        """Return the rate of rows whose losses have this mean."""
        return float(self._turned(mean) if self.greater_is_better else mean + self._origin)

    def _turned(self, values: Any) -> Any:
        return self._origin - values if self.greater_is_better else values - self._origin

    @cached_property
    def _origin(self) -> float:
        """The value at which there is no loss."""
        if not self.counted.any():
            return 0.0
        if not self.greater_is_better:
            return min(0.0, float(np.nanmin(self.values)))
        return self.most if np.isfinite(self.most) else float(np.nanmax(self.values))

    def mean(self, rows: NDArray[np.bool_]) -> float:
        """Return the rate of some rows; NaN where none of them counts."""
        rows = rows & self.counted
        return float(np.average(self.values[rows], weights=self.weight[rows])) if rows.any() else float("nan")

    def interval(self, rows: NDArray[np.bool_], level: float) -> Interval:
        """Return the rate of some rows with its interval; none with fewer than 10 that count."""
        rows = rows & self.counted
        values = self.values[rows]
        sample = Sample(values, np.zeros(len(values)), None, self.weight[rows], ())
        group = None if self.group is None else self.group[rows]
        return metric_interval(_MEAN, sample, level, group=group, draws=draws_for(level))


_MEAN = Metric("mean", lambda values, prediction: values, interval="mean")
