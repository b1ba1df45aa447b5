"""Several targets are judged each as if it were alone, and together as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, hamming_loss, r2_score, roc_auc_score

from mlsys import Evaluate, Gate, beats, gap, metric
from mlsys.errors import ConfigurationError
from mlsys.evaluation import Evaluation
from mlsys.evaluation.comparison import paired_difference, scored_interval
from mlsys.evaluation.side_by_side import apart
from mlsys.evaluation.together import joint_metric
from mlsys.execution.results import result_of, result_state


def judged(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2))
    chances = 1 / (1 + np.exp(-1.5 * x))
    a, b = (rng.random((rows, 2)) < chances).T
    frame = pd.DataFrame({"x": x[:, 0], "site": rng.choice(["north", "south"], rows)})
    frame = frame.assign(a=a.astype(int), b=np.where(b, "yes", "no"))
    frame = frame.assign(prediction_a=(chances[:, 0] > 0.5).astype(int), probability_a_0=1 - chances[:, 0])
    frame = frame.assign(probability_a_1=chances[:, 0], prediction_b=np.where(chances[:, 1] > 0.5, "yes", "no"))
    return frame.assign(probability_b_no=1 - chances[:, 1], probability_b_yes=chances[:, 1])


TRAIN, HELD_OUT = judged(300, 1), judged(400, 2)
UNKNOWN = HELD_OUT.assign(a=HELD_OUT["a"].astype("Int64").where(HELD_OUT.index >= 150))


def evaluated(step: Evaluate, rows: pd.DataFrame = HELD_OUT, **roles: Any) -> Evaluation:
    found = step.of(**{"train": TRAIN, "validation": rows, "target": ["a", "b"], **roles})
    assert isinstance(found, Evaluation)
    return found


FOUND = evaluated(Evaluate(slices=["site"]))


def value(found: Evaluation, name: str, side: str = "value", model: str = "model") -> float:
    rows = found.table[(found.table["model"] == model) & (found.table["slice"] == "all")]
    return float(rows[(rows["metric"] == name) & (rows["part"] == found.part)][side].iloc[0])


def test_metrics_of_all_targets_are_those_of_scikit_learn() -> None:
    truth = np.column_stack([HELD_OUT["a"], HELD_OUT["b"] == "yes"])
    said = np.column_stack([HELD_OUT["prediction_a"], HELD_OUT["prediction_b"] == "yes"])
    shares = HELD_OUT[["probability_a_1", "probability_b_yes"]]
    assert FOUND.task == "multilabel" and FOUND.headline == "mean_roc_auc"
    assert value(FOUND, "mean_roc_auc") == pytest.approx(roc_auc_score(truth, shares, average="macro"))
    assert value(FOUND, "subset_accuracy") == pytest.approx(accuracy_score(truth, said))
    assert value(FOUND, "hamming_loss") == pytest.approx(hamming_loss(truth, said))


def test_each_target_is_judged_as_if_it_were_alone() -> None:
    alone = HELD_OUT.rename(columns=lambda name: name.replace("_b_", "_").replace("prediction_b", "prediction"))
    train = TRAIN.rename(columns=lambda name: name.replace("_b_", "_").replace("prediction_b", "prediction"))
    kept = ["x", "site", "b", "prediction", "probability_no", "probability_yes"]
    own = Evaluate(slices=["site"]).of(train=train[kept], validation=alone[kept], target="b")
    pd.testing.assert_frame_equal(FOUND.targets["b"].table, own.table)
    assert FOUND.targets["b"].beats == own.beats


def test_numbers_are_judged_by_the_mean_of_r2() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"c": rng.normal(size=200), "d": 50 * rng.normal(size=200)})
    rows = rows.assign(prediction_c=rows["c"] / 2, prediction_d=rows["d"] + 9)
    found = evaluated(Evaluate(), rows, train=rows, target=["c", "d"])
    expected = r2_score(rows[["c", "d"]], rows[["prediction_c", "prediction_d"]])
    assert found.task == "multioutput regression"
    assert value(found, "mean_r2") == pytest.approx(expected)


def test_a_target_is_judged_where_it_is_known_and_a_row_where_all_are() -> None:
    found = evaluated(Evaluate(slices=()), UNKNOWN)
    known = HELD_OUT[150:]
    right = known["prediction_a"].eq(known["a"]) & known["prediction_b"].eq(known["b"])
    assert value(found.targets["a"], "accuracy", "n") == 250 and value(found.targets["b"], "accuracy", "n") == 400
    assert value(found, "subset_accuracy") == pytest.approx(right.mean())
    wrong = (known["prediction_a"] != known["a"]).sum() + (HELD_OUT["prediction_b"] != HELD_OUT["b"]).sum()
    assert value(found, "hamming_loss") == pytest.approx(wrong / 650)


def test_targets_beside_each_other_are_taken_apart_as_they_were() -> None:
    found = evaluated(Evaluate(slices=()), UNKNOWN)
    for target, (rows, _) in apart(found.scored).items():
        pd.testing.assert_frame_equal(rows, found.targets[target].scored[rows.columns.tolist()], check_dtype=False)


def test_the_interval_of_the_mean_auc_is_delongs_without_the_bootstrap() -> None:
    mean, weighed = joint_metric("mean_roc_auc"), FOUND.scored.assign(weight=1.0)
    weighed.loc[weighed.index[0], "weight"] = 1.0 + 1e-9  # no longer without weights: the bootstrap
    assert mean is not None
    exact, drawn = scored_interval(mean, FOUND.scored), scored_interval(mean, weighed)
    assert (exact.method, drawn.method) == ("delta method", "bootstrap")
    assert exact.upper - exact.lower == pytest.approx(drawn.upper - drawn.lower, rel=0.2)


def test_the_paired_difference_of_a_mean_is_the_mean_of_the_differences() -> None:
    mean = joint_metric("mean_roc_auc")
    assert mean is not None
    worse = FOUND.scored.assign(probability_a_1=0.5, probability_a_0=0.5)
    found = paired_difference(mean, FOUND.scored, worse)
    assert found.value == pytest.approx((value(FOUND.targets["a"], "roc_auc") - 0.5) / 2)
    assert found.lower < found.value < found.upper and found.lower > 0


def test_named_metrics_judge_each_target_and_their_means_all() -> None:
    def right(y: Any, prediction: Any) -> float:
        return float(np.mean(y == prediction))

    found = evaluated(Evaluate([right, "subset_accuracy"], slices=()))
    assert found.headline == "mean_right" and found.targets["a"].headline == "right"
    assert value(found, "mean_right") == pytest.approx(
        (value(found.targets["a"], "right") + value(found.targets["b"], "right")) / 2
    )
    assert found.metric("a/right") is found.targets["a"].metric("right")


def test_metrics_of_other_tasks_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="'mean_r2' is for multioutput regression, but this is multilabel"):
        evaluated(Evaluate(["mean_r2"]))
    with pytest.raises(ConfigurationError, match="there is no metric 'mean_of_all'"):
        Evaluate(["mean_of_all"])


def test_a_rule_of_thumb_says_something_of_every_target() -> None:
    def by_x(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"a": (rows["x"] > 0) * 1.0, "b": 0.5}, index=rows.index)

    found = evaluated(Evaluate(baselines=[by_x], slices=()))
    expected = roc_auc_score(HELD_OUT["a"], HELD_OUT["x"] > 0)
    assert value(found.targets["a"], "roc_auc", model="by_x") == pytest.approx(expected)
    assert value(found, "mean_roc_auc", model="by_x") == pytest.approx((expected + 0.5) / 2)
    assert set(found.beats) == {"zero_rule", "random", "by_x"}


def test_a_gate_asks_for_a_target_or_for_all() -> None:
    terms = {
        metric("roc_auc", target="a").lower >= 0.7: "pass",
        metric("roc_auc", target="b").value >= 0.99: "fail",
        metric("mean_roc_auc").value >= 0.7: "pass",
        gap("accuracy", by="site", target="b").value <= 1.0: "pass",
        beats("zero_rule"): "pass",
        beats("zero_rule", target="b"): "pass",
        metric("roc_auc").lower >= 0.1: "pass",
        metric("roc_auc", target="c").lower >= 0.1: "fail",
        beats("zero_rule", target="c"): "fail",
    }
    checked = Gate(*terms).check({"evaluate": FOUND})
    assert [verdict for _, _, verdict in checked] == list(terms.values())
    said = {term: found for term, found, _ in checked}
    assert said["roc_auc of a lower end >= 0.7"] == f"{value(FOUND.targets['a'], 'roc_auc', 'lower'):.4g}"
    assert said["roc_auc lower end >= 0.1"] == f"{value(FOUND, 'mean_roc_auc', 'lower'):.4g}"
    assert "there are: a, b" in said["roc_auc of c lower end >= 0.1"]


def test_an_evaluation_of_several_targets_is_kept_as_plain_data() -> None:
    again = result_of(result_state(FOUND, "Evaluate"))
    assert isinstance(again, Evaluation) and list(again.targets) == ["a", "b"]
    pd.testing.assert_frame_equal(again.targets["a"].table, FOUND.targets["a"].table)
    assert again.event == {"a": 1, "b": "yes"}


def test_plots_of_one_target_name_it() -> None:
    with pytest.raises(ConfigurationError, match=r"kind='roc' is drawn for one target") as refused:
        FOUND.plot(kind="roc")
    assert "targets['a'].plot(kind='roc')" in refused.value.remedy
