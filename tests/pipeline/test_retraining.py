"""A registered model is retrained if the policy says so, and replaced if the new one passes; otherwise it stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Gate, Pipeline, RandomSplit, RetrainPolicy, Train, load, metric
from mlsys.errors import ConfigurationError, DataError

MANY = RetrainPolicy(cost_retrain=10, cost_per_error=1)
OLD = pd.DataFrame({"rows": [1_000] * 3, "loss": [0.1, 0.2, 0.3], "fresh": [0.1] * 3})
GOOD = OLD.assign(loss=0.1)


def pipeline(estimator: Any = None) -> Pipeline:
    steps = [RandomSplit(), Train(estimator or LogisticRegression()), Evaluate(["roc_auc"])]
    return Pipeline(steps, target="y", name="retrained")


def rows(seed: int, sign: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=400)
    return pd.DataFrame({"x": x, "y": (rng.random(400) < 1 / (1 + np.exp(-3 * sign * x))).astype(int)})


def guesses() -> Pipeline:
    return pipeline(DummyClassifier(strategy="stratified", random_state=0))


@pytest.fixture
def name(request: pytest.FixtureRequest, store: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(store)
    return f"again-{request.node.name[:30]}"


@pytest.mark.parametrize(
    ("reference", "given", "says"),
    [
        ("flights", {}, "names no alias"),
        (7, {}, "names no alias"),
        ("a/b@champion", {}, "cannot be registered"),
        ("flights@champion", {"policy": MANY}, "no history to judge by"),
        ("flights@champion", {"history": GOOD}, "policy=None and a history"),
    ],
)
def test_what_cannot_be_retrained_is_refused_before_anything_runs(
    reference: Any, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        pipeline().retrain(reference, rows(0), **given)


@pytest.mark.long
def test_the_world_turns_and_the_new_model_takes_over_and_back(name: str) -> None:
    first = pipeline().retrain(f"{name}@champion", rows(0), policy=MANY, history=GOOD)  # there is nothing to keep
    assert first and (first.before, first.after) == (None, 1)
    done = pipeline().retrain(f"{name}@champion", rows(1, sign=-1.0), policy=MANY, history=OLD)
    assert done and (done.before, done.after) == (1, 2)
    assert repr(done).startswith(f"retrained: {name}@champion is version 2, was version 1")
    assert load(f"models:/{name}@champion").predict(pd.DataFrame({"x": [3.0]}))["prediction"].tolist() == [0]
    assert done.roll_back().version == 1
    assert load(f"models:/{name}@champion").predict(pd.DataFrame({"x": [3.0]}))["prediction"].tolist() == [1]


@pytest.mark.long
def test_a_new_model_that_is_no_better_leaves_the_old_one(name: str) -> None:
    assert pipeline().retrain(f"{name}@champion", rows(0))
    kept = guesses().retrain(f"{name}@champion", rows(1))
    assert not kept and (kept.before, kept.after) == (1, 1)
    assert "did not pass: beats @champion" in kept.why
    assert repr(kept).startswith(f"kept: {name}@champion stays version 1")
    with pytest.raises(ConfigurationError, match="still names version 1"):
        kept.roll_back()
    refused = pipeline().retrain(f"{name}@champion", rows(2), gate=Gate(metric("roc_auc").lower >= 0.999))
    assert not refused and "roc_auc" in refused.why


@pytest.mark.long
def test_advice_to_wait_runs_nothing(name: str) -> None:
    assert pipeline().retrain(f"{name}@champion", rows(0))
    kept = pipeline().retrain(f"{name}@champion", rows(1), policy=MANY, history=GOOD)
    assert kept.run is None and kept.why.startswith("wait: ")
    broken = pipeline().retrain(f"{name}@champion", rows(1), policy=MANY, history=OLD.assign(broken=[0, 0, 1]))
    assert broken.run is None and broken.why.startswith("mend the data: ")
    assert load(f"models:/{name}@champion") is not None


@pytest.mark.long
def test_rows_that_cannot_be_learned_from_leave_the_old_model(name: str) -> None:
    assert pipeline().retrain(f"{name}@champion", rows(0))
    with pytest.raises(DataError) as caught:
        pipeline().retrain(f"{name}@champion", rows(1).drop(columns="y"))
    assert f"{name}@champion stays version 1" in caught.value.__notes__
