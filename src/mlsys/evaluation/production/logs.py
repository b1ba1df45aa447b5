"""Logs of choices: read, checked, and what is estimated from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.evaluation.production.reading import Values, check_frame, numbers_of, row_named
from mlsys.evaluation.production.result import IntervalResult
from mlsys.pages import Lines, Page, Table, Title, Verdict, drawing, filled, interval, number
from mlsys.steps import Result
from mlsys.values import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ESTIMATED, NOT_ASSESSED = "estimated", "not assessed"
FEWEST_EFFECTIVE = 50
"""Rows that weighted rows must be worth for an interval."""
UNEQUAL = 1e-6
"""Relative difference from which chances are not the same."""


@dataclass(frozen=True, repr=False)
class OffPolicyEstimate(IntervalResult):
    """Result of :func:`~mlsys.ips`, :func:`~mlsys.snips` and :func:`~mlsys.replay`.

    ``table`` has one row for each arm of the log: ``arm``, ``rows``, ``mean reward``, and ``weight``, the share of the
    estimate that its rows have.

    Examples
    --------
    >>> from mlsys import ips
    >>> log = pd.DataFrame({"arm": ["blue", "green"] * 500, "probability": 0.5, "reward": [0, 1] * 500})
    >>> found = ips(log, "green")
    >>> found.value, found.effective_rows
    (1.0, 500.0)
    """

    @property
    def value(self) -> float:
        """Estimated mean reward of the policy; NaN if it is not assessed."""
        return self.scalars["value"]

    @property
    def effective_rows(self) -> float:
        """Number of rows, all alike, that the weighted ones are worth (Kish 1965)."""
        return self.scalars["effective rows"]

    def _page(self) -> Page:
        logged = f"{number(self.scalars['logged'])}, the mean of {int(self.scalars['rows']):,} rows"
        lines = [
            ("mean reward", f"{number(self.value)} {interval(self.lower, self.upper)}"),
            ("in the log", logged),
            ("effective rows", f"{self.effective_rows:,.0f}, the largest weight is {number(self.scalars['largest'])}"),
        ]
        return Page([Title(self.name), Verdict(self.verdict, self.summary), Lines(lines), Table(filled(self.table))])


@dataclass(frozen=True)
class Logged:
    """A log, read."""

    arms: pd.Series
    rewards: Values
    chances: Values


def read_log(log: pd.DataFrame, who: str, columns: tuple[str, str, str]) -> Logged:
    """Read a log and refuse what would make an estimate wrong."""
    arm, reward, probability = columns
    if isinstance(log, pd.DataFrame) and probability not in log.columns:
        raise DataError(
            f"{who}: the log lacks {probability!r}, the chance that each logged arm had: without it "
            "nothing can be said of another policy",
            "log Choice.probability with each choice, or name the column with probability=; where all arms had the "
            "same chance: log.assign(probability=1 / number_of_arms)",
        )
    check_frame(log, who, columns)
    null = log[arm].isna().to_numpy()
    if null.any():
        raise DataError(f"{who}: {arm!r} is null in row {row_named(log, null)}", "leave rows without an arm out")
    rewards, chances = numbers_of(log, reward, who), numbers_of(log, probability, who)
    if np.isnan(rewards).any():
        raise DataError(
            f"{who}: {reward!r} is null in row {row_named(log, np.isnan(rewards))}",
            "wait until rewards of these days have come, and leave younger rows out whatever their reward",
        )
    with np.errstate(invalid="ignore"):
        odd = ~((chances > 0) & (chances <= 1))
    if odd.any():
        raise DataError(
            f"{who}: {probability!r} is {chances[odd][0]:g} in row {row_named(log, odd)}, and what was shown had a "
            "chance above 0 and at most 1",
            "log the chance of the arm that was shown; rows without it cannot be weighted",
        )
    return Logged(plain(log[arm]).astype("str").reset_index(drop=True), rewards, chances)


def by_arm(read: Logged, weights: Values) -> pd.DataFrame:
    """Return rows, mean reward and share of the weights of each arm."""
    rows = pd.DataFrame({"arm": read.arms, "reward": read.rewards, "weight": weights})
    found = rows.groupby("arm", sort=True).agg(
        rows=("reward", "size"), mean=("reward", "mean"), weight=("weight", "sum")
    )
    share = found["weight"] / found["weight"].sum() if found["weight"].sum() > 0 else found["weight"]
    return found.assign(weight=share).rename(columns={"mean": "mean reward"}).reset_index()


def draw_estimate(result: Result, ax: Axes) -> None:
    """Draw the estimate with its interval beside the mean of the log."""
    scalars = result.scalars
    drawing.bar_at(ax, scalars["logged"], drawing.DIM, "--")
    ax.annotate("mean of the log", (scalars["logged"], 1), xycoords=("data", "axes fraction"), xytext=(3, -10),
                textcoords="offset points", color=drawing.DIM, fontsize=drawing.SMALL)  # fmt: skip
    if math.isfinite(scalars["value"]):
        drawing.dot(ax, 0, scalars["value"], scalars["lower"], scalars["upper"], drawing.MINE, result.name)
    drawing.finish(ax, ["policy"], "mean reward")
    drawing.as_high_as(ax, 1)
