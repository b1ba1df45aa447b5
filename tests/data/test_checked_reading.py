"""Sources with a schema: rows are checked in the same pass as reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier

import mlsys
from mlsys import CheckSchema, Column, Pipeline, ReadCSV, ReadParquet, Schema
from mlsys.errors import ConfigurationError, DataError
from mlsys.schemas import repeats
from mlsys.settings import override
from mlsys.tables import Partition, noted

GOOD = "id,age,plan\n1,31,free\n2,44,pro\n3,27,pro\n"
BROKEN = "id,age,plan\n1,31,free\n2,old,pro\n3,27,gold\n4,,pro\n5,-3,silver\n6,60,pro\n"
SCHEMA = Schema({"id": Column(int, unique=True), "age": Column(int, least=0), "plan": ["free", "pro"]})


def written(text: str, name: str = "people.csv") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def kept(text: str, schema: Schema = SCHEMA, **options: object) -> pd.DataFrame:
    return ReadCSV(written(text), schema=schema.with_(bad_rows="quarantine", most=1.0), **options).read()


def set_aside() -> pd.DataFrame:
    (file,) = Path(".mlsys/quarantine").glob("*/rows.parquet")
    return pd.read_parquet(file)


def test_rows_that_fit_are_read_as_without_a_schema() -> None:
    plain = ReadCSV(written(GOOD)).read()
    pd.testing.assert_frame_equal(ReadCSV("people.csv", schema=SCHEMA).read(), plain)
    assert "schema" in repr(ReadCSV("people.csv", schema=SCHEMA))


def test_the_worst_rows_are_named_with_file_row_column_and_value() -> None:
    with pytest.raises(DataError) as refused:
        ReadCSV(written(BROKEN), schema=SCHEMA).read()
    assert str(refused.value).splitlines()[:6] == [
        "ReadCSV of 'people.csv': 4 of 6 rows do not fit the schema",
        "  row 4: age is '-3', below 0; plan is 'silver', not one of 'free', 'pro'",
        "  row 1: age is 'old', not a whole number",
        "  row 2: plan is 'gold', not one of 'free', 'pro'",
        "  row 3: age is null",
        '  Remedy: correct these rows or the schema; or set them aside with bad_rows="quarantine" (kept, with '
        'reasons) or "drop" in the schema',
    ]


def test_rows_set_aside_are_kept_with_their_reasons_as_they_came() -> None:
    frame, aside = kept(BROKEN), set_aside()
    assert frame.to_dict("list") == {"id": [1, 6], "age": [31, 60], "plan": ["free", "pro"]}
    assert frame["age"].dtype == "int64"
    assert aside["where"].tolist() == ["row 1", "row 2", "row 3", "row 4"]
    assert aside["age"].tolist()[:2] == ["old", "27"]
    assert aside["reason"].iloc[3] == "age: below 0; plan: not one of 'free', 'pro'"


def test_rows_with_more_or_fewer_fields_are_set_aside_too() -> None:
    text = "id,age,plan\n1,31,free,x\n2,44\n3,27,pro\n4,50,pro,,\n\n5,51,free\n6\n"
    frame, aside = kept(text), set_aside()
    assert frame["id"].tolist() == [3, 5] and frame["age"].tolist() == [27, 51]
    assert aside["text"].tolist() == ["1,31,free,x", "2,44", "4,50,pro,,", "6"]
    assert aside["where"].tolist() == ["row 0", "row 1", "row 3", "row 5"]
    assert kept(text, columns=["id"])["id"].tolist() == [3, 5]
    with pytest.raises(DataError) as refused:
        ReadCSV("people.csv", schema=SCHEMA).read()
    assert str(refused.value).splitlines()[:2] == [
        "ReadCSV of 'people.csv': 4 of 6 rows do not fit the schema",
        "  row 0 has more fields than the header: 1,31,free,x",
    ]


def test_more_rows_lost_than_allowed_is_an_error() -> None:
    with pytest.raises(DataError, match=r"4 of 6 rows do not fit the schema: plan: .*; 0.01 of the rows may be lost"):
        ReadCSV(written(BROKEN), schema=SCHEMA.with_(bad_rows="drop")).read()
    assert len(ReadCSV("people.csv", schema=SCHEMA.with_(bad_rows="drop", most=0.7)).read()) == 2
    with pytest.raises(DataError, match="3 of 3 rows do not fit the schema: age: below 99 .3.; no row is left"):
        ReadCSV(written(GOOD), schema=Schema({"age": Column(int, least=99)}, bad_rows="drop", most=1.0)).read()


def test_several_files_are_typed_as_one_and_rows_named_by_file() -> None:
    written("x,y\n1,a\n2,b\n", "1.csv")
    written("x,y\nnone,c\n9007199254740993,d\n", "2.csv")
    with pytest.raises(DataError, match="row 0 of '2.csv': x is 'none', not a whole number"):
        ReadCSV(["1.csv", "2.csv"], schema={"x": int}).read()
    frame = ReadCSV(["1.csv", "2.csv"], schema=Schema({"x": int}, bad_rows="drop", most=1.0)).read()
    assert frame["x"].tolist() == [1, 2, 9007199254740993]


def test_a_column_is_declared_once() -> None:
    with pytest.raises(ConfigurationError, match="the column 'age' in schema= and in dtypes="):
        ReadCSV("people.csv", schema=SCHEMA, dtypes={"age": "str"})


def test_a_run_counts_what_was_set_aside() -> None:
    rows = "".join(f"{row},{20 + row % 50},{'gold' if row % 50 == 7 else 'pro' if row % 3 else 'free'},{row % 2}\n"
                   for row in range(300))  # fmt: skip
    source = ReadCSV(
        written(f"id,age,plan,target\n{rows}"), schema=SCHEMA.with_(bad_rows="quarantine", most=0.05), name="people"
    )
    pipeline = Pipeline([source, DummyClassifier()], target="target")
    for _ in range(2):  # the second time from the cache
        run = pipeline.run(track=False)
        found = [each for each in run.findings if each.code == "DA101"]
        assert len(found) == 1 and found[0].step == "people"
        assert found[0].message.startswith("people: 6 of 300 rows do not fit the schema: plan: not one of")
    assert set_aside()["plan"].tolist() == ["gold"] * 6


def parquet() -> pd.DataFrame:
    frame = pd.DataFrame({"id": range(10), "age": [30.0] * 8 + [None, -1.0], "plan": ["free"] * 7 + ["gold"] * 3})
    frame.to_parquet("people.parquet", row_group_size=4)
    return frame


def test_parquet_is_checked_at_once_and_in_pieces_alike() -> None:
    frame = parquet()
    schema = SCHEMA.with_(bad_rows="quarantine", most=0.5)
    whole = ReadParquet("people.parquet", schema=SCHEMA.with_(bad_rows="drop", most=0.5)).read()
    assert whole["age"].tolist() == [30] * 7 and whole["age"].dtype == "int64"
    with override(rows_in_memory=4, rows_per_partition=4):
        source = ReadParquet("people.parquet", schema=schema)
        table = mlsys.engines.LocalEngine().hold(source.partitions(), None)
        pd.testing.assert_frame_equal(table.frame(), whole)
        assert (table.note.rows, table.note.lost, table.rows) == (10, 3, 7)
        assert table.frame(["plan"])["plan"].tolist() == ["free"] * 7
        files = sorted(Path(".mlsys/quarantine").glob("*/*.parquet"))
        aside = pd.concat([pd.read_parquet(file) for file in files])
        assert sorted(aside["id"]) == [7, 8, 9] and len(frame) == 10
        assert aside["where"].str.contains("row 7 ").any()


def test_pieces_do_not_repeat_what_is_unique() -> None:
    pd.DataFrame({"id": [1, 2, 3, 1], "target": [0, 1, 0, 1]}).to_parquet("people.parquet")
    source = ReadParquet("people.parquet", schema={"id": Column(int, unique=True)})
    said = r"(?s)1 of 2 rows do not fit.*row 3 \(people.parquet, rows 2 to 4\): id is 1, repeats the"
    with override(rows_in_memory=2, rows_per_partition=2), pytest.raises(DataError, match=said):
        Pipeline([source, DummyClassifier()], target="target").run(track=False)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.sampled_from([None, 0, 1, 2, 2**53, 2**53 + 1]), st.sampled_from("abc")), min_size=1),
    size=st.integers(1, 7),
)
def test_what_repeats_is_set_aside_alike_at_once_and_in_pieces(rows: list[tuple[int | None, str]], size: int) -> None:
    frame = pd.DataFrame(rows, columns=["id", "who"]).astype({"id": "Int64", "who": "str"})
    frame.assign(at=range(len(frame))).to_parquet("rows.parquet")
    whole = Schema({"id": Column(int, null=True, unique=True), "who": str}, bad_rows="drop", most=1.0)
    both = Schema({"id": Column(int, null=True), "who": str}, key=["id", "who"], bad_rows="drop", most=1.0)
    for schema, names in ((whole, ["id"]), (both, ["id", "who"])):
        first = ~frame.duplicated(names) | (frame["id"].isna() if names == ["id"] else False)
        source = ReadParquet("rows.parquet", schema=schema)
        with override(rows_in_memory=1, rows_per_partition=size):
            pieces = source.partitions() or [Partition(None, lambda columns: source.read())]  # noqa: B023
            kept = [place for piece in pieces for place in piece.read(None)["at"]]
            counts = [noted(piece.read([])) for piece in pieces]
        assert kept == np.flatnonzero(first).tolist()
        assert sum(each.lost for each in counts if each is not None) == int((~first).sum())


def test_values_are_compared_themselves_where_their_hashes_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"id": [1, 2, 3, 1, 4, 5]}).to_parquet("rows.parquet")
    monkeypatch.setattr(repeats, "hash_ids", lambda values: np.zeros(len(values), dtype=np.uint64))
    source = ReadParquet("rows.parquet", schema=Schema({"id": Column(int, unique=True)}, bad_rows="drop", most=1.0))
    with override(rows_in_memory=2, rows_per_partition=2):
        assert [id for piece in source.partitions() or () for id in piece.read(None)["id"]] == [1, 2, 3, 4, 5]


def test_a_step_checks_frames() -> None:
    frame = pd.DataFrame({"age": [31, -1, 44]}, index=["a", "b", "c"])
    with pytest.raises(DataError, match="row 'b': age is -1, below 0"):
        CheckSchema({"age": Column(int, least=0)}).select(frame)
    lenient = Schema({"age": Column(int, least=0)}, bad_rows="drop", most=0.5)
    assert CheckSchema(lenient).select(frame).index.tolist() == ["a", "c"]


def test_a_step_without_a_schema_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="CheckSchema got no schema"):
        CheckSchema(None)


def rows_of_people() -> str:
    rows = [f"{place},{place % 90},{'pro' if place % 3 else 'free'},{place / 7:.3f}" for place in range(40)]
    rows[5], rows[17], rows[30] = "5,old,pro,1.5", "17,3,pro,1.5,more", "30,-2,pro,n/k"
    return "\n".join(["id,age,plan,x", *rows, ""])


@pytest.mark.parametrize("rows", [3, 7, 100])
def test_declared_csv_is_read_in_pieces_as_at_once(rows: int) -> None:
    schema = SCHEMA.with_(columns={**SCHEMA.columns, "x": Column(float)}, bad_rows="quarantine", most=0.5)
    source = ReadCSV(written(rows_of_people()), schema=schema)
    whole, aside = source.read(), mlsys.quarantined(source)
    with override(rows_in_memory=4, rows_per_partition=rows):
        table = mlsys.engines.LocalEngine().hold(source.partitions(), None)
        pd.testing.assert_frame_equal(pd.concat(table.frames()), whole.reset_index(drop=True))
        assert (table.note.rows, table.note.lost, table.rows) == (40, 3, 37)
        assert sorted(mlsys.quarantined(source)["reason"]) == sorted(aside["reason"])
        with pytest.raises(DataError, match="row 17 has more fields than the header"):
            ReadCSV("people.csv", schema=schema.with_(bad_rows="raise")).partitions()


def test_csv_of_undeclared_types_is_read_at_once() -> None:
    with override(rows_in_memory=2, rows_per_partition=2):
        assert ReadCSV(written(GOOD)).partitions() is None
        assert ReadCSV("people.csv", dtypes={"id": "int64", "age": "int64"}).partitions() is None
        source = ReadCSV("people.csv", dtypes={"id": "int64", "plan": "str"}, columns=["plan"], where=[("id", ">", 1)])
        assert [piece.read(None)["plan"].tolist() for piece in source.partitions() or ()] == [["pro"], ["pro"]]
