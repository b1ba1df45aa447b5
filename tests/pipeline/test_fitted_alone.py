"""A step that is fitted alone is the step of a pipeline with the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel

from mlsys import Apply, Pipeline, RandomSplit, Select, TargetEncode, Train, TrainOnly, Transform
from mlsys.states import digest

ROWS = 300


class Jitter(Transform):
    """Cross-fits, and draws."""

    def learn(self, train, rng):
        LEARNED.append(len(train))
        return {"shift": float(rng.normal()) + float(train["x0"].mean())}

    def apply(self, frame, state):
        return frame.assign(x0=frame["x0"] + state["shift"])

    def apply_cross_fitted(self, part, fold_states):
        return self.apply(pd.DataFrame(part), fold_states[0])


LEARNED: list[int] = []


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame(rng.normal(size=(ROWS, 4)), columns=[f"x{place}" for place in range(4)])
    text = pd.Series(rng.choice(["a", "b", "c"], ROWS), dtype="str")
    return made.assign(c=text, g=rng.integers(0, 40, ROWS), y=(made["x0"] + rng.normal(size=ROWS) > 0).astype(int))


FOREST = Train(RandomForestClassifier(5))


def steps_of(kind: str):
    return {
        "forest": FOREST,
        "named": Train(RandomForestClassifier(5), name="trees"),
        "own": Jitter(),
        "codes": TargetEncode(["c"]),
        "bridge": Apply(SelectFromModel(RandomForestClassifier(5)), columns=["x0", "x1", "x2", "x3"]),
    }[kind]


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("kind", ["forest", "named", "own", "codes", "bridge"])
@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("roles", [{}, {"group": "g"}], ids=["rows", "groups"])
def test_a_step_fitted_alone_is_the_step_of_a_pipeline(frame, kind: str, seed: int, roles: dict[str, str]) -> None:
    step = steps_of(kind)
    is_model = isinstance(step, Train)
    if is_model:
        frame = frame.drop(columns=["c"] if roles else ["c", "g"])
    pipeline = Pipeline([RandomSplit(), step, *([] if is_model else [FOREST])], target="y", seed=seed, **roles,
                        **({} if is_model or kind == "codes" else {"exclude": ["c"]}))  # fmt: skip
    run = pipeline.run(frame, track=False, cache=False)
    name = pipeline.steps[1].name
    train = run.frame("train", after="RandomSplit")
    features = None if is_model else [each for each in train if each not in ("y", roles.get("group"))]
    alone = step.fit(train, seed=seed, target="y", features=features, **roles)
    assert digest(alone.state) == digest(run.state(name))


def test_a_step_that_cross_fits_learns_once_when_it_is_fitted_alone(frame) -> None:
    LEARNED.clear()
    Jitter().fit(frame, target="y")
    assert LEARNED == [ROWS]


def test_rows_drawn_alone_are_those_of_a_pipeline(frame) -> None:
    class Half(Select):
        def keep(self, frame, rng):
            return rng.random(len(frame)) < 0.5

    class Shuffled(TrainOnly):
        def change(self, train, rng):
            return pd.DataFrame(train).iloc[rng.permutation(len(train))]

    half = Half().select(frame, seed=3)
    forest = FOREST
    numbers = frame.drop(columns=["c"])
    run = Pipeline([Half(), RandomSplit(), Shuffled(), forest], target="y", seed=3).run(
        numbers, track=False, cache=False
    )
    assert sorted(run.assignment.index) == half.index.tolist()
    train = run.frame("train", after="RandomSplit")
    assert Shuffled().resample(train, seed=3, target="y").index.tolist() == run.frame("train").index.tolist()


def test_a_bridged_step_is_the_step_of_a_pipeline_with_seed_0(frame) -> None:
    numbers = frame[["x0", "x1", "x2", "x3"]]
    bridged = FOREST.as_sklearn().fit(numbers, frame["y"])
    alone = FOREST.fit(numbers.assign(y=frame["y"]), target="y")
    assert bridged.predict_proba(numbers)[:, 1].tolist() == alone.predict(numbers)["probability_1"].tolist()
