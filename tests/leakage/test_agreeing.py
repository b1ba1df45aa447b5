"""Held values are those of the data where no other table would have them as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from mlsys.leakage.captured_rows import rows_held

ROWS = 800


def world(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Hours of one place: a calendar, and measures that are another world's own."""
    generator = np.random.default_rng(seed)
    at = pd.date_range("2023-03-01", periods=rows, freq="h")
    table = pd.DataFrame({"at": at, "hour": at.hour, "number": np.arange(rows)})
    table["wind"] = generator.gamma(2, 3, rows).round(1)
    table["age"] = generator.integers(18, 90, rows)
    table["load"] = generator.normal(100, 9, rows)
    table["rare"] = np.where(generator.random(rows) < 0.92, 0, generator.integers(1, 9, rows))
    return table.assign(daylight=np.sin(table["hour"] / 24 * 6.28))


def by_customer(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis([f"c{number * 7_919 % 100_003}" for number in range(len(frame))])


HERE, OTHER = world(1), world(2)
WINDS = OTHER["wind"].rename("w")

HONEST: dict[str, tuple[Any, pd.DataFrame]] = {
    "reports of the same hours": (pd.concat([OTHER[["at", "hour"]], WINDS], axis=1), HERE),
    "reports of every second hour": (pd.concat([OTHER["at"], WINDS], axis=1).iloc[1::2], HERE),
    "the same columns of another place": (OTHER, HERE),
    "a forecast by the hour": (OTHER.set_index("at")["wind"], HERE.set_index("at")),
    "a forecast in whole numbers": (
        HERE.set_index("at")["wind"].add(np.random.default_rng(3).normal(0, 1, ROWS)).round(),
        HERE.assign(wind=HERE["wind"].round()),
    ),
    "scores of the same customers": (by_customer(OTHER)["load"].rename("score"), by_customer(HERE)),
    "another column of zeros": (OTHER["rare"].to_numpy(), HERE),
    "a sample in tenths": (OTHER["wind"].to_numpy(), HERE),
    "a tree of two coarse measures": (np.asarray(cKDTree(OTHER[["wind", "age"]].to_numpy()).data), HERE),
    "a tree of forty places": (np.asarray(cKDTree(OTHER[["wind", "age"]].to_numpy()[:40]).data), HERE),
    "a grid in tenths": (np.arange(0, 30, 0.1), HERE),
    "a grid in quarters": (np.arange(0, 30, 0.25), HERE.assign(wind=(4 * HERE["wind"]).round() / 4)),
    "a curve by the hour": (np.exp(HERE["daylight"]).to_numpy(), HERE),
}
LEAKY: dict[str, tuple[Any, pd.DataFrame]] = {
    "the data": (HERE, HERE),
    "every second row": (HERE[["at", "wind"]].iloc[::2], HERE),
    "its measures under another name": (HERE[["at", "load"]].set_axis(["at", "told"], axis=1)[1::2], HERE),
    "a measure by the hour": (HERE.set_index("at")["wind"], HERE.set_index("at")),
    "a scaled measure": (HERE["load"].sub(100).div(9).to_numpy(), HERE),
    "a scaled measure by customer": (by_customer(HERE)[["age"]].sub(50).div(20), by_customer(HERE)),
    "a sample of fine values": (HERE["load"].sample(60, random_state=0).to_numpy(), HERE),
    "a tree of a coarse and a fine measure": (np.asarray(cKDTree(HERE[["wind", "load"]].to_numpy()).data), HERE),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_any_other_table_would_have_as_well_proves_nothing(name: str) -> None:
    assert rows_held(*HONEST[name]) is None


@pytest.mark.parametrize("name", LEAKY)
def test_measures_of_the_rows_are_rows_of_the_data(name: str) -> None:
    held = rows_held(*LEAKY[name])
    assert held is not None and held.sum() >= 60


@pytest.mark.parametrize("shuffled", [lambda f: f, lambda f: f.sample(frac=1, random_state=1)])
def test_few_rows_that_are_found_are_those_that_are_held(shuffled: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    data = shuffled(HERE)
    held = rows_held(HERE["load"].to_numpy()[:50], data)
    assert held is not None
    assert sorted(data.loc[held, "number"]) == list(range(50))
