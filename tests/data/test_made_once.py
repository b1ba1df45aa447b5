"""A join's look-up follows its table, and is no part of the step."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsys import Pipeline
from mlsys.data import AsOfJoin, Join, _made_once

ROWS = pd.DataFrame({"k": [1], "d": pd.to_datetime(["2024-01-02"])})


def by_location(side: pd.DataFrame) -> None:
    side.loc[0, "z"] = 5.0


def by_position(side: pd.DataFrame) -> None:
    side.iloc[0, 1] = 5.0


def by_column(side: pd.DataFrame) -> None:
    side["z"] = 5.0


def by_cell(side: pd.DataFrame) -> None:
    side.at[0, "z"] = 5.0


@pytest.mark.parametrize("change", [by_location, by_position, by_column, by_cell])
def test_a_table_changed_in_place_is_noticed(change: Callable[[pd.DataFrame], None]) -> None:
    side = pd.DataFrame({"k": [1, 2], "z": [2.0, 3.0], "t": pd.to_datetime(["2024-01-01"] * 2)})
    join, as_of = Join(side, on="k", columns=["z"]), AsOfJoin(side, "k", "t", known_after="0s", at="d", columns=["z"])
    assert join.apply(ROWS)["z"].tolist() == as_of.apply(ROWS)["z"].tolist() == [2.0]
    change(side)
    assert join.apply(ROWS)["z"].tolist() == as_of.apply(ROWS)["z"].tolist() == [5.0]


def test_a_changed_table_leaves_no_old_answer_in_the_cache() -> None:
    from sklearn.linear_model import LogisticRegression

    x = np.random.default_rng(0).normal(size=300)
    rows = pd.DataFrame({"x": x, "y": (x > 0).astype(int), "k": 1})

    def z(side: pd.DataFrame) -> list[float]:
        pipeline = Pipeline([Join(side, on="k"), LogisticRegression()], target="y")
        return list(pipeline.run(rows, track=False).frame("train")["z"].unique())

    side = pd.DataFrame({"k": [1], "z": [2.0]})
    assert z(side) == [2.0]
    by_location(side)
    assert z(side) == z(pd.DataFrame({"k": [1], "z": [5.0]})) == [5.0]
    assert z(pd.DataFrame({"k": [1], "z": [2.0]})) == [2.0]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_of_equal_size_and_time_is_noticed(replaced: bool) -> None:
    def write(value: int) -> None:
        name = "new.csv" if replaced else "t.csv"
        Path(name).write_text(f"k,z\n1,{value}\n")
        os.utime(name, (1, 1))
        if replaced:
            os.replace(name, "t.csv")

    write(2)
    join = Join("t.csv", on="k")
    for value in (2, 5, 5, 3):
        write(value)
        assert join.apply(ROWS)["z"].tolist() == [value]


def test_a_look_up_lives_beside_the_step_and_as_long_as_it() -> None:
    side = pd.DataFrame({"k": np.arange(50_000), "z": 1.0})
    side.to_csv("t.csv", index=False)
    join = Join("t.csv", on="k")
    before, size, own = dict(join.__dict__), len(pickle.dumps(join)), id(join)
    assert own not in _made_once._kept
    join.apply(ROWS)
    assert join.__dict__ == before
    assert len(pickle.dumps(join)) == size < 1000
    assert own in _made_once._kept
    del join
    gc.collect()
    assert own not in _made_once._kept


def test_an_unchanged_table_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(Join, "_look_up", lambda self, own=Join._look_up: made.append(1) or own(self))
    join = Join(pd.DataFrame({"k": [1], "z": [2.0]}), on="k")
    for _ in range(3):
        join.apply(ROWS)
    assert len(made) == 1
