"""explain: Shapley values of linear models and of pipelines on raw columns, and what is refused."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Pipeline, RandomSplit, explain
from mlsys.errors import ConfigurationError, DataError

pytestmark = pytest.mark.skipif(find_spec("shap") is None, reason="the extra mlsys[explain] is not installed")


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=120), "z": rng.normal(size=120), "who": rng.choice(["p", "q"], 120)})
    frame.loc[::11, "who"] = None
    return frame.assign(y=3 * frame["x"] + (frame["who"] == "q") * 2)


@pytest.mark.long
def test_of_a_linear_model_each_feature_adds_its_distance_from_the_mean(rows: pd.DataFrame) -> None:
    frame = rows[["x", "z"]]
    model = LinearRegression().fit(frame, rows["y"])
    found = explain(model, frame.head(3), background=frame.tail(80))
    expected = (frame.head(3) - frame.tail(80).mean()) * model.coef_
    assert found.contributions.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)
    assert found.unit == "prediction"


def test_one_row_of_a_run_is_compared_with_the_rows_that_evaluated_it(rows: pd.DataFrame) -> None:
    run = Pipeline([RandomSplit(validation=0.4), LinearRegression()], target="y").run(
        rows[["x", "z", "y"]], track=False
    )
    one = rows[["x", "z"]].head(1)
    judged = run.watched_rows()[0]
    assert explain(run, one).table.equals(explain(run, one, background=judged).table)
    loaded = run.model
    with pytest.raises(DataError, match="1 rows do not show that"):
        explain(loaded, one)


@pytest.mark.long
def test_of_a_pipeline_raw_columns_are_explained_and_add_up(rows: pd.DataFrame) -> None:
    frame = rows.assign(y=np.where(rows["y"] > 0, "yes", "no"))
    run = Pipeline([RandomSplit(test=0), LogisticRegression()], target="y").run(frame, track=False, verbose=False)
    found = explain(run, frame.head(4), background=frame)
    assert found.contributions.columns.tolist() == ["x", "z", "who"]
    said = run.predict(frame.head(4))["probability_yes"]
    assert found.said.to_numpy() == pytest.approx(said.to_numpy())
    assert (found.base + found.contributions.sum(axis=1)).to_numpy() == pytest.approx(found.said.to_numpy())
    assert found.base.iloc[0] == pytest.approx(run.predict(frame)["probability_yes"].mean(), abs=0.05)
    assert found.table.query("feature == 'who' and row == 0")["value"].tolist() == ["null"]
    other = explain(run.model, frame.head(4), background=frame, event="no")
    assert other.contributions.to_numpy() == pytest.approx(-found.contributions.to_numpy(), abs=1e-9)
    assert run.model.counts.empty, "what explain() asks is not counted as requests"


@pytest.mark.long
def test_of_many_classes_the_predicted_one_is_explained(rows: pd.DataFrame) -> None:
    y = np.select([rows["y"] > 1, rows["y"] > -1], ["hi", "mid"], "lo")
    model = RandomForestClassifier(10, random_state=0).fit(rows[["x", "z"]], y)
    found = explain(model, rows[["x", "z"]].head(3), background=rows)
    shares = model.predict_proba(rows[["x", "z"]].head(3)).max(axis=1)
    assert found.said.to_numpy() == pytest.approx(shares)
    assert (found.base + found.contributions.sum(axis=1)).to_numpy() == pytest.approx(shares)
    assert found.unit == "probability of the predicted class"


@pytest.mark.long
def test_labels_of_rows_are_kept_and_each_is_drawn(rows: pd.DataFrame) -> None:
    frame = rows[["x", "z"]].set_axis([f"row {place}" for place in range(120)])
    model = LinearRegression().fit(frame, rows["y"])
    found = explain(model, frame.iloc[[7, 3]], background=frame)
    assert found.contributions.index.tolist() == ["row 7", "row 3"]
    said = sorted(each.get_text() for each in found.plot(row="row 3").get_yticklabels())
    assert said == [f"{name} = {frame.loc['row 3', name]:.4g}" for name in ("x", "z")]
    with pytest.raises(ConfigurationError, match="'row 1' was not explained"):
        found.plot(row="row 1")
    pyplot.close("all")
    assert "moves it most" in found.summary


def test_what_cannot_be_explained_is_refused(rows: pd.DataFrame) -> None:
    frame = rows[["x", "z"]]
    model = LinearRegression().fit(frame, rows["y"])
    with pytest.raises(DataError, match=r"(?s)3 rows do not show that.*background=train"):
        explain(model, frame.head(3))
    with pytest.raises(DataError, match="got 0 rows"):
        explain(model, frame.head(0))
    with pytest.raises(DataError, match="same label"):
        explain(model, frame.iloc[[1, 1]], background=frame)
    with pytest.raises(DataError, match="'z'"):
        explain(model, frame[["x"]], background=frame)


def test_without_the_package_the_extra_is_named(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
    model = LinearRegression().fit(rows[["x"]], rows["y"])
    with pytest.raises(ConfigurationError, match=r"(?s)needs the package shap.*mlsys\[explain\]"):
        explain(model, rows[["x"]].head(1), background=rows)
