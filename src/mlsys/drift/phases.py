"""Phases of a cycle: the windows of the reference that lie as today does in the day, the week or the year, merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.season import FEWEST_PAIRS, Distance, bar_of, fewest_rows
from mlsys.errors import ConfigurationError

HOUR, DAY = 3_600.0, 86_400.0
PHASES: Mapping[str, tuple[Callable[[pd.DatetimeIndex], Any], float]] = MappingProxyType(
    {
        "hour of day": (lambda times: times.hour, HOUR),
        "hour of week": (lambda times: times.day_of_week * 24 + times.hour, HOUR),
        "day of week": (lambda times: times.day_of_week, DAY),
        "month": (lambda times: times.month, 31 * DAY),
    }
)
"""Which number names the phase of a time, and how long a window may be at most."""


def check_season(season: Any, time: str | None, window: float | None, who: str) -> None:
    """Raise unless ``season`` names phases that the windows can tell apart."""
    if season is None:
        return
    if season not in PHASES:
        raise ConfigurationError(f"{who}: season={season!r} is no season", f"choose one of {', '.join(PHASES)}")
    longest = PHASES[season][1]
    if time is None or window is None or window > longest:
        raise ConfigurationError(
            f"{who}: season={season!r} needs times and windows of at most {pd.Timedelta(longest, 's')}",
            f'name time=, and write window="{"1h" if longest == HOUR else "1D"}"',
        )


def same_phase(grid: Mapping[str, Any], times: NDArray[np.float64], season: str) -> NDArray[np.bool_]:
    """Return which windows of the reference lie in a phase in which today's rows lie.

    Parameters
    ----------
    grid : mapping
        ``start``, ``length`` and ``windows``.
    times : ndarray of shape (rows,)
        Seconds since 1970 of today's rows, NaN for null.
    season : str
        One of ``PHASES``.
    """
    phase = PHASES[season][0]
    middles = grid["start"] + grid["length"] * (np.arange(int(grid["windows"])) + 0.5)
    now = np.unique(times[~np.isnan(times)])
    return np.isin(phase(_times(middles)), np.unique(phase(_times(now))))


def phase_excess(
    reference: NDArray[np.int64], current: NDArray[np.float64], outside: float, distance: Distance, rare: float
) -> tuple[float, float] | None:
    """Compare today with the windows of its phase, as these compare with each other.

    Returns
    -------
    tuple of float or None
        Distance of today to all windows of the phase together, and the bar: what today exceeds by chance no more
        often than ``rare``, by the distances of one of these windows to all others. ``None`` with fewer than four.
    """
    fewest = fewest_rows(reference)
    usable = reference[reference.sum(axis=1) >= fewest].astype(np.float64)
    if len(usable) < FEWEST_PAIRS + 1 or current.sum() < fewest:
        return None
    whole = usable.sum(axis=0)
    inside = [distance(whole - window, window, 0.0) for window in usable]
    return distance(whole, current, outside), bar_of(inside, rare)


def _times(seconds: NDArray[np.float64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(seconds.astype("datetime64[s]"))
