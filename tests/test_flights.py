"""The main job on 336,776 real flights: clean, leaky and shifted; every verdict must flip and name the column."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from mlsys import Gate, Pipeline, Run, beats, load, metric, no_alarm

pytestmark = pytest.mark.long  # test_user_scripts.py runs the same pipeline on every twelfth day; the demo on all
SEPTEMBER = pd.Timestamp("2013-09-01", tz="America/New_York")


@pytest.fixture(scope="module")
def quick(flight_example: ModuleType) -> Pipeline:
    """The pipeline of the example without calibration, which changes no ranking and takes most of the time."""
    return flight_example.pipeline.replace(Calibrate=None)


@pytest.fixture(scope="module")
def clean(quick: Pipeline, store: Path) -> Run:
    return quick.run(track=True)


@pytest.fixture(scope="module")
def clean_test(clean: Run) -> Run:
    return clean.final_test()


GATE = Gate(metric("roc_auc").lower >= 0.65, beats("zero_rule"), no_alarm("drift"))


def verdicts(run: Run) -> dict[str, str]:
    """What each term of the gate says, leakage first."""
    lines = dict(run.card.lines)
    return {"leakage": lines["leakage"], "drift": run.reports["drift"].verdict}


def test_counts_and_unknown_labels(clean: Run) -> None:
    rows = clean.rows
    assert rows["none: label unknown"] == 9_430
    assert rows["train"] + rows["validation"] + rows["test"] + sum(v for k, v in rows.items() if "none" in k) == 336_776


def test_no_column_known_late_is_a_feature(clean: Run) -> None:
    features = clean.features.set_index("column")
    late = ["dep_time", "dep_delay", "arr_time", "air_time", "arrived", "arr_delay", "flight_id", "departs"]
    assert not features.loc[late, "used"].any()
    assert "known only at 'arrived'" in features.loc["dep_delay", "reason"]
    assert "read by the rule" in features.loc["arr_delay", "reason"]


def test_clean_run_is_quiet_in_september_and_from_october_on(clean: Run, clean_test: Run) -> None:
    for run in (clean, clean_test):
        assert verdicts(run) == {"leakage": "not observed", "drift": "no alarm"}
        assert "a season needs a full cycle" in run.reports["drift"].summary


def test_clean_model_reaches_what_it_should(clean_test: Run) -> None:
    table = clean_test.metrics
    found = table[(table["part"] == "test") & (table["slice"] == "all") & (table["metric"] == "roc_auc")]
    auc = found.set_index("model")["value"]
    assert auc["model"] >= 0.675
    assert auc["model"] > auc["carrier_rate"] > auc["zero_rule"]


def test_gate_of_three_quarters_says_no_and_registers_nothing(clean_test: Run) -> None:
    import mlflow

    refused = clean_test.register("flights", alias="champion", gate=Gate(metric("roc_auc").lower >= 0.75))
    assert not refused
    assert refused.terms.set_index("term")["verdict"]["roc_auc lower end >= 0.75"] == "fail"
    assert mlflow.MlflowClient().search_registered_models() == []


def test_gate_says_yes_and_the_registered_model_predicts(clean_test: Run) -> None:
    registered = clean_test.register("flights", alias="champion", gate=GATE)
    assert registered, repr(registered)
    model = load("models:/flights@champion")
    request = pd.DataFrame({name: [None] for name in model.inputs}).assign(
        month=10, time_hour="2013-10-03T22:00:00Z", sched_dep_time=1_800, carrier="UA", flight=1_000, tailnum="N12345",
        origin="EWR", dest="SFO", distance=2_565, hour=18, minute=0, year=2013,
    )[list(model.inputs)]  # fmt: skip
    answer = model.predict(request)
    assert list(answer.columns) == ["id", "prediction", "probability_False", "probability_True"]
    assert 0 < answer["probability_True"].iloc[0] < 1


def test_served_path_leaves_out_what_only_the_label_needs(clean: Run) -> None:
    needed = set(clean.model.inputs)
    assert not needed & {"dep_delay", "arr_delay", "air_time", "arr_time", "dep_time"}
    assert {"temp", "tailnum", "carrier"} <= needed  # weather comes with the request, planes are carried


def test_leak_is_found_and_named_when_its_declaration_is_left_out(flight_example: ModuleType, quick: Pipeline) -> None:
    source = quick["ReadCSV"]
    known = {column: moment for column, moment in source.known_at.items() if column != "dep_delay"}
    leaky = quick.replace(ReadCSV=source.with_(known_at=known)).run(track=False)
    for run in (leaky, leaky.final_test()):
        assert verdicts(run)["leakage"] == "suspected: dep_delay"
        finding = next(finding for finding in run.findings if finding.code == "LK204")
        assert finding.columns == ("dep_delay",)
        registration = run.register("leaky", gate=GATE)
        assert not registration
        assert registration.terms.set_index("term")["verdict"]["no leakage"] == "fail"
    table = leaky.metrics
    assert table.loc[(table["model"] == "model") & (table["metric"] == "roc_auc"), "value"].iloc[0] > 0.85


@pytest.mark.parametrize(("column", "factor"), [("distance", 1.609344), ("pressure", 0.02953)])
def test_changed_unit_is_found_and_named(quick: Pipeline, column: str, factor: float) -> None:
    def other_unit(flights: pd.DataFrame) -> pd.DataFrame:
        later = flights["departs"] >= SEPTEMBER
        return flights.assign(**{column: flights[column].astype("float64").where(~later, flights[column] * factor)})

    shifted = quick.insert(other_unit, after="AsOfJoin").run(track=False)
    for run in (shifted, shifted.final_test()):
        assert verdicts(run) == {"leakage": "not observed", "drift": f"alarm: {column}"}
        registration = run.register("shifted", gate=GATE)
        assert not registration
        assert registration.terms.set_index("term")["verdict"]["no alarm of drift"] == "fail"
