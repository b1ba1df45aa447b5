"""A pipeline of several targets: parts, findings, card, compare, serving and audit know each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.feature_selection import RFE, SelectKBest
from sklearn.linear_model import LinearRegression, LogisticRegression

import mlsys
from mlsys import (
    Evaluate,
    FindSlices,
    Gate,
    InvarianceTest,
    KFolds,
    NaturalLabel,
    Pipeline,
    RandomSplit,
    Transform,
    metric,
)
from mlsys.dataset import Roles
from mlsys.errors import ConfigurationError, DataError
from mlsys.outcome.measures import evaluation_metrics
from mlsys.steps.splitting import combined

RNG = np.random.default_rng(0)
N = 300
ROWS = pd.DataFrame({"u": RNG.normal(size=N), "v": RNG.normal(size=N), "site": RNG.choice(["n", "s"], N)})
ROWS = ROWS.assign(
    rain=np.where(ROWS["u"] + RNG.normal(size=N) > 0, "yes", "no"), wind=(ROWS["v"] + RNG.normal(size=N) > 0) * 1
)
ROWS["wind"] = ROWS["wind"].astype("Int64").where(ROWS.index % 10 > 0)
STEPS = [RandomSplit(), LogisticRegression(), Evaluate(slices=["site"])]
QUIET: dict[str, Any] = {"track": False, "cache": False, "verbose": False}


def pipeline(*steps: Any, **arguments: Any) -> Pipeline:
    return Pipeline(list(steps) or STEPS, **{"target": ["rain", "wind"], "features": ["u", "v"], **arguments})


@pytest.fixture(scope="module")
def run() -> Any:
    return pipeline().run(ROWS, **QUIET)


def test_no_target_is_a_feature(run: Any) -> None:
    reasons = run.features.set_index("column")["reason"]
    assert reasons["rain"] == reasons["wind"] == "role: target"
    assert pipeline(features=None).run(ROWS, **QUIET).features.query("used")["column"].tolist()[:2] == ["u", "v"]


def test_rows_with_one_known_target_stay_and_those_with_none_are_counted() -> None:
    none = ROWS.assign(rain=ROWS["rain"].where(ROWS.index % 20 > 0))
    found = pipeline().run(none, **QUIET)
    unknown = int((none["rain"].isna() & none["wind"].isna()).sum())
    assert found.outcome.rows["none: label unknown"] == unknown == N // 20
    assert len(found.frame("train")) + len(found.frame("validation")) < N


def test_the_card_says_how_all_and_how_each_is_predicted(run: Any) -> None:
    said = run.card.text()
    assert said.startswith("predict-rain-wind: multilabel, evaluated on validation rows")
    for target in ("rain", "wind"):
        row = run.evaluation.targets[target].table.iloc[0]
        assert f"target {target}" in said and f"roc_auc {row['value']:.3f}" in said
    assert "subset_accuracy" in said and "better than every baseline" in said


def test_a_copy_of_one_target_is_found_and_the_target_named() -> None:
    leaky = ROWS.assign(copy=(ROWS["rain"] == "yes") * 1)
    found = pipeline(features=["u", "v", "copy"]).run(leaky, **QUIET).findings
    errors = [each for each in found if each.severity == "error"]
    assert [each.columns for each in errors] == [("copy",)]
    assert "the target 'rain'" in errors[0].message


def test_power_is_that_for_the_target_a_feature_predicts_best(run: Any) -> None:
    power = run.outcome.power.set_index("column")
    assert power.loc["u", "target"] == "rain" and power.loc["v", "target"] == "wind"


def test_metrics_are_logged_by_target(run: Any) -> None:
    found = evaluation_metrics(run.outcome)
    assert {"mean_roc_auc", "validation/mean_roc_auc", "validation/rain/roc_auc", "slice/wind/site-n/roc_auc"} <= set(
        found
    )
    assert "roc_auc" not in found


def test_the_model_in_a_folder_predicts_every_target(run: Any, tmp_path: Path) -> None:
    run.save(tmp_path / "model")
    asked = ROWS[["u", "v"]].head(3)
    served = mlsys.load(tmp_path / "model").predict(asked)
    assert served.columns.tolist() == [
        "id", "prediction_rain", "probability_rain_no", "probability_rain_yes",
        "prediction_wind", "probability_wind_0", "probability_wind_1",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(served, run.predict(asked))


def test_runs_are_compared_on_all_targets_or_on_one(run: Any) -> None:
    other = pipeline(RandomSplit(), LogisticRegression(C=1e-6), Evaluate(slices=["site"]), features=["v"])
    worse = other.run(ROWS, **QUIET)
    together, alone = mlsys.compare(run, worse), mlsys.compare(run, worse, target="rain")
    assert together.metric == "mean_roc_auc" and alone.metric == "roc_auc of rain"
    assert alone.table.loc[1, "verdict"] == "worse"
    assert mlsys.compare(run, worse, target="wind", metric="accuracy").metric == "accuracy of wind"
    with pytest.raises(ConfigurationError, match="or name a target: target='rain'") as refused:
        mlsys.compare(run, worse, metric="roc_auc")
    assert "multilabel" in refused.value.problem
    with pytest.raises(ConfigurationError, match="predicts 'rain', 'wind'"):
        mlsys.compare(run, worse, target="snow")


def correct(y: Any, prediction: Any) -> float:
    return float((np.asarray(y) == np.asarray(prediction)).mean())


@pytest.mark.long
def test_a_gate_asks_for_the_mean_of_a_metric_of_the_users_own() -> None:
    given = [RandomSplit(), LogisticRegression(), Evaluate([correct])]
    own = pipeline(*given).run(ROWS, **QUIET)
    table = own.reports["evaluate"].table
    mean = table[(table["model"] == "model") & (table["metric"] == "mean_correct")]["value"].iloc[0]
    each = own.evaluation.targets
    assert mean == pytest.approx(
        np.mean([found.table.query("model == 'model'")["value"].iloc[0] for found in each.values()])
    )
    asked = Gate(
        metric(correct).value >= 0.5, metric(correct, target="rain").value >= 0.5, metric("recall").value >= 0.1
    )
    checked = asked.check(own.reports)
    assert checked[0][1] == f"{mean:.4g}"
    assert [each[2] for each in checked] == ["pass", "pass", "fail"]  # recall was not evaluated


def test_gates_and_the_final_test_know_targets(run: Any) -> None:
    final = run.final_test()
    checked = Gate(metric("roc_auc", target="wind").lower >= 0.5).check(final.reports)
    assert checked[0][2] == "pass"


@pytest.mark.long
def test_folds_have_the_scores_of_every_target() -> None:
    found = pipeline(LogisticRegression()).cross_validate(KFolds(3), ROWS, **QUIET)
    metrics = set(found.folds["metric"])
    assert {"mean_roc_auc", "rain/roc_auc", "wind/roc_auc"} <= metrics
    assert "target rain" in found.card.text()


def test_an_event_by_target_or_one_for_all() -> None:
    by_target = pipeline(event={"rain": "no"}).run(ROWS, **QUIET).evaluation
    assert by_target.event == {"rain": "no", "wind": 1}
    with pytest.raises(ConfigurationError, match="names the target 'snow'"):
        pipeline(event={"snow": "no"})


def test_every_label_step_may_write_its_own_target() -> None:
    steps = [
        NaturalLabel("wet", from_column="mm", rule=lambda mm: mm > 0),
        NaturalLabel("storm", from_column="force", rule=lambda force: force > 0),
        *STEPS,
    ]
    rows = ROWS[["u", "v", "site"]].assign(mm=ROWS["u"] + RNG.normal(size=N), force=ROWS["v"] + RNG.normal(size=N))
    found = Pipeline(steps, target=["wet", "storm"]).run(rows, **QUIET)
    used = found.features.set_index("column")["used"]
    assert not used["mm"] and not used["force"] and used["u"]
    with pytest.raises(ConfigurationError, match="both write the target 'wet'"):
        Pipeline([steps[0], NaturalLabel("wet", from_column="v", rule=abs), *STEPS], target=["wet", "storm"])


class ByOwnTarget(Transform):
    """Writes what a row's own target is."""

    target: str

    def learn(self, train: Any) -> dict[Any, Any]:
        return {index: float(value == train[self.target].iloc[0]) for index, value in train[self.target].items()}

    def apply(self, frame: pd.DataFrame, state: dict[Any, Any]) -> pd.DataFrame:
        return frame.assign(own=[state.get(index, 0.5) for index in frame.index])


@pytest.mark.quick("rain")
@pytest.mark.parametrize("target", ["rain", "wind"])
def test_the_audit_flips_every_target(target: str) -> None:
    rows = ROWS.assign(wind=ROWS["wind"].fillna(0))
    found = pipeline(RandomSplit(), ByOwnTarget(target), LogisticRegression(), features=None).audit_leakage(rows)
    assert found.verdict == "violated"
    assert not pipeline(RandomSplit(), LogisticRegression()).audit_leakage(rows).findings


def test_values_of_targets_may_be_given_apart() -> None:
    X, y = ROWS[["u", "v"]], ROWS[["u", "v"]].set_axis(["up", "vp"], axis=1) * 2.0 + 0.1
    asked = Pipeline([RandomSplit(), LinearRegression()], target=["up", "vp"])
    table = asked.run(X, y, **QUIET).evaluation.table
    assert table["metric"].iloc[0] == "mean_r2" and table["value"].iloc[0] == pytest.approx(1.0)
    same = asked.run(X, y[["vp", "up"]], **QUIET).evaluation.table
    pd.testing.assert_frame_equal(table, same)
    pd.testing.assert_frame_equal(table, asked.run(X, y.to_numpy(), **QUIET).evaluation.table)
    with pytest.raises(DataError, match="y with 1 columns for 2 targets"):
        asked.run(X, y["up"], **QUIET)


def test_steps_that_learn_from_one_target_are_refused_before_data_is_read() -> None:
    with pytest.raises(ConfigurationError, match="learns from one target, but there are 2: 'rain', 'wind'"):
        pipeline(RFE(LogisticRegression()), LogisticRegression())
    with pytest.raises(ConfigurationError, match="Resample is for one target, but there are 2: 'rain', 'wind'"):
        pipeline(RandomOverSampler(), LogisticRegression())


def test_a_selector_that_asks_for_a_target_is_told_that_there_are_several() -> None:
    with pytest.raises(DataError, match=r"Apply of SelectKBest learns from one target, but there are 2"):
        pipeline(RandomSplit(), SelectKBest(k=1), LogisticRegression()).run(ROWS, **QUIET)


def test_tests_of_behaviour_are_of_one_target() -> None:
    with pytest.raises(ConfigurationError, match="InvarianceTest is for one target, but there are 2: 'rain', 'wind'"):
        pipeline(*STEPS, InvarianceTest("site"))


def test_slices_are_searched_for_the_target_that_is_named() -> None:
    steps = [RandomSplit(), LogisticRegression(), FindSlices(target="rain")]
    found = pipeline(*steps, features=None).run(ROWS, **QUIET).reports["slices"]
    alone = Pipeline([*steps[:2], FindSlices()], target="rain", exclude=["wind"]).run(ROWS, **QUIET).reports["slices"]
    assert found.table["slice"].tolist() == alone.table["slice"].tolist()
    with pytest.raises(ConfigurationError, match="the targets are 'rain', 'wind'"):
        pipeline(RandomSplit(), LogisticRegression(), FindSlices()).run(ROWS, **QUIET)


@pytest.mark.parametrize(
    ("target", "said"),
    [(["a", "a"], "names 'a' twice"), ([], r"target=\[\] is no text"), (["a", 3], "is no text")],
)
def test_what_names_no_targets_is_refused(target: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Pipeline([LogisticRegression()], target=target)


def test_a_list_of_one_is_one_target() -> None:
    alone = Pipeline(STEPS, target=["rain"])
    assert alone == Pipeline(STEPS, target="rain") and alone.roles == Roles(target="rain")


def test_strata_are_combinations_of_classes() -> None:
    assert combined(ROWS[["rain", "wind"]]).nunique() == 6  # of two classes and null
    many = pd.DataFrame({"a": range(N), "b": RNG.choice(["x", "y"], N)})
    assert set(combined(many)) == {"known|x", "known|y"}


def test_looking_at_rows_shows_the_target_a_column_predicts_best() -> None:
    table = mlsys.look(ROWS, target=["rain", "wind"]).table.set_index("column")
    assert table.loc["rain", "use"] == table.loc["wind", "use"] == "target"
    assert min(table.loc["u", "auc"], table.loc["v", "auc"]) > 0.7
