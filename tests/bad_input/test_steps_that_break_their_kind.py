"""Mistakes in a user's own steps: hooks that return, change or read what their kind may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from mlsys import (
    Derive,
    History,
    Label,
    Model,
    NaturalLabel,
    Past,
    Pipeline,
    Postprocess,
    RandomSplit,
    Report,
    Reshape,
    Result,
    Rows,
    RowTransform,
    Run,
    Select,
    Source,
    Split,
    TrainOnly,
    Transform,
)
from mlsys.errors import ConfigurationError, ContractError, DataError, LeakageError, StateError

TREE = DecisionTreeClassifier(max_depth=2)
SPLIT = RandomSplit(validation=0.25, test=0.25)


def run(frame: Any, *steps: Any, **arguments: Any) -> Run:
    """Run a pipeline of numbers without tracking."""
    chosen: dict[str, Any] = {"target": "returned", "features": ["price", "days"], **arguments}
    return Pipeline(list(steps), **chosen).run(frame, track=False)


class Change(RowTransform):
    """A row transform that does what its function says."""

    how: Callable[[pd.DataFrame], Any]

    def apply(self, frame: pd.DataFrame, /) -> Any:
        return self.how(frame)


class Learned(Transform):
    """A transform whose hooks do what its functions say."""

    how: Callable[[Rows], Any] = lambda train: 1.0
    then: Callable[[pd.DataFrame, Any], Any] = lambda frame, state: frame

    def learn(self, train: Rows) -> Any:
        return self.how(train)

    def apply(self, frame: pd.DataFrame, state: Any, /) -> Any:
        return self.then(frame, state)


class Remembering(Transform):
    """The habit from scikit-learn: what was learned is put on the object."""

    def learn(self, train: Rows) -> None:
        self.mean_ = train["price"].mean()

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        return frame.assign(price=frame["price"] - self.mean_)


class Returning(Transform):
    """The same, returned."""

    def learn(self, train: Rows) -> float:
        return float(train["price"].mean())

    def apply(self, frame: pd.DataFrame, state: float, /) -> pd.DataFrame:
        return frame.assign(price=frame["price"] - state)


class Keep(Select):
    """A selection that keeps what its function says."""

    how: Callable[[pd.DataFrame], Any]

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Any:
        return self.how(frame)


class Dear(Label):
    """A label that says what its function says."""

    how: Callable[[pd.DataFrame], Any]

    def label(self, frame: pd.DataFrame, /) -> Any:
        return self.how(frame)


class Assign(Split):
    """A split by a function of the keys."""

    how: Callable[[pd.DataFrame], Any]

    def assign(self, keys: pd.DataFrame, /) -> Any:
        return self.how(keys)


class Resampled(TrainOnly):
    """Training rows as a function changes them."""

    how: Callable[[Rows], Any]

    def change(self, train: Rows, rng: np.random.Generator) -> Any:
        return self.how(train)


class Reshaped(Reshape):
    """Other rows, as a function makes them."""

    how: Callable[[pd.DataFrame], Any]

    def reshape(self, frame: Rows, /) -> Any:
        return self.how(frame)


class Constant(Model):
    """A model whose predictions are what its function makes of the rows."""

    how: Callable[[pd.DataFrame], Any]

    def learn(self, train: Rows) -> float:
        return float(train.y.mean())

    def predict(self, frame: pd.DataFrame, state: float, /) -> Any:
        return self.how(frame)


class Thresholded(Postprocess):
    """Predictions as a function changes them."""

    how: Callable[[pd.DataFrame], Any]

    def learn(self, calibration: Rows, /) -> float:
        return 0.5

    def apply(self, predictions: pd.DataFrame, state: float, /) -> Any:
        return self.how(predictions)


class Count(Report):
    """A report that returns what its function says."""

    how: Callable[[Any], Any]

    def report(self, dataset: Any, /) -> Any:
        return self.how(dataset)


class Read(Source):
    """A source that returns what its function says."""

    how: Callable[[], Any]

    def read(self) -> Any:
        return self.how()


class Before(History):
    """What the same customer ordered before, as a function tells it."""

    how: Callable[[pd.DataFrame, Past], Any]

    def apply(self, frame: pd.DataFrame, past: Past, /) -> Any:
        return self.how(frame, past)


def in_place(frame: pd.DataFrame) -> float:
    frame["price"] = frame["price"].round()
    return float(frame["price"].mean())


def not_in_place(frame: pd.DataFrame) -> float:
    return float(frame["price"].round().mean())


def predicted(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"prediction": 0, "probability_0": 0.6, "probability_1": 0.4}, index=frame.index)


def dear(frame: pd.DataFrame) -> pd.Series:
    return frame["refund"] > 20


def dear_in_place(frame: pd.DataFrame) -> pd.Series:
    frame["refund"] = frame["refund"].round()
    return frame["refund"] > 20


def parts(keys: pd.DataFrame) -> pd.Series:
    return pd.Series(np.where(np.arange(len(keys)) % 4 > 0, "train", "validation"), index=keys.index)


def half(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(half=frame["price"] / 2)


def orders_of_a_year() -> pd.DataFrame:
    return pd.DataFrame({"price": np.arange(80.0), "days": 1.0, "returned": np.arange(80) % 3 == 0})


MISTAKES: dict[str, tuple[type[Exception], tuple[str, ...], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "fewer rows than it was given": (
        ContractError,
        ("Change is a RowTransform, which keeps rows", "out of 320", "Select", "step 1 'Change'"),
        lambda f: run(f, Change(lambda g: g[g["price"] > 20]), SPLIT, TREE),
        lambda f: run(f, Keep(lambda g: g["price"] > 20), SPLIT, TREE),
    ),
    "more rows than it was given": (
        ContractError,
        ("Learned is a Transform, which keeps rows", "TrainOnly", "step 2 'Learned'"),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: pd.concat([g, g])), TREE),
        lambda f: run(f, SPLIT, Resampled(lambda train: pd.concat([train, train])), TREE),
    ),
    "an index that was reset": (
        ContractError,
        ("Learned changed the index", "do not reset", "step 2 'Learned'"),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: g.reset_index(drop=True)), TREE),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: g), TREE),
    ),
    "rows in another order": (
        ContractError,
        ("Change changed the index", "sort"),
        lambda f: run(f, Change(lambda g: g.sort_values("price")), SPLIT, TREE),
        lambda f: run(f, Change(lambda g: g.assign(price=g["price"].round(1))), SPLIT, TREE),
    ),
    "a Series in place of a frame": (
        ContractError,
        ("Change returned Series, not a DataFrame", "frame.assign", "step 1 'Change'"),
        lambda f: run(f, Change(lambda g: g["price"] / 2), SPLIT, TREE),
        lambda f: run(f, Change(half), SPLIT, TREE),
    ),
    "nothing returned by apply": (
        ContractError,
        ("Learned returned NoneType, not a DataFrame", "frame.assign"),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: None), TREE),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: g), TREE),
    ),
    "a plain function that returns nothing": (
        ContractError,
        ("returned NoneType, not a DataFrame", "frame.assign"),
        lambda f: run(f, lambda g: None, SPLIT, TREE),
        lambda f: run(f, half, SPLIT, TREE),
    ),
    "two columns of one name returned": (
        ContractError,
        ("Change returned two columns named 'price'", "rename"),
        lambda f: run(f, Change(lambda g: pd.concat([g, g["price"]], axis=1)), SPLIT, TREE),
        lambda f: run(f, Change(lambda g: g.assign(price_again=g["price"])), SPLIT, TREE),
    ),
    "learn() changes the rows it is shown": (
        ContractError,
        ("learn() of Learned changed the rows", "'price'", "work on a copy"),
        lambda f: run(f, SPLIT, Learned(in_place), TREE),
        lambda f: run(f, SPLIT, Learned(not_in_place), TREE),
    ),
    "keep() changes the rows it is shown": (
        ContractError,
        ("keep() of Keep changed the rows", "'price'"),
        lambda f: run(f, Keep(lambda g: in_place(g) > g["price"]), SPLIT, TREE),
        lambda f: run(f, Keep(lambda g: not_in_place(g) > g["price"]), SPLIT, TREE),
    ),
    "label() changes the rows it is shown": (
        ContractError,
        ("label() of Dear changed the rows", "'refund'"),
        lambda f: run(f, Dear("dear", dear_in_place), SPLIT, TREE, target="dear"),
        lambda f: run(f, Dear("dear", dear), SPLIT, TREE, target="dear"),
    ),
    "what was learned put on the step": (
        ContractError,
        ("Remembering tried to set self.mean_", "return what was learned from learn()", "step 2 'Remembering'"),
        lambda f: run(f, SPLIT, Remembering(), TREE),
        lambda f: run(f, SPLIT, Returning(), TREE),
    ),
    "nothing returned by learn": (
        ContractError,
        ("learn() of Learned returned None", "return", "step 2 'Learned'"),
        lambda f: run(f, SPLIT, Learned(lambda train: None), TREE),
        lambda f: run(f, SPLIT, Learned(lambda train: 1.0), TREE),
    ),
    "a state that cannot be stored": (
        StateError,
        ("Learned", "countries", "set", "return numbers, strings, lists"),
        lambda f: run(f, SPLIT, Learned(lambda train: {"countries": set(train["country"])}), TREE),
        lambda f: run(f, SPLIT, Learned(lambda train: {"countries": sorted(set(train["country"]))}), TREE),
    ),
    "a mask of another length": (
        ContractError,
        ("keep() of Keep returned", "True or False for each row", "step 1 'Keep'"),
        lambda f: run(f, Keep(lambda g: (g["price"] > 20).to_numpy()[:-1]), SPLIT, TREE),
        lambda f: run(f, Keep(lambda g: (g["price"] > 20).to_numpy()), SPLIT, TREE),
    ),
    "positions in place of a mask": (
        ContractError,
        ("keep() of Keep returned int64", "True or False for each row"),
        lambda f: run(f, Keep(lambda g: np.arange(len(g))), SPLIT, TREE),
        lambda f: run(f, Keep(lambda g: np.arange(len(g)) < 200), SPLIT, TREE),
    ),
    "no row kept": (
        DataError,
        ("Keep kept none of 320 rows", "loosen"),
        lambda f: run(f, Keep(lambda g: g["price"] < 0), SPLIT, TREE),
        lambda f: run(f, Keep(lambda g: g["price"] > 20), SPLIT, TREE),
    ),
    "a label of one value": (
        ContractError,
        ("label() of Dear returned bool", "a Series", "step 1 'Dear'"),
        lambda f: run(f, Dear("dear", lambda g: True), SPLIT, TREE, target="dear"),
        lambda f: run(f, Dear("dear", dear), SPLIT, TREE, target="dear"),
    ),
    "a rule of a label that returns one value": (
        ContractError,
        ("the rule of NaturalLabel('dear') returned", "one value for each row"),
        lambda f: run(f, NaturalLabel("dear", from_column="refund", rule=lambda r: r.max() > 9), SPLIT, TREE,
                      target="dear"),
        lambda f: run(f, NaturalLabel("dear", from_column="refund", rule=lambda r: r > 9), SPLIT, TREE, target="dear"),
    ),
    "a rule of a label that fails": (
        AttributeError,
        ("NaturalLabel('dear')", "refund", "step 1 'NaturalLabel'"),
        lambda f: run(f, NaturalLabel("dear", from_column="refund", rule=lambda r: r.above(9)), SPLIT, TREE,
                      target="dear"),
        lambda f: run(f, NaturalLabel("dear", from_column="refund", rule=lambda r: r.gt(9)), SPLIT, TREE,
                      target="dear"),
    ),
    "a split that is no Series": (
        ContractError,
        ("assign() of Assign returned ndarray", "pd.Series(names, index=keys.index)"),
        lambda f: run(f, Assign(lambda keys: parts(keys).to_numpy()), TREE),
        lambda f: run(f, Assign(parts), TREE),
    ),
    "a split without training rows": (
        DataError,
        ("Assign left no training rows", "parts: validation"),
        lambda f: run(f, Assign(lambda keys: parts(keys).replace("train", "validation")), TREE),
        lambda f: run(f, Assign(parts), TREE),
    ),
    "a split that asks for a column it was not shown": (
        KeyError,
        ("'price'", "step 1 'Assign'"),
        lambda f: run(f, Assign(lambda keys: parts(keys).where(keys["price"] > 0)), TREE),
        lambda f: run(f, Assign(lambda keys: parts(keys).where(keys["target"] >= 0)), TREE),
    ),
    "resampling that returns an array": (
        ContractError,
        ("change() of Resampled returned ndarray", "DataFrame"),
        lambda f: run(f, SPLIT, Resampled(lambda train: train.to_numpy()), TREE),
        lambda f: run(f, SPLIT, Resampled(lambda train: train.head(100)), TREE),
    ),
    "resampling that leaves nothing": (
        DataError,
        ("Resampled left no training rows", "loosen"),
        lambda f: run(f, SPLIT, Resampled(lambda train: train.head(0)), TREE),
        lambda f: run(f, SPLIT, Resampled(lambda train: train.head(100)), TREE),
    ),
    "resampling that loses the target": (
        ContractError,
        ("change() of Resampled lost the target 'returned'", "whole rows", "step 2 'Resampled'"),
        lambda f: run(f, SPLIT, Resampled(lambda train: train.X), TREE),
        lambda f: run(f, SPLIT, Resampled(lambda train: train.head(100)), TREE),
    ),
    "reshaping that returns a Series": (
        DataError,
        ("Reshaped got Series, not a DataFrame",),
        lambda f: run(f, Reshaped(lambda g: g.groupby("customer")["price"].mean()), SPLIT, TREE),
        lambda f: run(f, Reshaped(lambda g: g.groupby("customer")[["price", "days", "returned"]].max()), SPLIT, TREE),
    ),
    "a model that returns an array": (
        ContractError,
        ("Constant returned ndarray", "'prediction'", "step 2 'Constant'"),
        lambda f: run(f, SPLIT, Constant(lambda g: np.zeros(len(g)))),
        lambda f: run(f, SPLIT, Constant(predicted)),
    ),
    "a model that returns no column of predictions": (
        ContractError,
        ("Constant returned a frame of ['y']", "'prediction'", "step 2 'Constant'"),
        lambda f: run(f, SPLIT, Constant(lambda g: pd.DataFrame({"y": 0}, index=g.index))),
        lambda f: run(f, SPLIT, Constant(predicted)),
    ),
    "a model that predicts other rows": (
        ContractError,
        ("Constant is a Model, which keeps rows", "step 2 'Constant'"),
        lambda f: run(f, SPLIT, Constant(lambda g: predicted(g).head(3))),
        lambda f: run(f, SPLIT, Constant(predicted)),
    ),
    "postprocessing that returns a Series": (
        ContractError,
        ("Thresholded returned Series, not a DataFrame with the column 'prediction'", "step 3 'Thresholded'"),
        lambda f: run(f, SPLIT, TREE, Thresholded(lambda p: p["prediction"])),
        lambda f: run(f, SPLIT, TREE, Thresholded(lambda p: p)),
    ),
    "a report that returns a number": (
        DataError,
        ("report()", "returned int, not a Result", "Result(name, table)", "step 3 'Count'"),
        lambda f: run(f, SPLIT, TREE, Count(lambda data: len(data["train"]))),
        lambda f: run(f, SPLIT, TREE, Count(lambda data: Result("rows", pd.DataFrame({"n": [len(data["train"])]})))),
    ),
    "a report that opens the test rows": (
        DataError,
        ("no open part 'test'", "final_test()", "step 3 'Count'"),
        lambda f: run(f, SPLIT, TREE, Count(lambda data: data["test"])),
        lambda f: run(f, SPLIT, TREE, Count(_rows_that_are_open)).final_test(),
    ),
    "a source that returns a list": (
        DataError,
        ("Read read list, not a DataFrame", "return a DataFrame from read()", "step 1 'Read'"),
        lambda f: run(None, Read(lambda: [1, 2]), SPLIT, TREE),
        lambda f: run(None, Read(orders_of_a_year), SPLIT, TREE),
    ),
    "a source without rows": (
        DataError,
        ("Read read no rows", "step 1 'Read'"),
        lambda f: run(None, Read(lambda: orders_of_a_year().head(0)), SPLIT, TREE),
        lambda f: run(None, Read(orders_of_a_year), SPLIT, TREE),
    ),
    "history without a time": (
        ConfigurationError,
        ("Before needs the time of rows", 'time="..."'),
        lambda f: run(f, Before("customer", _orders_before), SPLIT, TREE),
        lambda f: run(f, Before("customer", _orders_before), SPLIT, TREE, time="ordered"),
    ),
    "history by a column that is not there": (
        DataError,
        ("the history key 'client' is not a column", "by=", "step 1 'Before'"),
        lambda f: run(f, Before("client", _orders_before), SPLIT, TREE, time="ordered"),
        lambda f: run(f, Before("customer", _orders_before), SPLIT, TREE, time="ordered"),
    ),
    "the target read by a user's transform": (
        LeakageError,
        ("Learned reads 'returned' to serve predictions", "it is the target", "remove 'returned' from Learned"),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: g.assign(price=g["price"] + g["returned"])), TREE),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: g.assign(price=g["price"] + 1)), TREE),
    ),
    "a late column read by a user's transform": (
        LeakageError,
        ("Learned reads 'refund' to serve predictions", "known only 30D after the row's time", "from Learned"),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: g.assign(price=g["price"] + g["refund"])), TREE,
                      time="ordered", known_at={"refund": "30D"}),
        lambda f: run(f, SPLIT, Learned(then=lambda g, _: g.assign(price=g["price"] + g["days"])), TREE,
                      time="ordered", known_at={"refund": "30D"}),
    ),
    "a function that fails": (
        ZeroDivisionError,
        ("made the column 'share'", "step 1 'Derive'", "price: float64", "test_steps_that_break_their_kind.py"),
        lambda f: run(f, Derive({"share": lambda g: 1 / 0}), SPLIT, TREE),
        lambda f: run(f, Derive({"share": lambda g: 1 / g["price"]}), SPLIT, TREE),
    ),
    "a derived column of another length": (
        ContractError,
        ("Derive", "the column 'first'", "a Series of 3 values for 320 rows", "one value for each row"),
        lambda f: run(f, Derive({"first": lambda g: g["price"].head(3)}), SPLIT, TREE),
        lambda f: run(f, Derive({"first": lambda g: g["price"]}), SPLIT, TREE),
    ),
    "a parameter that the estimator refuses": (
        ValueError,
        ("'C' parameter", "step 2 'Train'", "LogisticRegression"),
        lambda f: run(f, SPLIT, LogisticRegression(C=-1.0), features=["price"]),
        lambda f: run(f, SPLIT, LogisticRegression(C=1.0), features=["price"]),
    ),
}  # fmt: skip


def _rows_that_are_open(data: Any) -> Result:
    return Result("rows", pd.DataFrame({"part": list(data), "n": [len(data[name]) for name in data]}))


def _orders_before(frame: pd.DataFrame, past: Past) -> pd.DataFrame:
    return frame.assign(orders_before=past.count())


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_names_the_step_and_its_remedy_works(name: str, holds: Callable[..., None]) -> None:
    holds(*MISTAKES[name])
