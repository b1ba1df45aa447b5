"""Policies of bandits: Thompson sampling, epsilon-greedy and UCB1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from mlsys.errors import ConfigurationError
from mlsys.evaluation.production.bandit import Bandit, Values
from mlsys.evaluation.production.reading import check_above_zero, check_between

NODES = 40
"""Points at which posteriors are compared: chances are exact to 0.0001."""


class ThompsonSampling(Bandit):
    """Choose each arm with the chance that it is the best one, given the rewards so far.

    Parameters
    ----------
    arms : sequence of str
        Names of at least two arms.
    seed : int
        Of the choices.
    prior : tuple of float
        Both parameters of the beta distribution of an arm's mean reward before its first reward.
    least_share : float
        Chance that every arm keeps at least; above 0 so that a log can be used to evaluate other policies.

    Notes
    -----
    Thompson 1933. Its regret grows with the logarithm of the choices, as slowly as that of any policy for rewards of 0
    and 1 (Kaufmann, Korda and Munos 2012). Rewards between 0 and 1 count as that part of a success. The chance of each
    arm is computed by integrating over the posteriors, once after each reward: about 1 ms for 3 arms.

    Examples
    --------
    >>> policy = ThompsonSampling(["blue", "green"])
    >>> for _ in range(30):
    ...     policy.update("blue", 1), policy.update("green", 0)  # doctest: +ELLIPSIS
    (None, None)
    ...
    >>> policy.choose()
    Choice(arm='blue', probability=0.99...)
    """

    def __init__(
        self, arms: Sequence[str], *, seed: int = 0, prior: tuple[float, float] = (1.0, 1.0), least_share: float = 0.01
    ) -> None:
        super().__init__(arms, seed=seed)
        who = type(self).__name__
        if not isinstance(prior, (tuple, list)) or len(prior) != 2:
            raise ConfigurationError(f"{who}: prior={prior!r} is not two numbers", "write prior=(1, 1)")
        for each in prior:
            check_above_zero(who, "prior", each, "both parameters of a beta distribution, such as (1, 1)")
        self.prior = (float(prior[0]), float(prior[1]))
        if least_share != 0:
            check_between(who, "least_share", least_share, 0.01)
        if least_share * len(self.arms) >= 1:
            raise ConfigurationError(
                f"{who}: least_share={least_share} of {len(self.arms)} arms leaves nothing to choose",
                f"give less than {1 / len(self.arms):.3g}",
            )
        self.least_share = float(least_share)

    def _chances(self) -> Values:
        from scipy.special import betainc, betaincinv

        hits, misses = self.prior[0] + self.totals, self.prior[1] + self.counts - self.totals
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        places = betaincinv(hits[:, None], misses[:, None], (nodes + 1) / 2)  # of each arm, its own quantiles
        below = betainc(hits[:, None, None], misses[:, None, None], places[None])  # arm, whose quantile, node
        below[np.arange(len(hits)), np.arange(len(hits))] = 1.0
        best = below.prod(axis=0) @ weights
        return np.asarray(self.least_share + (1 - self.least_share * len(hits)) * best / best.sum())

    def _settings(self) -> dict[str, Any]:
        return {"prior": list(self.prior), "least_share": self.least_share}

    def _guarantee(self) -> str:
        kept = f", but at least {self.least_share:.0%}" if self.least_share else ""
        return f"each arm is chosen with the chance that it is the best{kept}"


class EpsilonGreedy(Bandit):
    """Choose the arm with the best mean reward so far, and now and then any of them.

    Parameters
    ----------
    arms : sequence of str
        Names of at least two arms.
    epsilon : float
        Share of choices that are drawn from all arms alike.
    seed : int
        Of the choices.

    Notes
    -----
    The loss grows with the choices in proportion: ``epsilon`` of them stay random for ever. The log is good for
    evaluating any other policy. Rewards are any finite numbers, such as money. Arms without a reward count as the best.

    Examples
    --------
    >>> policy = EpsilonGreedy(["blue", "green"], epsilon=0.2)
    >>> policy.update("blue", 3.5)
    >>> policy.update("green", 4.5)
    >>> policy.probabilities().tolist()
    [0.1, 0.9]
    """

    least: ClassVar[float] = -math.inf
    most: ClassVar[float] = math.inf

    def __init__(self, arms: Sequence[str], *, epsilon: float = 0.1, seed: int = 0) -> None:
        super().__init__(arms, seed=seed)
        if epsilon != 1:
            check_between(type(self).__name__, "epsilon", epsilon, 0.1)
        self.epsilon = float(epsilon)

    def _chances(self) -> Values:
        means = np.where(self.counts > 0, self.means, np.inf)
        best = means == means.max()
        return np.asarray(self.epsilon / len(means) + (1 - self.epsilon) * best / best.sum())

    def _settings(self) -> dict[str, Any]:
        return {"epsilon": self.epsilon}

    def _guarantee(self) -> str:
        return f"{self.epsilon:.0%} of choices are drawn from all arms alike"


class UCB1(Bandit):
    """Choose the arm whose mean reward could be the highest, given how often it was tried.

    Parameters
    ----------
    arms : sequence of str
        Names of at least two arms.
    exploration : float
        How far above its mean an arm is believed to be: the 2 of Auer, Cesa-Bianchi and Fischer (2002).
    seed : int
        Kept with the state; choices do not depend on it, except between equals.

    Notes
    -----
    The regret is at most ``8 log(n) / gap`` for each arm, plus a constant, whatever the rewards between 0 and 1.
    Nothing is random, so ``ips`` and ``snips`` refuse its log: it says nothing of other policies. While rewards have
    not come, it chooses the same arm again.

    Examples
    --------
    >>> policy = UCB1(["blue", "green"])
    >>> policy.update("blue", 1)
    >>> policy.choose()
    Choice(arm='green', probability=1.0)
    """

    def __init__(self, arms: Sequence[str], *, exploration: float = 2.0, seed: int = 0) -> None:
        super().__init__(arms, seed=seed)
        check_above_zero(type(self).__name__, "exploration", exploration, "2, or less to explore less")
        self.exploration = float(exploration)

    def _chances(self) -> Values:
        tried = self.counts > 0
        if tried.all():
            reach = self.means + np.sqrt(self.exploration * math.log(self.counts.sum()) / self.counts)
        else:
            reach = (~tried).astype(float)
        best = reach == reach.max()
        return np.asarray(best / best.sum())

    def _settings(self) -> dict[str, Any]:
        return {"exploration": self.exploration}

    def _guarantee(self) -> str:
        return "regret of at most 8 log(n) / gap for each arm, for rewards from 0 to 1"
