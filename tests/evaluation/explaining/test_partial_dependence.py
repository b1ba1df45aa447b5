"""PartialDependence: against a brute force and scikit-learn's, with nulls, levels and densities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import PartialDependence, Pipeline, RandomSplit
from mlsys.errors import ConfigurationError, DataError


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=400), "n": rng.integers(0, 60, 400), "who": rng.choice(["p", "q"], 400)})
    frame["few"] = rng.normal(size=400)
    frame.loc[::7, "few"] = np.nan
    return frame.assign(y=3 * frame["x"] + (frame["who"] == "q") * 2 + rng.normal(size=400) * 0.1)


def found(rows: pd.DataFrame, step: PartialDependence, model: Any, target: str = "y", **options: Any) -> Any:
    pipeline = Pipeline([RandomSplit(test=0), model, step], target=target, **options)
    return pipeline.run(rows, track=False, cache=False, verbose=False)


@pytest.fixture(scope="module")
def linear(rows: pd.DataFrame) -> Any:
    return found(rows, PartialDependence(points=4), LinearRegression()).reports["dependence"]


def test_of_a_linear_model_it_is_a_line_and_the_strongest_feature_comes_first(linear: Any) -> None:
    result = linear
    assert result.table["column"].drop_duplicates().tolist()[:2] == ["x", "who"]
    line = result.table.query("column == 'x'")
    assert np.polyfit(line["number"], line["mean"], 1)[0] == pytest.approx(3, abs=0.05)
    step = result.table.query("column == 'who'").set_index("value")["mean"]
    assert step["q"] - step["p"] == pytest.approx(2, abs=0.1)
    few = result.table.query("column == 'few'")
    assert few["value"].tolist()[-1] == "null" and few["density"].iloc[-1] == pytest.approx(1 / 7, abs=0.05)
    for _, curve in result.table.groupby("column"):
        assert curve["density"].sum() == pytest.approx(1)
        assert (curve["lower"] <= curve["mean"]).all() and (curve["low"] <= curve["high"]).all()


@pytest.mark.long
def test_it_is_scikit_learns_over_the_same_rows(rows: pd.DataFrame) -> None:
    frame = rows[["x", "n", "y"]]
    run = found(frame, PartialDependence(["x"], points=4), RandomForestRegressor(20, random_state=0))
    table, judged = run.reports["dependence"].table, run.frame("validation")[["x", "n"]]
    forest = run.state("Train")["estimator"]
    grid = {"x": table["number"].to_numpy()}
    expected = partial_dependence(forest, judged, [0], custom_values={0: grid["x"]}, kind="both")
    assert table["mean"].to_numpy() == pytest.approx(expected["average"][0])
    own = expected["individual"][0]
    low, high = np.quantile(own - own.mean(axis=1, keepdims=True) + own.mean(), [0.1, 0.9], axis=0)
    assert table["low"].to_numpy() == pytest.approx(low) and table["high"].to_numpy() == pytest.approx(high)


def test_of_two_classes_it_is_the_probability_of_the_event(rows: pd.DataFrame) -> None:
    frame = rows.assign(y=np.where(rows["y"] > 0, "yes", "no"))
    run = found(frame, PartialDependence(["x"], points=4), LogisticRegression())
    result = run.reports["dependence"]
    assert result.facts["unit"] == "probability of 'yes'"
    assert result.table["mean"].is_monotonic_increasing and result.table["mean"].between(0, 1).all()


@pytest.mark.long
def test_of_more_classes_one_must_be_named(rows: pd.DataFrame) -> None:
    frame = rows.assign(y=np.select([rows["y"] > 1, rows["y"] > -1], ["hi", "mid"], "lo"))
    with pytest.raises(ConfigurationError, match=r"(?s)probability of any class.*PartialDependence\(event="):
        found(frame, PartialDependence(["x"]), LogisticRegression())
    run = found(frame, PartialDependence(["x"], event="lo"), LogisticRegression())
    assert run.reports["dependence"].table["mean"].is_monotonic_decreasing


def test_pictures_show_any_of_the_features(linear: Any) -> None:
    result = linear
    assert result.plot().get_xlabel().startswith("x ")
    for column in ("who", "few", "n"):
        assert result.plot(column=column).get_xlabel().startswith(column)
    with pytest.raises(ConfigurationError, match="did you mean 'who'"):
        result.plot(column="whoo")
    pyplot.close("all")
    assert "density" in result._page().html()


def test_a_column_that_is_not_there_is_named(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="nothing"):
        found(rows, PartialDependence(["nothing"]), LinearRegression())


@pytest.mark.long
def test_a_result_from_the_cache_still_draws(rows: pd.DataFrame) -> None:
    pipeline = Pipeline([RandomSplit(test=0), LinearRegression(), PartialDependence(["x"])], target="y")
    pipeline.run(rows, track=False, verbose=False)
    again = pipeline.run(rows, track=False, verbose=False).reports["dependence"]
    assert again.plot().get_xlabel().startswith("x ") and again.plot(column="x")
    pyplot.close("all")
