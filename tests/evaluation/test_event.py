"""The event: named or decided in one place; metrics, cost, baselines, slices, gates and folds speak of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, precision_score, recall_score

import mlsys
from mlsys import Calibrate, Cost, Evaluate, Gate, Pipeline, RandomSplit, StratifiedSplit, Train, gap, metric
from mlsys.dataset import Event, decided, settled, tally
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import evaluation_in
from mlsys.run.recipe import read_pipeline, read_record, write_recipe
from mlsys.run.recording import parameters_of


def loans(rows: int = 1_500, good: Any = "good", bad: Any = "bad", kind: Any = None) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"debt": rng.normal(size=rows), "age": rng.normal(size=rows)})
    risk = [bad if sure else good for sure in frame["debt"] + rng.normal(size=rows) > 1]
    return frame.assign(risk=pd.Series(risk, dtype=kind), branch=rng.choice(["a", "b"], rows))


def judged(frame: pd.DataFrame, *steps: Any, how: str = "run", **arguments: Any) -> Any:
    steps = (RandomSplit(), LogisticRegression(), *steps)
    pipeline = Pipeline(steps, target="risk", exclude=["branch"], **arguments)
    settings = {"track": False, "cache": False, "verbose": False}
    return pipeline.run(frame, **settings) if how == "run" else pipeline.cross_validate(3, frame, **settings)


def scores(run: Any, model: str = "model", part: str = "validation") -> dict[str, float]:
    rows = run.metrics.query("slice == 'all' and model == @model and part == @part")
    return dict(zip(rows["metric"], rows["value"], strict=True))


FEW = ["recall", "precision", "average_precision", "brier"]


@pytest.mark.parametrize("event", ["bad", "good"])
def test_metrics_cost_slices_baselines_and_gates_speak_of_the_event(event: str) -> None:
    def indebted(rows: pd.DataFrame) -> pd.Series:
        return (rows["debt"] > 1) * 0.9

    step = Evaluate(FEW, slices=["branch"], baselines=[indebted], value=Cost(missed=5, false_alarm=1))
    frame = loans()
    run = judged(frame, step, event=event)
    rows = run.frame("validation")
    truth, share, said = rows["risk"] == event, rows[f"probability_{event}"], rows["prediction"]
    found = scores(run)
    assert found["recall"] == pytest.approx(recall_score(rows["risk"], said, pos_label=event))
    assert found["precision"] == pytest.approx(precision_score(rows["risk"], said, pos_label=event))
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, share))
    assert found["brier"] == pytest.approx(brier_score_loss(truth, share))
    act = share >= 1 / 6
    paid = 1_000 * (5 * (truth & ~act) + (~truth & act)).mean()
    assert run.reports["evaluate"].scalars["cost_per_thousand"] == pytest.approx(paid)
    rule = scores(run, "indebted")
    assert rule["recall"] == pytest.approx(recall_score(truth, rows["debt"] > 1))
    by_branch = run.metrics.query("slice == 'branch=a' and metric == 'recall'")["value"].item()
    a = rows[rows["branch"] == "a"]
    assert by_branch == pytest.approx(recall_score(a["risk"], a["prediction"], pos_label=event))
    assert Gate(metric("recall").value >= found["recall"], gap("recall", by="branch").value <= 1).check(run.reports)
    assert repr(event) in dict(run.card.lines)["event"] and "named" in dict(run.card.lines)["event"]
    assert dict(run.card.lines)["event"].replace("'", "&#x27;") in run._repr_html_()


def test_the_rarer_class_is_the_event_and_the_card_says_so() -> None:
    run = judged(loans())
    said = dict(run.card.lines)["event"]
    assert said.startswith("'bad', because it is the rarer class (") and said.endswith("event= names another")
    assert run.evaluation.event == "bad" and "'bad'" in run.reports["evaluate"].summary
    assert scores(run) == scores(judged(loans(), event="bad"))
    swapped = judged(loans(good="alright", bad="wrong"))  # the other way round in the alphabet
    assert scores(swapped) == pytest.approx(scores(run))


YES = [(True, False), (1, 0), (1, -1), (1.0, 0.0), ("1", "0"), ("yes", "no"), ("Yes", "No"), ("TRUE", "FALSE"),
       ("true", "unknown"), ("y", "n"), ("T", "F"), ("yes", "zz")]  # fmt: skip


@pytest.mark.parametrize(("yes", "no"), YES)
@pytest.mark.parametrize("often", [True, False])
def test_what_means_yes_is_the_event_however_frequent(yes: Any, no: Any, often: bool) -> None:
    target = pd.Series([yes] * (8 if often else 2) + [no] * (2 if often else 8))
    event = decided(tally(target))
    assert event is not None and (event.value, event.why) == (yes, "yes")


@pytest.mark.parametrize(
    ("one", "other"), [(1, 2), ("1", "2"), ("y", "z"), ("t", "u"), ("true", "yes"), ("bad", "good")]
)
def test_elsewhere_the_rarer_class_is_the_event(one: Any, other: Any) -> None:
    for rare, usual in ((one, other), (other, one)):
        event = decided(tally(pd.Series([rare] * 3 + [usual] * 9)))
        assert event is not None and (event.value, event.why, event.share) == (rare, "rarer", 0.25)


@given(st.lists(st.sampled_from(["a", "b", None]), max_size=30), st.data())
def test_the_tally_counts_by_weight_and_nulls_not_at_all(values: list[Any], data: st.DataObject) -> None:
    weight = data.draw(st.lists(st.integers(0, 5), min_size=len(values), max_size=len(values)))
    expected = {name: float(sum(w for v, w in zip(values, weight, strict=True) if v == name)) for name in ("a", "b")}
    found = tally(pd.Series(values, dtype="str"), np.array(weight, dtype=float))
    assert dict(found) == {name: total for name, total in expected.items() if total}


def test_of_two_as_frequent_the_later_in_order_is_the_event() -> None:
    assert str(decided(tally(pd.Series(["b", "a"])))).startswith("'b', because it is the later")
    ordered = pd.Series(["b", "a"], dtype=pd.CategoricalDtype(["b", "a"], ordered=True))
    event = decided(tally(ordered))
    assert event is not None and event.value == "a"


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    "kind",
    ["str", "object", "category", "string[pyarrow]", pd.CategoricalDtype(["good", "bad"], ordered=True)],
    ids=str,
)
def test_the_event_is_found_whatever_type_holds_the_target(kind: Any) -> None:
    assert scores(judged(loans(kind=kind), event="bad")) == pytest.approx(scores(judged(loans(), event="bad")))


@pytest.mark.quick(every=3)
@pytest.mark.parametrize(
    ("good", "bad", "kind", "event"),
    [(0, 1, "int64", 1), (0, 1, "Int64", 1), (0.0, 1.0, "float64", 1), (False, True, "boolean", True),
     (False, True, "bool[pyarrow]", 1), (1, 0, "int64", 0), (1, 2, "int8", np.int64(2)), (True, False, "bool", False)],
)  # fmt: skip
def test_numbers_and_truth_values_are_events_too(good: Any, bad: Any, kind: str, event: Any) -> None:
    found = scores(judged(loans(good=good, bad=bad, kind=kind), event=event))
    assert found == pytest.approx(scores(judged(loans(), event="bad")))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"event": "bda"}, "write event='bad'"),
        ({"event": "Bad"}, "write event='bad'"),
        ({"event": " bad"}, "write event='bad'"),
        ({"event": "awful"}, "name one of them: event='bad' or event='good'"),
        ({"event": 1}, "name one of them: event='bad' or event='good'"),
    ],
)
def test_an_event_that_is_no_class_is_refused_with_the_classes(arguments: Any, said: str) -> None:
    with pytest.raises(DataError, match="is not a class of the target 'risk'; training rows hold 'bad', 'good'") as e:
        judged(loans(), **arguments)
    assert e.value.remedy == said


@pytest.mark.parametrize(
    ("good", "bad", "event", "meant"),
    [("0", "1", 1, "'1'"), (0, 1, "1", "1"), (False, True, "true", "True"), (0.0, 1.0, "1", "1.0")],
)
def test_an_event_of_another_type_is_refused_with_the_right_one(good: Any, bad: Any, event: Any, meant: str) -> None:
    with pytest.raises(DataError) as caught:
        judged(loans(good=good, bad=bad), event=event)
    assert caught.value.remedy == f"write event={meant}"


def test_an_event_needs_two_classes() -> None:
    three = loans().assign(risk=np.resize(["a", "b", "c"], 1_500))
    with pytest.raises(DataError, match=r"event='a' is one of two classes, but the target 'risk' has 3 classes"):
        judged(three, event="a")
    numbers = loans().assign(risk=np.arange(1_500.0))
    with pytest.raises(
        ConfigurationError, match=r"event=1 names a class, but Train\(LinearRegression\) predicts numbers"
    ):
        Pipeline([LinearRegression()], target="risk", event=1)
    with pytest.raises(DataError, match="more than 20 values"):
        judged(numbers.assign(risk=numbers["risk"].astype(int)), event=1)
    rows = pd.DataFrame({"y": [0.5, 1.5] * 20, "prediction": 1.0})
    with pytest.raises(ConfigurationError, match="event=1.5 is one of two classes, but this is regression"):
        Evaluate().of(train=rows, validation=rows, target="y", event=1.5)


@pytest.mark.parametrize("event", [["bad"], {"bad"}, float("nan"), pd.NA, lambda: 1, {"risk": ["bad"]}])
def test_what_is_no_class_is_refused_before_data_is_read(event: Any) -> None:
    with pytest.raises(ConfigurationError, match="is not a class"):
        Pipeline([LogisticRegression()], target="risk", event=event)
    with pytest.raises(ConfigurationError, match="there is no target="):
        Pipeline([RandomSplit()], event="bad")


def test_the_event_is_one_for_all_folds_though_their_training_rows_differ() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=600), "y": rng.permutation(np.repeat(["a", "b"], 300))})
    found = Pipeline([LogisticRegression()], target="y").cross_validate(5, frame, track=False, cache=False)
    assert len({evaluation_in(reports).event for reports in found.reports.values()}) == 1
    assert "event" in dict(found.card.lines)
    named = judged(loans(), how="folds", event="good")
    recalls = named.folds.query("model == 'zero_rule' and metric == 'recall'")["value"]
    assert (recalls == 1).all()  # the zero rule says "good" of all rows


def test_evaluate_alone_takes_the_event_as_a_role() -> None:
    rows = pd.DataFrame({"y": ["bad", "good", "good", "bad"] * 20, "prediction": ["bad", "good", "bad", "good"] * 20})
    for event in ("bad", "good"):
        result = Evaluate(["recall"], slices=()).of(train=rows, validation=rows, target="y", event=event)
        assert result.event == event
        assert result.table["value"].iloc[0] == recall_score(rows["y"], rows["prediction"], pos_label=event)
    with pytest.raises(DataError, match="write event='bad'"):
        Evaluate().of(train=rows, validation=rows, target="y", event="bade")


def test_the_event_travels_with_the_pipeline(tmp_path: Path) -> None:
    pipeline = Pipeline([StratifiedSplit(), LogisticRegression()], target="risk", event="good", exclude=["branch"])
    assert "event='good'" in repr(pipeline) and "event" not in repr(Pipeline([RandomSplit()]))
    assert "event=False" in repr(Pipeline([RandomSplit()], target="late", event=False))
    other = pipeline.replace(Train=Train(DummyClassifier()))
    assert other.roles.event == Event("good") and other.digest != pipeline.digest
    run = pipeline.run(loans(), track=False, cache=False, verbose=False)
    write_recipe(run.outcome, run._live, tmp_path)
    assert read_pipeline(tmp_path, read_record(tmp_path), str) == pipeline
    assert run.final_test().evaluation.event == "good"


@pytest.mark.parametrize("how", ["run", "folds"])
def test_parameters_say_the_event_and_why(how: str) -> None:
    found = judged(loans(), how=how)
    said = parameters_of(found.pipeline, found.evaluation)
    assert said["role.event"] == "bad" and "it is the rarer class" in str(said["role.event.why"])


def test_runs_that_speak_of_different_events_are_not_compared() -> None:
    one, other = (judged(loans(), event=event) for event in ("bad", "good"))
    with pytest.raises(DataError, match="different events: 'bad' .*, 'good'"):
        mlsys.compare(one, other)
    same = mlsys.compare(one, judged(loans(), Calibrate(), event="bad"), metric="recall")
    assert same.table["value"].iloc[0] == pytest.approx(scores(one)["recall"])


def test_a_rule_that_answers_with_numbered_classes_is_taken_at_its_word() -> None:
    frame = loans(good=1, bad=0)

    def indebted(rows: pd.DataFrame) -> pd.Series:
        return (rows["debt"] <= 1).astype(int)

    run = judged(frame, Evaluate(["recall"], slices=(), baselines=[indebted]), event=0)
    rows = run.frame("validation")
    assert scores(run, "indebted")["recall"] == recall_score(rows["risk"], indebted(rows), pos_label=0)


def test_an_ordered_target_keeps_its_order() -> None:
    rng = np.random.default_rng(2)
    grade = pd.CategoricalDtype(["low", "middle", "high"], ordered=True)
    frame = pd.DataFrame({"x": rng.normal(size=900)})
    frame["grade"] = pd.cut(frame["x"] + rng.normal(size=900), [-9, -1, 1, 9], labels=grade.categories).astype(grade)
    run = Pipeline([LogisticRegression()], target="grade").run(frame, track=False, cache=False)
    columns = [f"probability_{level}" for level in grade.categories]
    assert run.predict(frame.head(3)).columns.tolist()[-3:] == columns
    table = run.reports["evaluate"].tables["confusion"]
    assert table["truth"].tolist() == ["low", "middle", "high"] and table.columns[1:].str[10:].tolist() == [
        *grade.categories
    ]
    plain = Pipeline([LogisticRegression()], target="grade").run(
        frame.astype({"grade": "str"}), track=False, cache=False
    )
    pd.testing.assert_frame_equal(run.predict(frame)[columns], plain.predict(frame)[columns])


def test_roles_without_two_classes_have_no_event() -> None:
    for target in (pd.Series([1.5, 2.5, 3.5]), pd.Series(["a", "b", "c"]), pd.Series(["a"]), pd.Series([None, None])):
        assert settled(None, tally(target), "y") is None
