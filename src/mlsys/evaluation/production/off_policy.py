"""What a log says of a policy that did not write it: inverse propensity scores, plain and self-normalised."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, listed, meant
from mlsys.evaluation.production.logs import (
    ESTIMATED,
    FEWEST_EFFECTIVE,
    NOT_ASSESSED,
    UNEQUAL,
    Logged,
    OffPolicyEstimate,
    by_arm,
    draw_estimate,
    read_log,
)
from mlsys.evaluation.production.reading import Values, check_between, numbers_of
from mlsys.summaries.wilson import quantile_of

MOST_ERRORS = 4.0
"""Standard errors that the mean of the weights may lie from 1."""
Target = str | Mapping[str, float] | Callable[[pd.DataFrame], Any] | pd.Series


def ips(
    log: pd.DataFrame,
    policy: Target,
    *,
    arm: str = "arm",
    reward: str = "reward",
    probability: str = "probability",
    level: float = 0.95,
) -> OffPolicyEstimate:
    """Estimate the mean reward that another policy would have had, by inverse propensity scores.

    Parameters
    ----------
    log : DataFrame
        One row for each choice: the arm that was shown, its reward, and the chance that it had.
    policy : str, mapping, callable or Series
        An arm that is always shown; chances by arm; a function that takes the log and returns an arm for each row; or
        the chance that the policy shows the logged arm, for each row.
    arm, reward, probability : str
        Columns of the log.
    level : float
        Of the interval.

    Returns
    -------
    OffPolicyEstimate
        ``verdict`` is ``"not assessed"``, with no value, where the policy shows arms that the log lacks, or the
        weighted rows are worth fewer than 50.

    Raises
    ------
    DataError
        If a column is missing, a chance is null or not above 0 and at most 1, or a reward is null.

    Notes
    -----
    Rewards are weighted by ``policy chance / logged chance`` and averaged over all rows (Horvitz and Thompson 1952):
    without bias if the logged chances are right, and wide where few rows have large weights. The interval is the normal
    one of this mean. :func:`~mlsys.snips` is usually narrower.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> log = pd.DataFrame({"arm": rng.choice(["blue", "green"], 4_000, p=[0.8, 0.2])})
    >>> log["probability"] = log["arm"].map({"blue": 0.8, "green": 0.2})
    >>> log["reward"] = rng.random(4_000) < log["arm"].map({"blue": 0.1, "green": 0.3})
    >>> found = ips(log, "green")
    >>> round(found.value, 3), [round(end, 3) for end in (found.lower, found.upper)]
    (0.299, [0.262, 0.335])
    """
    return _estimated("ips", log, policy, (arm, reward, probability), level)


def snips(
    log: pd.DataFrame,
    policy: Target,
    *,
    arm: str = "arm",
    reward: str = "reward",
    probability: str = "probability",
    level: float = 0.95,
) -> OffPolicyEstimate:
    """Estimate the mean reward that another policy would have had, by self-normalised inverse propensity scores.

    Parameters
    ----------
    log, policy, arm, reward, probability, level
        As for :func:`~mlsys.ips`, as are errors.

    Returns
    -------
    OffPolicyEstimate
        As of :func:`~mlsys.ips`.

    Notes
    -----
    The weighted mean (Swaminathan and Joachims 2015): the sum of the weights divides, and not the number of rows. Its
    bias vanishes as rows grow; it stays within the range of the rewards, and a constant added to all of them is
    added to the estimate. The interval is that of a ratio, by the delta method.

    Examples
    --------
    With the log of :func:`~mlsys.ips`:

    >>> rng = np.random.default_rng(0)
    >>> log = pd.DataFrame({"arm": rng.choice(["blue", "green"], 4_000, p=[0.8, 0.2])})
    >>> log["probability"] = log["arm"].map({"blue": 0.8, "green": 0.2})
    >>> log["reward"] = rng.random(4_000) < log["arm"].map({"blue": 0.1, "green": 0.3})
    >>> found = snips(log, {"blue": 0.5, "green": 0.5})
    >>> round(found.value, 3), [round(end, 3) for end in (found.lower, found.upper)]
    (0.202, [0.185, 0.219])
    """
    return _estimated("snips", log, policy, (arm, reward, probability), level)


def _estimated(
    who: str, log: pd.DataFrame, policy: Target, columns: tuple[str, str, str], level: float
) -> OffPolicyEstimate:
    check_between(who, "level", level, 0.95)
    read = read_log(log, who, columns)
    wanted, lacking = _wanted(log, policy, read, who)
    weights = wanted / read.chances
    total = weights.sum()
    effective = float(total**2 / (weights**2).sum()) if total > 0 else 0.0
    n = len(weights)
    if who == "ips":
        value = float(weights @ read.rewards / n)
        addends = weights * read.rewards - value
    else:
        value = float(weights @ read.rewards / total) if total > 0 else math.nan
        addends = weights * (read.rewards - value) * (n / total if total > 0 else 1)
    half = quantile_of(level) * math.sqrt(float((addends**2).sum()) / max(n - 1, 1) / n)
    why = _problem(lacking, effective, weights)
    shown = (value, value - half, value + half) if not why else (math.nan,) * 3
    scalars = {"value": shown[0], "lower": shown[1], "upper": shown[2], "logged": float(read.rewards.mean()),
               "effective rows": effective, "largest": float(weights.max()), "rows": float(n)}  # fmt: skip
    summary = why or f"{level:.0%} interval; right only if the logged chances are"
    verdict = NOT_ASSESSED if why else ESTIMATED
    return OffPolicyEstimate(who, by_arm(read, weights), scalars, verdict, summary, draw=draw_estimate)


def _problem(lacking: list[str], effective: float, weights: Values) -> str:
    """Say why the log tells nothing of the policy; an empty text if it does."""
    if lacking:
        return f"the log never shows {listed(lacking)}, which the policy chooses: nothing is known of its reward"
    if effective < FEWEST_EFFECTIVE:
        worth = f"worth {effective:.0f} rows, and {FEWEST_EFFECTIVE} are needed"
        return f"the rows on which both policies agree are {worth}: the policies overlap too little"
    mean, error = float(weights.mean()), float(weights.std()) / math.sqrt(len(weights))
    if abs(mean - 1) > MOST_ERRORS * error + UNEQUAL:
        return (
            f"weights average {mean:.2f}, and would average 1 if the logged chances were right and the log could have "
            "shown whatever the policy shows; a policy without chance, such as UCB1, leaves no such log"
        )
    return ""


def _wanted(log: pd.DataFrame, policy: Target, read: Logged, who: str) -> tuple[Values, list[str]]:
    """Return the chance of each logged arm under the policy, and arms that it wants and the log lacks."""
    seen = set(read.arms.unique())
    if isinstance(policy, pd.Series):
        values = numbers_of(policy.to_frame("policy"), "policy", who)
        if len(values) != len(log) or not ((values >= 0) & (values <= 1)).all():
            raise ConfigurationError(
                f"{who}: policy= is a Series of {len(values):,} values for {len(log):,} rows, or not all are chances",
                "give the chance that the policy shows the logged arm, for each row",
            )
        return values, []
    if isinstance(policy, str):
        policy = {policy: 1.0}
    if isinstance(policy, Mapping):
        shares = {str(name): float(share) for name, share in policy.items()}
        if not shares or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > UNEQUAL:
            raise ConfigurationError(
                f"{who}: policy={policy!r} are not chances that add up to 1", "give one for each arm"
            )
        near = "".join(meant(name, seen) for name in shares if name not in seen)
        lacking = [f"{name!r}" + (f" ({near.strip()})" if near else "") for name, share in shares.items()
                   if share > 0 and name not in seen]  # fmt: skip
        chances = np.asarray(read.arms.map(shares).fillna(0.0), dtype=np.float64)
        return chances, lacking
    if not callable(policy):
        raise ConfigurationError(
            f"{who}: policy={type(policy).__name__}", "give an arm, chances by arm, or a function of the log"
        )
    chosen = pd.Series(np.asarray(policy(log))).astype("str")
    if len(chosen) != len(log):
        raise ConfigurationError(
            f"{who}: policy= returned {len(chosen):,} arms for {len(log):,} rows", "return one arm for each row"
        )
    agrees = np.asarray(chosen.to_numpy() == read.arms.to_numpy(), dtype=np.float64)
    return agrees, sorted(repr(each) for each in set(chosen) - seen)
