"""A shadow says where two models differ, how long each takes, and with labels which is better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlsys import Pipeline, shadow
from mlsys.errors import ConfigurationError, DataError


def made(n: int = 1_500, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(rng.normal(size=(n, 2)), columns=["income", "age"])
    return rows, (rows["income"] * rows["age"] + rng.normal(0, 0.5, n) > 0).astype(int)


ROWS, LATE = made()
OLD = LogisticRegression().fit(ROWS[:500], LATE[:500])
NEW = DecisionTreeClassifier(max_depth=5, random_state=0).fit(ROWS[:500], LATE[:500])
TODAY, TRUTH = ROWS[500:], LATE[500:]


def test_the_better_model_is_told_with_paired_intervals() -> None:
    found = shadow(OLD, NEW, TODAY, TRUTH, metrics=["accuracy", "log_loss"])
    row = found.table.iloc[0]
    right = [(model.predict(TODAY) == TRUTH).to_numpy().astype(float) for model in (OLD, NEW)]
    assert row["difference"] == pytest.approx(right[1].mean() - right[0].mean())
    half = 1.96 * (right[1] - right[0]).std() / np.sqrt(len(TODAY))
    assert (row["upper"] - row["lower"]) / 2 == pytest.approx(half, rel=0.15)
    assert found.verdict == "better"
    assert shadow(NEW, OLD, TODAY, TRUTH, metrics=["accuracy"]).verdict == "worse"
    assert shadow(OLD, OLD, TODAY, TRUTH).verdict == "not told apart"


def test_agreement_rows_and_answers_are_those_of_the_models() -> None:
    found = shadow(OLD, NEW, TODAY)
    differs = OLD.predict(TODAY) != NEW.predict(TODAY)
    assert found.agreement == pytest.approx(1 - differs.mean())
    assert set(found.rows.index) == set(TODAY.index[differs])
    apart = (found.rows["champion says"] - found.rows["challenger says"]).abs()
    assert apart.is_monotonic_decreasing
    assert found.answers["prediction"].tolist() == OLD.predict(TODAY).tolist()
    assert (found.verdict, len(found.table)) == ("", 0)


def test_slices_on_which_they_differ_are_found() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"city": rng.choice(["Bonn", "Lyon"], 3_000), "x": rng.normal(size=3_000)})
    y = rng.random(3_000) < 0.5

    class Says:
        def __init__(self, flips: bool) -> None:
            self.flips = flips

        def predict(self, frame: pd.DataFrame) -> Any:
            return np.where(self.flips & (frame["city"] == "Lyon") & (frame["x"] > 0), "late", "early")

    found = shadow(Says(False), Says(True), rows, columns=["city"])
    assert found.tables["slices"]["slice"].tolist() == ["city=Lyon"]
    assert len(y) == len(rows)


def test_labels_that_are_not_known_yet_do_not_count() -> None:
    partly = TRUTH.astype("Int64").mask(np.arange(len(TRUTH)) >= 600)
    found = shadow(OLD, NEW, TODAY, partly)
    assert "600 requests with a label" in found.summary
    assert found.table["difference"][0] == pytest.approx(
        shadow(OLD, NEW, TODAY[:600], TRUTH[:600]).table["difference"][0]
    )


def test_labels_are_read_by_name_by_index_or_in_order() -> None:
    expected = shadow(OLD, NEW, TODAY, TRUTH).table["difference"]
    for rows, labels in (
        (TODAY.assign(late=TRUTH), "late"), (TODAY, TRUTH.sample(frac=1, random_state=0)), (TODAY, TRUTH.to_numpy()),
        (TODAY.set_axis([0] * len(TODAY)), TRUTH.to_numpy()),
    ):  # fmt: skip
        assert shadow(OLD, NEW, rows, labels).table["difference"].equals(expected)


def test_numbers_agree_within_a_tolerance() -> None:
    y = ROWS["income"] * 2 + ROWS["age"] ** 2
    one, other = LinearRegression().fit(ROWS, y), DecisionTreeRegressor(max_depth=6, random_state=0).fit(ROWS, y)
    exact, loose = shadow(one, other, ROWS, y), shadow(one, other, ROWS, y, tolerance=2.0)
    assert exact.agreement == 0 < loose.agreement < 1
    assert exact.verdict == "better"
    assert exact.table["metric"].tolist() == ["rmse", "mae", "r2"]


def test_models_without_probabilities_are_compared_by_what_both_have() -> None:
    bare = LinearSVC().fit(ROWS[:500], LATE[:500])
    found = shadow(bare, NEW, TODAY, TRUTH)
    assert "accuracy" in found.table["metric"].tolist()
    assert "log_loss" not in found.table["metric"].tolist()


@pytest.mark.long
def test_runs_and_saved_models_answer(tmp_path: Path) -> None:
    frame = ROWS.assign(late=LATE)
    run = Pipeline([HistGradientBoostingClassifier(max_iter=5, random_state=0)], target="late").run(frame, track=False)
    folder = run.save(tmp_path / "model")
    found = shadow(OLD, run, TODAY, TRUTH)
    assert found.verdict == "better"
    assert shadow(str(folder), run, TODAY).agreement == 1.0


def test_one_request_is_answered() -> None:
    found = shadow(OLD, NEW, TODAY[:1], TRUTH[:1])
    assert found.verdict == "not enough data"
    assert found.tables["latency"]["p50"].gt(0).all()


@pytest.mark.parametrize(("rows", "labels", "says"), [
    (TODAY[:0], None, "got 0 rows"), ("rows", None, "not a DataFrame"), (TODAY, "late", "needs the column 'late'"),
    (TODAY, [1, 0], "got 2 labels for 1,000 requests"), (TODAY, np.full(1_000, np.nan), "no label is known"),
    (TODAY, pd.Series([1, 0], index=["a", "b"]), "no label belongs"),
    (TODAY, pd.Series([1] * 1_000, index=[0] * 1_000), "another index"),
])  # fmt: skip
def test_requests_and_labels_that_do_not_fit_are_refused(rows: Any, labels: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        shadow(OLD, NEW, rows, labels)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(DataError, match="one model predicts classes, and the other numbers"):
        shadow(OLD, LinearRegression().fit(ROWS, LATE), TODAY)
    with pytest.raises(ConfigurationError, match="the challenger: int cannot predict"):
        shadow(OLD, 3, TODAY)
    with pytest.raises(ConfigurationError, match="the metric 'rmse' is not for binary"):
        shadow(OLD, NEW, TODAY, TRUTH, metrics=["rmse"])
    with pytest.raises(ConfigurationError, match="tolerance=-1"):
        shadow(OLD, NEW, TODAY, tolerance=-1)


@pytest.mark.parametrize("labels", [None, TRUTH])
def test_a_shadow_is_drawn_and_shown(labels: Any) -> None:
    from matplotlib import pyplot

    found = shadow(OLD, NEW, TODAY, labels)
    found.plot()
    assert "those of the champion" in repr(found)
    assert found._repr_html_()
    pyplot.close("all")
