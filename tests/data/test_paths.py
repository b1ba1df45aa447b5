"""Patterns and folders stay where they are, unless links are asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlsys import Pipeline, RandomSplit, ReadCSV, ReadDocuments, ReadJSON, ReadParquet
from mlsys.errors import DataError
from mlsys.settings import override

ROWS = pd.DataFrame({"x": [1, 2]})


def written(folder: str) -> None:
    Path(folder).mkdir(parents=True)
    ROWS.to_csv(f"{folder}/a.csv", index=False)
    ROWS.to_parquet(f"{folder}/a.parquet")
    Path(f"{folder}/a.jsonl").write_text("".join(f"{json.dumps({'x': x})}\n" for x in (1, 2)))


@pytest.mark.parametrize(
    ("source", "ending"), [(ReadCSV, "csv"), (ReadParquet, "parquet"), (ReadJSON, "jsonl"), (ReadDocuments, "jsonl")]
)
@pytest.mark.parametrize("linked", ["file", "folder"])
def test_a_link_that_leads_out_is_refused_unless_asked(source: Any, ending: str, linked: str) -> None:
    written("secret")
    written("data")
    link = Path(f"data/b.{ending}" if linked == "file" else "data/more")
    link.symlink_to(Path("secret/a." + ending if linked == "file" else "secret").resolve())
    pattern = f"data/*.{ending}" if linked == "file" else f"data/*/*.{ending}"
    for each in (pattern, "data"):
        with pytest.raises(DataError, match="is a link that leads out of 'data', to '.*secret"):
            source(each).read()
        assert source(each, links=True).read()["x"].tolist()[-2:] == [1, 2]
    named = str(link) if linked == "file" else f"{link}/a.{ending}"
    assert source(named).read()["x"].tolist() == [1, 2]  # whoever names a link asks for it


def test_links_inside_the_folder_and_a_folder_that_is_a_link_are_followed() -> None:
    written("data/here")
    Path("data/b.csv").symlink_to(Path("data/here/a.csv").resolve())
    Path("elsewhere").symlink_to(Path("data").resolve())
    assert len(ReadCSV("data").read()) == 4
    assert len(ReadCSV("elsewhere").read()) == 4
    assert len(ReadCSV("elsewhere/*.csv").read()) == 2


def test_a_folder_that_is_a_link_to_what_is_found_anyway_is_read_once() -> None:
    written("data/2024")
    Path("data/latest").symlink_to("2024")
    Path("data/2024/up").symlink_to("..")
    assert len(ReadCSV("data").read()) == len(ReadCSV("data", links=True).read()) == 2
    written("far")
    Path("far/round").symlink_to(Path("far").resolve())
    Path("data/far").symlink_to(Path("far").resolve())
    assert len(ReadParquet("data", links=True).read()) == 4


def to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize(
    ("make", "said"), [(to_nothing, "a link to 'nowhere', which is not there"), (os.mkfifo, "not a")]
)
def test_what_is_named_like_a_file_and_is_none_is_refused(make: Any, said: str) -> None:
    written("data")
    make(Path("data/b.parquet"))
    with pytest.raises(DataError, match=f"ReadParquet: 'data/b.parquet' is {said}"):
        ReadParquet("data").read()
    assert len(ReadCSV("data").read()) == 2


def test_a_folder_that_must_not_be_looked_into_is_refused() -> None:
    written("data")
    written("data/closed")
    Path().chmod(0o755)
    Path("data/closed").chmod(0)
    if is_root := os.geteuid() == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(DataError, match="ReadParquet cannot look into the folder 'data/closed': Permission denied"):
            ReadParquet("data").read()
    finally:
        if is_root:
            os.seteuid(0)
        Path("data/closed").chmod(0o700)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("in_memory", [50, 500])
def test_a_column_that_a_file_lacks_is_remarked_on(ending: str, in_memory: int) -> None:
    Path("data").mkdir()
    source = ReadCSV("data") if ending == "csv" else ReadParquet("data")
    for place, name in enumerate(["x", "x", "X", "x"]):
        rows = pd.DataFrame({name: range(40), "late": [0, 1] * 20})
        rows = rows if place < 3 else rows.iloc[:0].drop(columns="x")
        rows.to_csv(f"data/{place}.csv", index=False) if ending == "csv" else rows.to_parquet(f"data/{place}.parquet")
    pipeline = Pipeline([source, RandomSplit()], target="late")
    with override(rows_in_memory=in_memory, rows_per_partition=20):
        run = pipeline.run(track=False, cache=False, verbose=False)
    found = {each.columns: each.message for each in run.findings if each.code == "DA102"}
    assert set(found) == {("x",), ("X",)}
    assert f"'x' is null in 40 of 120 rows, which 'data/2.{ending}' has without it" in found["x",]
    assert f"'X' is null in 80 of 120 rows, which 'data/0.{ending}' and 1 more have without it" in found["X",]
