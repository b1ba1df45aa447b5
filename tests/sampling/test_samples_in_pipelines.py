"""Samples in a pipeline: weights reach models and scores by themselves, and the card says how rows were drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import mlsys
from mlsys import ClusterSample, HashSample, ImportanceSample, Pipeline, StratifiedSample, WeightedSample


def payments(rows: int = 1_500) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"amount": rng.normal(size=rows), "shop": rng.integers(0, 40, rows)})
    return frame.assign(fraud=rng.random(rows) < 1 / (1 + np.exp(3.5 - 2 * frame["amount"])))


PAYMENTS = payments()
HALF = StratifiedSample("fraud", share={True: 1.0, False: 0.2})


def run(*steps: object, frame: pd.DataFrame = PAYMENTS, **roles: object) -> mlsys.Run:
    given: dict[str, object] = {"target": "fraud", **roles}
    return Pipeline([*steps], **given).run(frame, track=False, cache=False, verbose=False)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sampled() -> mlsys.Run:
    return run(HALF, LogisticRegression())


def test_weights_of_a_sample_reach_scores_and_the_card(sampled):
    assert sampled.pipeline.roles.weight == "sampling_weight"
    scored = sampled.evaluation.scored
    rate = np.average(scored["y"].astype(str) == "True", weights=scored["weight"])
    assert rate == pytest.approx(PAYMENTS["fraud"].mean(), abs=0.01)
    said = " ".join(str(sampled).split())
    assert "sample StratifiedSample: " in said
    assert "models and scores weigh rows by 'sampling_weight'" in said
    assert sampled.features.set_index("column").at["sampling_weight", "reason"] == "role: weight"
    assert sampled.outcome.steps[0].drew[0].endswith("'sampling_weight'")


def test_the_audit_finds_nothing_in_a_sample(sampled):
    assert sampled.audit_leakage().verdict == "not observed"


@pytest.mark.long
def test_a_model_learns_the_mix_of_all_rows(sampled):
    everything = run(LogisticRegression())
    means = [each.predict(PAYMENTS)["probability_True"].mean() for each in (sampled, everything)]
    assert means[0] == pytest.approx(means[1], abs=0.02)


@pytest.mark.long
def test_weights_of_the_user_multiply():
    frame = PAYMENTS.assign(w=np.where(PAYMENTS["shop"] < 20, 1.0, 3.0))
    train = run(HALF, LogisticRegression(), frame=frame, weight="w").frame("train")
    expected = np.where(train["fraud"], 1.0, 5.0) * np.where(train["shop"] < 20, 1, 3)
    assert train["w"].to_numpy() == pytest.approx(expected, rel=0.02)
    assert "sampling_weight" not in train.columns


def test_rows_that_are_all_as_likely_need_no_weights_and_a_sample_of_a_sample_multiplies_chances():
    once = Pipeline([HashSample(500)]).run(PAYMENTS, track=False, cache=False, verbose=False)
    assert once.pipeline.roles.weight is None
    twice = Pipeline([HashSample(750), HALF]).run(PAYMENTS, track=False, cache=False, verbose=False)
    weights = twice.frame("all").groupby("fraud")["sampling_weight"].first()
    assert weights.to_numpy() == pytest.approx([10.0, 2.0], rel=0.02)


@pytest.mark.long
def test_an_even_sample_adds_no_feature():
    found = run(HashSample(1_000), LogisticRegression()).features.set_index("column")
    assert not found.at["sampling_weight", "used"]
    assert found.at["sampling_weight", "reason"] == "how many rows each row of the sample stands for"


def test_an_estimator_without_weights_is_trained_and_remarked_on():
    found = run(HALF, KNeighborsClassifier())
    assert [each.code for each in found.findings if each.code.startswith("SA")] == ["SA104"]


def test_clusters_stay_together():
    pipeline = Pipeline([ClusterSample("shop", clusters=20), LogisticRegression()], target="fraud")
    assert pipeline.roles.group == "shop"
    assert "GroupSplit" in str(pipeline.plan())
    given = Pipeline([ClusterSample("shop", clusters=20), LogisticRegression()], target="fraud", group="other")
    assert given.roles.group == "other"


def test_few_rows_that_carry_the_weight_are_remarked_on():
    frame = pd.DataFrame({"size": [1e-3] * 4_000 + [1.0] * 200})
    found = {
        design.title: [each.code for each in Pipeline([design]).run(frame, track=False, cache=False).findings]
        for design in (WeightedSample(150, size="size"), ImportanceSample(150, importance="size", even=0.5))
    }
    assert found == {"WeightedSample": ["SA103"], "ImportanceSample": []}
