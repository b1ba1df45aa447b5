"""ImputeForward carries the last value of a key that was known before each decision, and serves the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Impute, ImputeForward, Pipeline, TimeSplit, Train
from mlsys.errors import ConfigurationError, DataError
from mlsys.testing import check_step

DAYS = pd.Timestamp("2026-01-01")


def make_visits(rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "patient": rng.choice(["a", "b", "c"], rows),
            "weight": np.where(rng.random(rows) < 0.4, np.nan, rng.normal(70, 9, rows).round(1)),
            "ward": pd.Series(np.where(rng.random(rows) < 0.4, None, rng.choice(["x", "y"], rows)), dtype="str"),
            "day": DAYS + pd.to_timedelta(rng.permutation(rows), "D"),
            "stay": rng.normal(5, 1, rows),
        }
    )
    return frame


ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.one_of(st.none(), st.integers(0, 9)), st.integers(0, 30)),
    min_size=1,
    max_size=25,
    unique_by=lambda row: row[2],
)


@settings(max_examples=25)
@given(rows=ROWS, limit=st.integers(1, 4))
def test_it_is_what_a_loop_over_known_rows_finds(rows: list[tuple[str, int | None, int]], limit: int) -> None:
    frame = pd.DataFrame(rows, columns=["key", "x", "day"]).astype({"x": "float64"})
    frame["at"] = DAYS + pd.to_timedelta(frame["day"], "D")
    found = ImputeForward("key", "x", limit).over(frame, time="at")
    for place, (key, x, day) in enumerate(rows):
        earlier = sorted((then, value) for other, value, then in rows if other == key and then < day)[-limit:]
        known = [value for _, value in earlier if value is not None]
        expected = x if x is not None else known[-1] if known else np.nan
        np.testing.assert_equal(found["x"].iloc[place], expected)
        assert found["x_carried"].iloc[place] == (x is None and len(known) > 0)


def test_a_value_that_is_known_late_is_not_carried_before() -> None:
    frame = pd.DataFrame({"key": "a", "x": [1.0, None, None], "at": DAYS + pd.to_timedelta([0, 1, 5], "D")})
    found = ImputeForward("key", "x").over(frame, known_at={"x": "3D"}, time="at")
    assert found["x"].isna().tolist() == [False, True, False]


@pytest.mark.long
def test_a_model_serves_as_it_was_trained() -> None:
    frame = make_visits()
    steps = [ImputeForward("patient", "weight", 20), TimeSplit("60D", "60D"), Impute()]
    steps.append(Train(HistGradientBoostingRegressor(max_iter=5), features=["weight"]))
    run = Pipeline(steps, target="stay", time="day").run(frame, track=False, verbose=False)
    carried = frame.sort_values("day").groupby("patient")["weight"].ffill(limit=20)
    train = run.frame("train", after="ImputeForward")
    pd.testing.assert_series_equal(train["weight"], carried.loc[train.index])
    model = run.final_test().model
    asked = pd.DataFrame({"patient": list("abc"), "weight": np.nan, "day": frame["day"].max() + pd.Timedelta("1D")})
    known = carried.groupby(frame["patient"]).last()
    assert (
        model.predict(asked)["prediction"].tolist()
        == model.predict(asked.assign(weight=known.tolist()))["prediction"].tolist()
    )
    assert len(model.predict(asked.assign(patient="never"))) == 3


def test_what_is_left_is_for_impute() -> None:
    frame = make_visits().sort_values("day")
    found = ImputeForward("patient", ["weight"], indicator=False).over(frame, time="day")
    assert found.columns.tolist() == frame.columns.tolist()
    first = found.groupby("patient").head(1)["weight"]
    assert found["weight"].isna().sum() <= first.isna().sum() + 5


def test_wrong_input_is_refused_with_the_remedy() -> None:
    with pytest.raises(ConfigurationError, match="Impute: numeric='ffill' fills from earlier rows") as caught:
        Impute(numeric="ffill")  # type: ignore[arg-type]
    assert "ImputeForward" in caught.value.remedy
    for columns in ([], ["patient"]):
        with pytest.raises(ConfigurationError, match="no columns|the key 'patient' among its columns"):
            ImputeForward("patient", columns)
    with pytest.raises(DataError, match="'height'"):
        ImputeForward("patient", ["height"]).over(make_visits(), time="day")
    with pytest.raises(DataError, match="'weight_carried'"):
        ImputeForward("patient", ["weight"]).over(make_visits().assign(weight_carried=0), time="day")


def test_it_keeps_the_contract_of_a_history() -> None:
    check_step(ImputeForward("patient", ["weight", "ward"]), make_visits(60), target="stay", time="day")
