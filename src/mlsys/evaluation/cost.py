"""Cost of the mistakes of a binary decision, and the threshold with the least cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import ConfigurationError
from mlsys.evaluation.intervals import Interval, error_of_mean
from mlsys.evaluation.sample import Sample
from mlsys.summaries.wilson import quantile_of

PER = 1_000


@dataclass(frozen=True)
class Cost:
    """Costs of the outcomes of a yes-or-no decision, in any one unit.

    Parameters
    ----------
    missed : float
        Cost of not acting on an event.
    false_alarm : float
        Cost of acting without an event.
    caught, correct_rejection : float
        Costs of the right decisions; usually 0.

    Notes
    -----
    With calibrated probabilities, the cost is lowest when acting from the probability
    ``(false_alarm - correct_rejection) / (false_alarm - correct_rejection + missed - caught)`` on
    (Elkan 2001, *The foundations of cost-sensitive learning*).

    Examples
    --------
    >>> round(Cost(missed=5, false_alarm=1).threshold, 3)
    0.167
    """

    missed: float
    false_alarm: float
    caught: float = 0.0
    correct_rejection: float = 0.0

    def __post_init__(self) -> None:
        """Refuse costs that reward mistakes."""
        if self.missed <= self.caught or self.false_alarm <= self.correct_rejection:
            raise ConfigurationError(
                f"{self!r} makes a mistake no more expensive than the right decision",
                "missed must cost more than caught, false_alarm more than correct_rejection",
            )

    @property
    def threshold(self) -> float:
        """Probability from which acting costs less than not acting."""
        alarm, miss = self.false_alarm - self.correct_rejection, self.missed - self.caught
        return alarm / (alarm + miss)

    def decision(self) -> str:
        """Return the threshold in words."""
        return f"threshold {self.threshold:.3f}"

    def per_row(self, event: NDArray[np.bool_], act: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the cost of each row."""
        wrong_or_right = (
            np.where(act, self.caught, self.missed),
            np.where(act, self.false_alarm, self.correct_rejection),
        )
        return np.asarray(np.where(event, *wrong_or_right), dtype=np.float64)

    def per_thousand(self, sample: Sample, level: float = 0.95, group: pd.Series | None = None) -> Interval:
        """Return the cost per 1,000 rows at the threshold, with a normal interval for the mean, by group if given."""
        return _mean(self._of(sample), sample, level, group)

    def saved(self, mine: Sample, other: Sample, level: float = 0.95, group: pd.Series | None = None) -> Interval:
        """Return how much less the model costs per 1,000 rows than another one on the same rows, paired."""
        return _mean(self._of(other) - self._of(mine), mine, level, group)

    def mean_per_thousand(self, sample: Sample) -> float:
        """Return the cost per 1,000 rows without an interval."""
        return PER * float(np.average(self._of(sample), weights=sample.weight))

    def _of(self, sample: Sample) -> NDArray[np.float64]:
        classes = 0 if sample.probabilities is None else len(sample.classes)
        if classes != 2:
            raise ConfigurationError(
                f"Cost needs a yes-or-no decision, but there are {classes} classes with a probability",
                "leave value= out, or predict two classes with probabilities",
            )
        return self.per_row(sample.event, sample.score >= self.threshold)


def _mean(cost: NDArray[np.float64], sample: Sample, level: float, group: pd.Series | None) -> Interval:
    mean = float(np.average(cost, weights=sample.weight))
    half = quantile_of(level) * error_of_mean(cost, sample.weight, group)
    return Interval(PER * mean, PER * (mean - half), PER * (mean + half), len(cost), "normal")
