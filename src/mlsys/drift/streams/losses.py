"""Losses as numbers: of whatever holds them, and of predictions beside labels."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.levels import value_written
from mlsys.errors import DataError
from mlsys.values import Kind, plain, values_of

Floats = NDArray[np.float64]
FEWEST_EVENTS = 30
"""Errors, and right answers, from which on a share is about normal."""


def numbers_in(values: pd.Series, who: str, what: str) -> Floats:
    """Return numbers or truth values as floats, null as NaN; DataError where they are neither."""
    held = values_of(values)
    if held.kind not in {Kind.NUMBER, Kind.TRUTH, Kind.NOTHING}:
        raise DataError(f"{who}: {what} holds {held}, not numbers", "give numbers, or truth values")
    return np.asarray(plain(values).to_numpy(dtype=np.float64, na_value=np.nan))


def losses_of(losses: Any, who: str, least: float) -> Floats:
    """Return losses as floats, missing ones as NaN.

    Raises
    ------
    DataError
        If they are no numbers, or one is smaller than the least that is possible.
    """
    given = losses
    if not isinstance(losses, pd.Series):
        values = np.atleast_1d(losses)
        if values.ndim > 1:
            raise DataError(f"{who}: losses of shape {values.shape} are no list", "give one number for each row")
        given = pd.Series(values)
    found = numbers_in(given, who, "the array of losses")
    below = np.flatnonzero(found < least)
    if len(below):
        raise DataError(
            f"{who}: loss {found[below[0]]:g} at place {below[0]} is below {least:g}, the smallest that is possible",
            "give the smallest loss as least=, which the guarantee rests on",
        )
    return found


def upper_mean(losses: Floats, certainty: float) -> float:
    """Return an upper bound of the mean of which losses are a sample.

    Parameters
    ----------
    losses : ndarray of shape (n,)
        Numbers.
    certainty : float
        How often the bound holds.

    Notes
    -----
    Of errors (0 and 1) of which fewer than 30 are of either kind, the exact bound of Clopper and Pearson (1934),
    because the normal one is too small; else mean and standard error.

    Examples
    --------
    >>> round(upper_mean(np.zeros(1_000), 0.99), 4), round(upper_mean(np.tile([0.0, 1.0], 500), 0.99), 3)
    (0.0046, 0.537)
    """
    number, ones = len(losses), float((losses == 1).sum())
    if np.isin(losses, (0, 1)).all() and min(ones, number - ones) < FEWEST_EVENTS:
        from scipy.special import betaincinv

        return float(betaincinv(ones + 1, number - ones, certainty)) if ones < number else 1.0
    error = float(losses.std(ddof=1) / np.sqrt(number))
    return float(losses.mean()) + NormalDist().inv_cdf(certainty) * error


def error(prediction: pd.Series, label: pd.Series, who: str) -> Floats:
    """Return 1 where prediction and label are different values, whatever types hold them, and 0 elsewhere."""
    written = (values.map(lambda value: value_written(str(value))) for values in (prediction, label))
    one, other = (np.asarray(texts, dtype=object) for texts in written)
    return np.asarray(one != other, dtype=np.float64)


def absolute(prediction: pd.Series, label: pd.Series, who: str) -> Floats:
    """Return the distance of prediction and label."""
    return np.abs(numbers_in(prediction, who, "the prediction") - numbers_in(label, who, "the label"))


def squared(prediction: pd.Series, label: pd.Series, who: str) -> Floats:
    """Return the square of the distance of prediction and label."""
    return np.square(absolute(prediction, label, who))


LOSSES: dict[str, Callable[[pd.Series, pd.Series, str], Floats]] = {
    each.__name__: each for each in (error, absolute, squared)
}
"""Losses by name."""
