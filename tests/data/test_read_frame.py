"""ReadFrame takes tables of any library that speaks Arrow, and changes no value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Column, Pipeline, RandomSplit, ReadFrame
from mlsys.errors import ConfigurationError, DataError


class Stream:
    """A table of a library that nobody knows, whose stream can be taken once."""

    def __init__(self, table: pa.Table) -> None:
        self._table: pa.Table | None = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        table, self._table = self._table, None
        assert table is not None
        return table.__arrow_c_stream__(requested_schema)


TABLE = pa.table({"n": [1, None, 3], "big": [2**60, None, 1], "s": ["a", None, "b"], "b": [True, None, False]})


@pytest.mark.parametrize("make", [lambda: TABLE, lambda: Stream(TABLE), lambda: TABLE.to_batches()[0]])
def test_tables_of_arrow_become_frames(make: Any) -> None:
    step = ReadFrame(make())
    assert step.read().dtypes.astype(str).tolist() == ["float64", "Int64", "str", "boolean"]
    assert step.read()["big"].tolist() == [2**60, pd.NA, 1]
    assert step == ReadFrame(TABLE)
    assert step.files_read() == ()


@pytest.mark.parametrize("library", ["polars", "duckdb"])
def test_tables_of_other_libraries(library: str) -> None:
    module = pytest.importorskip(library)
    if library == "polars":
        assert ReadFrame(module.from_arrow(TABLE)).read().equals(ReadFrame(TABLE).read())
        assert ReadFrame(module.from_arrow(TABLE).lazy()).read().equals(ReadFrame(TABLE).read())
    else:
        rows = TABLE  # noqa: F841  found by its name in the query
        assert ReadFrame(module.sql("SELECT * FROM rows")).read().equals(ReadFrame(TABLE).read())


def test_frames_stay_as_they_are() -> None:
    frame = pd.DataFrame({"x": pd.Categorical(["a", "b"]), "y": [1, 2]}, index=[7, 9])
    read = ReadFrame(frame, columns=["y", "x"]).read()
    pd.testing.assert_frame_equal(read, frame[["y", "x"]].reset_index(drop=True))
    assert ReadFrame(frame) != ReadFrame(frame.assign(y=[1, 3]))


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="got list, which is no table"):
        ReadFrame([1, 2])  # type: ignore[arg-type]
    with pytest.raises(DataError, match="without rows"):
        ReadFrame(TABLE.slice(0, 0)).read()
    with pytest.raises(DataError, match="columns= names the column 'z'"):
        ReadFrame(TABLE, columns=["z"]).read()
    with pytest.raises(DataError, match="known_at= names the column 'z'"):
        ReadFrame(TABLE, known_at={"z": "1D"}).read()


def test_rows_that_do_not_fit_a_schema_are_named() -> None:
    with pytest.raises(DataError, match="row 2: n is 3.*, above 2"):
        ReadFrame(TABLE, schema={"n": Column(float, greatest=2, null=True)}).read()


@pytest.mark.long
def test_a_pipeline_is_complete_with_it(cancer: pd.DataFrame, own_folder: Path) -> None:
    table = pa.table(cancer[["mean radius", "mean texture", "target"]])
    pipeline = Pipeline([ReadFrame(table), RandomSplit(), LogisticRegression(max_iter=1000)], target="target")
    assert sum(pipeline.run(track=False).rows.values()) == len(cancer)
