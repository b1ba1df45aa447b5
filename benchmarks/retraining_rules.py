"""Other rules of retraining than the library's, for ``retraining.py``: whether to train, from what is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlsys import RetrainPolicy
from mlsys.drift.retraining.excess import Served, excess_of, reach

Rule = Callable[[RetrainPolicy, Served], bool]


def cost_of(policy: RetrainPolicy, served: Served) -> float:
    """Cost beyond a fresh model since the last training."""
    return policy.cost_per_error * excess_of(served).total


def surer(policy: RetrainPolicy, served: Served) -> bool:
    """Train if the lower end of a 50 % interval of the saving is positive."""
    found = excess_of(served)
    return policy.cost_per_error * (found.total - reach(0.5) * found.error) > policy.price()


def times(factor: float) -> Rule:
    """Train if the cost exceeds so many times the price."""
    return lambda policy, served: cost_of(policy, served) > factor * policy.price()


def lately_too(policy: RetrainPolicy, served: Served) -> bool:
    """Train if the last four periods alone would pay as well, were all like them (a look-ahead)."""
    each = excess_of(served).by_period
    latest = each[~np.isnan(each)][-4:]
    ahead = policy.cost_per_error * latest.mean() * len(served.rows) if len(latest) else 0.0
    return min(cost_of(policy, served), ahead) > policy.price()


def forgetting(policy: RetrainPolicy, served: Served) -> bool:
    """Train if costs that count half after eight periods exceed the price."""
    each = np.nan_to_num(excess_of(served).by_period)
    weight = 0.5 ** (np.arange(len(each))[::-1] / 8)
    return bool(policy.cost_per_error * (each * weight).sum() / weight.sum() * len(each) > policy.price())


def marginal(policy: RetrainPolicy, served: Served) -> bool:
    """Train if the latest periods cost more than a period costs on average, the price included (lot sizing)."""
    found = excess_of(served)
    latest = found.by_period[~np.isnan(found.by_period)][-4:]
    average = (policy.cost_per_error * found.total + policy.price()) / len(served.rows)
    return bool(len(latest) > 1 and found.total > 0 and policy.cost_per_error * latest.mean() > average)


RULES: dict[str, Rule] = {
    "the policy": times(1.0),
    "price x 0.7": times(0.7),
    "price x 1.5": times(1.5),
    "price x 2": times(2.0),
    "50 % interval": surer,
    "the last 4 weeks too": lately_too,
    "half after 8 weeks": forgetting,
    "marginal cost": marginal,
}


@dataclass(frozen=True)
class WithRule(RetrainPolicy):
    """A policy that trains by another rule."""

    rule: Rule = times(1.0)

    def wants(self, served: Served, stateful: bool = False) -> bool:
        return self.rule(self, served)
