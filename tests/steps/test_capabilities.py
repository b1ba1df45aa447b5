"""What a step can do beyond its kind is told by what it writes, not by a field that happens to be called so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from mlsys import AsOfJoin, Derive, Join, Pipeline, RowTransform
from mlsys.steps.capabilities import AsOf, Derives, LooksUp, tables_declared

TABLE = pd.DataFrame({"k": [1], "when": pd.to_datetime(["2024-01-01"]), "v": [2.0]})


class NamedAlike(RowTransform):
    """A step of whose fields each is called like something that built-in steps can do."""

    at: float = 0.5
    only: str = "x"
    settled: bool = True
    derivations: int = 2
    side_state: str = "none"
    at_serving: str = "input"
    by: str = "x"

    def apply(self, frame):
        return frame.assign(made=frame[self.only] * self.derivations + self.at)


def test_fields_that_are_named_like_capabilities_are_fields():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=200), "time": pd.date_range("2024-01-01", periods=200, freq="h")})
    frame["y"] = frame["x"] + rng.normal(size=200)
    plain = Derive({"made": lambda rows: rows["x"] * 2 + 0.5})
    found, expected = (
        Pipeline([step, LinearRegression()], target="y", time="time")
        .run(frame, track=False)
        .model.predict(frame)["prediction"]
        for step in (NamedAlike(), plain)
    )
    assert found.to_numpy() == pytest.approx(expected.to_numpy())


def test_built_in_steps_have_their_capabilities():
    join, as_of = Join(TABLE, on="k"), AsOfJoin(TABLE, "k", "when", known_after="0s")
    derive = Derive({"double": lambda frame: frame["x"] * 2})
    assert [isinstance(each, LooksUp) for each in (join, as_of, derive)] == [True, True, False]
    assert [isinstance(each, AsOf) for each in (join, as_of, derive)] == [False, True, False]
    assert [isinstance(each, Derives) for each in (join, as_of, derive)] == [False, False, True]


class Priced(RowTransform):
    """Holds one table."""

    lookup: object = None

    def apply(self, frame):
        return frame


@pytest.mark.parametrize(
    ("given", "declared"), [(None, []), ([TABLE], [TABLE]), (TABLE, [TABLE]), ({"DE": 0.19}, [{"DE": 0.19}])]
)
def test_one_table_is_declared_as_a_list_of_it_is(given, declared):
    found = tables_declared(Priced(given))
    assert len(found) == len(declared)
    assert all(each is other or each == other for each, other in zip(found, declared, strict=True))
