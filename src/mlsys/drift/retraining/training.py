"""TrainingHistory: what models trained at each period would have lost in each later one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mlsys.drift.retraining.excess import Values
from mlsys.drift.retraining.freshness import FreshnessCurve, freshness_of, in_words
from mlsys.errors import ConfigurationError
from mlsys.pages import Page, Shown, Table, Title, filled


@dataclass(frozen=True, repr=False)
class TrainingHistory(Shown):
    """Losses of models by the period until which each was trained, and by the period in which it served.

    Parameters
    ----------
    periods : tuple of Timestamp
        Beginning of each period.
    rows : ndarray of shape (periods,)
        Rows of each period.
    losses : ndarray of shape (periods, periods)
        ``losses[s, t]``: mean loss in period ``t`` of the model trained on what came before period ``s``; NaN for
        ``s > t``, and where nothing was trained.
    spreads : ndarray of shape (periods, periods)
        Standard errors of these means.
    seconds : ndarray of shape (periods,)
        Time that each training took.
    length : Timedelta
        Of a period.
    stateful : bool
        Whether each model went on from the one before.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=3, freq="7D")
    >>> losses = np.array([[0.2, 0.3, 0.4], [np.nan, 0.2, 0.3], [np.nan, np.nan, 0.2]])
    >>> same = np.full(3, 100.0)
    >>> TrainingHistory(tuple(days), same, losses, np.zeros((3, 3)), np.zeros(3), pd.Timedelta("7D")).table.head(2)
      trained until     period  age   rows  loss
    0    2024-01-01 2024-01-01    0  100.0   0.2
    1    2024-01-01 2024-01-08    1  100.0   0.3
    """

    periods: tuple[pd.Timestamp, ...]
    rows: Values
    losses: Values
    spreads: Values
    seconds: Values
    length: pd.Timedelta
    stateful: bool = False

    @cached_property
    def first(self) -> int:
        """The first period before which a model was trained."""
        return int(np.flatnonzero(~np.isnan(np.diagonal(self.losses)))[0])

    @property
    def table(self) -> pd.DataFrame:
        """One row for each model and period: ``trained until``, ``period``, ``age`` in periods, ``rows``, ``loss``."""
        trained, served = np.nonzero(~np.isnan(self.losses))
        begins = pd.DatetimeIndex(list(self.periods))
        return pd.DataFrame({
            "trained until": begins[trained], "period": begins[served],
            "age": served - trained, "rows": self.rows[served], "loss": self.losses[trained, served],
        })  # fmt: skip

    def freshness_curve(self, level: float = 0.95) -> FreshnessCurve:
        """Return how much is lost by age of the data: models trained until *k* periods before, on the same rows.

        Parameters
        ----------
        level : float
            Of the intervals.
        """
        return freshness_of(self.losses, self.rows, self.length, level)

    def served(self, since: Any = None, label_delay: str | pd.Timedelta | None = None) -> pd.DataFrame:
        """Return the history of one model as :meth:`RetrainPolicy.advise` takes it.

        Parameters
        ----------
        since : time, optional
            When it was trained; by default before the first period that any model served.
        label_delay : str or Timedelta, optional
            Losses of periods that ended so recently are null.
        """
        times = pd.DatetimeIndex(list(self.periods))
        start = self.first if since is None else max(int(times.searchsorted(pd.Timestamp(since))), self.first)
        if start >= len(times):
            raise ConfigurationError(f"served(since={since!r}) is after the last period", f"it begins {times[-1]}")
        periods = np.arange(start, len(times))
        waits = delay_in_periods(pd.Timedelta(label_delay or 0), self.length)
        fresh = np.maximum(periods - waits, self.first)
        loss, best = self.losses[start, periods].copy(), self.losses[fresh, periods].copy()
        waiting = periods >= len(times) - waits
        loss[waiting] = best[waiting] = np.nan
        return pd.DataFrame({"time": times[periods], "rows": self.rows[periods], "loss": loss, "fresh": best,
                             "spread": self.spreads[start, periods]})  # fmt: skip

    def _page(self) -> Page:
        models = int((~np.isnan(np.diagonal(self.losses))).sum())
        kind = "updates of one model" if self.stateful else "models"
        curve = self.freshness_curve().table
        return Page(
            [Title(f"{models} {kind}, {len(self.periods)} periods of {in_words(self.length)}"), Table(filled(curve))]
        )


def delay_in_periods(delay: pd.Timedelta, length: pd.Timedelta) -> int:
    """Return how many whole periods a delay spans, rounded up."""
    return int(np.ceil(delay / length - 1e-9))
