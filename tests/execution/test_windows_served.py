"""Windows and lags in a run: what is late waits, no leak is seen, and a served model that absorbs knows the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Impute, Lag, Pipeline, TimeSplit, Train, WindowAggregate
from mlsys.steps.memory import Memory

WINDOW = WindowAggregate("port", {"n": "count", "mean": ("delay", "mean"), "worst": ("delay", "max")}, "12h")
LAG = Lag("port", "delay", [1, "1D"])
MADE = ["n", "mean", "worst", "delay_lag_1", "delay_lag_1D"]


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    at = pd.Timestamp("2024-01-01", tz="America/New_York") + pd.to_timedelta(
        np.sort(rng.integers(0, 9_000, 500)), unit="min"
    )
    delay = rng.gamma(1.0, 60.0, 500).round()
    return pd.DataFrame(
        {
            "port": pd.Categorical(rng.choice(["x", "y"], 500)),
            "departs": at,
            "delay": delay,
            "left": at + pd.to_timedelta(delay, unit="min"),
            "heavy": rng.integers(0, 2, 500),
        }
    )


def pipeline_of() -> Pipeline:
    return Pipeline(
        [WINDOW, LAG, TimeSplit(), Impute(), Train(LogisticRegression())],
        target="heavy", time="departs", decide_at="1h before departs", known_at={"delay": "left"}, exclude=["left"],
    )  # fmt: skip


def alone(flights: pd.DataFrame) -> pd.DataFrame:
    when = {"time": "departs", "decide_at": "1h before departs", "known_at": {"delay": "left"}}
    return LAG.over(WINDOW.over(flights, **when), **when)


def test_a_run_makes_what_the_steps_make_alone(flights: pd.DataFrame) -> None:
    run = pipeline_of().run(flights, track=False, cache=False)
    wanted = alone(flights)
    for part in ("train", "validation"):
        made = run.frame(part, after="Lag")
        pd.testing.assert_frame_equal(made[MADE], wanted.loc[made.index, MADE], check_exact=True)
    assert set(run.features.query("used")["column"]) >= set(MADE)
    assert not run.features.set_index("column")["used"]["delay"]


@pytest.mark.long
def test_a_loaded_model_that_absorbs_what_came_later_answers_as_one_that_knew_it(flights, tmp_path) -> None:
    first, later = flights.iloc[:350], flights.iloc[350:450]
    run = pipeline_of().run(first, track=False, cache=False).final_test()
    run.save(tmp_path / "model")
    model = mlsys.load(tmp_path / "model")
    for block in np.array_split(np.arange(len(later)), 3):
        model = model.absorb(later.iloc[block])
    asked = flights.iloc[450:].assign(left=lambda f: f["left"].where(f["delay"] < 0), delay=np.nan)
    wanted = alone(pd.concat([flights.iloc[:450], asked])).loc[asked.index]
    made, steps = asked, dict(model.steps)
    for name in ("WindowAggregate", "Lag"):
        memory = Memory(steps[name].step, steps[name].state)
        made = memory.applied(made, asked["departs"] - pd.Timedelta("1h"))
    pd.testing.assert_frame_equal(made[MADE], wanted[MADE], check_exact=True)
    assert len(model.predict(asked[["port", "departs"]])) == len(asked)
    held = steps["WindowAggregate"].state["tail"]
    assert len(held) < 150


@pytest.mark.long
def test_an_audit_sees_no_leak(flights: pd.DataFrame) -> None:
    assert pipeline_of().audit_leakage(flights).verdict == "not observed"
