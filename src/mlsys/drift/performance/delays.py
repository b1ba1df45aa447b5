"""DelayCurve: how long labels take, from rows of which some still wait."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.asked import check_rows, row_named
from mlsys.drift.reading import seconds_since_1970, times_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.pages import drawing
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WHO = "label_delays"
SHOWN = (0.5, 0.8, 0.9, 0.95, 0.99)
"""Shares whose delays are listed."""
DAY = 86_400.0


@dataclass(frozen=True, repr=False)
class DelayCurve(Result):
    """Result of :func:`label_delays`: ``table`` has the delay by which a share of labels is known.

    ``tables["curve"]`` has the share known by ``delay`` with its interval ``lower`` to ``upper``.

    Examples
    --------
    >>> from mlsys import label_delays
    >>> day = pd.date_range("2024-01-01", periods=40, freq="1D")
    >>> rows = pd.DataFrame({"day": day, "known": day + pd.to_timedelta([2, 2, 2, 9] * 10, unit="D")})
    >>> curve = label_delays(rows, time="day", known_at="known", now="2024-03-01")
    >>> curve.within(0.7).days, curve.within(0.9).days
    (2, 9)
    """

    def within(self, share: float = 0.95) -> pd.Timedelta:
        """Return the delay within which a share of labels is known.

        Raises
        ------
        DataError
            If no row has waited long enough to tell.
        """
        curve = self.tables["curve"]
        reached = curve.loc[curve["share"] >= share, "delay"]
        if reached.empty:
            most = curve["share"].max() if len(curve) else 0.0
            raise DataError(
                f"{_WHO}: {share:.0%} of labels are not known within any delay seen so far, {most:.0%} at most",
                "wait for more labels, or ask for a smaller share",
            )
        found: pd.Timedelta = pd.Timedelta(reached.iloc[0])
        return found


def label_delays(frame: pd.DataFrame, *, time: str, known_at: str, now: Any = None, level: float = 0.95) -> DelayCurve:
    """Estimate how long labels take to arrive.

    Parameters
    ----------
    frame : DataFrame
        Rows that were decided, with labels or still without.
    time, known_at : str
        Columns of the time of the decision, and of the time when its label became known (null where it is not yet).
    now : time, optional
        When the rows were looked at; by default the latest time in either column.
    level : float
        Of the interval of each share.

    Returns
    -------
    DelayCurve
        ``within(0.95)`` is a delay to give to :class:`RetrainPolicy`.

    Raises
    ------
    DataError
        If a decision has no time, or no label is known.

    Notes
    -----
    Rows that still wait have waited so long without a label, and count so (Kaplan and Meier 1958); the mean delay of
    labels known so far would be too short. Intervals are Greenwood's on the scale of log(-log). Labels that were known
    before their decision, and decisions after ``now``, are left out; the summary says how many.

    Examples
    --------
    >>> day = pd.date_range("2024-01-01", periods=20, freq="1D")
    >>> rows = pd.DataFrame({"day": day, "known": day + pd.Timedelta("5D")})
    >>> rows.loc[rows["known"] > "2024-01-20", "known"] = pd.NaT
    >>> label_delays(rows, time="day", known_at="known", now="2024-01-20").within(0.9)
    Timedelta('5 days 00:00:00')
    """
    decided, known = _read(frame, time, known_at)
    if isinstance(level, bool) or not 0 < level < 1:
        raise ConfigurationError(f"{_WHO}: level={level!r} is not between 0 and 1", "write level=0.95")
    latest = float(np.nanmax(np.concatenate([decided, known]))) if now is None else _now(now)
    has = ~np.isnan(known) & (known <= latest)
    waited = np.where(has, known, latest) - decided
    odd = waited < 0
    if not (has & ~odd).any():
        raise DataError(f"{_WHO}: no label is known", "wait for the first, or correct known_at=")
    delays, shares, errors = _kaplan_meier(waited[~odd], has[~odd])
    lower, upper = _ends(shares, errors, level)
    as_delay = pd.to_timedelta(delays, unit="s")
    curve = pd.DataFrame({"delay": as_delay, "share": shares, "lower": lower, "upper": upper})
    reached = [(each, as_delay[int(np.argmax(shares >= each))]) for each in SHOWN if (shares >= each).any()]
    table = pd.DataFrame(reached, columns=["share", "delay"])
    waiting = int((~has & ~odd).sum())
    summary = f"{int((has & ~odd).sum()):,} labels are known, {waiting:,} rows wait"
    if odd.any():
        summary += f"; {int(odd.sum()):,} rows were left out: known before their decision, or decided after now"
    return DelayCurve("delay of labels", table, {"waiting": float(waiting)}, "", summary, {"curve": curve}, draw=_draw)


def _read(frame: pd.DataFrame, time: str, known_at: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    check_rows(frame, _WHO)
    for role, name in (("time", time), ("known_at", known_at)):
        if name not in frame.columns:
            raise DataError(f"{_WHO}: {role}= names {name!r}, which the rows do not have",
                            f"there are: {', '.join(frame.columns)}")  # fmt: skip
    decided, known = (seconds_since_1970(times_of(frame[name])) for name in (time, known_at))
    if np.isnan(decided).any():
        place = int(np.isnan(decided).argmax())
        raise DataError(f"{_WHO}: {time!r} is null in row {row_named(frame, place)}", "leave rows without a time out")
    return decided, known


def _now(now: Any) -> float:
    return float(seconds_since_1970(times_of(pd.Series([pd.Timestamp(now)])))[0])


def _kaplan_meier(
    waited: NDArray[np.float64], known: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return delays at which labels arrive, the share known by each, and Greenwood's sum."""
    times, at = np.unique(waited, return_inverse=True)
    arrived = np.bincount(at, known, len(times))
    leaving = np.bincount(at, minlength=len(times))
    at_risk = len(waited) - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    left = np.cumprod(1 - arrived / at_risk)
    rest = at_risk * (at_risk - arrived)
    greenwood = np.cumsum(np.divide(arrived, rest, out=np.zeros(len(times)), where=rest > 0))
    some = arrived > 0
    return times[some], 1 - left[some], greenwood[some]


def _ends(
    shares: NDArray[np.float64], greenwood: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    left = 1 - shares
    inner = (left > 0) & (left < 1)
    logs = np.log(np.where(inner, left, 0.5))
    reach = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt(greenwood) / np.abs(logs)
    ends = [np.where(inner, 1 - np.where(inner, left, 0.5) ** np.exp(sign * reach), shares) for sign in (-1, 1)]
    return ends[0], ends[1]


def _draw(result: Result, ax: Axes) -> None:
    """Draw the share of labels known by delay, with its interval."""
    curve = result.tables["curve"]
    days = curve["delay"].dt.total_seconds().to_numpy() / DAY
    lower, upper = (curve[name].to_numpy(dtype=float) for name in ("lower", "upper"))
    ax.fill_between(days, lower, upper, step="post", color=drawing.MINE, alpha=0.18, linewidth=0)
    ax.step(days, curve["share"], where="post", color=drawing.MINE)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel("days after the decision")
    ax.set_ylabel("share of labels known")
    drawing.bare(ax)
