"""Replay of a log of random choices under a policy that learns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.evaluation.production.bandit import Bandit
from mlsys.evaluation.production.logs import (
    ESTIMATED,
    FEWEST_EFFECTIVE,
    NOT_ASSESSED,
    UNEQUAL,
    Logged,
    OffPolicyEstimate,
    by_arm,
    read_log,
)
from mlsys.evaluation.production.mismatch import LEAST_P
from mlsys.evaluation.production.reading import Places, check_between, order_of, times_of
from mlsys.pages import drawing
from mlsys.steps import Result
from mlsys.summaries.wilson import quantile_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def replay(
    log: pd.DataFrame,
    policy: Bandit,
    *,
    arm: str = "arm",
    reward: str = "reward",
    probability: str = "probability",
    time: str | None = None,
    level: float = 0.95,
) -> OffPolicyEstimate:
    """Replay a log of choices at random under a policy that learns, and return the rewards that it would have had.

    Parameters
    ----------
    log : DataFrame
        One row for each choice, all arms with the same chance.
    policy : ThompsonSampling, EpsilonGreedy or UCB1
        Begins anew; the one that is given is not changed.
    arm, reward, probability : str
        Columns of the log.
    time : str, optional
        Column of times that the log is replayed by; otherwise as it stands.
    level : float
        Of the interval.

    Returns
    -------
    OffPolicyEstimate
        ``tables["path"]`` has the mean reward of the policy as the log goes on, ``policy`` in ``facts`` its last state.

    Raises
    ------
    DataError
        If the log was not written by choices in which all arms had the same chance.

    Notes
    -----
    Where the policy chooses the logged arm it gets the reward and learns; other rows are skipped (Li et al. 2011). What
    is left is, without bias, a history of the policy, as long as one row in as many as there are arms.

    Examples
    --------
    >>> from mlsys import EpsilonGreedy
    >>> rng = np.random.default_rng(0)
    >>> log = pd.DataFrame({"arm": rng.choice(["blue", "green"], 4_000), "probability": 0.5})
    >>> log["reward"] = rng.random(4_000) < log["arm"].map({"blue": 0.1, "green": 0.3})
    >>> found = replay(log, EpsilonGreedy(["blue", "green"]))
    >>> found.value > found.scalars["logged"] + 0.05
    True
    """
    who = "replay"
    check_between(who, "level", level, 0.95)
    if not isinstance(policy, Bandit):
        raise ConfigurationError(
            f"{who}: {type(policy).__name__} is no policy that learns",
            "give ThompsonSampling, EpsilonGreedy or UCB1; for a fixed policy use snips",
        )
    read = read_log(log, who, (arm, reward, probability))
    if np.ptp(read.chances) > UNEQUAL * read.chances.max():
        raise DataError(
            f"{who}: {probability!r} goes from {read.chances.min():g} to {read.chances.max():g}, "
            "and not all arms had the same chance",
            "replay needs choices at random, all arms alike; take these rows only, or use snips for a fixed policy",
        )
    unknown = sorted(set(read.arms.unique()) ^ set(policy.arms))
    if unknown:
        raise DataError(f"{who}: the log and the policy do not have the same arms: {listed(unknown)}",
                        f"arms of the policy are {listed(policy.arms)}")  # fmt: skip
    _check_alike(read, who)
    order = order_of(None if time is None else times_of(log, time, who), len(log))
    return _replayed(policy.fresh(), read, order, level)


def _check_alike(read: Logged, who: str) -> None:
    from scipy.stats import chisquare

    counts = read.arms.value_counts()
    if chisquare(counts).pvalue < LEAST_P:
        raise DataError(
            f"{who}: all arms had the same chance, says the log, but {counts.index[0]!r} has {counts.iloc[0]:,} rows "
            f"and {counts.index[-1]!r} has {counts.iloc[-1]:,}",
            "find out which rows are lacking, or correct the logged chances",
        )


def _replayed(policy: Bandit, read: Logged, order: Places, level: float) -> OffPolicyEstimate:
    """Return what the policy would have had on the rows where it chooses the logged arm."""
    arms, kept, steps = read.arms.tolist(), [], []
    for place in order.tolist():
        if policy.choose().arm == arms[place]:
            policy.update(arms[place], float(read.rewards[place]))
            kept.append(place)
            steps.append(policy.choices)
    got = read.rewards[kept]
    n, enough = len(got), len(got) >= FEWEST_EFFECTIVE
    value = float(got.mean()) if enough else math.nan
    half = quantile_of(level) * float(got.std(ddof=1)) / math.sqrt(n) if enough else math.nan
    logged = float(read.rewards.mean())
    scalars = {"value": value, "lower": value - half, "upper": value + half, "logged": logged,
               "effective rows": float(n), "largest": 1.0, "rows": float(len(arms))}  # fmt: skip
    weights = np.zeros(len(arms))
    weights[kept] = 1.0
    path = pd.DataFrame(
        {"choices": np.arange(1, n + 1), "log rows": steps, "mean reward": np.cumsum(got) / np.arange(1, n + 1)}
    )
    why = f"{n:,} of {len(arms):,} rows have the arm that the policy chose"
    if not enough:
        why += f", and {FEWEST_EFFECTIVE} are needed"
    verdict = ESTIMATED if enough else NOT_ASSESSED
    facts = {"policy": policy.state()}
    return OffPolicyEstimate(f"replay of {type(policy).__name__}", by_arm(read, weights), scalars, verdict, why,
                             {"path": path}, facts=facts, draw=_draw)  # fmt: skip


def _draw(result: Result, ax: Axes) -> None:
    """Draw the mean reward of the policy as it learns, beside the mean of the log."""
    path, logged = result.tables["path"], result.scalars["logged"]
    ax.axhline(logged, color=drawing.DIM, linewidth=1, linestyle="--")
    ax.plot(path["choices"], path["mean reward"], color=drawing.MINE)
    if len(path):
        end = path.iloc[-1]
        drawing.beside(ax, float(end["choices"]), float(end["mean reward"]), "policy", drawing.MINE)
        drawing.beside(ax, float(end["choices"]), logged, "log, at random", drawing.DIM)
    ax.set_xlabel("choices")
    ax.set_ylabel("mean reward so far")
    ax.margins(x=0.14)
    drawing.bare(ax)
