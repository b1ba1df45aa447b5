"""Steps that change no training row and are needed all the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Impute, Pipeline, Rows, RowTransform, Transform
from mlsys.execution.probing import could_change


class ClipAtMaximum(Transform):
    """Changes nothing in the rows it learned from."""

    def learn(self, train: Rows) -> float:
        return float(train["x"].max())

    def apply(self, frame: pd.DataFrame, limit: float) -> pd.DataFrame:
        return frame.assign(x=frame["x"].clip(upper=limit))


class NotBelowZero(RowTransform):
    """Changes nothing where all values are positive."""

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(x=frame["x"].clip(lower=0.0))


@pytest.fixture
def rows() -> pd.DataFrame:
    generator = np.random.default_rng(3)
    frame = pd.DataFrame({"x": generator.uniform(1, 2, 600), "z": generator.normal(size=600)})
    return frame.assign(y=2 * frame["x"] + 0.1 * generator.normal(size=600))


@pytest.mark.parametrize(
    ("step", "request_x", "as_if"), [(ClipAtMaximum(), 50.0, None), (NotBelowZero(), -3.0, 0.0)], ids=["learned", "row"]
)
def test_a_step_that_changed_no_training_row_is_served(
    rows: pd.DataFrame, step: Transform | RowTransform, request_x: float, as_if: float | None
) -> None:
    run = Pipeline([step, LinearRegression()], target="y").run(rows, track=False)
    limit = run.state("ClipAtMaximum") if as_if is None else as_if
    asked = pd.DataFrame({"x": [request_x, limit], "z": [0.0, 0.0]})
    assert type(step).__name__ in repr(run.model)
    predicted = run.predict(asked)["prediction"]
    assert predicted.iloc[0] == predicted.iloc[1]


def test_nulls_are_imputed_in_requests_although_training_had_none(rows: pd.DataFrame) -> None:
    run = Pipeline([Impute(), LogisticRegression()], target="late").run(
        rows.assign(late=(rows["y"] > rows["y"].median()).astype(int)).drop(columns="y"), track=False
    )
    assert run.predict(pd.DataFrame({"x": [np.nan], "z": [0.0]}))["prediction"].notna().all()


def test_a_step_that_only_adds_changes_nothing_else() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["u", "v"], "c": [1, 2], "d": [True, False]})
    assert could_change(lambda f: f.assign(sum=f["a"] + f["c"]), frame, frame.columns) == set()


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        (lambda f: f.assign(b=f["b"].where(f["b"].isin(["u", "v"]), "other")), {"b"}),
        (lambda f: f.assign(a=f["a"].fillna(0)), {"a"}),
        (lambda f: f.assign(c=f["c"].clip(upper=100)), {"c"}),
        (lambda f: f.assign(a=f["a"].clip(lower=0)), {"a"}),
    ],
    ids=["unseen text", "null", "far", "negative"],
)
def test_each_way_of_being_unlike_is_tried(change: object, columns: set[str]) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["u", "v"], "c": [1, 2]})
    assert could_change(change, frame, frame.columns) == columns  # type: ignore[arg-type]


def test_a_step_that_fails_on_what_it_never_meant_to_see_says_nothing() -> None:
    def strict(frame: pd.DataFrame) -> pd.DataFrame:
        if (frame["a"] > 10).any() or frame["a"].isna().any():
            raise ValueError("out of range")
        return frame.assign(a=frame["a"].clip(lower=0))

    assert could_change(strict, pd.DataFrame({"a": [1.0, 2.0]}), ["a"]) == {"a"}
