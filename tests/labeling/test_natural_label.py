"""Labels from what became known later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, Pipeline, TimeSplit
from mlsys.errors import ContractError, DataError
from mlsys.labeling import NaturalLabel

FLIGHTS = pd.DataFrame({"arr_delay": [20.0, 3.0, np.nan], "air_time": [60.0, np.nan, 70.0]}, index=[7, 3, 5])


def test_unknown_stays_unknown_and_is_no_negative():
    label = NaturalLabel("late", from_column="arr_delay", rule=lambda minutes: minutes > 15, known_at="arrived")
    labels = label.labels(FLIGHTS)
    assert labels.dtype == "boolean" and labels.name == "late"
    assert labels.isna().tolist() == [False, False, True]
    assert labels.index.tolist() == [7, 3, 5]
    assert label.withholds() == label.columns_read(()) == ("arr_delay",)


def test_a_rule_of_several_columns_sees_rows_on_which_all_are_known():
    seen = []

    def rule(frame):
        seen.append(frame)
        return frame["arr_delay"] / frame["air_time"]

    labels = NaturalLabel("slow", from_column=["arr_delay", "air_time"], rule=rule).labels(FLIGHTS)
    assert seen[0].index.tolist() == [7]
    assert labels.dtype == np.float64 and labels.isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([True, False, None], "boolean"),
        (pd.array([1, 2, None], dtype="Int64"), "Int64"),
        ([0.5, 2.0, None], "float64"),
        (["a", "b", None], "str"),
        (pd.Categorical(["a", "b", None]), "category"),
        (pd.to_datetime(["2024-01-01", "2024-01-02", None]), "datetime64[us]"),
    ],
)
def test_labels_are_of_a_type_that_can_be_null(values, dtype):
    labels = NaturalLabel("y", from_column="x").labels(pd.DataFrame({"x": values}))
    assert labels.dtype == dtype
    assert labels.isna().tolist() == [False, False, True]


def test_a_rule_may_say_null_and_return_an_array_or_whole_numbers():
    nullable = NaturalLabel("y", from_column="arr_delay", rule=lambda x: (x > 15).astype("boolean").mask(x < 5))
    assert nullable.labels(FLIGHTS).isna().tolist() == [False, True, True]
    array = NaturalLabel("y", from_column="arr_delay", rule=lambda x: np.digitize(x, [0, 15]))
    assert array.labels(FLIGHTS).dtype == "Int64"
    assert array.labels(FLIGHTS).dropna().tolist() == [2, 1]


def test_without_a_rule_a_column_is_the_label_and_may_have_a_known_at():
    label = NaturalLabel("arr_delay", known_at="1h")
    assert label.labels(FLIGHTS).equals(FLIGHTS["arr_delay"])
    assert label.withholds() == ()


def test_where_nothing_is_known_everything_is_unknown():
    label = NaturalLabel("late", from_column="arr_delay", rule=lambda minutes: minutes > 15)
    assert label.labels(FLIGHTS.assign(arr_delay=np.nan)).isna().all()


def test_what_a_rule_does_wrong_is_named():
    with pytest.raises(DataError, match=r"NaturalLabel\('late'\) needs the column 'delay', which the rows do not have"):
        NaturalLabel("late", from_column="delay", rule=lambda x: x > 1).labels(FLIGHTS)
    with pytest.raises(ContractError, match="returned bool for 2 rows"):
        NaturalLabel("late", from_column="arr_delay", rule=lambda x: True).labels(FLIGHTS)
    with pytest.raises(ContractError, match="returned Series of shape"):
        NaturalLabel("late", from_column="arr_delay", rule=lambda x: x[:1]).labels(FLIGHTS)
    with pytest.raises(KeyError) as caught:
        NaturalLabel("late", from_column="arr_delay", rule=lambda x: {}["gone"]).labels(FLIGHTS)
    assert "while the rule of NaturalLabel('late') read arr_delay" in caught.value.__notes__


def test_a_rule_cannot_change_the_data():
    before = FLIGHTS.copy()

    def rule(minutes):
        minutes.iloc[:] = 0
        return minutes > 15

    NaturalLabel("late", from_column="arr_delay", rule=rule).labels(FLIGHTS)
    assert FLIGHTS.equals(before)


@pytest.mark.parametrize("behind", [True, False])
def test_the_moment_at_which_a_label_is_known_is_no_feature(behind: bool) -> None:
    rng = np.random.default_rng(0)
    sold = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(400), unit="D")
    days = rng.gamma(2, 10, 400)
    frame = pd.DataFrame({"sold": sold, "x": rng.normal(size=400), "days": days})
    frame["back"] = frame["sold"] + pd.to_timedelta(days, unit="D")
    label = NaturalLabel("late", from_column="days", rule=lambda days: days > 25, known_at="back")
    waited = Derive({"waited": lambda frame: (frame["back"] - frame["sold"]).dt.days})
    steps = [label, waited] if behind else [waited, label]
    pipeline = Pipeline([*steps, TimeSplit(), LogisticRegression()], target="late", time="sold")
    features = pipeline.run(frame, track=False).features.set_index("column")
    assert not features.loc[["back", "waited"], "used"].any()
    assert features.loc["back", "reason"] == "known only when 'late' is: it is the moment of that"
    assert features.loc["waited", "reason"] == "made of 'back', known only when 'late' is"
    assert features.loc["x", "used"]
