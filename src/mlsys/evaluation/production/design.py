"""Design: what is planned of an A/B test, and how many rows it needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.evaluation.production import sizes
from mlsys.evaluation.production.moments import is_share
from mlsys.evaluation.production.reading import check_above_zero, check_between, names_of, numbers_of
from mlsys.evaluation.production.sizes import SampleSize
from mlsys.pages import Shown, number

_WHO = "ABTest"


@dataclass(frozen=True, repr=False)
class Design(Shown):
    """The parameters of :class:`ABTest`, checked."""

    metric: str
    minimum_effect: float
    baseline: float | None = None
    spread: float | None = None
    power: float = 0.8
    alpha: float = 0.05
    share: float = 0.5
    sequential: bool = True
    greater_is_better: bool = True
    arms: tuple[str, str] = ("champion", "challenger")
    salt: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        if not isinstance(self.metric, str) or not self.metric:
            raise ConfigurationError(f"{_WHO}: metric={self.metric!r} is not a name", "name the column of outcomes")
        check_above_zero(
            _WHO, "minimum_effect", self.minimum_effect, "the smallest difference that matters, such as 0.01"
        )
        for name, example in (("power", 0.8), ("alpha", 0.05), ("share", 0.5)):
            check_between(_WHO, name, getattr(self, name), example)
        if self.power <= self.alpha:
            raise ConfigurationError(f"{_WHO}: power={self.power} is not above alpha={self.alpha}", "write power=0.8")
        for name in ("sequential", "greater_is_better"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(f"{_WHO}: {name}={getattr(self, name)!r}", f"write {name}=True or False")
        if self.baseline is not None and self.spread is not None:
            raise ConfigurationError(
                f"{_WHO}: baseline= and spread= are both given", "baseline= is for shares, spread= for other numbers"
            )
        if self.spread is not None:
            check_above_zero(_WHO, "spread", self.spread, "the standard deviation of the metric between rows")
        if self.baseline is not None:
            self._check_baseline(self.baseline)
        object.__setattr__(self, "arms", names_of(_WHO, self.arms, 2, 2))

    def _check_baseline(self, baseline: Any) -> None:
        is_number = isinstance(baseline, Real) and not isinstance(baseline, bool)
        if not is_number or not 0 <= baseline <= 1 or not 0 <= self._reached(float(baseline)) <= 1:
            said = f" with minimum_effect={self.minimum_effect}" if is_number and 0 <= baseline <= 1 else ""
            raise ConfigurationError(
                f"{_WHO}: baseline={baseline!r}{said} leaves the range from 0 to 1",
                "give shares, such as baseline=0.1; for other numbers give spread=, the standard deviation",
            )

    def _reached(self, baseline: float) -> float:
        return baseline + (self.minimum_effect if self.greater_is_better else -self.minimum_effect)

    def sample_size(self, past: pd.Series | None = None) -> SampleSize:
        """Return how many rows the test needs.

        Parameters
        ----------
        past : Series, optional
            Outcomes before the test, from which baseline or spread are read where they were not given.

        Raises
        ------
        ConfigurationError
            If neither is known.

        Notes
        -----
        For a fixed test: the power of the z-test of two shares, or of the t-test of two means. For a sequential test:
        the rows by which it has found the difference with chance ``power``, looked at 20 times at least.
        """
        baseline, spread = self._known(past)
        ratio = self.share / (1 - self.share)
        if baseline is not None:
            other = self._reached(baseline)
            fixed = sizes.of_shares(baseline, other, ratio, self.alpha, self.power)
            variances = baseline * (1 - baseline), other * (1 - other) / ratio
            unit = f"from {baseline:.3g} to {other:.3g}"
        else:
            assert spread is not None
            fixed = sizes.of_means(self.minimum_effect, spread, ratio, self.alpha, self.power)
            variances, unit = (spread**2, spread**2 / ratio), f"of {number(self.minimum_effect)}"
        looked = sizes.of_sequence(*variances, self.minimum_effect, self.alpha, self.power)
        rows = looked if self.sequential else fixed
        both = [math.ceil(each) + math.ceil(ratio * each) for each in (fixed, looked)]
        said = f"a change of {self.metric!r} {unit}, found with {self.power:.0%}"
        return SampleSize(math.ceil(rows), math.ceil(ratio * rows), both[0], both[1], said)

    def _known(self, past: pd.Series | None) -> tuple[float | None, float | None]:
        """Return the share of the champion, or the standard deviation."""
        if past is not None and self.baseline is None and self.spread is None:
            values = numbers_of(pd.DataFrame({self.metric: past}), self.metric, f"{_WHO}.sample_size")
            values = values[~np.isnan(values)]
            if len(values) < 2 or values.std() == 0:
                raise ConfigurationError(
                    f"{_WHO}: {len(values)} past outcomes with {len(np.unique(values))} values tell no spread",
                    "give more of them, or baseline= or spread=",
                )
            if is_share(values):
                self._check_baseline(float(values.mean()))
                return float(values.mean()), None
            return None, float(values.std(ddof=1))
        if self.baseline is None and self.spread is None:
            raise ConfigurationError(
                f"{_WHO}: how far {self.metric!r} varies is not known",
                "give baseline= for a metric of 0 and 1, spread= for others, or past outcomes: sample_size(past)",
            )
        return self.baseline, self.spread
