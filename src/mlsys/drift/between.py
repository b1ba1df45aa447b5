"""Comparing later rows with earlier ones, both at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlsys.drift.asked import plain_rows
from mlsys.drift.comparing import LEAST_EFFECT, Compared, compare_with_profile
from mlsys.drift.profile import DriftProfile
from mlsys.drift.reading import seconds_since_1970, times_of


def compare_rows(
    train: pd.DataFrame,
    later: pd.DataFrame,
    columns: Sequence[str],
    time: str | None = None,
    least_effect: float = LEAST_EFFECT,
) -> Compared:
    """Compare columns of later rows with those of the training rows.

    Parameters
    ----------
    train, later : DataFrame
        Rows; ``train`` is the reference.
    columns : sequence of str
        To compare.
    time : str, optional
        Time column: then windows of the reference as long as the later rows tell what a season explains.
    least_effect : float
        Effects up to this are no alarms.
    """
    window = None
    if time is not None:
        seconds = seconds_since_1970(times_of(later[time]))
        window = float(np.floor(np.nanmax(seconds) - np.nanmin(seconds)) + 1) if np.isfinite(seconds).any() else None
    profile = DriftProfile(tuple(columns), time, window).fit(plain_rows(train, columns, time)).state
    return compare_with_profile(profile, later, least_effect)
