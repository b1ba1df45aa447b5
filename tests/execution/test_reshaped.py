"""Which columns of a Reshape are made of the target, of withheld columns or of late ones; the others are features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import NaturalLabel, Pipeline, Reshape, TimeSplit, Train

ROWS = 600


@pytest.fixture
def machines() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "row": range(ROWS),
            "machine": [f"m{place % 20}" for place in range(ROWS)],
            "day": pd.date_range("2023-01-01", periods=ROWS, freq="h"),
            "vibration": rng.normal(size=ROWS),
            "noise": rng.normal(size=ROWS),
            "told": rng.normal(size=ROWS),
        }
    )
    return frame.assign(fails=(frame["vibration"] + rng.normal(size=ROWS) > 0).astype(int))


def built(drop=(), **columns):
    class Build(Reshape):
        def reshape(self, frame):
            rows = pd.DataFrame(frame)
            return rows.assign(**{name: make(rows) for name, make in columns.items()}).drop(columns=list(drop))

    return Build()


def features(step, frame: pd.DataFrame, *before, **options) -> pd.DataFrame:
    steps = [*before, step, TimeSplit(), Train(LogisticRegression())]
    named = {"target": "fails", "time": "day", "id": "row", "exclude": ["machine"], **options}
    run = Pipeline(steps, **named).run(frame, track=False, cache=False)
    return run.features.set_index("column")


def test_what_does_not_touch_the_target_is_a_feature(machines: pd.DataFrame) -> None:
    step = built(
        before=lambda f: f.groupby("machine")["vibration"].shift(1).fillna(0.0),
        rank=lambda f: f.groupby("machine")["noise"].rank(),
    )
    found = features(step, machines)
    assert found.loc[["before", "rank"], "used"].all() and (found.loc[["before", "rank"], "made by"] == "Build").all()


@pytest.mark.parametrize(
    "make",
    [
        lambda f: f["fails"] + 0.5,
        lambda f: f.groupby("machine")["fails"].transform("mean"),
        lambda f: f.groupby("machine")["fails"].shift(1).fillna(0.0),
        lambda f: f["vibration"] * (f["fails"] == 1),
        lambda f: f[["vibration", "fails"]].sum(axis=1),
    ],
    ids=["copy", "mean", "shift", "choice", "sum"],
)
def test_what_moves_with_the_target_is_none(machines: pd.DataFrame, make) -> None:
    found = features(built(made=make, kept=lambda f: f["noise"] * 2), machines)
    assert not found.loc["made", "used"] and "made by Build from fails" in found.loc["made", "reason"]
    assert found.loc["kept", "used"]


def test_a_column_that_is_written_over_with_the_target_is_none_either(machines: pd.DataFrame) -> None:
    found = features(built(vibration=lambda f: f.groupby("machine")["fails"].transform("mean")), machines)
    assert not found.loc["vibration", "used"] and found.loc["noise", "used"]


def test_rows_that_are_dropped_for_an_unknown_label_hide_nothing(machines: pd.DataFrame) -> None:
    class Known(Reshape):
        def reshape(self, frame):
            rows = pd.DataFrame(frame).dropna(subset=["fails"])
            return rows.assign(twice=rows["noise"] * 2, leak=rows["fails"] * 2)

    found = features(Known(), machines.assign(fails=machines["fails"].where(machines.index % 7 != 0)))
    assert found.loc["twice", "used"] and not found.loc["leak", "used"]


def test_rows_that_may_be_others_count_as_made_of_the_target(machines: pd.DataFrame) -> None:
    class Balanced(Reshape):
        def reshape(self, frame):
            rows = pd.DataFrame(frame)
            rows = rows[(rows["fails"] == 1) | (rows["noise"] > 0)].drop(columns="row")
            return rows.assign(twice=rows["vibration"] * 2)

    assert not features(Balanced(), machines, id=None).loc["twice", "used"]


def test_lateness_and_what_labels_are_made_of_are_inherited_column_by_column(machines: pd.DataFrame) -> None:
    step = built(
        late=lambda f: f.groupby("machine")["told"].transform("max"),
        label=lambda f: f["noise"].rank(),
        clean=lambda f: f["vibration"] * 3,
    )
    label = NaturalLabel("fails", from_column="noise", rule=lambda s: (s > 0).astype(int))
    found = features(step, machines.drop(columns="fails"), label, known_at={"told": "2h"})
    assert "known only 2h after" in found.loc["late", "reason"]
    assert "which the label is derived from" in found.loc["label", "reason"]
    assert found.loc["clean", "used"]


def test_columns_that_are_left_out_are_not_listed_as_used(machines: pd.DataFrame) -> None:
    found = features(built(drop=["noise"], twice=lambda f: f["noise"] * 2), machines)
    assert not found.loc["noise", "used"] and found.loc["noise", "reason"].endswith("by Build")
    assert found.loc["twice", "used"]
    dropped = features(lambda f: f.drop(columns="told"), machines).loc["told"]
    assert not dropped["used"] and dropped["reason"].startswith("dropped by")


def test_a_column_that_is_made_again_is_used(machines: pd.DataFrame) -> None:
    found = features(lambda f: f.assign(noise=1.5 * f["vibration"]), machines, built(drop=["noise"]))
    assert found.loc["noise", "used"]
