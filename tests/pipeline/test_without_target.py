"""Pipelines whose model needs no target: trained on all rows, judged by what can be said without truth."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score, silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mlsys
from mlsys import Evaluate, Gate, KFolds, Pipeline, RandomSplit, TuneThreshold, beats, metric
from mlsys.errors import ConfigurationError, DataError

ROWS = 300
SPLIT = RandomSplit(validation=0.3, test=0.2)
FOREST = IsolationForest(n_estimators=20)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"x": rng.normal(size=ROWS), "z": rng.normal(size=ROWS), "kind": rng.choice(["a", "b"], ROWS)})
    made.loc[:11, "x"] += 6
    return made


@pytest.fixture(scope="module")
def numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="kind")


@pytest.fixture(scope="module")
def found(numbers: pd.DataFrame) -> mlsys.Run:
    return Pipeline([SPLIT, FOREST]).run(numbers, track=False)


@pytest.mark.long
def test_a_detector_alone_gives_a_card(frame):
    run = Pipeline([IsolationForest(n_estimators=10)]).run(frame, track=False, cache=False)
    text = run.card.text()
    assert "anomalies, evaluated on 5 folds" in text
    assert "nothing to compare with; no target says what is right" in text
    assert "run.reports['evaluate'].most_anomalous" in text
    assert "stability" in text and "Prepare, because 1 of 3 features is text" in text


def test_stability_is_how_many_of_the_most_anomalous_are_so_to_models_of_other_rows(found):
    table = found.reports["evaluate"].table.set_index(["model", "metric"])
    mine, chance = table.loc[("model", "stability")], table.loc[("random", "stability")]
    assert 0.5 < mine["lower"] <= mine["value"] <= mine["upper"] <= 1
    assert mine["n"] == 10
    assert chance["value"] == pytest.approx(max(10, table.loc[("model", "share_flagged"), "value"] * 90) / 90, abs=0.02)


def test_the_most_anomalous_rows_are_listed_with_what_is_unusual_about_them(found, numbers):
    evaluation = found.evaluation
    listed = evaluation.most_anomalous
    assert len(listed) == 10
    assert listed["score"].is_monotonic_decreasing
    planted = [row for row in listed.index if row < 12]
    assert len(planted) >= 3
    assert all(listed.loc[row, "unusual"].startswith(f"x {numbers.loc[row, 'x']:,.4g} (above ") for row in planted)


def test_rows_stay_on_this_machine(found):
    stored = found.outcome.reports["evaluate"]
    assert stored.scored.empty
    with pytest.raises(DataError, match="own machine"):
        _ = stored.most_anomalous


@pytest.mark.long
def test_labels_judge_a_detector_as_they_judge_a_classifier(numbers):
    labelled = numbers.assign(bad=np.where(np.arange(ROWS) < 12, "fraud", "fine"))
    runs = Pipeline([SPLIT, FOREST], target="bad", event="fraud").variants(
        detector={}, classifier={"Train": LogisticRegression()}
    ).run(labelled, track=False)  # fmt: skip
    run = runs["detector"]
    said = run.predictions["validation"]
    truth = labelled.loc[said.index, "bad"] == "fraud"
    table = run.evaluation.table.query("part == 'validation' and model == 'model' and slice == 'all'")
    values = table.set_index("metric")["value"]
    assert values["roc_auc"] == pytest.approx(roc_auc_score(truth, said["score_fraud"]), abs=1e-12)
    assert values["average_precision"] == pytest.approx(average_precision_score(truth, said["score_fraud"]), abs=1e-12)
    assert run.evaluation.most_anomalous.columns.tolist() == ["y", "score"]
    assert {"zero_rule", "random"} <= set(run.evaluation.beats)
    compared = mlsys.compare(runs)
    assert set(compared.table["run"]) == {"detector", "classifier"} and compared.metric == "roc_auc"


def test_rows_without_a_label_train_a_detector_and_judge_nothing(numbers):
    bad = pd.Series(np.arange(ROWS) < 12).astype("boolean")
    bad[30:200] = None
    run = Pipeline([FOREST], target="bad").run(numbers.assign(bad=bad), track=False, cache=False)
    assert set(range(30, 200)) <= set(run.frame("train").index)
    assert set(run.evaluation.scored.index).isdisjoint(range(30, 200))
    assert sum(run.rows.values()) == ROWS


@pytest.mark.long
def test_a_threshold_flags_the_share_that_can_be_looked_at(numbers):
    run = Pipeline([RandomSplit(validation=0.5), FOREST, TuneThreshold(share=0.1)]).run(
        numbers, track=False, cache=False
    )
    said = run.predictions["validation"]
    assert 0.02 < said["prediction"].mean() < 0.2
    assert ((said["score_True"] > 0) == said["prediction"]).all()


@pytest.mark.long
def test_a_threshold_by_costs_reads_the_labels_of_training_rows(numbers):
    labelled = numbers.assign(bad=np.arange(ROWS) < 12)
    flagged = {}
    for missed in (1, 1_000):
        steps = [SPLIT, FOREST, TuneThreshold(missed=missed, false_alarm=1)]
        run = Pipeline(steps, target="bad").run(labelled, track=False, cache=False)
        flagged[missed] = run.predictions["validation"]["prediction"].mean()
    assert flagged[1] <= flagged[1_000]


def test_the_silhouette_is_that_of_scikit_learn_in_the_space_of_the_clusterer(numbers):
    for clusterer in (KMeans(2, random_state=0), make_pipeline(StandardScaler(), KMeans(2, random_state=0))):
        run = Pipeline([SPLIT, clusterer]).run(numbers, track=False, cache=False)
        said = run.predictions["validation"]["prediction"]
        rows = numbers.loc[said.index]
        if clusterer is not None and hasattr(clusterer, "steps"):
            train = numbers.loc[run.frame("train").index]
            rows = StandardScaler().fit(train).transform(rows)
        value = run.evaluation.table.set_index("metric").loc["silhouette", "value"]
        assert value == pytest.approx(silhouette_score(rows, said), abs=1e-12)


def test_clusters_are_listed_with_their_sizes_and_what_tells_them_apart(frame):
    planted = frame.assign(x=frame["x"] + np.where(frame["kind"] == "a", 30, 0))
    run = Pipeline([SPLIT, KMeans(2, n_init=5)]).run(planted, track=False, cache=False)
    table = run.evaluation.tables["clusters"]
    said = run.predictions["validation"]["prediction"]
    assert table.set_index("cluster")["rows"].to_dict() == said.value_counts().to_dict()
    assert table["told apart by"].str.contains("kind [ab] in 100 % \\(others 0 %\\)").all()
    assert run.evaluation.table.set_index("metric").loc["stability", "value"] == 1
    assert "nothing to compare with" in run.card.text()
    assert "clusters       " in run.card.text()


@pytest.mark.long
def test_a_target_says_how_far_clusters_agree_with_it(frame):
    planted = frame.assign(x=frame["x"] + np.where(frame["kind"] == "a", 30, 0))
    run = Pipeline([SPLIT, GaussianMixture(2)], target="kind").run(planted, track=False, cache=False)
    agreed = run.evaluation.table.set_index("metric").loc["agreement"]
    assert agreed["value"] == agreed["lower"] == agreed["upper"] == 1


def test_few_rows_are_no_reason_to_judge_clusters_by_folds_whose_clusters_are_others(numbers):
    run = Pipeline([KMeans(2)]).run(numbers, track=False, cache=False)
    assert {"train", "validation", "test"} <= set(run.rows)
    with pytest.raises(DataError, match="give the split a validation share"):
        Pipeline([RandomSplit(validation=0, test=0.2), KMeans(2)]).run(numbers, track=False, cache=False)


def test_what_was_found_is_served_and_asked_of_test_rows(found, numbers, tmp_path):
    found.save(tmp_path / "model")
    served = mlsys.load(tmp_path / "model")
    again, here = served.predict(numbers.head(5)), found.model.predict(numbers.head(5))
    assert again["prediction"].tolist() == here["prediction"].tolist()
    final = found.final_test()
    assert final.evaluation.part == "test" and len(final.evaluation.most_anomalous) == 10


def test_gates_read_stability_and_know_no_baseline(found):
    checked = Gate(metric("stability").lower >= 0.2, metric("silhouette").value > 0, beats("zero_rule")).check(
        found.reports
    )
    assert [verdict for _, _, verdict in checked] == ["pass", "fail", "fail"]


@pytest.mark.long
def test_nothing_leaks_where_there_is_no_target(numbers):
    audit = Pipeline([SPLIT, StandardScaler(), FOREST]).audit_leakage(numbers)
    assert audit.verdict == "not observed"


@pytest.mark.long
def test_folds_estimate_stability(numbers):
    estimate = Pipeline([SPLIT, KMeans(2, n_init=3), Evaluate(metrics=["stability"])]).cross_validate(
        KFolds(3), numbers
    )
    assert estimate.table["metric"].unique().tolist() == ["stability"]


@pytest.mark.parametrize(
    ("name", "problem"), [("roc_auc", "needs a target, but this is clusters"), ("rank_correlation", "needs a target")]
)
def test_metrics_of_another_task_are_refused(numbers, name, problem):
    with pytest.raises(ConfigurationError, match=problem):
        Pipeline([SPLIT, KMeans(2), Evaluate(metrics=[name])]).run(numbers, track=False, cache=False)


@pytest.mark.long
def test_detectors_are_compared_by_stability_and_by_whether_they_say_the_same(found, numbers):
    again = Pipeline([SPLIT, IsolationForest(n_estimators=5, random_state=1)]).run(numbers, track=False)
    compared = mlsys.compare({"one": found, "other": again})
    table = compared.table.set_index("run")
    said = {"one": found, "other": again}
    for name, run in said.items():
        mine = run.reports["evaluate"].table.query("model == 'model' and metric == 'stability'").iloc[0]
        assert table.loc[name, ["value", "lower", "upper"]].tolist() == mine[["value", "lower", "upper"]].tolist()
    one, other = (run.predictions["validation"]["score_True"] for run in said.values())
    worse = table.index[table["verdict"] != "best"][0]
    assert table.loc[worse, "says the same"] == pytest.approx(one.corr(other, method="spearman"))
    assert table["says the same"].max() == pytest.approx(1.0)
    gap = table.loc[worse]
    assert gap["difference lower"] < gap["difference"] < gap["difference upper"]
    assert "measured apart" in compared.plot().get_xlabel()


@pytest.mark.long
def test_clusterers_are_compared_by_silhouette_and_detectors_not_with_them(found, numbers):
    from sklearn.metrics import adjusted_rand_score

    runs = {str(k): Pipeline([SPLIT, KMeans(k, n_init=2)]).run(numbers, track=False) for k in (2, 5)}
    table = mlsys.compare(runs, metric="silhouette").table.set_index("run")
    one, other = (run.predictions["validation"]["prediction"] for run in runs.values())
    assert table["says the same"].min() == pytest.approx(adjusted_rand_score(one, other))
    with pytest.raises(ConfigurationError, match="are after different things: run 1 finds anomalies, run 2 finds"):
        mlsys.compare(found, runs["2"])
    with pytest.raises(ConfigurationError, match="applies to anomalies, but the runs are clusters"):
        mlsys.compare(runs, metric="share_flagged")


@pytest.mark.long
def test_a_run_with_a_target_is_not_compared_with_one_without(found, numbers):
    labelled = Pipeline([SPLIT, IsolationForest()], target="odd").run(
        numbers.assign(odd=numbers.index % 9 == 0), track=False
    )
    with pytest.raises(ConfigurationError, match=r"(?s)rows whose truth is known.*name the target"):
        mlsys.compare(found, labelled)


def test_there_is_no_classifier_of_scikit_learn_for_clusters():
    with pytest.raises(ConfigurationError, match=r"(?s)learns without a target.*make_pipeline"):
        Pipeline([KMeans(2)]).as_sklearn()


@pytest.mark.long
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("model", [FOREST, KMeans(2)], ids=["detector", "clusters"])
def test_what_needs_no_target_is_logged_reproduced_and_registered(model, numbers):
    run = Pipeline([SPLIT, model], name=f"odd-{type(model).__name__}").run(numbers, snapshot=True)
    done = mlsys.reproduce(run.mlflow_run_id)
    assert done, str(done)
    run.final_test().register(type(model).__name__, gate=Gate(metric("stability").lower >= -1))
    said = mlsys.load(f"models:/{type(model).__name__}/1").predict(numbers.head(2))
    assert said["prediction"].tolist() == run.model.predict(numbers.head(2))["prediction"].tolist()
