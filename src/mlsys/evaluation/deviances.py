"""Deviances of counts and amounts: Poisson, gamma and Tweedie, and the share of them that a model explains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlsys.evaluation._metric import SampleMetric
from mlsys.evaluation.counts.formulas import shares
from mlsys.evaluation.sample import Sample, Task, Values
from mlsys.evaluation.statistic import OfSums

POISSON, GAMMA = 1.0, 2.0
"""Powers of the mean to which the variance is proportional (Tweedie 1984)."""
_TASKS: tuple[Task, ...] = ("regression",)
AT_LEAST_0, ABOVE_0 = "at least 0", "above 0"


def unit_deviances(power: float) -> Callable[[Sample], Values]:
    """Return the deviance of each row; infinite for a prediction that is not above 0 (Jorgensen 1987)."""

    def of(sample: Sample) -> Values:
        y, said = sample.y, sample.prediction
        allowed = said > 0
        mean = np.where(allowed, said, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(allowed, _deviance(y, mean, power), np.inf)

    return of


def _times_log(values: Values, of: Values) -> Values:
    """Return values times logarithms, 0 where a value is 0."""
    from scipy.special import xlogy  # takes 0.1 s to import

    return np.asarray(xlogy(values, of))


def _deviance(y: Values, mean: Values, power: float) -> Values:
    if power == POISSON:
        return np.asarray(2 * (_times_log(y, y / mean) - y + mean))
    if power == GAMMA:
        return np.asarray(2 * (np.log(mean / y) + y / mean - 1))
    first = y ** (2 - power) / ((1 - power) * (2 - power))
    return np.asarray(2 * (first - y * mean ** (1 - power) / (1 - power) + mean ** (2 - power) / (2 - power)))


def _own(y: Values, power: float) -> Values:
    """Return the part of a deviance that depends on the target alone."""
    if power == POISSON:
        return np.asarray(_times_log(y, y))
    if power == GAMMA:
        return np.asarray(-np.log(y))
    return np.asarray(y ** (2 - power) / ((1 - power) * (2 - power)))


def _around_mean(rows: Values, y: Values, own: Values, power: float) -> Values:
    """Return the deviance of predicting the mean, from sums."""
    mean = shares(y, rows)
    if power == POISSON:
        return np.asarray(2 * (own - _times_log(y, mean)))
    if power == GAMMA:
        return np.asarray(2 * (own + rows * np.log(mean)))
    return np.asarray(2 * (own - y * mean ** (1 - power) / (1 - power) + rows * mean ** (2 - power) / (2 - power)))


def _explained(power: float) -> OfSums:
    """Return the share of the deviance from the mean that predictions explain."""
    unit = unit_deviances(power)

    def addends(sample: Sample) -> Values:
        # Of the target beside its mean: sums then lose no digits, and the deviance has a factor that is put back.
        mean = float(np.average(sample.y, weights=sample.weight))
        y = sample.y / mean if mean > 0 else sample.y
        factor = mean ** (power - 2) if mean > 0 else 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.column_stack([np.ones(len(y)), unit(sample) * factor, y, _own(y, power)])

    def formula(sums: Values) -> Values:
        rows, deviance, y, own = np.moveaxis(sums, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1 - shares(deviance, _around_mean(rows, y, own, power)))

    return OfSums(addends, formula)


def _mean(power: float) -> OfSums:
    unit = unit_deviances(power)
    return OfSums(
        lambda sample: np.column_stack([np.ones(len(sample.y)), unit(sample)]),
        lambda sums: shares(sums[..., 1], sums[..., 0]),
    )


def _facts(power: float) -> dict[str, Any]:
    return {
        "tasks": _TASKS,
        "of_target": AT_LEAST_0 if power < GAMMA else ABOVE_0,
        "undefined": "not defined: a prediction is not above 0",
    }


def deviance(power: float) -> SampleMetric:
    """Return the mean deviance of a power of 1 or more.

    Examples
    --------
    >>> deviance(1.5).name, deviance(1.0).name, deviance(2.0).name
    ('tweedie_deviance_1.5', 'poisson_deviance', 'gamma_deviance')
    """
    unit, statistic = unit_deviances(power), _mean(power)
    return SampleMetric(
        f"{_named(power)}deviance{_number(power)}", statistic.value, greater_is_better=False, bounds=(0.0, np.inf),
        statistic=statistic, per_row=unit, **_facts(power),
    )  # fmt: skip


def explained_deviance(power: float) -> SampleMetric:
    """Return D2, the share of the deviance from the mean that predictions explain.

    Examples
    --------
    >>> explained_deviance(1.5).name, explained_deviance(1.0).name
    ('d2_tweedie_1.5', 'd2_poisson')
    """
    statistic = _explained(power)
    name = f"d2_{_named(power).rstrip('_')}{_number(power)}"
    return SampleMetric(
        name, statistic.value, bounds=(-np.inf, 1.0), statistic=statistic, relative=True, **_facts(power)
    )


def _named(power: float) -> str:
    return {POISSON: "poisson_", GAMMA: "gamma_"}.get(power, "tweedie_")


def _number(power: float) -> str:
    return "" if power in (POISSON, GAMMA) else f"_{power:g}"


DEVIANCES: Sequence[SampleMetric] = tuple(
    make(power) for power in (POISSON, GAMMA) for make in (deviance, explained_deviance)
)


def can_be_a_power(power: float) -> bool:
    """Whether there are amounts with so large a power: above 1, at most 3."""
    return 1 < power <= 3
