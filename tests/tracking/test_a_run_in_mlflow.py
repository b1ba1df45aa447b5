"""One run as a stranger finds it in MLflow: parameters, metrics, tags, data, timeline, artifacts, model."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import (
    DetectDrift,
    Evaluate,
    Gate,
    Impute,
    Join,
    OneHot,
    Pipeline,
    RandomSplit,
    Report,
    Result,
    Run,
    Standardize,
    Train,
    load,
    metric,
)
from mlsys.errors import ConfigurationError, TrackingError
from mlsys.outcome.describing import in_markdown
from mlsys.states import digest

FEATURES = ["price", "days_since_last", "country"]


class Odd(Report):
    """Scalars that MLflow cannot hold as they are."""

    def report(self, dataset: Any) -> Result:
        scalars = {"recall@5": 0.5, "ratio (a/b)?": 1.5, "endless": math.inf, "lost": math.nan, "x" * 400: 1.0}
        return Result("odd", pd.DataFrame({"a": [1]}), scalars=scalars)


def pipeline_of(name: str = "returns", **changes: Any) -> Pipeline:
    steps = [
        RandomSplit(),
        Impute(),
        OneHot(["country"]),
        Standardize(name="scale it: 100%?"),
        Train(LogisticRegression(max_iter=500, C=0.5)),
        Evaluate(slices=["country"]),
        DetectDrift(),
        Odd(),
    ]
    return Pipeline(steps, **{"target": "returned", "features": FEATURES, "name": name, "seed": 4, **changes})


@pytest.fixture(scope="module")
def run(store: Path, shop: pd.DataFrame) -> Run:
    return pipeline_of(waive={"DR101": "made-up data"}).run(shop)


@pytest.fixture(scope="module")
def logged(run: Run) -> Any:
    assert run.mlflow_run_id is not None, repr(run)
    return MlflowClient().get_run(run.mlflow_run_id)


def artifact(logged: Any, name: str) -> Path:
    return Path(mlflow.artifacts.download_artifacts(run_id=logged.info.run_id, artifact_path=name))


def test_experiment_and_run_are_named_by_the_pipeline(run: Run, logged: Any) -> None:
    experiment = MlflowClient().get_experiment(logged.info.experiment_id)
    assert experiment.name == "returns"
    assert logged.info.run_name == f"returns-{run.pipeline.digest[:7]}"
    assert logged.info.status == "FINISHED" and logged.info.end_time >= logged.info.start_time
    assert logged.data.tags["mlsys.run_id"] == run.id
    said = experiment.tags["mlflow.note.content"]
    assert "**returns**" in said and "predict `returned`" in said


def test_parameters_are_short_and_few(logged: Any) -> None:
    params = logged.data.params
    assert 5 < len(params) <= 100 and all(len(value) <= 250 for value in params.values())
    assert params["seed"] == "4" and params["role.target"] == "returned"
    assert "C=0.5" in params["Train.estimator"]
    assert params["OneHot.columns"] == "country"
    assert not [name for name in params if name.endswith((".cache", ".version", ".allow_all_rows"))]
    assert "Impute.numeric" not in params  # it is what it is by default; pipeline.json holds it


def test_metrics_are_those_of_the_run(run: Run, logged: Any) -> None:
    found = logged.data.metrics
    table = run.metrics.query("part == 'validation' and model == 'model' and slice == 'all'").set_index("metric")
    for name, row in table.iterrows():
        assert found[f"validation/{name}"] == pytest.approx(row["value"])
    assert found["roc_auc"] == pytest.approx(table.loc["roc_auc", "value"])
    assert found["roc_auc_lower"] == pytest.approx(table.loc["roc_auc", "lower"])
    assert found["validation/zero_rule/roc_auc"] == 0.5
    assert not any(name.startswith(("train/", "test/")) for name in found)


def test_the_model_names_the_rows_that_judged_it(run: Run, logged: Any) -> None:
    model = MlflowClient().get_logged_model(logged.outputs.model_outputs[0].model_id)
    (judged,) = [each for each in model.metrics if each.key == "validation/roc_auc"]
    assert (judged.dataset_name, judged.dataset_digest) == ("returns-validation", run.digest("validation"))


def test_side_tables_are_datasets_that_say_who_joined_them(store: Path, shop: pd.DataFrame, tmp_path: Path) -> None:
    countries = pd.DataFrame({"country": sorted(shop["country"].dropna().unique())})
    countries["tax"] = [float(place) for place in range(len(countries))]
    countries.to_parquet(tmp_path / "countries.parquet")
    steps = [Join(tmp_path / "countries.parquet", on="country"), RandomSplit(), Impute(), LogisticRegression()]
    joined = Pipeline(steps, target="returned", features=["price", "tax"], name="joined").run(shop)
    inputs = MlflowClient().get_run(joined.mlflow_run_id).inputs.dataset_inputs
    (side,) = [each.dataset for each in inputs if each.tags[0].value == "joined by Join"]
    assert "countries.parquet" in side.source
    assert json.loads(side.profile)["num_rows"] == len(countries)
    assert [each["name"] for each in json.loads(side.schema)["mlflow_colspec"]] == ["country", "tax"]


def test_forbidden_signs_and_endless_numbers_are_written_differently_and_said(logged: Any) -> None:
    found, tags = logged.data.metrics, logged.data.tags
    assert (
        found["odd/recall-5"] == 0.5
        and found["odd/ratio (a/b)?".replace("(", "-").replace(")", "-").replace("?", "-")] == 1.5
    )
    assert any("endless" in key and value == "inf" for key, value in tags.items())
    assert not any(not math.isfinite(value) for value in found.values())
    assert any(key.startswith("odd/xxx") and len(key) <= 250 for key in found)
    said = artifact(logged, "written_differently.txt").read_text()
    assert "'odd/recall@5' is written as 'odd/recall-5'" in said and "endless" in said


def test_tags_say_code_data_seed_and_verdicts(run: Run, logged: Any) -> None:
    tags = logged.data.tags
    assert tags["mlsys.data"] == run.digest("train") and tags["mlsys.pipeline"] == run.pipeline.digest
    assert tags["mlsys.seed"] == "4" and tags["mlsys.engine"] == "local" and tags["mlsys.stage"] == "validation"
    assert tags["mlsys.leakage"] == "not observed"
    assert tags["mlsys.drift"] == run.reports["drift"].verdict
    assert tags["code.commit"]


def test_the_description_answers_what_a_stranger_asks(run: Run, logged: Any) -> None:
    text = logged.data.tags["mlflow.note.content"]
    assert run.card.headline.split(":")[0] in text
    for piece in ("zero_rule", "leakage", "drift", "rows", run.digest("train")[:12], "reproduce"):
        assert piece in text
    assert len(text.splitlines()) <= 30


def test_datasets_carry_our_digests_and_numbers_of_rows(run: Run, logged: Any) -> None:
    inputs = {tag.value: each.dataset for each in logged.inputs.dataset_inputs for tag in each.tags}
    assert set(inputs) == {"training", "validation", "test"}
    for part, context in (("train", "training"), ("validation", "validation"), ("test", "test")):
        assert inputs[context].digest == run.digest(part)
        assert json.loads(inputs[context].profile)["num_rows"] == run.rows[part]


def test_artifacts_hold_configuration_manifest_report_tables_and_environment(run: Run, logged: Any) -> None:
    names = {each.path for each in MlflowClient().list_artifacts(logged.info.run_id)}
    assert {"pipeline.json", "manifest.json", "report.html", "environment.txt", "features.parquet"} <= names
    assert {"evaluate.parquet", "drift.parquet", "odd.parquet"} <= names
    manifest = json.loads(artifact(logged, "manifest.json").read_text())
    assert manifest["parts"] == {part: run.digest(part) for part in ("train", "validation", "test")}
    assert manifest["states"]["Train"] == digest(run.state("Train")) and manifest["seed"] == 4
    table = pd.read_parquet(artifact(logged, "evaluate.parquet"))
    assert table["value"].dropna().tolist() == run.metrics["value"].dropna().tolist()
    configuration = json.loads(artifact(logged, "pipeline.json").read_text())
    assert [step["name"] for step in configuration["steps"]] == [planned.name for planned in run.pipeline.steps]
    assert "roc_auc" in artifact(logged, "report.html").read_text()
    assert "scikit-learn==" in artifact(logged, "environment.txt").read_text()


def test_no_row_of_the_data_is_among_the_artifacts(run: Run, logged: Any, shop: pd.DataFrame) -> None:
    folder = artifact(logged, "")
    price = f"{shop['price'].iloc[0]:.10g}"
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            assert len(pd.read_parquet(path)) < 200
        elif path.suffix in {".json", ".html", ".txt"}:
            assert price not in path.read_text()


def test_the_trace_has_a_span_for_each_step(run: Run, logged: Any) -> None:
    traces = MlflowClient().search_traces(locations=[logged.info.experiment_id], run_id=logged.info.run_id)
    assert len(traces) == 1
    spans = {span.name: span for span in traces[0].data.spans}
    assert {"RandomSplit", "Impute", "Train", "Evaluate"} <= set(spans)
    assert spans["RandomSplit"].attributes["rows train"] == run.rows["train"]
    assert spans["Impute"].start_time_ns <= spans["Train"].start_time_ns
    (root,) = [span for span in traces[0].data.spans if span.parent_id is None]
    assert root.attributes["run"] == run.id and root.attributes["data"] == run.digest("train")
    assert root.attributes["leakage"] == "not observed" and root.attributes["pipeline"]


@pytest.mark.long
def test_timelines_follow_when_another_store_is_set(
    run: Run, shop: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/other.db")
    elsewhere = pipeline_of("elsewhere").run(shop)
    logged = MlflowClient().get_run(elsewhere.mlflow_run_id)
    assert len(MlflowClient().search_traces(locations=[logged.info.experiment_id])) == 1


def test_the_card_says_where_the_run_is(run: Run) -> None:
    assert str(run.mlflow_run_id) in run.card.footer and "mlflow ui" in repr(run)


def test_the_model_is_one_and_predicts_what_the_run_predicts(run: Run, logged: Any, shop: pd.DataFrame) -> None:
    assert len(logged.outputs.model_outputs) == 1
    request = shop.head(30)
    pd.testing.assert_frame_equal(load(str(run.mlflow_run_id)).predict(request), run.predict(request), check_exact=True)
    uri = f"models:/{logged.outputs.model_outputs[0].model_id}"
    served = mlflow.pyfunc.load_model(uri)
    pd.testing.assert_frame_equal(served.predict(request[FEATURES]), run.predict(request), check_exact=True)
    assert served.metadata.metadata["inputs"] == {name: str(shop[name].dtype) for name in FEATURES}
    assert "probability_1" in [each.name for each in served.metadata.signature.outputs]


def test_nothing_pickled_is_stored(logged: Any) -> None:
    uri = f"models:/{logged.outputs.model_outputs[0].model_id}"
    files = [
        path.name for path in Path(mlflow.artifacts.download_artifacts(artifact_uri=uri)).rglob("*") if path.is_file()
    ]
    assert files and not any(name.endswith((".pkl", ".pickle", ".joblib")) for name in files)


@pytest.mark.long
def test_openings_of_the_test_rows_are_counted_over_runs_and_models(run: Run, shop: pd.DataFrame) -> None:
    first = run.final_test()
    tags = MlflowClient().get_run(run.mlflow_run_id).data.tags
    assert tags["mlsys.test_digest"] == first.digest("test") and tags["mlsys.test_openings_before"] == "0"
    assert "test opened" not in repr(first)
    logged = MlflowClient().get_run(run.mlflow_run_id)
    report = artifact(logged, "report.html").read_text()
    assert "<th class='whole'>test" in report or "<th>test</th>" in report
    model = MlflowClient().get_logged_model(logged.outputs.model_outputs[0].model_id)
    assert first.digest("test") in [each.dataset_digest for each in model.metrics if each.key == "test/roc_auc"]
    found = MlflowClient().get_run(run.mlflow_run_id).data.metrics
    row = first.metrics.query("part == 'test' and model == 'model' and metric == 'roc_auc' and slice == 'all'")
    assert found["test/roc_auc"] == pytest.approx(row["value"].iloc[0])
    other = pipeline_of("another").replace(Train=Train(HistGradientBoostingClassifier(max_iter=5))).run(shop)
    second = other.final_test()
    assert "1 time before, by any model" in repr(second)
    third, fourth = other.final_test(), run.final_test()
    assert "2 times before" in repr(third) and "3 times before" in repr(fourth)


def test_registering_after_a_second_look_needs_a_reason(run: Run) -> None:
    run.final_test()
    again = run.final_test()
    refused = again.register("looked-twice")
    assert not refused
    assert refused.terms.set_index("term")["verdict"]["test rows fresh, or a reason"] == "fail"
    assert again.register("looked-twice", reason="the first look was a rehearsal")


def test_a_model_is_registered_with_its_alias_and_found_by_it(run: Run, shop: pd.DataFrame) -> None:
    registration = run.register("returns-model", alias="champion", gate=Gate(metric("roc_auc").lower >= 0.5))
    assert registration and registration.version == 1 and registration.alias == "champion"
    for reference in ("models:/returns-model@champion", "models:/returns-model/1"):
        answer = load(reference).predict(shop.head(5))
        pd.testing.assert_frame_equal(answer, run.predict(shop.head(5)), check_exact=True)
    version = MlflowClient().get_model_version_by_alias("returns-model", "champion")
    assert version.run_id == run.mlflow_run_id
    model = MlflowClient().get_logged_model(version.source.removeprefix("models:/"))
    assert {"name": "returns-model", "version": 1} in json.loads(model.tags["mlflow.modelVersions"])
    assert MlflowClient().get_run(run.mlflow_run_id).data.tags["gate.returns-model"] == "pass"


def test_a_refused_gate_registers_nothing_and_leaves_the_alias(run: Run) -> None:
    before = len(MlflowClient().search_model_versions())
    refused = run.register("returns-model", alias="champion", gate=Gate(metric("roc_auc").lower >= 0.999))
    assert not refused and "roc_auc lower end >= 0.999" in repr(refused)
    assert len(MlflowClient().search_model_versions()) == before
    assert MlflowClient().get_run(run.mlflow_run_id).data.tags["gate.returns-model"] == "fail"


def test_variants_are_nested_one_level_under_the_first(store: Path, shop: pd.DataFrame) -> None:
    variants = pipeline_of("variants").variants(
        linear={}, boosted={"Train": Train(HistGradientBoostingClassifier(max_iter=5))}
    )
    runs = variants.run(shop)
    client = MlflowClient()
    found = {label: client.get_run(run.mlflow_run_id) for label, run in runs.items()}
    parents = {label: each.data.tags.get("mlflow.parentRunId") for label, each in found.items()}
    assert parents["boosted"] == runs["linear"].mlflow_run_id and parents["linear"] is None
    assert {each.data.tags["mlsys.variant"] for each in found.values()} == {"linear", "boosted"}


@pytest.mark.long
def test_a_pipeline_of_many_steps_keeps_under_a_hundred_parameters(store: Path, shop: pd.DataFrame) -> None:
    steps = [Impute(name=f"impute {place}", numeric="mean") for place in range(60)]
    many = Pipeline(
        [RandomSplit(), *steps, Train(LogisticRegression())], target="returned", features=["price"], name="many"
    )
    run = many.run(shop)
    assert len(MlflowClient().get_run(run.mlflow_run_id).data.params) <= 100


def test_an_active_run_of_the_user_is_left_alone(store: Path, shop: pd.DataFrame) -> None:
    with mlflow.start_run(run_name="mine") as mine:
        run = pipeline_of("beside").run(shop)
        assert mlflow.active_run() is not None and mlflow.active_run().info.run_id == mine.info.run_id
    assert run.mlflow_run_id != mine.info.run_id
    assert MlflowClient().get_run(mine.info.run_id).data.params == {}


def test_a_model_whose_code_cannot_travel_is_withheld_with_the_reason(store: Path, shop: pd.DataFrame) -> None:
    scope: dict[str, Any] = {}
    exec("def doubled(frame):\n    return frame.assign(price=frame['price'] * 2)", scope)  # noqa: S102
    pipeline = Pipeline(
        [scope["doubled"], RandomSplit(), Train(LogisticRegression())], target="returned", features=["price"]
    )
    run = pipeline.run(shop)
    logged = MlflowClient().get_run(run.mlflow_run_id)
    assert not logged.outputs.model_outputs
    assert logged.data.tags["mlsys.model"].startswith("not portable")
    assert "model withheld" in logged.data.tags["mlflow.note.content"]
    with pytest.raises(TrackingError, match="has no model"):
        load(str(run.mlflow_run_id))
    with pytest.raises(ConfigurationError, match="no portable model"):
        run.register("never")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("models:/nothing@champion", "the model 'nothing' is not in the registry"),
        ("0123456789abcdef" * 2, "there is no run '0123456789abcdef"),
        (f"runs:/{'0123456789abcdef' * 2}/model", "there is no run 'runs:/0123456789abcdef"),
    ],
)
def test_what_is_not_there_is_said_with_the_way_to_name_it(store: Path, reference: str, said: str) -> None:
    with pytest.raises(TrackingError, match=said) as caught:
        load(reference)
    assert "MLFLOW_TRACKING_URI" in caught.value.remedy


def test_environment_variables_are_left_as_they_were(run: Run) -> None:
    assert "MLFLOW_HTTP_REQUEST_MAX_RETRIES" not in os.environ


def test_latency_and_losses_by_iteration_are_written(store: Path, shop: pd.DataFrame) -> None:
    boosted = HistGradientBoostingClassifier(max_iter=12, early_stopping=True, n_iter_no_change=12)
    run = Pipeline([boosted], target="returned", features=["price"], name="losses").run(shop)
    client = mlflow.MlflowClient()
    metrics = client.get_run(run.mlflow_run_id).data.metrics
    assert 0 < metrics["latency/p50_ms"] <= metrics["latency/p95_ms"] <= metrics["latency/p99_ms"]
    points = client.get_metric_history(run.mlflow_run_id, "loss/train")
    estimator = run.state("Train")["estimator"]
    assert [point.step for point in points] == list(range(len(estimator.train_score_)))
    assert [point.value for point in points] == pytest.approx((-estimator.train_score_).tolist())
    assert len(client.get_metric_history(run.mlflow_run_id, "loss/watched")) == len(points)


def test_rows_leave_only_when_asked(store: Path, shop: pd.DataFrame) -> None:
    pipeline = Pipeline([LogisticRegression()], target="returned", features=["price"], name="rows")
    kept, sent = pipeline.run(shop), pipeline.run(shop, log_rows=True)
    client = mlflow.MlflowClient()
    there = [each.path for each in client.list_artifacts(kept.mlflow_run_id)]
    assert not [path for path in there if "predictions" in path or "assignment" in path]
    parts = pd.read_parquet(client.download_artifacts(sent.mlflow_run_id, "assignment.parquet"))["part"]
    assert parts.astype("str").value_counts().to_dict() == sent.rows
    assert parts.index.equals(shop.index)
    path = client.download_artifacts(sent.mlflow_run_id, "predictions-validation.parquet")
    table = pd.read_parquet(path)
    expected = sent.predictions["validation"]
    pd.testing.assert_series_equal(table["probability_1"], expected["probability_1"])
    assert table["returned"].equals(shop["returned"].loc[table.index])


def test_script_and_commit_are_mlflows_own_source(logged: Any) -> None:
    assert logged.data.tags["mlflow.source.name"] == logged.data.tags["code.script"]
    assert logged.data.tags["mlflow.source.type"] == "LOCAL"


def test_the_report_page_shows_card_pictures_and_plan(run: Run, logged: Any) -> None:
    page = Path(mlflow.MlflowClient().download_artifacts(logged.info.run_id, "report.html")).read_text(encoding="utf-8")
    assert "returns: binary, evaluated on" in page and "data:image/png;base64" in page and "RandomSplit" in page


def test_a_registered_version_says_how_good_it_is(run: Run) -> None:
    registered = run.register("described", gate=Gate(metric("roc_auc").lower >= 0.0), reason="a test")
    version = mlflow.MlflowClient().get_model_version("described", str(registered.version))
    assert in_markdown(run.card.headline) in version.description
    assert "| roc_auc lower end >= 0 | " in version.description and "[" not in version.description
