"""Lineage: the source, steps and functions that made a column, of a run and of its outcome on disk."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Derive, Impute, Join, OneHot, Pipeline, Rename, Standardize, Train, WindowAggregate
from mlsys.errors import DataError
from mlsys.outcome.storing import load_outcome, save_outcome


def gust_of(frame: pd.DataFrame) -> pd.Series:
    return frame["wind"] * 1.4


@pytest.fixture(scope="module")
def run() -> mlsys.Run:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "port": rng.choice(["a", "b"], 300),
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(300), unit="h"),
            "wind": np.where(rng.random(300) < 0.1, np.nan, rng.random(300)),
            "late": rng.integers(0, 2, 300),
        }
    )
    ports = pd.DataFrame({"harbour": ["a", "b"], "berths": [3, 9]})
    steps = [
        Derive({"wind_gust": gust_of}),
        Rename({"port": "harbour"}),
        Join(ports, on="harbour"),
        WindowAggregate("harbour", {"gusts": ("wind_gust", "max")}, "12h"),
        Impute(), Standardize(["wind_gust", "gusts"]), OneHot(["harbour"]), Train(LogisticRegression()),
    ]  # fmt: skip
    return Pipeline(steps, target="late", time="at").run(rows, track=False, cache=False)


def test_a_column_is_followed_back_to_the_source(run) -> None:
    lineage = run.lineage("wind_gust")
    assert lineage.table["made by"].tolist() == ["Standardize", "Impute", "Derive", "the data given to run()"]
    assert lineage.table["how"].iloc[2].startswith("gust_of(), test_lineage.py:")
    assert lineage.sources == ("wind",)
    assert lineage.steps == ("the data given to run()", "Derive", "Impute", "Standardize")


def test_what_is_made_of_other_rows_and_other_tables_says_so(run) -> None:
    gusts = run.lineage("gusts").table.set_index("made by")
    assert gusts.loc["WindowAggregate", "how"] == "max of wind_gust over 12h by harbour"
    assert run.lineage("gusts").sources == ("wind", "port")
    assert run.lineage("berths").table["how"].iloc[-3:].tolist() == ["looked up in a table of 2 rows", "", ""]
    assert run.lineage("harbour_a").sources == ("port",)
    assert run.lineage("wind_missing").sources == ("wind",)


def test_an_outcome_on_disk_knows_it_too(run, tmp_path) -> None:
    save_outcome(run.outcome, tmp_path)
    again = load_outcome(tmp_path)
    pd.testing.assert_frame_equal(again.lineage("gusts").table, run.lineage("gusts").table)
    assert "made by" in again.lineage("wind")._repr_html_()


def test_a_name_that_is_no_column_is_told(run) -> None:
    with pytest.raises(DataError, match="there is no column 'wind_gusts'"):
        run.lineage("wind_gusts")
