"""What helps with a rare class, side by side, and what is advised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Cost, KFolds, Pipeline, RandomSplit, Train, TuneThreshold, WeighClasses
from mlsys.errors import ConfigurationError
from mlsys.pipeline.imbalance_study import _advice, _costs


def payments(signal: float, count: int = 2_000) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    fraud = generator.random(count) < 0.05
    x = generator.normal(size=count) + signal * fraud
    return pd.DataFrame({"x": x, "fraud": np.where(fraud, "yes", "no")})


def advised(*wins: tuple[str, str]) -> str:
    """Return what is advised when ways win over others, each way cheaper than the one before."""
    ways = ["plain", "threshold", "weights", "resampled"]
    table = pd.DataFrame({"way": ways, "metric": "cost", "value": [9.0, 8.0, 7.0, 6.0]})
    pairs = [(way, other) for other in ways[:2] for way in ways[1:] if way != other]
    verdict = ["better" if pair in wins else "not told apart" for pair in pairs]
    return _advice(table, pd.DataFrame(pairs, columns=["way", "against"]).assign(metric="cost", verdict=verdict))


def test_none_is_advised_that_does_not_win():
    threshold, both = ("threshold", "plain"), [("weights", "plain"), ("weights", "threshold")]
    assert advised() == "plain"
    assert advised(threshold) == "threshold"
    assert advised(threshold, ("weights", "plain")) == "threshold"
    assert advised(("weights", "threshold")) == "plain"
    assert advised(threshold, *both) == "weights"
    assert advised(threshold, *both, ("resampled", "plain"), ("resampled", "threshold")) == "resampled"


def test_cost_is_that_of_the_decisions():
    y, said = np.array(["yes", "yes", "no", "no"]), np.array(["yes", "no", "yes", "no"])
    assert _costs(y, said, "yes", Cost(missed=7, false_alarm=2, caught=1)) == pytest.approx(1_000 * (1 + 7 + 2) / 4)


@pytest.mark.long
def test_a_threshold_wins_where_misses_cost_much_and_weights_do_not_win_over_it():
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression())], target="fraud", event="yes")
    study = mlsys.imbalance_study(pipeline, payments(2.0), cost=Cost(missed=30, false_alarm=1), folds=KFolds(4))
    assert set(study.table["way"]) == {"plain", "threshold", "weights"}
    assert study.facts["advice"] == "threshold"
    assert study.scalars["plain/average_precision"] == study.scalars["threshold/average_precision"]
    assert study.scalars["threshold/cost"] < 0.7 * study.scalars["plain/cost"]
    assert "advised: threshold" in study.summary


@pytest.mark.long
def test_processes_come_to_the_same():
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression())], target="fraud", event="yes")
    cost = Cost(missed=30, false_alarm=1)
    one, two = (mlsys.imbalance_study(pipeline, payments(2.0), cost=cost, folds=KFolds(2), n_jobs=n) for n in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    assert one.facts["advice"] == two.facts["advice"]


@pytest.mark.parametrize(
    "steps",
    [
        [RandomSplit()],
        [Train(LogisticRegression()), TuneThreshold(share=0.1)],
        [WeighClasses(), Train(LogisticRegression())],
    ],
)
def test_a_pipeline_that_is_not_plain_is_refused(steps):
    with pytest.raises(ConfigurationError, match="imbalance_study"):
        mlsys.imbalance_study(Pipeline(steps, target="fraud"), payments(1.0), cost=Cost(missed=2, false_alarm=1))


def test_all_ways_are_tried_on_the_same_folds():
    lightgbm = pytest.importorskip("lightgbm")
    from imblearn.under_sampling import RandomUnderSampler

    booster = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=4, verbose=-1, n_jobs=1)
    pipeline = Pipeline([RandomSplit(), Train(booster)], target="fraud", event="yes")
    study = mlsys.imbalance_study(
        pipeline, payments(2.0, 600), cost=Cost(missed=30, false_alarm=1), sampler=RandomUnderSampler(), focal=2,
        phases=True, folds=KFolds(2),
    )  # fmt: skip
    ways = ["plain", "threshold", "weights", "focal", "resampled", "two_phase", "dynamic"]
    assert study.table["way"].drop_duplicates().tolist() == ways
    assert study.table["value"].notna().all()
    by_way = study.table.pivot(index="way", columns="metric", values="value")
    # Focal loss, as dynamic sampling, tells probabilities that nothing corrects.
    assert by_way.at["focal", "log_loss"] != by_way.at["plain", "log_loss"]
    assert by_way.at["focal", "average_precision"] > 0.1  # of 5 % that are fraud
    assert study.facts["advice"] in ways


def test_a_focal_loss_that_the_estimator_cannot_take_is_refused():
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression())], target="fraud")
    with pytest.raises(ConfigurationError, match="takes no focal="):
        mlsys.imbalance_study(pipeline, payments(1.0), cost=Cost(missed=2, false_alarm=1), focal=2)


def test_phases_are_refused_where_the_estimator_cannot_go_on():
    pipeline = Pipeline([RandomSplit(), Train(HistGradientBoostingClassifier())], target="fraud")
    with pytest.raises(ConfigurationError, match="cannot go on"):
        mlsys.imbalance_study(pipeline, payments(1.0), cost=Cost(missed=2, false_alarm=1), phases=True)
