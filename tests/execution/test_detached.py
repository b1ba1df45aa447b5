"""Steps without a Pipeline: every kind has an entry point that works on a frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Fitted, Label, Model, Report, Result, RowTransform, Select, Split, Train, TrainOnly, Transform
from mlsys.errors import ConfigurationError, ContractError, DataError


class Center(Transform):
    def learn(self, train):
        return float(train.X["x"].mean())

    def apply(self, frame, mean):
        return frame.assign(x=frame["x"] - mean)


class Half(RowTransform):
    def apply(self, frame):
        return frame.assign(half=frame["x"] / 2)


class Rate(Model):
    def learn(self, train):
        return {"rate": float(train.y.mean()), "features": list(train.feature_names)}

    def predict(self, frame, state):
        assert list(frame.columns) == state["features"]
        return pd.DataFrame({"prediction": state["rate"]}, index=frame.index)


class Positive(Select):
    def keep(self, frame, rng):
        return frame["x"] > 1


class Big(Label):
    def label(self, frame):
        return (frame["x"] > 2).astype("boolean").where(frame["x"].notna())


class Odd(Split):
    def assign(self, keys):
        assert list(keys.columns) == ["id", "group", "target"]
        return pd.Series(["train", "test", None] * 10, index=range(30)).iloc[: len(keys)].set_axis(keys.index)


class Twice(TrainOnly):
    def change(self, train, rng):
        return pd.concat([train, train])


class ShiftByMean(TrainOnly):
    def learn(self, train):
        return float(train["x"].mean())

    def change(self, train, rng, mean):
        return train.assign(x=train["x"] + mean)


class Size(Report):
    def report(self, dataset):
        return Result("size", pd.DataFrame({"part": list(dataset), "rows": [len(each) for each in dataset.values()]}))


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"x": [1.0, 2.0, 6.0], "g": ["a", "b", "a"], "y": [0, 1, 1]}, index=[7, 3, 5])


def test_fit_returns_the_step_with_its_state(frame: pd.DataFrame) -> None:
    step = Center()
    fitted = step.fit(frame)
    assert isinstance(fitted, Fitted) and fitted.step is step and fitted.state == 3.0
    assert fitted.transform(frame)["x"].tolist() == [-2.0, -1.0, 3.0]
    assert frame["x"].tolist() == [1.0, 2.0, 6.0]


def test_a_row_transform_learns_nothing(frame: pd.DataFrame) -> None:
    assert Half().fit(frame).transform(frame)["half"].tolist() == [0.5, 1.0, 3.0]
    assert Half().fit(frame).state is None


def test_a_model_gets_features_and_never_roles(frame: pd.DataFrame) -> None:
    fitted = Rate().fit(frame, target="y", group="g")
    assert fitted.features == ("x",)
    assert fitted.predict(frame.drop(columns=["y", "g"]))["prediction"].tolist() == pytest.approx([2 / 3] * 3)
    assert Rate().fit(frame, target="y", features=["g"]).features == ("g",)


def test_a_column_missing_at_prediction_is_named(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="needs the columns 'x', 'g', which the frame does not have"):
        Rate().fit(frame, target="y").predict(frame[["y"]])


def test_a_model_wants_a_target(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r'fit\(frame, target="..."\)'):
        Rate().fit(frame)


def test_a_role_that_does_not_exist_is_told(frame: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="no role 'label'"):
        Center().fit(frame, label="y")


def test_transform_and_predict_know_their_kinds(frame: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match=r"use transform\(frame\)"):
        Center().fit(frame).predict(frame)
    with pytest.raises(ConfigurationError, match=r"use predict\(frame\)"):
        Rate().fit(frame, target="y").transform(frame)


def test_select_keeps_rows_and_writes_weights(frame: pd.DataFrame) -> None:
    class Weighted(Select):
        def keep(self, frame, rng):
            return np.array([True, False, True]), [2.0, 0.0, 3.0]

    assert Positive().select(frame).index.tolist() == [3, 5]
    assert Weighted().select(frame)["sampling_weight"].tolist() == [2.0, 3.0]
    assert Weighted().select(frame, weight="w")["w"].tolist() == [2.0, 3.0]


def test_select_refuses_what_is_no_mask(frame: pd.DataFrame) -> None:
    class Places(Select):
        def keep(self, frame, rng):
            return [0, 2]

    with pytest.raises(ContractError, match="True or False for each row"):
        Places().select(frame)


def test_labels_are_named_and_stay_unknown(frame: pd.DataFrame) -> None:
    labels = Big("big").labels(frame.assign(x=[1.0, None, 6.0]))
    assert labels.name == "big"
    assert labels.astype(object).where(labels.notna(), None).tolist() == [False, None, True]


def test_split_gives_parts_and_leaves_out_null(frame: pd.DataFrame) -> None:
    parts = Odd().split(frame, target="y", group="g")
    assert {name: part.index.tolist() for name, part in parts.items()} == {"train": [7], "test": [3]}


def test_resample_numbers_repeated_rows(frame: pd.DataFrame) -> None:
    twice = Twice().resample(frame, target="y")
    assert twice.index.tolist() == [7, 3, 5, 8, 9, 10]
    texts = Twice().resample(frame.set_axis(["a", "b", "c"], axis=0), target="y")
    assert texts.index.is_unique and texts.index.tolist()[:3] == ["a", "b", "c"]


def test_resampling_twice_keeps_ids_unique(frame: pd.DataFrame) -> None:
    once = Twice().resample(frame.set_axis(["a", "b", "c"], axis=0))
    assert Twice().resample(once).index.is_unique


def test_a_mask_in_another_order_is_refused(frame: pd.DataFrame) -> None:
    class Sorted(Select):
        def keep(self, frame, rng):
            return (frame["x"] < 5).sort_values()

    with pytest.raises(ContractError, match="Sorted"):
        Sorted().select(frame)


def test_resample_may_learn_first(frame: pd.DataFrame) -> None:
    assert ShiftByMean().resample(frame)["x"].tolist() == [4.0, 5.0, 9.0]


def test_report_takes_parts_by_name(frame: pd.DataFrame) -> None:
    result = Size().of(train=frame, validation=frame.head(1), target="y")
    assert result.table.to_dict("list") == {"part": ["train", "validation"], "rows": [3, 1]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([[1, 2]], "got list, not a DataFrame"),
        (pd.DataFrame({"x": []}), "got a frame of 0 rows"),
        (pd.DataFrame([[1.0, 2.0]], columns=["x", "x"]), "two columns named 'x'"),
        (pd.DataFrame({"x": [1.0, 2.0]}, index=[4, 4]), r"index value .*4.* occurs twice"),
    ],
    ids=["type", "empty", "columns", "index"],
)
def test_a_frame_that_cannot_be_used_is_told(data: pd.DataFrame, message: str) -> None:
    for call in (Center().fit, Half().fit, Positive().select, Big("big").labels, Odd().split, Twice().resample):
        with pytest.raises(DataError, match=message):
            call(data)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda frame: frame["x"], "returned Series, not a DataFrame"),
        (lambda frame: frame.head(2), "made 2 rows out of 3"),
        (lambda frame: frame.sort_index(), "changed the index"),
        (lambda frame: frame.set_axis(["x", "x", "y"], axis=1), "two columns named 'x'"),
    ],
    ids=["type", "rows", "index", "columns"],
)
def test_an_answer_that_breaks_the_kind_is_told(frame: pd.DataFrame, answer: object, message: str) -> None:
    class Answers(RowTransform):
        def apply(self, frame):
            return answer(frame)

    with pytest.raises(ContractError, match=message):
        Answers().fit(frame).transform(frame)


def test_look_ups_are_built_once(frame: pd.DataFrame) -> None:
    built = []

    class Prepares(Center):
        def prepare(self, state):
            built.append(state)
            return state

    fitted = Prepares().fit(frame)
    for _ in range(3):
        fitted.transform(frame)
    assert built == [3.0]


def test_features_that_are_named_are_learned_in_the_order_of_the_frame_as_in_a_pipeline() -> None:
    frame = pd.DataFrame({"a": np.arange(40.0), "b": np.arange(40.0)[::-1] ** 2, "y": [0, 1] * 20})
    fitted = Train(LogisticRegression()).fit(frame, target="y", features=["b", "a"])
    assert fitted.features == ("a", "b")
    expected = LogisticRegression().fit(frame[["a", "b"]], frame["y"]).predict_proba(frame[["a", "b"]])[:, 1]
    assert np.allclose(fitted.predict(frame)["probability_1"], expected)


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ({"sensitive": "x"}, r"sensitive='x' is a string, not a list\n.*sensitive=\['x'\]"),
        ({"time": 5}, "time=5 is no text"),
        ({"decide_at": 5}, "decide_at=5 is no text"),
        ({"decide_at": "1q before x"}, "'1q' is not a duration"),
        ({"decide_at": "1h before then"}, "decide_at='then', which is not in the data"),
        ({"weight": "y2"}, r"weight='y2', which is not in the data \(columns: x, y, who\)\n.*'y'"),
        ({"sensitive": ["x", "age"]}, "sensitive='age', which is not in the data"),
        ({"features": "x"}, r"features='x' is a string, not a list"),
        ({"features": ["x", "z"]}, "'z'"),
    ],
)
def test_roles_are_read_and_refused_as_those_of_a_pipeline(roles: dict[str, object], told: str) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 6.0], "y": [0, 1, 1], "who": ["a", "b", "b"]})
    with pytest.raises((ConfigurationError, DataError), match=told):
        Center().fit(frame, **roles)


def test_a_moment_of_decision_is_read_and_is_no_feature() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "departs": pd.to_datetime(["2024-01-01", "2024-01-02"])})
    fitted = Rate().fit(frame.assign(y=[0, 1]), target="y", decide_at="1h before departs", sensitive=["x"])
    assert fitted.features == ()
