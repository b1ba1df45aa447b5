"""Layers of a check: labels page before columns do, the cause is named, shares of classes are seen in predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Monitor, Pipeline, RandomSplit, Train
from mlsys.drift.outcomes import Outcomes, judge_estimate, judge_labels, label_shift
from mlsys.errors import ConfigurationError, DataError
from mlsys.summaries.wilson import wilson


def scored(
    rng: np.random.Generator, rows: int, share: float = 0.3, flipped: float = 0.0, noise: float = 0.0
) -> pd.DataFrame:
    """Rows of a calibrated model at a share of 0.3; ``flipped`` labels change the relation."""
    y = rng.random(rows) < share
    x = rng.normal(1.5 * y, 1.0) * (1 - noise)
    p = 1 / (1 + np.exp(-(1.5 * x - 1.125 + np.log(0.3 / 0.7))))
    label = (y ^ (rng.random(rows) < flipped)).astype(int)
    return pd.DataFrame({"x": x, "other": rng.normal(size=rows), "p": p, "y": label})


@pytest.fixture(scope="module")
def monitor() -> Monitor:
    return Monitor.fit(scored(np.random.default_rng(0), 4_000), prediction="p", target="y")


def test_rows_as_before_raise_nothing_and_every_layer_is_judged(monitor: Monitor) -> None:
    check = monitor.check(scored(np.random.default_rng(1), 800))
    assert (check.verdict, check.level, check.cause) == ("no alarm", "", "")
    assert check.layers["layer"].tolist() == ["labels", "estimate", "predictions", "features", "schema"]
    assert set(check.layers["verdict"]) == {"no alarm"}


def test_a_changed_relation_pages_although_no_column_moved(monitor: Monitor) -> None:
    check = monitor.check(scored(np.random.default_rng(1), 1_500, flipped=0.2))
    assert (check.verdict, check.level, check.cause) == ("page: error rate", "page", "relation")
    assert check.facts["alarms"] == () and "the relation of inputs and label changed" in check.summary
    blind = monitor.check(scored(np.random.default_rng(1), 1_500, flipped=0.2).drop(columns="y"))
    assert blind.level == "" and blind.layers["verdict"].tolist()[0] == "not assessed"


def test_rows_that_only_share_the_index_are_not_taken_for_the_checked_ones(monitor: Monitor) -> None:
    today = scored(np.random.default_rng(1), 800).drop(columns="y")
    earlier = scored(np.random.default_rng(2), 800).drop(columns="p")
    with pytest.raises(DataError, match=r"labels= holds other rows than those that are checked: 'x' is .* in row 0"):
        monitor.check(today, earlier)
    same = today.assign(y=earlier["y"]).drop(columns="p")
    assert monitor.check(today, same).scalars == monitor.check(today, earlier["y"]).scalars
    corrected = same.assign(x=same["x"].where(same.index % 3 > 0, 0.0))  # a late correction of a third of the rows
    assert monitor.check(today, corrected).layers.loc[0, "verdict"] != "not assessed"
    for odd in (earlier.tail(0), earlier[["y"]].head(1)):
        monitor.check(today, odd)


def test_other_shares_of_classes_page_with_that_cause(monitor: Monitor) -> None:
    rows = scored(np.random.default_rng(2), 2_000, share=0.65)
    check = monitor.check(rows)
    assert check.level == "page" and check.cause == "labels"
    classes = monitor.check(rows.drop(columns="y")).tables["classes"].set_index("class")
    assert classes.loc["1", "lower"] <= 0.65 <= classes.loc["1", "upper"]


def test_harder_inputs_page_before_labels_arrive(monitor: Monitor) -> None:
    rng = np.random.default_rng(3)
    rows = scored(rng, 2_000).assign(p=lambda frame: 0.5 + 0.04 * rng.normal(size=2_000).clip(-2, 2)).drop(columns="y")
    check = monitor.check(rows)
    assert check.level == "page" and check.layers.set_index("layer").loc["estimate", "verdict"] == "alarm"
    assert check.cause == "inputs"


def test_a_column_alone_is_a_ticket(monitor: Monitor) -> None:
    rows = scored(np.random.default_rng(4), 900).assign(other=lambda frame: frame["other"] + 2)
    check = monitor.check(rows)
    assert (check.verdict, check.level, check.cause) == ("alarm: other", "ticket", "inputs")
    check_of_nulls = monitor.check(rows.assign(other=np.nan))
    assert check_of_nulls.cause in {"schema", "inputs"}
    schema = check_of_nulls.layers.set_index("layer").loc["schema"]
    assert schema["verdict"] == "alarm" and "nulls of other" in schema["said"]


def test_columns_are_weighed_by_their_importance() -> None:
    rng = np.random.default_rng(5)
    reference = pd.DataFrame(rng.normal(size=(2_000, 3)), columns=list("abc"))
    monitor = Monitor.fit(reference, importance={"a": 0.1, "b": 0.9})
    check = monitor.check(pd.DataFrame(rng.normal([1.0, 0.5, 1.0], 1, (800, 3)), columns=list("abc")))
    table = check.tables["attribution"]
    assert table["column"].tolist()[0] == "b" and table.set_index("column").loc["c", "share"] == 0
    assert table["share"].sum() == pytest.approx(1.0)


def test_a_slice_is_seen_in_which_alone_something_moved() -> None:
    rng = np.random.default_rng(6)

    def rows(size: int, moved: float) -> pd.DataFrame:
        plan = rng.choice(["basic", "plus", "max"], size, p=[0.5, 0.4, 0.1])
        return pd.DataFrame({"plan": plan, "use": rng.normal(size=size) + moved * (plan == "max")})

    monitor = Monitor.fit(rows(5_000, 0.0), slices=["plan"])
    assert monitor.check(rows(3_000, 0.0)).verdict == "no alarm"
    check = monitor.check(rows(3_000, 0.9))
    first = check.tables["slices"].iloc[0]
    assert (first["slice"], first["column"], first["verdict"]) == ("plan=max", "use", "alarm")
    assert check.level == "ticket" and "use" in check.summary and "plan=max" in check.summary


def test_labels_are_found_by_index_by_id_or_come_with_their_predictions(monitor: Monitor) -> None:
    rows = scored(np.random.default_rng(7), 1_000, flipped=0.2)
    whole = monitor.check(rows).facts["entry"]
    named = rows.assign(order=np.arange(1_000) + 5)
    by_id = Monitor.fit(
        scored(np.random.default_rng(0), 4_000).assign(order=range(4_000)), prediction="p", target="y", id="order"
    )
    assert "order" not in by_id.columns
    bare, labels = named.drop(columns="y"), named[["order", "y"]].sample(frac=1, random_state=0)
    for given in (labels, labels.set_index("order")["y"], rows[["p", "y"]]):
        assert by_id.check(bare, given).facts["entry"]["loss"] == whole["loss"]
    assert monitor.check(rows.drop(columns="y"), rows["y"]).facts["entry"]["labelled"] == 1_000
    with pytest.raises(DataError, match="none of the 1,000 labels is of a row that is checked"):
        by_id.check(bare, labels.assign(order=labels["order"] + 10**6))
    with pytest.raises(DataError, match="the row 5 twice"):
        by_id.check(bare, pd.DataFrame({"order": [5, 5], "y": [0, 1]}))
    with pytest.raises(DataError, match="lacks the target 'y'"):
        monitor.check(rows, rows[["x"]])
    with pytest.raises(DataError, match="without labelled predictions"):
        Monitor.fit(rows[["x"]]).check(rows[["x"]], rows["y"])


def test_an_estimate_made_elsewhere_takes_the_place_of_the_profiles(monitor: Monitor) -> None:
    from mlsys import Result

    worse = Result("performance", pd.DataFrame(), verdict="worse", summary="roc_auc 0.8 to 0.6")
    check = monitor.check(scored(np.random.default_rng(1), 800).drop(columns="y"), estimate=worse)
    assert check.level == "page" and "roc_auc 0.8 to 0.6" in check.summary


def test_losses_are_plain_means_with_exact_counts() -> None:
    rng = np.random.default_rng(8)
    rows, today = scored(rng, 3_000), scored(rng, 500)
    outcomes = Outcomes.of(rows["p"], rows["y"])
    known = outcomes.counted(today["p"], today["y"])
    wrong = ((today["p"] >= 0.5).astype(int) != today["y"]).mean()
    loss = judge_labels(outcomes, known)
    assert loss.now == pytest.approx(wrong) and loss.rows == 500
    assert (loss.lower, loss.upper) == wilson(wrong * 500, 500)
    assert outcomes.counts.sum(axis=1) == pytest.approx(outcomes.by_bin(rows["p"]))
    amounts = pd.Series(rng.gamma(2, 10, 3_000), name="said")
    numbers = Outcomes.of(amounts, amounts + rng.normal(0, 3, 3_000))
    assert numbers.kind == "number" and numbers.losses.sum() / 3_000 == pytest.approx(3 * np.sqrt(2 / np.pi), rel=0.05)
    classes = Outcomes.of(pd.Series(list("abca") * 50), pd.Series(list("abcb") * 50))
    assert classes.kind == "class" and classes.losses.sum() == 50


@pytest.mark.quick("one")
@pytest.mark.parametrize("times", [pytest.param(20, id="one"), pytest.param(400, id="many", marks=pytest.mark.long)])
def test_losses_that_did_not_rise_page_no_more_often_than_the_level(times: int) -> None:
    rng, found = np.random.default_rng(9), np.zeros(2)
    for _ in range(times):
        rows, today = scored(rng, 1_500), scored(rng, 300)
        outcomes = Outcomes.of(rows["p"], rows["y"])
        known = outcomes.counted(today["p"], today["y"])
        found += [judge_labels(outcomes, known).p <= 0.05, judge_estimate(outcomes, known.counts.sum(axis=1)).p <= 0.05]
    assert (binom.sf(found - 1, times, 0.065) > 1e-3).all(), found / times


@pytest.mark.long
def test_intervals_of_classes_cover_and_no_shift_is_seen_where_there_is_none() -> None:
    rng, covered, false = np.random.default_rng(10), 0, 0
    for _ in range(200):
        rows = scored(rng, 3_000)
        outcomes = Outcomes.of(rows["p"], rows["y"])
        table = label_shift(outcomes, outcomes.by_bin(scored(rng, 800, share=0.5)["p"])).table
        covered += table["lower"].iloc[1] <= 0.5 <= table["upper"].iloc[1]
        false += label_shift(outcomes, outcomes.by_bin(scored(rng, 800)["p"])).moved
    assert covered / 200 > 0.91 and false / 200 < 0.09


def test_scores_that_tell_nothing_or_are_no_probabilities_are_said() -> None:
    rng = np.random.default_rng(11)
    label = pd.Series(rng.integers(0, 2, 2_000))
    nothing = Outcomes.of(pd.Series(rng.random(2_000)), label)
    assert "hardly tell the classes apart" in label_shift(nothing, nothing.counts.sum(axis=1)).said()
    rows = scored(rng, 1_000)
    with pytest.raises(DataError, match=r"the prediction 'p' is 1\.3 in row 4, outside \[0, 1\]"):
        Monitor.fit(rows.assign(p=rows["p"].where(rows.index != 4, 1.3)), prediction="p", target="y")
    with pytest.raises(DataError, match=r"outside \[0, 1\]"):
        Monitor.fit(rows, prediction="p", target="y").check(rows.assign(p=rows["p"].where(rows.index != 4, -0.1)))
    with pytest.raises(DataError, match="has 19 rows with a prediction and a label"):
        Monitor.fit(rows.head(19), prediction="p", target="y")
    with pytest.raises(ConfigurationError, match="event=7 is no value of the target"):
        Monitor.fit(rows, prediction="p", target="y", event=7)


def test_a_monitor_of_a_run_predicts_rows_that_come_without_predictions(rng, tmp_path):
    frame = pd.DataFrame({"a": rng.normal(size=900), "id": np.arange(900)})
    frame["y"] = (frame["a"] + rng.normal(size=900) > 0).astype(int)
    run = Pipeline([RandomSplit(seed=0), Train(LogisticRegression()), Evaluate()], target="y", id="id").run(
        frame, track=False
    )
    monitor, today = Monitor.from_run(run), frame.drop(columns="y").tail(200)
    said = run.model.predict(today)
    assert monitor.check(today).table.equals(monitor.check(today.join(said[["probability_1"]])).table)
    assert monitor.audit(frame).verdict == "held"
    with pytest.raises(DataError, match="lack 'y'"):
        monitor.audit(frame.drop(columns="y"))
    loaded = Monitor.load(monitor.save(tmp_path / "kept"))
    with pytest.raises(DataError, match="lack 'probability_1', the predictions of the model"):
        loaded.check(today)


def test_shares_of_classes_of_few_rows_in_one_bin_have_an_interval(rng):
    reference = pd.DataFrame({"p": rng.random(2_000)})
    reference["y"] = rng.random(2_000) < reference["p"]
    monitor = Monitor.fit(reference, prediction="p", target="y")
    table = monitor.check(pd.DataFrame({"p": rng.random(24) * 0.02})).tables["classes"]
    shares = table.set_index("class")
    assert shares.loc["1", "now"] < 0.01 < shares.loc["1", "upper"]
