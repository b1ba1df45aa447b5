"""What a card says where there is little: too few groups, a series without features, one slice that is too small."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from mlsys import DateParts, Monitor, Pipeline, TimeSplit
from mlsys.errors import DataError


@pytest.fixture(scope="module")
def shops() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "shop": np.repeat(list("abcdef"), 40),
            "day": np.tile(pd.date_range("2024-01-01", periods=40), 6),
            "visits": rng.normal(size=240),
            "sold": rng.normal(size=240),
        }
    )


def test_too_few_groups_are_said_first(shops: pd.DataFrame) -> None:
    rows = shops.drop(columns="day")
    run = Pipeline([Ridge()], target="sold", group="shop").run(rows, track=False)
    assert run.card.verdict.startswith("not enough data; too few rows, events or, with a group role, groups")
    assert "not enough data; too few" not in str(Pipeline([Ridge()], target="sold").run(rows, track=False))


def test_a_series_without_features_is_told_how_to_make_some(shops: pd.DataFrame) -> None:
    series = shops[["shop", "day", "sold"]]
    with pytest.raises(DataError, match="has no features left.*\n.*make them from its earlier rows.*Lag, .*DateParts"):
        Pipeline([Ridge()], target="sold", time="day", group="shop").run(series, track=False)
    with pytest.raises(DataError) as caught:
        Pipeline([Ridge()], target="sold").run(shops[["sold"]], track=False)
    assert "Lag" not in str(caught.value)


def test_groups_on_both_sides_of_time_are_told_both_ways_out(shops: pd.DataFrame) -> None:
    steps = [TimeSplit(validation=0.2, test=0.2), DateParts(["day"]), Ridge()]
    run = Pipeline(steps, target="sold", time="day", group="shop").run(shops, track=False)
    said = next(each.message for each in run.findings if each.code == "LK211")
    assert "TimeSplit(keep_groups_together=True)" in said and "leave out group=" in said
    assert all(
        each.code != "LK211" for each in Pipeline(steps, target="sold", time="day").run(shops, track=False).findings
    )


def test_one_is_said_in_the_singular(shops: pd.DataFrame) -> None:
    assert "Monitor of 1 column: 240 rows counted" in repr(Monitor.fit(shops[["visits"]]))
    assert "  1 column; new: prediction" in repr(Pipeline([Ridge()], target="sold").preview(shops[["visits", "sold"]]))
