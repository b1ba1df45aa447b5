"""Patterns and folders stay where they are, unless links are asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlsys import ReadCSV, ReadDocuments, ReadJSON, ReadParquet
from mlsys.errors import DataError

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
    given = [pattern, "data"] if linked == "file" else [pattern]
    for each in given:
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
