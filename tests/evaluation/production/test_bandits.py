"""Policies choose with the chance that they state, learn which arm is best, and can be kept as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mlsys import UCB1, EpsilonGreedy, ThompsonSampling
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.production.bandit import Bandit

ARMS = ("blue", "green", "red")
CHANCES = {"blue": 0.1, "green": 0.3, "red": 0.15}
MADE = [ThompsonSampling(ARMS), EpsilonGreedy(ARMS), UCB1(ARMS)]


def played(policy: Bandit, choices: int, seed: int = 0) -> float:
    """Play against known chances, and return the regret: what always the best arm would have had beyond it."""
    rng, regret = np.random.default_rng(seed), 0.0
    for _ in range(choices):
        choice = policy.choose()
        regret += 0.3 - CHANCES[choice.arm]
        policy.update(choice.arm, rng.random() < CHANCES[choice.arm])
    return regret


@pytest.mark.parametrize("policy", MADE, ids=lambda each: type(each).__name__)
def test_a_policy_loses_less_than_choices_at_random(policy: Bandit) -> None:
    at_random = 600 * (0.3 - np.mean(list(CHANCES.values())))
    assert played(policy.fresh(), 600) < 0.75 * at_random


def test_thompsons_chances_are_those_of_the_posteriors() -> None:
    policy = ThompsonSampling(ARMS, least_share=0)
    for arm, hits, misses in (("blue", 3, 7), ("green", 12, 40), ("red", 60, 200)):
        for reward in [1] * hits + [0] * misses:
            policy.update(arm, reward)
    rng = np.random.default_rng(0)
    drawn = rng.beta([4, 13, 61], [8, 41, 201], (400_000, 3)).argmax(axis=1)
    assert policy.probabilities() == pytest.approx(np.bincount(drawn) / 400_000, abs=0.003)


def test_choices_have_the_chance_that_is_logged() -> None:
    policy = ThompsonSampling(ARMS)
    for reward in (1, 0, 0):
        policy.update("green", reward)
    chosen = [policy.choose() for _ in range(6_000)]
    for place, arm in enumerate(ARMS):
        chance = policy.probabilities()[place]
        assert {each.probability for each in chosen if each.arm == arm} == {chance}
        assert np.mean([each.arm == arm for each in chosen]) == pytest.approx(chance, abs=0.025)


def test_every_arm_keeps_its_least_share() -> None:
    policy = ThompsonSampling(ARMS, least_share=0.05)
    for _ in range(200):
        policy.update("blue", 1)
        policy.update("green", 0)
        policy.update("red", 0)
    assert policy.probabilities() == pytest.approx([0.9, 0.05, 0.05], abs=1e-6)


def test_epsilon_greedy_explores_its_share_and_tries_every_arm_first() -> None:
    policy = EpsilonGreedy(ARMS, epsilon=0.3)
    assert policy.probabilities() == pytest.approx([1 / 3] * 3)
    policy.update("blue", -5.0)
    assert policy.probabilities() == pytest.approx([0.1, 0.45, 0.45])
    policy.update("green", 120.0)
    policy.update("red", 80.0)
    assert policy.probabilities() == pytest.approx([0.1, 0.8, 0.1])


def test_ucb1_chooses_the_highest_bound() -> None:
    policy = UCB1(ARMS)
    for arm, rewards in (("blue", [1, 0, 1, 1]), ("green", [1, 0]), ("red", [0, 0, 0])):
        for reward in rewards:
            policy.update(arm, reward)
    means, counts = np.array([0.75, 0.5, 0.0]), np.array([4, 2, 3])
    bounds = means + np.sqrt(2 * np.log(9) / counts)
    assert policy.choose() == type(policy.choose())(ARMS[int(bounds.argmax())], 1.0)


@pytest.mark.parametrize("policy", MADE, ids=lambda each: type(each).__name__)
def test_a_policy_goes_on_after_json_as_if_nothing_had_happened(policy: Bandit) -> None:
    first = policy.fresh()
    played(first, 40)
    second = type(policy).from_state(json.loads(json.dumps(first.state())))
    assert [first.choose() for _ in range(20)] == [second.choose() for _ in range(20)]
    assert first.fresh().choices == 0


def test_the_same_seed_chooses_alike_and_another_differently() -> None:
    made = [[each.choose().arm for _ in range(50)] for each in (ThompsonSampling(ARMS, seed=s) for s in (1, 1, 2))]
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize(("arm", "reward", "says"), [
    ("gren", 1, "(?s)none of its arms.*did you mean 'green'"), ("green", 1.5, "no number from 0 to 1"),
    ("green", None, "no number"), ("green", float("nan"), "no number"), ("green", "yes", "no number"),
])  # fmt: skip
def test_rewards_that_cannot_be_learned_are_refused(arm: str, reward: Any, says: str) -> None:
    for policy in MADE:
        if reward == 1.5 and isinstance(policy, EpsilonGreedy):
            continue
        with pytest.raises(DataError, match=says):
            policy.fresh().update(arm, reward)


@pytest.mark.parametrize(("make", "says"), [
    (lambda: UCB1(["a"]), "has 1 names"), (lambda: UCB1("ab"), "is not a list"),
    (lambda: UCB1(["a", "a"]), "one arm twice"), (lambda: UCB1(["a", 1]), "which is not a name"),
    (lambda: UCB1(ARMS, exploration=0), "exploration=0"), (lambda: EpsilonGreedy(ARMS, epsilon=0), "epsilon=0"),
    (lambda: ThompsonSampling(ARMS, prior=(0, 1)), "prior=0"), (lambda: UCB1(ARMS, seed=-1), "seed=-1"),
    (lambda: ThompsonSampling(ARMS, least_share=0.4), "leaves nothing to choose"),
    (lambda: ThompsonSampling(ARMS, least_share=-1), "least_share=-1"),
    (lambda: ThompsonSampling(ARMS, prior=1), "is not two numbers"),
])  # fmt: skip
def test_settings_outside_their_range_are_refused(make: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        make()


@pytest.mark.parametrize("change", [
    {"policy": "UCB1"}, {"counts": [1, 2]}, {"totals": [0, 0, None]}, {"counts": [-1, 0, 0]}, {"colour": 1},
])  # fmt: skip
def test_a_state_that_is_damaged_or_of_another_policy_is_refused(change: dict[str, Any]) -> None:
    state = ThompsonSampling(ARMS).state() | change
    with pytest.raises(DataError, match=r"state of ThompsonSampling"):
        ThompsonSampling.from_state(state)


@pytest.mark.parametrize("policy", MADE, ids=lambda each: type(each).__name__)
def test_a_policy_says_what_it_promises(policy: Bandit) -> None:
    assert "promises" in repr(policy)
    assert "chance now" in policy._repr_html_()


@pytest.mark.long
@pytest.mark.parametrize(
    ("policy", "most"), [(ThompsonSampling(ARMS), 40), (UCB1(ARMS), 200), (EpsilonGreedy(ARMS), 120)]
)
def test_regret_after_many_choices(policy: Bandit, most: float) -> None:
    regrets = [played(type(policy)(ARMS, seed=seed), 3_000, seed) for seed in range(10)]
    assert np.mean(regrets) < most
