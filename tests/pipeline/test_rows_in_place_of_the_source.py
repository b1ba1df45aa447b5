"""Rows given to run() in place of the source keep what the source says of its columns."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, ReadParquet


@pytest.fixture
def pipeline(shop: pd.DataFrame) -> Pipeline:
    shop.drop(columns=["country", "days_since_last"]).to_parquet("orders.parquet")
    source = ReadParquet("orders.parquet", known_at={"refund": "30D"})
    return Pipeline([source, LogisticRegression()], target="returned", time="ordered", exclude=["customer"])


def test_a_frame_in_place_of_the_source_keeps_its_known_at(pipeline: Pipeline) -> None:
    rows = pipeline[0].read().head(1_000)
    features = pipeline.run(rows, track=False).features.set_index("column")
    assert not features.loc["refund", "used"]
    assert features.loc["price", "used"]


def test_parts_in_place_of_the_source_keep_its_known_at(pipeline: Pipeline) -> None:
    rows = pipeline[0].read()
    parts = {"train": rows.head(1_000), "validation": rows.tail(500)}
    features = pipeline.run(parts, track=False).features.set_index("column")
    assert not features.loc["refund", "used"]


def test_a_frame_without_the_late_column_runs(pipeline: Pipeline) -> None:
    rows = pipeline[0].read().drop(columns=["refund"])
    assert "refund" not in set(pipeline.run(rows, track=False).features["column"])


def test_the_file_itself_agrees(pipeline: Pipeline) -> None:
    assert Path("orders.parquet").is_file()
    features = pipeline.run(track=False).features.set_index("column")
    assert not features.loc["refund", "used"]
