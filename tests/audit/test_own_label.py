"""A step that writes the target: the audit changes one value of one source row, and looks at the row's features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from mlsys import Label, Pipeline, Reshape, TimeSplit

ROWS = 900


@pytest.fixture(scope="module")
def machines() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "row": range(ROWS),
            "machine": [f"m{place % 30}" for place in range(ROWS)],
            "day": pd.date_range("2023-01-01", periods=ROWS, freq="h"),
            "vibration": rng.normal(size=ROWS),
            "alarm": (rng.random(ROWS) < 0.2).astype(int),
            "price": 100 + np.cumsum(rng.normal(size=ROWS)),
        }
    )


def by_machine(frame: pd.DataFrame, column: str, change) -> pd.Series:
    return frame.groupby("machine")[column].transform(change).fillna(0.0)


def built(**columns):
    class Build(Reshape):
        def reshape(self, frame):
            rows = pd.DataFrame(frame)
            return rows.assign(**{name: make(rows) for name, make in columns.items()})

    return Build()


def audit(step, frame: pd.DataFrame, model=None, exclude=("machine", "alarm", "price")):
    steps = [step, TimeSplit(), model or HistGradientBoostingClassifier(max_iter=5)]
    return Pipeline(steps, target="y", time="day", id="row", exclude=list(exclude)).audit_leakage(frame)


LEAKS = {
    "the label again": lambda f: f["alarm"] * 2.0,
    "a window that ends with it": lambda f: by_machine(f, "alarm", lambda s: s.rolling(5, min_periods=1).mean()),
    "a running count with it": lambda f: by_machine(f, "alarm", "cumsum"),
    "a mean of all rows of the machine": lambda f: by_machine(f, "alarm", "mean"),
}
CLEAN = {
    "the window before it": lambda f: by_machine(f, "alarm", lambda s: s.shift(1).rolling(5, min_periods=1).mean()),
    "the count before it": lambda f: by_machine(f, "alarm", lambda s: s.cumsum() - s),
    "another column": lambda f: by_machine(f, "vibration", lambda s: s.rolling(5, min_periods=1).mean()),
}


@pytest.mark.parametrize("feature", LEAKS)
def test_a_row_that_holds_its_own_label_in_a_feature_is_violated(machines, feature: str) -> None:
    found = audit(built(y=lambda f: f["alarm"], held=LEAKS[feature]), machines)
    mine = found.violated[found.violated["probe"] == "own source row"]
    assert mine["step"].tolist() == ["Build"] and mine["columns"].tolist() == [("held",)]
    assert "'alarm'" in mine["detail"].iloc[0]


@pytest.mark.parametrize("feature", CLEAN)
def test_what_happened_before_is_no_own_label(machines, feature: str) -> None:
    found = audit(built(y=lambda f: f["alarm"], held=CLEAN[feature]), machines)
    assert found.violated.empty, repr(found)
    assert "own source row" in set(found.table["probe"])


def test_a_target_that_is_made_of_a_feature_and_of_more_accuses_nobody(machines) -> None:
    ahead = {"y": lambda f: f["price"].shift(-1).fillna(f["price"]) / f["price"] - 1, "held": lambda f: f["price"] / 2}
    found = audit(built(**ahead), machines, HistGradientBoostingRegressor(max_iter=5))
    mine = found.table[found.table["probe"] == "own source row"]
    assert mine["verdict"].tolist() == ["not observed"], repr(found)


def test_plain_functions_and_labels_of_ones_own_are_asked_too(machines) -> None:
    def both(frame):
        return frame.assign(y=frame["alarm"], held=frame["alarm"] + 0.5)

    class Alarmed(Label):
        def label(self, frame):
            return frame["alarm"]

    for step in (both, Alarmed("y")):
        steps = [lambda f: f.assign(held=f["alarm"] + 0.5), step] if isinstance(step, Label) else [step]
        pipeline = Pipeline([*steps, TimeSplit(), HistGradientBoostingClassifier(max_iter=5)],
                            target="y", time="day", id="row", exclude=["machine", "alarm", "price"])  # fmt: skip
        assert ("held",) in pipeline.audit_leakage(machines).violated["columns"].tolist()


def test_events_that_become_a_row_a_customer_are_followed_by_the_id() -> None:
    rng = np.random.default_rng(3)
    events = pd.DataFrame({"customer": rng.integers(0, 200, 2_000), "day": rng.integers(0, 60, 2_000),
                           "spent": rng.gamma(2.0, 10.0, 2_000)})  # fmt: skip

    class PerCustomer(Reshape):
        until: int

        def reshape(self, frame):
            rows = pd.DataFrame(frame)
            later = rows[rows["day"] >= 30].groupby("customer")["spent"].sum()
            before = rows[rows["day"] < self.until].groupby("customer")["spent"].max()
            made = pd.DataFrame({"customer": np.sort(rows["customer"].unique())})
            return made.assign(y=made["customer"].map(later).fillna(0.0), most=made["customer"].map(before).fillna(0.0))

    def asked(until: int):
        steps = [PerCustomer(until), HistGradientBoostingRegressor(max_iter=5)]
        return Pipeline(steps, target="y", id="customer").audit_leakage(events)

    assert asked(30).violated.empty, repr(asked(30))
