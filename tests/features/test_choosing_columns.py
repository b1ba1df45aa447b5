"""Columns of feature steps by kind, dtype or function: one choice for all steps, made once of training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.tree import DecisionTreeClassifier

import mlsys
from mlsys import (
    Apply,
    Clean,
    DateParts,
    DiagnoseMissing,
    DropMissingRows,
    Impute,
    OneHot,
    Pipeline,
    Prepare,
    RandomSplit,
    Standardize,
    TextHash,
)
from mlsys.errors import ConfigurationError, DataError
from mlsys.settings import override
from mlsys.states import digest
from mlsys.steps import Transform

ROWS = 120


def make_rows() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": generator.normal(40, 9, ROWS),
            "age_of_car": generator.normal(8, 2, ROWS).astype("float32"),
            "doors": pd.Series(generator.integers(2, 6, ROWS), dtype="Int64"),
            "rooms": generator.integers(1, 6, ROWS),
            "owner": generator.random(ROWS) < 0.5,
            "city": pd.Series(generator.choice(["Oslo", "Rome"], ROWS), dtype="str"),
            "grade": pd.Categorical(generator.choice(list("ABC"), ROWS)),
            "since": pd.Timestamp("2026-01-01") + pd.to_timedelta(generator.integers(0, 400, ROWS), "D"),
            "paid": generator.integers(0, 2, ROWS),
        }
    )


FEATURES = [name for name in make_rows().columns if name != "paid"]
CHOICES: dict[str, tuple[Any, list[str]]] = {
    "kind number": ("number", ["age", "age_of_car", "doors", "rooms"]),
    "kind bool": ("bool", ["owner"]),
    "kind text": ("text", ["city"]),
    "kind category": ("category", ["grade"]),
    "kind datetime": ("datetime", ["since"]),
    "Python's str": (str, ["city"]),
    "np.number": (np.number, ["age", "age_of_car", "doors", "rooms"]),
    "np.integer": (np.integer, ["rooms"]),
    "np.float32": (np.float32, ["age_of_car"]),
    "dtype by name": ("float64", ["age"]),
    "numpy dtype": (np.dtype("int64"), ["rooms"]),
    "pandas dtype": (pd.Int64Dtype(), ["doors"]),
    "pandas type": (pd.CategoricalDtype, ["grade"]),
    "function of the name": (lambda name: name.startswith("age"), ["age", "age_of_car"]),
    "function of the column": (lambda name, column: column.nunique() == 2, ["owner", "city"]),
    "method": (str.isupper, []),
    "index": (pd.Index(["age", "rooms"]), ["age", "rooms"]),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_takes_what_it_says(name: str) -> None:
    choice, wanted = CHOICES[name]
    step = Clean(choice, drop=False)
    fitted = step.fit(make_rows(), target="paid", features=FEATURES)
    assert list(step.columns_taken(fitted.state)) == wanted
    assert step == Clean(choice, drop=False)


NAMED: list[tuple[Transform, list[str]]] = [
    (Impute("number"), ["age", "age_of_car", "doors", "rooms"]),
    (Standardize(np.float32), ["age_of_car"]),
    (OneHot("category"), ["grade"]),
    (OneHot("bool"), ["owner"]),
    (TextHash("text"), ["city"]),
    (DateParts("datetime"), ["since"]),
    (Clean(lambda name: name < "b"), ["age", "age_of_car"]),
    (Prepare("number"), ["age", "age_of_car", "doors", "rooms"]),
    (Apply(PCA(2), "float64"), ["age"]),
    (mlsys.TargetEncode(pd.CategoricalDtype), ["grade"]),
    (mlsys.Bin("number", bins=3), ["age", "age_of_car", "doors", "rooms"]),
]


@pytest.mark.parametrize(("step", "names"), NAMED, ids=lambda each: type(each).__name__)
def test_a_choice_is_the_same_as_its_columns_by_name(step: Transform, names: list[str]) -> None:
    step = step.with_(transformer=PCA(1, random_state=0)) if isinstance(step, Apply) else step
    frame = make_rows()
    one = step.fit(frame, target="paid", features=FEATURES)
    other = step.with_(columns=names).fit(frame, target="paid", features=FEATURES)
    assert digest(one.state) == digest(other.state)
    assert set(one.step.columns_taken(one.state)) == set(names)
    pd.testing.assert_frame_equal(one.transform(frame), other.transform(frame))
    with override(rows_per_partition=7):
        assert digest(step.fit(frame, target="paid", features=FEATURES).state) == digest(one.state)


def test_what_a_step_cannot_use_is_refused_by_name_when_chosen() -> None:
    with pytest.raises(DataError, match="Standardize takes numbers.*'city' holds text"):
        Standardize("text").fit(make_rows())


def test_roles_are_no_features_and_the_plan_says_the_choice() -> None:
    steps = [RandomSplit(), Standardize("number"), OneHot(lambda name: name in ("city", "grade"))]
    pipeline = Pipeline([*steps, DecisionTreeClassifier()], target="paid", weight="rooms", exclude=["since"])
    plan = str(pipeline.plan())
    assert "takes all features of kind number" in plan and "takes all features that lambda() chooses" in plan
    done = pipeline.run(make_rows(), track=False, verbose=False)
    assert done.state("Standardize")["columns"] == ["age", "age_of_car", "doors"]
    assert "Standardize: age, age_of_car, doors; OneHot: city, grade" in str(done)


def test_a_function_does_not_travel_with_the_model() -> None:
    steps = [RandomSplit(), OneHot(lambda name: name == "city"), DecisionTreeClassifier()]
    frame = make_rows()[["city", "rooms", "paid"]]
    model = Pipeline(steps, target="paid").run(frame, track=False, verbose=False).model
    assert dict(model.steps)["OneHot"].step == OneHot(["city"])
    assert len(model.predict(frame.head(3))) == 3


def test_training_only_steps_and_reports_take_the_same_choices() -> None:
    frame = make_rows()
    frame.loc[:39, "age"] = np.nan
    frame.loc[:59, "city"] = None
    assert len(DropMissingRows("number").resample(frame, target="paid")) == ROWS - 40
    told = DiagnoseMissing(columns=lambda name: name != "age").of(train=frame, target="paid")
    assert told.table["column"].tolist() == ["city"]


@pytest.mark.parametrize("wrong", ["age", "numbers", "d", "f8"])
def test_a_text_that_chooses_nothing_is_refused_with_the_list_to_write(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="Impute: columns=.* is neither a kind") as caught:
        Impute(wrong)
    assert f"write columns=['{wrong}']" in caught.value.remedy
    assert Impute([wrong]).columns == (wrong,)


def test_a_function_that_fails_is_named_with_the_column() -> None:
    with pytest.raises(DataError, match="function in columns= failed on the column 'age'") as caught:
        Standardize(lambda name: name.starts("a")).fit(make_rows())
    assert "lambda name" in caught.value.remedy
