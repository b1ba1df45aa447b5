"""Rows given in place of a source are held to its schema: refused or set aside as if they had been read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from mlsys import (
    Column,
    Pipeline,
    RandomSplit,
    ReadCSV,
    ReadEvents,
    ReadFrame,
    ReadJSON,
    ReadParquet,
    Schema,
    quarantined,
)
from mlsys.errors import DataError

GOOD = pd.DataFrame({"age": np.arange(20, 80), "since": "2024-02-03", "y": [0, 1] * 30})
BAD = GOOD.assign(age=GOOD["age"].where(GOOD.index != 7, -3)).set_axis([f"r{place}" for place in GOOD.index])
COLUMNS = {"age": Column(int, least=0), "y": [0, 1]}


def pipeline_of(source) -> Pipeline:
    return Pipeline([source, RandomSplit(), DummyClassifier()], target="y", exclude=["since"])


def sources(folder: Path, schema: Schema) -> list[object]:
    GOOD.to_csv(folder / "rows.csv", index=False)
    GOOD.to_parquet(folder / "rows.parquet")
    GOOD.to_json(folder / "rows.jsonl", orient="records", lines=True)
    return [
        ReadCSV(folder / "rows.csv", schema=schema),
        ReadParquet(folder / "rows.parquet", schema=schema),
        ReadJSON(folder / "rows.jsonl", schema=schema),
        ReadFrame(GOOD, schema=schema),
    ]


def test_a_row_that_does_not_fit_is_refused_with_its_label(tmp_path: Path) -> None:
    for source in sources(tmp_path, Schema(COLUMNS)):
        pipeline = pipeline_of(source)
        with pytest.raises(DataError, match=r"(?s)given in its place.*row 'r7': age is -3, below 0"):
            pipeline.run(BAD, track=False)
    for ask in (pipeline.preview, pipeline.audit_leakage, pipeline.cross_validate):
        with pytest.raises(DataError, match="row 'r7'"):
            ask(data=BAD)
    with pytest.raises(DataError, match="row 'r7'"):
        pipeline.run({"train": GOOD, "validation": BAD}, track=False)


def test_rows_are_set_aside_counted_and_kept(tmp_path: Path) -> None:
    for source in sources(tmp_path, Schema(COLUMNS, bad_rows="quarantine", most=0.1)):
        run = pipeline_of(source).run(BAD, track=False)
        assert sum(run.outcome.rows.values()) == len(BAD) - 1
        (finding,) = [each for each in run.outcome.findings if each.code == "DA101"]
        assert "1 of 60 rows do not fit the schema: age: below 0 (1)" in finding.message
        assert quarantined(source)[["where", "age"]].values.tolist() == [["row 'r7'", -3]]


def test_rows_that_fit_give_what_reading_them_gives(tmp_path: Path) -> None:
    schema = Schema({**COLUMNS, "since": "datetime"})
    GOOD.to_csv(tmp_path / "rows.csv", index=False)
    pipeline = pipeline_of(ReadCSV(tmp_path / "rows.csv", schema=schema))
    read, given = pipeline.run(track=False), pipeline.run(GOOD, track=False)
    pd.testing.assert_frame_equal(given.frame("train"), read.frame("train"))


def test_a_file_in_the_place_of_a_source_of_another_kind_is_held_to_its_schema(tmp_path: Path) -> None:
    BAD.to_parquet(tmp_path / "bad.parquet")
    source, *_ = sources(tmp_path, Schema(COLUMNS))
    with pytest.raises(DataError, match="age is -3, below 0"):
        pipeline_of(source).run(str(tmp_path / "bad.parquet"), track=False)


def test_events_given_as_rows_are_set_aside_up_to_the_share_of_the_source() -> None:
    source = ReadEvents(lambda: iter(()), schema=Schema(COLUMNS), lost=0.02)
    kept = source.accept(BAD)
    assert kept.index.tolist() == BAD.index.drop("r7").tolist()
    with pytest.raises(DataError, match=r"2 of 60 rows .*0\.02 of the rows may be lost"):
        source.accept(BAD.assign(age=BAD["age"].where(BAD.index != "r9", -1)))
