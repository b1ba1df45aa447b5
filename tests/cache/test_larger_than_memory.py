"""Rows that are read when needed are not kept; what is learned from them is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import SGDClassifier

from mlsys import Derive, Impute, OneHot, Pipeline, RandomSplit, ReadParquet, Train
from mlsys.settings import override


def twice(frame: pd.DataFrame) -> pd.Series:
    return frame["a"] * 2


def pipeline(path: Path) -> Pipeline:
    steps = [ReadParquet(path), Derive({"t": twice}), RandomSplit(), Impute(), OneHot(["b"])]
    return Pipeline([*steps, Train(SGDClassifier(), classes=[0, 1])], target="y")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    generator, count = np.random.default_rng(5), 30_000
    frame = pd.DataFrame({"a": generator.normal(size=count), "b": generator.choice(["u", "v"], count)})
    frame["y"] = (frame["a"] + generator.normal(size=count) > 0).astype(int)
    frame.loc[5, "a"] = np.nan
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=10_000)
    return tmp_path / "rows.parquet"


def test_what_was_learned_is_found_and_rows_are_read_again(rows: Path) -> None:
    with override(rows_in_memory=10_000, rows_per_partition=10_000):
        first = pipeline(rows).run(track=False)
        again = pipeline(rows).run(track=False)
    outcomes = again.cache_report().set_index("step")["outcome"]
    assert outcomes[["ReadParquet", "Derive"]].tolist() == ["not cached"] * 2
    assert set(outcomes.drop(["ReadParquet", "Derive"])) == {"hit"}
    assert again.digest("train") == first.digest("train")
    assert again.predict(pd.DataFrame({"a": [0.3], "b": ["u"]})).equals(
        first.predict(pd.DataFrame({"a": [0.3], "b": ["u"]}))
    )


@pytest.mark.long
def test_other_rows_are_noticed_without_reading_them_twice(rows: Path) -> None:
    with override(rows_in_memory=10_000, rows_per_partition=10_000):
        pipeline(rows).run(track=False)
        changed = pd.read_parquet(rows)
        changed.loc[7, "a"] = 9.0
        changed.to_parquet(rows, row_group_size=10_000)
        outcomes = pipeline(rows).run(track=False).cache_report().set_index("step")["outcome"]
    assert set(outcomes.drop(["ReadParquet", "Derive"])) == {"ran"}


def test_a_frame_in_memory_and_the_same_rows_piece_by_piece_have_one_digest(rows: Path) -> None:
    whole = pipeline(rows).run(track=False)
    with override(rows_in_memory=10_000, rows_per_partition=10_000):
        assert pipeline(rows).run(track=False, cache=False).digest("train") == whole.digest("train")
