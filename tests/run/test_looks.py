"""Test rows that were opened before: counted by model, said, and intervals widened for as many models."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Pipeline, Train
from mlsys.summaries.wilson import wilson


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline([Train(LogisticRegression(max_iter=2_000)), Evaluate()], target="target", name="looks")


def auc(run):
    table = run.metrics
    return table[(table["model"] == "model") & (table["slice"] == "all") & (table["metric"] == "roc_auc")
                 & (table["part"] == "test")].iloc[0]  # fmt: skip


def codes(run):
    return {finding.code for finding in run.findings}


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:lbfgs failed")
def test_the_same_model_again_is_no_other_look(pipeline, cancer):
    first = pipeline.run(cancer).final_test()
    again = pipeline.run(cancer).final_test()
    assert "LK401" not in codes(first) | codes(again)
    assert "no other model was evaluated on them" in repr(again)
    assert auc(first)["lower"] == auc(again)["lower"]


@pytest.mark.filterwarnings("ignore:lbfgs failed")
def test_another_model_gets_intervals_for_two(pipeline, cancer):
    pipeline.run(cancer).final_test()
    other = pipeline.replace(Train=Train(HistGradientBoostingClassifier(max_iter=9)))
    second = other.run(cancer).final_test()
    alone = other.rebuilt([Train(HistGradientBoostingClassifier(max_iter=9)), Evaluate(level=0.975)], name="elsewhere")
    wide = alone.run(cancer, track=False).final_test()
    assert "LK401" in codes(second)
    assert "intervals hold for 2 models together" in repr(second)
    assert (auc(second)["lower"], auc(second)["upper"]) == (auc(wide)["lower"], auc(wide)["upper"])
    assert not second.register("looked-at")
    assert "opened 1 time(s) before" in repr(second.register("looked-at"))


def test_without_tracking_nobody_counts(cancer):
    pipeline = Pipeline([HistGradientBoostingClassifier(max_iter=9)], target="target")
    for _ in range(2):
        final = pipeline.run(cancer, track=False).final_test()
        assert "test opened" not in repr(final)


@pytest.mark.parametrize("models", [3, 10])
def test_intervals_for_several_models_hold_for_the_best_of_them(models):
    """The best of several coins looks better than a coin; at level 1 - .05 / k it does so in 5 of 100 at most."""
    generator, rows, trials = np.random.default_rng(5), 400, 2_000
    right = generator.binomial(rows, 0.5, size=(trials, models)).max(axis=1)
    naive = np.mean([wilson(each, rows)[0] <= 0.5 for each in right])
    widened = np.mean([wilson(each, rows, 1 - 0.05 / models)[0] <= 0.5 for each in right])
    assert naive < 0.95
    assert widened > 0.95
    assert pd.Series(right).mean() / rows > 0.51
