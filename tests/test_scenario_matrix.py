"""Every kind of target, declared in every way, small and large: the public surface holds in each of them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from mlsys import Gate, Impute, OneHot, Pipeline, Run, Train, beats, compare, load, metric
from mlsys.errors import ConfigurationError, TrackingError
from mlsys.states import digest

SMALL, LARGE = 600, 5_200
TARGETS = ["int", "bool", "text", "classes of text", "classes of ints", "number"]
LAYOUTS = ["plain", "time", "group", "weight", "parts", "parts without validation", "large", "large weight"]
BINARY = {"int": (0, 1), "bool": (False, True), "text": ("no", "yes")}
CLASSES = {"classes of text": ("high", "low", "middle"), "classes of ints": (1, 2, 3)}


class Case(NamedTuple):
    target: str
    layout: str

    @property
    def task(self) -> str:
        return "binary" if self.target in BINARY else "multiclass" if self.target in CLASSES else "regression"

    @property
    def classes(self) -> tuple[Any, ...]:
        return {**BINARY, **CLASSES}.get(self.target, ())

    @property
    def judged_by_folds(self) -> bool:
        return "large" not in self.layout and self.layout != "parts"

    @property
    def weighted(self) -> bool:
        return "weight" in self.layout

    @property
    def columns(self) -> list[str]:
        scored = [f"probability_{name}" for name in self.classes]
        return ["id", "prediction", *scored]


CASES = [Case(target, layout) for target in TARGETS for layout in LAYOUTS]
# Every target and every layout at least once; the other pairs in the long tier.
every_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.long] if (place + place // len(LAYOUTS)) % 4 else [])
        for place, case in enumerate(CASES)
    ],
    ids=lambda case: f"{case.target}, {case.layout}",
    scope="module",  # all tests of a case stand together: of several workers one runs its pipeline
)
# Every target and every layout at least once, for what depends on one or the other alone.
some_cases = pytest.mark.parametrize(
    "case",
    [case for place, case in enumerate(CASES) if (place + place // len(LAYOUTS)) % 4 == 0],
    ids=lambda case: f"{case.target}, {case.layout}",
    scope="module",  # all tests of a case stand together: of several workers one runs its pipeline
)
one_per_task = pytest.mark.parametrize(
    "case", [Case("text", "plain"), Case("classes of ints", "large"), Case("number", "weight")], ids=str
)


@functools.cache
def rows(case: Case) -> pd.DataFrame:
    """Numbers with nulls, a category, a target with a cause, and the role column of the layout alone."""
    rng = np.random.default_rng(11)
    n = LARGE if "large" in case.layout else SMALL
    amount, share = rng.normal(size=n), rng.normal(size=n)
    kind = rng.choice(["a", "b", "c"], n)
    score = 1.2 * amount + 0.6 * share + (kind == "b") + rng.normal(size=n)
    frame = pd.DataFrame({"amount": np.where(rng.random(n) < 0.05, np.nan, amount), "share": share})
    frame["kind"] = pd.Series(kind, dtype="str")
    if case.task == "binary":
        frame["y"] = pd.Series(case.classes).take((score > 0.3).astype(int)).to_numpy()
    elif case.task == "multiclass":
        frame["y"] = pd.Series(case.classes).take(np.digitize(score, [-0.4, 1.0])).to_numpy()
    else:
        frame["y"] = 10 + 3 * score
    if case.layout == "time":
        frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 9_000, n)), "h")
    if case.layout == "group":
        frame["who"] = rng.integers(0, 80, n)
    if case.weighted:  # the weights change what is best: where kind is b, rows count ten times
        frame["w"] = np.where(kind == "b", 10.0, 1.0) * rng.uniform(0.5, 1.5, n)
    return frame.set_index(pd.RangeIndex(100, 100 + n))


def given(case: Case) -> Any:
    """What is handed to ``run``: a frame, or frames by part."""
    frame = rows(case)
    if not case.layout.startswith("parts"):
        return frame
    part = np.random.default_rng(5).choice(["train", "validation", "test"], len(frame), p=[0.6, 0.2, 0.2])
    if case.layout == "parts without validation":
        part[part == "validation"] = "train"
    return {str(name): frame[part == name] for name in np.unique(part)}


def estimator(case: Case) -> Any:
    return LinearRegression() if case.task == "regression" else LogisticRegression(max_iter=500)


def pipeline_of(case: Case) -> Pipeline:
    steps = [Impute(), OneHot(["kind"]), estimator(case)]
    time, group = ("when" if case.layout == "time" else None), ("who" if case.layout == "group" else None)
    return Pipeline(steps, target="y", time=time, group=group, weight="w" if case.weighted else None)


@functools.cache
def run_of(case: Case) -> Run:
    return pipeline_of(case).run(given(case), track=False)


@functools.cache
def final_of(case: Case) -> Run:
    return run_of(case).final_test()


def judged(run: Run, part: str) -> pd.DataFrame:
    """Value by metric and model on the rows that judge."""
    table = run.metrics
    table = table[(table["part"] == part) & (table["slice"] == "all")]
    return table.pivot(index="metric", columns="model", values="value")


def by_scikit_learn(case: Case, predicted: pd.DataFrame, weighted: bool) -> dict[str, float]:
    """The usual metrics of a task, computed without mlsys from predictions and the rows as they came."""
    truth = rows(case).loc[predicted.index]
    y, said = truth["y"], predicted["prediction"]
    weight = truth["w"] if weighted else None
    if case.task == "regression":
        return {
            "rmse": root_mean_squared_error(y, said, sample_weight=weight),
            "mae": mean_absolute_error(y, said, sample_weight=weight),
            "r2": r2_score(y, said, sample_weight=weight),
        }
    probabilities = predicted[case.columns[2:]].to_numpy()
    found = {
        "accuracy": accuracy_score(y, said, sample_weight=weight),
        "log_loss": log_loss(y, probabilities, labels=list(case.classes), sample_weight=weight),
    }
    if case.task == "multiclass":
        each = [
            roc_auc_score(y == name, probabilities[:, code], sample_weight=weight)
            for code, name in enumerate(case.classes)
        ]
        return {
            **found,
            "balanced_accuracy": balanced_accuracy_score(y, said, sample_weight=weight),
            "macro_f1": f1_score(y, said, average="macro", sample_weight=weight),
            "macro_roc_auc": float(np.mean(each)),
        }
    event = case.classes[1]
    return {
        **found,
        "roc_auc": roc_auc_score(y == event, probabilities[:, 1], sample_weight=weight),
        "average_precision": average_precision_score(y == event, probabilities[:, 1], sample_weight=weight),
        "recall": recall_score(y, said, pos_label=event, sample_weight=weight),
        "precision": precision_score(y, said, pos_label=event, sample_weight=weight),
    }


@every_case
def test_card_says_task_judge_result_and_what_was_supplied(case: Case) -> None:
    run = run_of(case)
    text, page = repr(run), run._repr_html_()
    judge = "5 folds" if case.judged_by_folds else "validation rows"
    assert text.splitlines()[0] == f"predict-y: {case.task}, evaluated on {judge}"
    for piece in ("model:", "zero_rule:", "random:", "leakage        not observed", "see run.features"):
        assert piece in text
    for piece in (f"predict-y: {case.task}, evaluated on {judge}", "<svg", "zero_rule", "random", "not observed"):
        assert piece in page
    assert "Evaluate, because no Evaluate was given" in text
    split = {"time": "TimeSplit", "group": "GroupSplit"}.get(case.layout, "StratifiedSplit")
    parts_given = case.layout.startswith("parts")
    assert (f"{split}, because no split was given" in text) is not parts_given
    assert ("the parts were given" in text) is parts_given
    assert ("5 folds evaluate it" in text) is case.judged_by_folds
    assert "MLflow" not in text


@every_case
def test_rows_are_all_accounted_for(case: Case) -> None:
    counted = run_of(case).rows
    assert sum(counted.values()) == len(rows(case))
    assert ("validation" in counted) is not case.judged_by_folds
    assert counted["test"] == pytest.approx(0.2 * len(rows(case)), rel=0.35)


@every_case
def test_metrics_are_those_of_scikit_learn(case: Case) -> None:
    run = run_of(case)
    reference = by_scikit_learn(case, run.predictions["validation"], case.weighted)
    assert judged(run, "validation")["model"].to_dict() == pytest.approx(reference, rel=1e-9)
    intervals = run.metrics.query("part == 'validation' and model == 'model' and lower == lower")
    assert (intervals["lower"] <= intervals["value"]).all() and (intervals["value"] <= intervals["upper"]).all()


@every_case
def test_training_metrics_are_marked_as_no_estimate(case: Case) -> None:
    table = run_of(case).metrics
    training = table[table["part"] == "train"]
    assert set(training["verdict"]) == {"no estimate: learned from"}
    assert training[["lower", "upper"]].isna().all(axis=None)


@every_case
def test_zero_rule_is_what_a_dummy_estimator_scores(case: Case) -> None:
    run = run_of(case)
    train, held_out = rows(case).loc[run.frame("train").index], rows(case).loc[run.predictions["validation"].index]
    found = judged(run, "validation")["zero_rule"]
    weight = held_out["w"] if case.weighted else None
    learned_with = train["w"] if case.weighted else None
    if case.task == "regression":
        dummy = DummyRegressor().fit(train[["share"]], train["y"], learned_with)
        said = dummy.predict(held_out[["share"]])
        assert found["rmse"] == pytest.approx(root_mean_squared_error(held_out["y"], said, sample_weight=weight))
        assert judged(run, "validation")["model"]["rmse"] < found["rmse"]
    else:
        dummy = DummyClassifier(strategy="prior").fit(train[["share"]], train["y"], learned_with)
        said, scores = dummy.predict(held_out[["share"]]), dummy.predict_proba(held_out[["share"]])
        assert found["accuracy"] == pytest.approx(accuracy_score(held_out["y"], said, sample_weight=weight))
        assert found["log_loss"] == pytest.approx(log_loss(held_out["y"], scores, sample_weight=weight))
        assert judged(run, "validation")["model"]["log_loss"] < found["log_loss"]


@every_case
def test_every_column_has_a_reason(case: Case) -> None:
    table = run_of(case).features.set_index("column")
    assert set(rows(case).columns) <= set(table.index)
    assert (table["reason"] != "").all()
    assert table.loc[["amount", "share", "kind_a"], "used"].all()
    roles = {"y": "role: target", "when": "role: time", "who": "role: group", "w": "role: weight"}
    for column, reason in roles.items():
        if column in table.index:
            assert not table.loc[column, "used"] and table.loc[column, "reason"] == reason


@every_case
def test_prediction_columns_and_values(case: Case) -> None:
    run, request = run_of(case), rows(case).drop(columns="y").head(20)
    answer = run.predict(request)
    assert list(answer.columns) == case.columns
    assert answer.index.equals(request.index) and answer["id"].tolist() == request.index.tolist()
    if case.classes:
        assert set(answer["prediction"]) <= set(case.classes)
        assert answer["prediction"].dtype.kind == rows(case)["y"].dtype.kind
        scores = answer[case.columns[2:]].to_numpy()
        np.testing.assert_allclose(scores.sum(axis=1), 1)
        assert answer["prediction"].tolist() == [case.classes[code] for code in scores.argmax(axis=1)]
    with pytest.raises(ValueError, match="lacks the column 'share'"):
        run.predict(request.drop(columns="share"))


@some_cases
def test_a_request_needs_features_only(case: Case) -> None:
    assert set(run_of(case).model.inputs) == {"amount", "share", "kind"}


@every_case
def test_saved_model_predicts_the_same_and_has_the_same_states(case: Case, tmp_path: Path) -> None:
    run = run_of(case)
    model = load(run.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(model.predict(rows(case)), run.predict(rows(case)), check_exact=True)
    assert {name: digest(each.state) for name, each in model.steps} == {
        name: digest(each.state) for name, each in run.model.steps
    }


@pytest.mark.quick(every=4)
@some_cases
def test_running_again_learns_the_same(case: Case) -> None:
    one, other = run_of(case), pipeline_of(case).run(given(case), track=False)
    for step in ("Impute", "OneHot", "Train"):
        assert digest(one.state(step)) == digest(other.state(step))
    pd.testing.assert_frame_equal(one.metrics, other.metrics, check_exact=True)
    assert one.pipeline == other.pipeline and one.digest("train") == other.digest("train")


@every_case
def test_final_test_judges_the_sealed_rows(case: Case) -> None:
    run, final = run_of(case), final_of(case)
    assert final.stage == "test" and "evaluated on the test rows" in repr(final)
    seen = run.frame("train").index.union(run.predictions["validation"].index)
    sealed = rows(case).index.difference(seen)
    scored = final.evaluation.scored.index
    assert scored.sort_values().equals(sealed)
    reference = by_scikit_learn(case, run.predict(rows(case).loc[sealed]), case.weighted)
    assert judged(final, "test")["model"].to_dict() == pytest.approx(reference, rel=1e-9)


@every_case
def test_test_rows_stay_sealed_before_that(case: Case) -> None:
    run = run_of(case)
    assert "test" not in run.predictions and "test" not in set(run.metrics["part"])
    with pytest.raises(ConfigurationError, match="stay sealed until"):
        run.frame("test")


@every_case
def test_frame_after_a_step_is_what_the_step_left(case: Case) -> None:
    run = run_of(case)
    raw = rows(case).loc[run.frame("train").index]
    split = next((name for name in ("TimeSplit", "GroupSplit", "StratifiedSplit") if name in plan_names(run)), None)
    assert split is not None
    pd.testing.assert_frame_equal(run.frame("train", after=split), raw)
    filled = run.frame("train", after="Impute")
    assert filled["amount"].notna().all()
    np.testing.assert_allclose(filled["amount"], raw["amount"].fillna(raw["amount"].median()))
    encoded = run.frame("train", after="OneHot")
    assert {"kind_a", "kind_b", "kind_c"} <= set(encoded) and "kind" not in encoded
    if not case.judged_by_folds:
        held_out = run.frame("validation", after="Impute")
        expected = rows(case).loc[held_out.index, "amount"].fillna(raw["amount"].median())
        np.testing.assert_allclose(held_out["amount"], expected)
        assert "prediction" in run.frame("validation", after="Train")


def plan_names(run: Run) -> list[str]:
    return [planned.name for planned in run.pipeline.steps]


@every_case
def test_states_are_there_by_name(case: Case) -> None:
    run = run_of(case)
    model = run.state("Train")
    assert type(model["estimator"]) is type(estimator(case))
    assert set(model["features"]) == {"amount", "amount_missing", "share", "kind_a", "kind_b", "kind_c"}
    assert model["classes"] == (list(case.classes) or None)
    with pytest.raises(ConfigurationError, match="no step 'Evaluate' learned anything"):
        run.state("Evaluate")


@some_cases
def test_run_until_a_step_has_its_state_and_no_model(case: Case) -> None:
    part = pipeline_of(case).run(given(case), until="Impute")
    assert digest(part.state("Impute")) == digest(run_of(case).state("Impute"))
    assert part.predictions == {} and dict(part.reports) == {}
    assert "predict-y" in repr(part) and part.mlflow_run_id is None
    with pytest.raises(ConfigurationError, match="no evaluation"):
        part.metrics  # noqa: B018
    with pytest.raises(ConfigurationError):
        part.predict(rows(case))


@some_cases
def test_preview_shows_training_rows_after_each_step(case: Case) -> None:
    data = given(case)["train"] if case.layout.startswith("parts") else rows(case)
    shown = pipeline_of(case).preview(data, n=4)
    assert list(shown)[1:] == ["Impute", "OneHot", "Train"]
    assert all(len(frame) == 4 for frame in shown.values())
    assert "kind_a" in shown["OneHot"] and "prediction" in shown["Train"]


@some_cases
def test_plan_is_told_as_text_and_page(case: Case) -> None:
    plan = pipeline_of(case).plan()
    text, page = repr(plan), plan._repr_html_()
    for planned in pipeline_of(case).steps:
        assert planned.name in text and planned.name in page
    assert "supplied: Evaluate, because no Evaluate was given" in text
    assert pipeline_of(case)._repr_html_() == page
    table = plan.table.set_index("name")
    assert table.loc["Impute", "sees"] == "train" and table.loc["Train", "serves"]


@every_case
def test_weights_reach_fit(case: Case) -> None:
    run = run_of(case)
    train = rows(case).loc[run.frame("train").index]
    state = run.state("Train")
    features = run.frame("train", after="OneHot")[state["features"]]
    plain = estimator(case).fit(features, train["y"])
    if case.weighted:
        weighted = estimator(case).fit(features, train["y"], train["w"])
        np.testing.assert_allclose(state["estimator"].coef_, weighted.coef_, rtol=1e-9)
        assert not np.allclose(state["estimator"].coef_, plain.coef_, rtol=1e-3)
    else:
        np.testing.assert_allclose(state["estimator"].coef_, plain.coef_, rtol=1e-9)


@pytest.mark.quick(every=4)
@pytest.mark.parametrize("case", [case for case in CASES if case.weighted], ids=str)
def test_weights_reach_metrics(case: Case) -> None:
    run = run_of(case)
    plain = by_scikit_learn(case, run.predictions["validation"], weighted=False)
    for name, value in judged(run, "validation")["model"].items():
        assert abs(value - plain[name]) > 1e-4, name


@pytest.mark.quick(every=2)
@one_per_task
def test_compare_takes_the_informed_model(case: Case) -> None:
    dummy = DummyRegressor() if case.task == "regression" else DummyClassifier(strategy="prior")
    runs = pipeline_of(case).variants(nothing={"Train": Train(dummy)}, linear={}).run(given(case), track=False)
    comparison = compare(runs)
    table = comparison.table.set_index("run")
    assert comparison.best is runs["linear"] and table.loc["nothing", "verdict"] == "worse"
    sides = table.loc["nothing", ["difference lower", "difference upper"]].to_numpy(dtype=float)
    assert np.sign(sides[0]) == np.sign(sides[1]) != 0
    assert table.loc["nothing", "difference"] == pytest.approx(
        table.loc["nothing", "value"] - table.loc["linear", "value"]
    )
    assert "linear" in repr(comparison) and "linear" in comparison._repr_html_()


@one_per_task
def test_gate_passes_and_refuses_on_the_interval(case: Case) -> None:
    run = run_of(case)
    headline = run.card.metric
    row = run.metrics.query("model == 'model' and part == 'validation' and metric == @headline").iloc[0]
    if case.task == "regression":
        held, missed = metric(headline).upper <= row["upper"] * 1.01, metric(headline).upper <= row["value"]
    else:
        held, missed = metric(headline).lower >= row["lower"] * 0.99, metric(headline).lower >= row["value"]
    refused = run.register("never", gate=Gate(missed, beats("zero_rule")))
    assert not refused and refused.version is None
    assert refused.terms["verdict"].tolist() == ["pass", "fail", "pass"]
    with pytest.raises(TrackingError, match="the run is not in MLflow"):  # every term passed, but nothing was tracked
        run.register("never", gate=Gate(held, beats("zero_rule"), beats("random")))


def test_nothing_is_written_without_tracking(tmp_path: Path) -> None:
    case = Case("int", "plain")
    run = pipeline_of(case).run(given(case), track=False, cache=False)
    run.final_test()
    assert repr(run) and list(tmp_path.iterdir()) == []
