"""Built-in steps that take a few rows as columns that lie apart make of them what they make of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import (
    Abstain,
    Bin,
    Calibrate,
    Categories,
    Clean,
    ClipOutliers,
    Conformal,
    CountEncode,
    Cross,
    CyclicEncode,
    DateParts,
    Derive,
    DropMissing,
    Embedding,
    HashEncode,
    Impute,
    Join,
    Log,
    MinMaxScale,
    OneHot,
    OrdinalEncode,
    PositionalEncode,
    PowerTransform,
    Prepare,
    RobustScale,
    Standardize,
    TargetEncode,
    TextComponents,
    TextHash,
    TfIdf,
    Train,
    TrainInPhases,
    TuneThreshold,
)
from mlsys.errors import DataError
from mlsys.models.ensembles._through_train import ThroughTrain
from mlsys.steps import Fitted, RowTransform, Step, Transform
from mlsys.tables import Columns

NUMBERS, TEXTS = ["x", "n"], ["who", "told"]
SIDE = pd.DataFrame({"who": ["a", "b", "c"], "seats": [1, 2, 3], "kind": ["p", None, "q"], "fast": [True, False, True]})
MADE = {"twice": lambda rows: rows["x"] * 2, "both": lambda rows: rows["who"] + rows["told"], "n": lambda rows: 1}

ANSWERS = (Abstain, Calibrate, Conformal, TuneThreshold)
"""Steps that take the answers of a model."""
STEPS: list[Any] = [
    Abstain(rate=0.3),
    Conformal(0.8),
    TuneThreshold(share=0.3),
    Calibrate(),
    Categories(["who", "n"]),
    Clean(),
    CountEncode(["who", "n"]),
    CountEncode(measure="log"),
    Cross([["who", "n"], ["who", "told", "yes"]], top=5),
    CyclicEncode({"n": 24, "x": 7}),
    DateParts(),
    DateParts(["when"], before="1h before then"),
    Derive(MADE),
    Bin(bins=3, labels=True),
    Bin(["n", "maybe"], bins=3),
    ClipOutliers(beyond=0.1, indicator=True),
    Embedding(["vector"]),
    HashEncode(["who", "n"]),
    HashEncode(),
    Impute(),
    DropMissing(most=0.1),
    Impute(["x", "told"]),
    Impute(["x", "maybe", "who"], numeric="model", categorical="mode"),
    Impute(["x", "maybe"], by=["who", "n"]),
    Log(["n"]),
    MinMaxScale(),
    PowerTransform(),
    RobustScale(),
    Join(SIDE, on="who"),
    Join(SIDE.rename(columns={"seats": "n", "who": "key"}), on="n", columns=["key"], suffix="_side"),
    OneHot(["who", "n", "yes"]),
    OneHot(),
    OrdinalEncode(["who", "n", "yes"]),
    OrdinalEncode(),
    PositionalEncode(["n", "x"], waves=2),
    Prepare(),
    Prepare(categories="native", nulls="keep", scale=False),
    Standardize(),
    TargetEncode(["who", "n"]),
    TextComponents(["told"], components=2),
    TextHash(["told"]),
    TfIdf(["told"]),
    Train(HistGradientBoostingClassifier(max_iter=3), features=["x", "n", "yes"]),
    Train(LinearRegression(), features=["n"]),
    TrainInPhases(LogisticRegression(warm_start=True), features=["n"]),
]


def rows_drawn(seed: int, count: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)

    def holed(values: Any) -> Any:
        return pd.Series(values).mask(rng.random(count) < 0.2).array

    return pd.DataFrame(
        {
            "x": holed(rng.normal(size=count)),
            "n": rng.integers(0, 5, count),
            "who": holed(rng.choice(["a", "b", "new"], count)),
            "told": holed(rng.choice(["a short word", "longer words", "?", "12"], count)),
            "yes": rng.random(count) < 0.5,
            "small": rng.integers(0, 3, count).astype("uint8"),
            "size": pd.Categorical(rng.choice(["S", "L"], count), ["S", "M", "L"]),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9000, count), "h"),
            "then": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 9000, count), "h"),
            "vector": pd.Series(rng.normal(size=(count, 2)).tolist(), dtype=object).array,
            "maybe": pd.array(rng.integers(0, 3, count), dtype="Int64"),
        },
        index=pd.Index([f"row {place}" for place in range(count)]),
    )


def fitted(step: Step) -> Fitted:
    train = rows_drawn(0, 200)
    train["late"] = train["n"] > 2 if not isinstance(step, Train) or step.features != ["n"] else train["x"].fillna(0.0)
    if isinstance(step, ANSWERS):
        from mlsys.dataset import Roles, Rows

        said = predictions(train)
        return Fitted(step, step.learn(Rows.of(train[["late"]].join(said), Roles(target="late"), ())))
    if isinstance(step, RowTransform):
        return Fitted(step)
    return step.fit(train, target="late")  # type: ignore[attr-defined,no-any-return]


def predictions(rows: pd.DataFrame) -> pd.DataFrame:
    share = 1 / (1 + np.exp(-rows["n"] + 2.0))
    return pd.DataFrame({"prediction": share > 0.5, "probability_False": 1 - share, "probability_True": share})


@pytest.fixture(scope="module")
def learned() -> list[Fitted]:
    return [fitted(step) for step in STEPS]


def subclasses(kind: type) -> set[type]:
    return {each for one in kind.__subclasses__() for each in (one, *subclasses(one))}


def test_every_step_that_takes_columns_is_tried_here() -> None:
    ours = {each for each in subclasses(Step) if each.__module__.startswith("mlsys.")}
    through_train = {ThroughTrain, *subclasses(ThroughTrain)}  # they hand columns to Train
    serve = {each for each in ours if each.serves_columns}  # type: ignore[attr-defined]
    assert serve - through_train == {type(step) for step in STEPS}


@pytest.mark.parametrize("place", range(len(STEPS)), ids=lambda place: f"{place}-{type(STEPS[place]).__name__}")
@given(seed=st.integers(1, 10_000), count=st.integers(1, 3))
def test_columns_apart_become_what_a_frame_becomes(learned: list[Fitted], place: int, seed: int, count: int) -> None:
    each, rows = learned[place], rows_drawn(seed, count)
    does = each.transform if isinstance(each.step, (RowTransform, Transform)) else each.predict
    shown = predictions(rows) if isinstance(each.step, ANSWERS) else rows
    apart = does(Columns.of(shown))
    assert isinstance(apart, Columns)
    pd.testing.assert_frame_equal(apart.frame(), does(shown), check_exact=True)


@pytest.mark.parametrize(
    "place",
    [place for place, step in enumerate(STEPS) if not isinstance(step, DropMissing)],  # which needs none to be there
    ids=lambda place: f"{place}-{type(STEPS[place]).__name__}",
)
def test_a_missing_column_is_refused_in_the_same_words(learned: list[Fitted], place: int) -> None:
    each, rows = learned[place], rows_drawn(1, 2)[["yes"]]
    does = each.transform if isinstance(each.step, (RowTransform, Transform)) else each.predict
    with pytest.raises((DataError, KeyError)) as of_frame:
        does(rows)
    with pytest.raises(of_frame.type) as of_columns:
        does(Columns.of(rows))
    assert str(of_columns.value) == str(of_frame.value)


class Doubled(Impute):
    """A step of one's own that extends a built-in one: it is given frames."""

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        made = super().apply(frame, state)
        return made.assign(x=made["x"].where(made["x"] > 0, made.x * 2))


def test_a_step_that_extends_one_of_ours_is_given_a_frame() -> None:
    each, rows = fitted(Doubled(["x"])), rows_drawn(3, 2)
    pd.testing.assert_frame_equal(each.transform(Columns.of(rows)).frame(), each.transform(rows), check_exact=True)


def test_taken_apart_and_put_together_a_frame_is_itself() -> None:
    rows = rows_drawn(5, 4).assign(odd=[(1,), None, "a", 2.5], other=pd.array(["a", None, "b", "c"], dtype="string"))
    pd.testing.assert_frame_equal(Columns.of(rows).frame(), rows, check_exact=True)
    for name in rows:
        pd.testing.assert_series_equal(Columns.of(rows)[name], rows[name], check_exact=True)
