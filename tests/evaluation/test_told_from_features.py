"""What the model says is told from the data by who wrote it: a feature named like a prediction changes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from mlsys import (
    Calibrate,
    DetectDrift,
    Evaluate,
    Gate,
    KFolds,
    Monitor,
    Pipeline,
    RandomSplit,
    Report,
    Result,
    Rows,
    WriteParquet,
    beats,
    load,
    metric,
)
from mlsys.dataset import Roles
from mlsys.errors import DataError

NAMES = ["prediction", "probability_of_rain", "probability_True", "probability_1", "probability_sun"]
NEUTRAL = "humidity"


def weather(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"temp": rng.normal(size=rows), NEUTRAL: rng.random(rows)})
    warm = frame["temp"] + frame[NEUTRAL] + 0.5 * rng.normal(size=rows)
    sky = np.select([warm > 1, warm > 0], ["sun", "cloud"], "rain")
    return frame.assign(degrees=warm, warm=warm > 0.5, code=(warm > 0.5).astype(int), sky=sky)


DATA = weather()
TARGETS = {
    "degrees": LinearRegression(),
    "warm": LogisticRegression(),
    "code": LinearSVC(),
    "sky": LogisticRegression(),
}


def of_target(target: str, name: str) -> pd.DataFrame:
    return DATA[["temp", NEUTRAL, target]].rename(columns={NEUTRAL: name})


def scores(table: pd.DataFrame) -> pd.DataFrame:
    everyone = table[table["slice"] == "all"].drop(columns="slice")
    return everyone.reset_index(drop=True)


def judged(target: str, name: str, *steps: Any, **arguments: Any) -> Any:
    pipeline = Pipeline([RandomSplit(), TARGETS[target], *steps], target=target, name="sky", **arguments)
    return pipeline.run(of_target(target, name), track=False, cache=False)


@pytest.mark.quick("prediction-degrees", "prediction-sky", "probability_of_rain-warm")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", [*NAMES[:2], *(pytest.param(name, marks=pytest.mark.long) for name in NAMES[2:])])
def test_scores_are_those_of_a_feature_of_another_name(name: str, target: str) -> None:
    drift = DetectDrift()
    run, other = (judged(target, each, Evaluate(slices=()), drift) for each in (name, NEUTRAL))
    assert_frame_equal(scores(run.metrics), scores(other.metrics))
    assert run.evaluation.task == other.evaluation.task
    assert run.reports["drift"].verdict == other.reports["drift"].verdict
    assert_frame_equal(scores(run.final_test().metrics), scores(other.final_test().metrics))


@pytest.mark.quick("probability_of_rain")
@pytest.mark.parametrize("name", NAMES[:3])
def test_few_rows_judged_by_folds_are_judged_as_before(name: str) -> None:
    tables = []
    for each in (name, NEUTRAL):
        run = Pipeline([LogisticRegression()], target="warm").run(of_target("warm", each), track=False, cache=False)
        tables.append(scores(run.metrics))
    assert_frame_equal(*tables)


@pytest.mark.quick("None-prediction", "parts1-probability_of_rain")
@pytest.mark.parametrize("name", NAMES[:3])
@pytest.mark.parametrize("parts", [None, {"calibration": 0.2, "validation": 0.2, "test": 0.2}])
def test_calibrate_learns_from_the_models_own_probabilities(name: str, parts: dict[str, float] | None) -> None:
    states = []
    for each in (name, NEUTRAL):
        steps = [RandomSplit(parts=parts) if parts else RandomSplit(), LogisticRegression(), Calibrate()]
        run = Pipeline(steps, target="warm").run(of_target("warm", each), track=False, cache=False)
        states.append(run.state("Calibrate"))
        assert run.metrics["value"].notna().any()
    assert states[0]["columns"] == ["probability_False", "probability_True"]
    assert states[0]["maps"] == states[1]["maps"]


@pytest.mark.quick("prediction")
@pytest.mark.parametrize("name", NAMES[:3])
def test_folds_and_gates_say_the_same(name: str) -> None:
    tables, gates = [], []
    gate = Gate(metric("roc_auc").lower >= 0.7, beats("zero_rule"), beats("random"))
    for each in (name, NEUTRAL):
        pipeline = Pipeline([RandomSplit(), LogisticRegression(), Evaluate(slices=())], target="warm")
        data = of_target("warm", each)
        tables.append(pipeline.cross_validate(KFolds(3), data=data, track=False, cache=False).table)
        gates.append(gate.check(pipeline.run(data, track=False, cache=False).reports))
    assert_frame_equal(*tables)
    assert gates[0] == gates[1] and {verdict for *_, verdict in gates[0]} == {"pass"}


@pytest.mark.quick("prediction")
@pytest.mark.parametrize("name", NAMES[:3])
def test_the_served_model_takes_the_feature_and_answers_as_before(name: str) -> None:
    answers = []
    for each in (name, NEUTRAL):
        run = judged("warm", each, Calibrate())
        requests = of_target("warm", each).drop(columns="warm").head(5)
        with tempfile.TemporaryDirectory() as folder:
            answers.append(load(run.save(Path(folder) / "model")).predict(requests))
        assert_frame_equal(answers[-1], run.predict(requests))
    assert_frame_equal(*answers)
    assert list(answers[0].columns) == ["id", "prediction", "probability_False", "probability_True"]


@pytest.mark.parametrize("name", ["prediction", "probability_True"])
def test_a_monitor_watches_a_column_of_that_name(name: str) -> None:
    reference = of_target("warm", name)[["temp", name]]
    moved = reference.assign(**{name: reference[name] + 3})
    monitor = Monitor.fit(reference)
    assert monitor.check(reference).facts["alarms"] == ()
    assert monitor.check(moved).facts["alarms"] == (name,)


@pytest.mark.quick("probability_True-group")
@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("prediction", "target"),
        ("probability_True", "group"),
        ("prediction", "weight"),
        pytest.param("probability_True", "target", marks=pytest.mark.long),
        pytest.param("prediction", "group", marks=pytest.mark.long),
        pytest.param("probability_True", "weight", marks=pytest.mark.long),
    ],
)
def test_a_role_may_have_such_a_name(name: str, role: str) -> None:
    rng = np.random.default_rng(0)
    frame = DATA[["temp", "warm"]].assign(group=np.arange(len(DATA)) // 3, weight=rng.integers(1, 4, len(DATA)))
    named = {"target": "warm", "group": "group", "weight": "weight"}
    tables = []
    for roles in ({**named, role: name}, named):
        data = frame.rename(columns={named[role]: roles[role]})
        run = Pipeline([LogisticRegression(), Calibrate()], **roles).run(data, track=False, cache=False)
        tables.append(scores(run.metrics))
    assert_frame_equal(*tables)


class Seen(Report):
    """Says what a report finds under a name."""

    column: str

    def report(self, dataset: Any) -> Result:
        rows = dataset["validation"]
        said = rows.predictions["prediction"].tolist()
        return Result("seen", pd.DataFrame({"data": rows[self.column].tolist(), "model": said}))


def test_a_report_finds_the_data_under_the_name_and_the_model_in_predictions_and_it_is_said() -> None:
    run = judged("warm", "prediction", Seen("prediction"))
    table = run.reports["seen"].table
    kept = of_target("warm", "prediction").loc[run.predictions["validation"].index, "prediction"]
    assert table["data"].tolist() == kept.tolist()
    assert table["model"].tolist() == run.predictions["validation"]["prediction"].tolist()
    assert [finding.columns for finding in run.findings if finding.code == "EV102"] == [("prediction",)]
    assert not [each for each in judged("warm", "probability_of_rain").findings if each.code == "EV102"]


def test_a_sink_refuses_to_write_two_columns_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="writes rows beside their predictions, and 'prediction' is a column of both"):
        judged("warm", "prediction", WriteParquet(str(tmp_path / "out")))


@pytest.mark.parametrize(
    ("columns", "target", "found"),
    [
        ({"prediction": [True, False]}, [True, True], ["prediction"]),
        ({"prediction": [1.5, 2.0], "probability_of_rain": [0.1, 0.2]}, [1.0, 2.5], ["prediction"]),
        ({"probability_0": [0.1, 0.2], "probability_1": [0.9, 0.8]}, [0.0, 1.0], ["probability_0", "probability_1"]),
        (
            {"probability_of_rain": [0.5, 0.5], "probability_a": [0.1, 0.2], "probability_b": [0.9, 0.8]},
            ["a", "b"],
            ["probability_a", "probability_b"],
        ),
        ({"probability_a": [0.5, 0.5], "probability_b": [0.5, 0.5]}, ["a", "a"], ["probability_a", "probability_b"]),
    ],
)
def test_in_a_frame_given_by_hand_names_and_classes_tell(
    columns: dict[str, list[Any]], target: list[Any], found: list[str]
) -> None:
    rows = Rows.of(pd.DataFrame({**columns, "y": target}), Roles(target="y"), ())
    assert list(rows.predictions.columns) == found


def rain(frame: pd.DataFrame) -> pd.DataFrame:
    """Answers with all columns of the data, and a prediction."""
    return frame.assign(prediction=frame["temp"] > 0)


def test_of_a_rules_frame_only_predictions_count() -> None:
    rule: Callable[[pd.DataFrame], pd.DataFrame] = rain
    run = judged("warm", "probability_of_rain", Evaluate(["accuracy"], slices=(), baselines=[rule]))
    values = run.metrics.query("slice == 'all' and metric == 'accuracy'").set_index("model")["value"]
    rows = DATA.loc[run.predictions["validation"].index]
    assert values["rain"] == pytest.approx(((rows["temp"] > 0) == rows["warm"]).mean())
