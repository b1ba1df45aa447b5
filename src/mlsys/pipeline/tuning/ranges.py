"""Ranges of numbers to search, in words that read well in a space; Optuna's own distributions do as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlsys.errors import ConfigurationError


@dataclass(frozen=True)
class Uniform:
    """Any number between two ends, each equally likely.

    Parameters
    ----------
    low, high : float
        The ends, both included.
    step : float, optional
        Distance between the numbers that are tried.

    Raises
    ------
    ConfigurationError
        If the ends are not numbers in order.

    Examples
    --------
    >>> Uniform(0, 0.5)
    Uniform(low=0, high=0.5, step=None)
    """

    low: float
    high: float
    step: float | None = None

    def __post_init__(self) -> None:
        """Check the ends."""
        _check(self, self.low, self.high)
        if self.step is not None and not (_is_number(self.step) and self.step > 0):
            raise ConfigurationError(f"{self!r} has a step that is not above 0", "give a step above 0, or none")

    def suggested(self, trial: Any, name: str) -> float:
        """Return what a trial of Optuna tries."""
        return float(trial.suggest_float(name, self.low, self.high, step=self.step))


@dataclass(frozen=True)
class LogUniform:
    """Any number between two ends above 0, each order of magnitude equally likely.

    Parameters
    ----------
    low, high : float
        The ends, both included.

    Raises
    ------
    ConfigurationError
        If the ends are not numbers above 0 in order.

    Examples
    --------
    >>> LogUniform(1e-3, 10)
    LogUniform(low=0.001, high=10)
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Check the ends."""
        _check(self, self.low, self.high)
        if self.low <= 0:
            raise ConfigurationError(f"{self!r} begins at or below 0", "begin above 0, or use Uniform(low, high)")

    def suggested(self, trial: Any, name: str) -> float:
        """Return what a trial of Optuna tries."""
        return float(trial.suggest_float(name, self.low, self.high, log=True))


@dataclass(frozen=True)
class Integers:
    """Any whole number between two ends.

    Parameters
    ----------
    low, high : int
        The ends, both included.
    log : bool
        Whether each order of magnitude is equally likely, rather than each number.
    step : int
        Distance between the numbers that are tried; 1 with ``log``.

    Raises
    ------
    ConfigurationError
        If the ends are not whole numbers in order.

    Examples
    --------
    >>> Integers(8, 256, log=True)
    Integers(low=8, high=256, log=True, step=1)
    """

    low: int
    high: int
    log: bool = False
    step: int = 1

    def __post_init__(self) -> None:
        """Check the ends."""
        _check(self, self.low, self.high)
        if not all(isinstance(each, int) for each in (self.low, self.high, self.step)):
            raise ConfigurationError(
                f"{self!r} has ends that are not whole", "use Uniform(low, high) for other numbers"
            )
        if self.step < 1 or (self.log and (self.low < 1 or self.step != 1)):
            raise ConfigurationError(
                f"{self!r} cannot be searched", "use a step of 1 or more; with log=True a low end of 1 or more, no step"
            )

    def suggested(self, trial: Any, name: str) -> int:
        """Return what a trial of Optuna tries."""
        return int(trial.suggest_int(name, self.low, self.high, step=self.step, log=self.log))


def _check(given: Any, low: Any, high: Any) -> None:
    if not (_is_number(low) and _is_number(high) and low < high):
        raise ConfigurationError(f"{given!r} is not a range", "give a low and a higher number")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
