"""TargetEncode with several targets: a code for each, the same as alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Pipeline, RandomSplit, TargetEncode, TimeSplit
from mlsys.dataset import Roles, Rows
from mlsys.errors import DataError
from mlsys.summaries import Again, CrossFitted

RNG = np.random.default_rng(0)
N = 240
ROWS = pd.DataFrame({
    "city": RNG.choice(list("abcd"), N),
    "x": RNG.normal(size=N),
    "t": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.permutation(N), unit="D"),
})  # fmt: skip
ROWS["rain"] = np.where(RNG.random(N) < ROWS["city"].map({"a": 0.1, "b": 0.4, "c": 0.6, "d": 0.9}), "yes", "no")
ROWS["wind"] = pd.Series(RNG.choice(["weak", "some", "strong"], N)).where(ROWS.index % 5 > 0)
QUIET: dict[str, Any] = {"track": False, "cache": False, "verbose": False}


def learned(step: TargetEncode, rows: Rows) -> CrossFitted:
    """Return what a step learns of rows in as many passes as it asks for."""
    found = step.finish(step.summarize(rows))
    while isinstance(found, Again):
        found = step.finish(step.summarize(rows, found.partial))
    return found


def given(rows: pd.DataFrame = ROWS, time: str | None = None) -> Rows:
    folds = np.arange(len(rows)) % 5
    return Rows.of(rows, Roles.named(target=["rain", "wind"], time=time), ("city", "x"), folds)


@pytest.mark.parametrize("time", [None, "t"])
@pytest.mark.parametrize("standardized", [False, True])
def test_the_codes_of_each_target_are_those_that_it_gives_alone(time: str | None, standardized: bool) -> None:
    step = TargetEncode(["city"], standardized=standardized)
    rows = given(time=time)
    found = learned(step, rows)
    made = step.apply(ROWS, found.state)
    crossed = step.apply_cross_fitted(rows, found.fold_states)
    assert [name for name in made if name.startswith("city")] == ["city_rain", "city_strong_wind", "city_weak_wind"]
    for target, names in {"rain": ["city"], "wind": ["city_strong", "city_weak"]}.items():
        mine = rows.of_target(target)
        alone = learned(step, mine)
        wanted, ours = step.apply(ROWS, alone.state), [f"{name}_{target}" for name in names]
        assert np.array_equal(made[ours], wanted[names])
        known = ROWS.index.isin(mine.index)
        assert np.array_equal(crossed[ours][known], step.apply_cross_fitted(mine, alone.fold_states)[names])
        assert crossed[ours].notna().all(axis=None)


def test_parts_add_up_to_the_same_codes() -> None:
    step, whole = TargetEncode(["city"]), given()
    parts = step.summarize(whole.take_rows(whole.index < 100)) + step.summarize(whole.take_rows(whole.index >= 100))
    pd.testing.assert_frame_equal(
        step.apply(ROWS, step.finish(parts).state), step.apply(ROWS, learned(step, whole).state)
    )


def test_a_name_that_is_taken_is_refused() -> None:
    step = TargetEncode(["city"])
    with pytest.raises(DataError, match="creates a column 'city_rain' that the rows already have"):
        step.apply(ROWS.assign(city_rain=1.0), learned(step, given()).state)


@pytest.mark.long
def test_a_pipeline_encodes_trains_serves_and_is_audited() -> None:
    steps = [RandomSplit(), TargetEncode(["city"]), LogisticRegression()]
    pipeline = Pipeline(steps, target=["rain", "wind"], exclude=["t"])
    run = pipeline.run(ROWS, **QUIET)
    used = run.features.query("used")["column"].tolist()
    assert {"city_rain", "city_weak_wind", "city_strong_wind"} <= set(used)
    asked = run.model.predict(ROWS[["city", "x"]].head(3))
    assert {"prediction_rain", "prediction_wind"} <= set(asked)
    unseen = run.model.predict(pd.DataFrame({"city": ["z", None], "x": [0.0, 0.0]}))
    assert unseen.drop(columns="id").iloc[0].equals(unseen.drop(columns="id").iloc[1])
    assert "violated" not in set(pipeline.audit_leakage(ROWS).table["verdict"])


@pytest.mark.long
def test_numbers_by_time_are_encoded_from_earlier_rows() -> None:
    rows = ROWS.assign(one=ROWS["x"] + RNG.normal(size=N), two=RNG.normal(size=N)).drop(columns=["rain", "wind"])
    steps = [TimeSplit(validation=0.3, test=0.1), TargetEncode(["city"]), LinearRegression()]
    run = Pipeline(steps, target=["one", "two"], time="t").run(rows, **QUIET)
    assert {"city_one", "city_two"} <= set(run.features.query("used")["column"])
