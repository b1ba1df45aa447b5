"""A log tells what another policy would have had, or says why it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import UCB1, EpsilonGreedy, ThompsonSampling, ips, replay, snips
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.production.bandit import Bandit

MEANS = {"blue": 0.1, "green": 0.3, "red": 0.2}
LOGGED = {"blue": 0.7, "green": 0.1, "red": 0.2}
UNIFORM = dict.fromkeys(MEANS, 1 / 3)


def log(seed: int, n: int = 3_000, chances: dict[str, float] | None = None) -> pd.DataFrame:
    rng, chances = np.random.default_rng(seed), chances or LOGGED
    arm = rng.choice(list(chances), n, p=list(chances.values()))
    frame = pd.DataFrame({"arm": arm, "age": rng.integers(18, 80, n)})
    frame["probability"] = frame["arm"].map(chances)
    frame["reward"] = (rng.random(n) < frame["arm"].map(MEANS)).astype(int)
    return frame


@pytest.mark.parametrize("estimate", [ips, snips])
def test_estimates_are_unbiased_and_intervals_hold_the_truth(estimate: Any) -> None:
    truth = 0.5 * 0.3 + 0.5 * 0.2
    found = [estimate(log(seed), {"green": 0.5, "red": 0.5}) for seed in range(50)]
    values = np.array([each.value for each in found])
    assert abs(values.mean() - truth) < 3 * values.std() / np.sqrt(len(values))
    assert np.mean([each.lower <= truth <= each.upper for each in found]) >= 0.9


def test_snips_is_narrower_and_moves_with_the_rewards() -> None:
    rows = log(0)
    plain, moved = (snips(frame, "green") for frame in (rows, rows.assign(reward=rows["reward"] + 100)))
    assert moved.value == pytest.approx(plain.value + 100)
    assert moved.upper - moved.lower == pytest.approx(plain.upper - plain.lower)
    wide = ips(rows.assign(reward=rows["reward"] + 100), "green")
    assert wide.upper - wide.lower > 10 * (moved.upper - moved.lower)


def test_a_policy_is_an_arm_chances_a_function_or_a_column() -> None:
    rows = log(1)
    expected = snips(rows, "green").value
    agreed = pd.Series((rows["arm"] == "green").astype(float))
    for policy in ({"green": 1.0}, lambda frame: np.full(len(frame), "green"), agreed):
        assert snips(rows, policy).value == pytest.approx(expected)


def test_the_policy_that_wrote_the_log_has_its_mean() -> None:
    rows = log(2)
    for estimate in (ips, snips):
        found = estimate(rows, LOGGED)
        assert found.value == pytest.approx(rows["reward"].mean())
        assert found.effective_rows == pytest.approx(len(rows))


def test_effective_rows_are_kishs() -> None:
    rows = log(3)
    assert snips(rows, "green").effective_rows == pytest.approx((rows["arm"] == "green").sum())


@pytest.mark.parametrize("estimate", [ips, snips])
def test_what_the_log_cannot_tell_is_not_assessed(estimate: Any) -> None:
    rows = log(4)
    lacking = estimate(rows, {"green": 0.5, "gren": 0.5})
    assert (lacking.verdict, np.isnan(lacking.value)) == ("not assessed", True)
    assert "did you mean 'green'" in lacking.summary
    few = estimate(log(4, 200), "green")
    assert "overlap too little" in few.summary
    assert np.isnan(few.lower)


@pytest.mark.parametrize("estimate", [ips, snips])
def test_a_log_without_chance_is_not_assessed(estimate: Any) -> None:
    policy, rng, rows = UCB1(list(MEANS)), np.random.default_rng(0), []
    for _ in range(2_000):
        choice = policy.choose()
        reward = int(rng.random() < MEANS[choice.arm])
        policy.update(choice.arm, reward)
        rows.append((choice.arm, choice.probability, reward))
    found = estimate(pd.DataFrame(rows, columns=["arm", "probability", "reward"]), "green")
    assert found.verdict == "not assessed"
    assert "weights average" in found.summary


def test_the_log_of_a_bandit_evaluates_other_policies() -> None:
    policy, rng, rows = ThompsonSampling(list(MEANS), least_share=0.1), np.random.default_rng(0), []
    for _ in range(800):
        choice = policy.choose()
        reward = int(rng.random() < MEANS[choice.arm])
        policy.update(choice.arm, reward)
        rows.append((choice.arm, choice.probability, reward))
    found = ips(pd.DataFrame(rows, columns=["arm", "probability", "reward"]), "red")
    assert found.lower < 0.2 < found.upper


@pytest.mark.parametrize("policy", [ThompsonSampling(list(MEANS)), EpsilonGreedy(list(MEANS)), UCB1(list(MEANS))],
                         ids=lambda each: type(each).__name__)  # fmt: skip
def test_a_replay_is_a_history_of_the_policy(policy: Bandit) -> None:
    rows = log(5, 3_000, UNIFORM)
    found = replay(rows, policy)
    assert found.value > rows["reward"].mean()
    assert 800 < found.effective_rows < 1_200
    assert policy.choices == 0
    assert found.facts["policy"]["counts"] == pytest.approx(
        found.tables["path"].shape[0] * found.table["weight"].to_numpy()
    )


def test_a_replay_is_without_bias() -> None:
    fixed = EpsilonGreedy(list(MEANS), epsilon=1)
    found = [replay(log(seed, 1_500, UNIFORM), fixed) for seed in range(12)]
    values = np.array([each.value for each in found])
    assert abs(values.mean() - 0.2) < 3 * values.std() / np.sqrt(12)


def test_a_replay_goes_by_time() -> None:
    rows = log(6, 900, UNIFORM).assign(time=np.arange(900))
    mixed = rows.sample(frac=1, random_state=0)
    policy = ThompsonSampling(list(MEANS))
    assert replay(mixed, policy, time="time").value == replay(rows, policy).value


def test_a_replay_of_few_rows_is_not_assessed() -> None:
    assert replay(log(7, 30, UNIFORM), UCB1(list(MEANS))).verdict == "not assessed"


def test_a_replay_of_choices_that_were_not_at_random_is_refused() -> None:
    with pytest.raises(DataError, match="not all arms had the same chance"):
        replay(log(8), UCB1(list(MEANS)))
    with pytest.raises(DataError, match="says the log, but 'blue' has"):
        replay(log(8).assign(probability=1 / 3), UCB1(list(MEANS)))
    with pytest.raises(DataError, match="do not have the same arms: black"):
        replay(log(8, 900, UNIFORM), UCB1([*MEANS, "black"]))
    with pytest.raises(ConfigurationError, match="for a fixed policy use snips"):
        replay(log(8, 900, UNIFORM), "green")  # type: ignore[arg-type]


@pytest.mark.parametrize(("change", "says"), [
    ({"probability": [0.0, 0.5]}, "is 0 in row 0"), ({"probability": [0.5, np.nan]}, "is nan in row 1"),
    ({"probability": [1.5, 0.5]}, "is 1.5 in row 0"), ({"reward": [1.0, None]}, "'reward' is null in row 1"),
    ({"reward": ["a", "b"]}, "'reward' holds text"), ({"arm": ["a", None]}, "'arm' is null in row 1"),
])  # fmt: skip
def test_logs_that_would_mislead_are_refused(change: dict[str, Any], says: str) -> None:
    rows = pd.DataFrame({"arm": ["a", "b"], "reward": [0, 1], "probability": 0.5}).assign(**change)
    for estimate in (ips, snips):
        with pytest.raises(DataError, match=says):
            estimate(rows, "a")


def test_a_log_without_chances_says_how_to_log_them() -> None:
    with pytest.raises(DataError, match=r"(?s)lacks 'probability'.*log Choice.probability"):
        snips(log(9).drop(columns="probability"), "green")


@pytest.mark.parametrize("policy", [{"green": 0.5}, {}, {"green": -1.0, "red": 2.0}, 3, lambda frame: ["green"],
                                    pd.Series([0.5])])  # fmt: skip
def test_what_is_no_policy_is_refused(policy: Any) -> None:
    with pytest.raises(ConfigurationError, match="policy="):
        snips(log(10), policy)


def test_estimates_are_drawn_and_shown() -> None:
    from matplotlib import pyplot

    for found in (
        snips(log(11), "green"),
        ips(log(11, 200), "green"),
        replay(log(11, 900, UNIFORM), UCB1(list(MEANS))),
    ):
        found.plot()
        assert "effective rows" in repr(found)
    pyplot.close("all")
