"""Rows of a real PostgreSQL server: types, values bound, documents, transactions, passwords."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sqlalchemy import create_engine, text

from mlsys import Flatten, Impute, Pipeline, RandomSplit, ReadDocuments, ReadParquet, ReadSQL, Train, WriteSQL
from mlsys.errors import DataError
from mlsys.settings import override

pytestmark = pytest.mark.long

PASSWORD = "r1ght-s3cret-0f-mine"


@pytest.fixture(scope="module")
def shop_url(database: str) -> str:
    """A database with a table of each type, and one of documents."""
    url = f"{database}/postgres"
    with create_engine(url).begin() as connection:
        connection.execute(text(f"CREATE USER guarded PASSWORD '{PASSWORD}'"))
        connection.execute(text("GRANT pg_read_all_data TO guarded"))
        connection.execute(
            text(
                "CREATE TABLE t AS SELECT i, i::bigint * 10000000000000 AS big, i / 4.0 AS x,"
                " (i * 5)::numeric(30, 0) AS n,"
                " (i / 8.0)::numeric(12, 3) AS money, i % 2 = 0 AS even, date '2024-01-01' + i AS day,"
                " timestamptz '2024-03-31 00:00+01' + i * interval '1 hour' AS at, md5(i::text)::uuid AS key,"
                " CASE WHEN i % 3 > 0 THEN 'é' || i END AS s, ARRAY[i, i + 1] AS pair"
                " FROM generate_series(0, 999) AS i"
            )
        )
        connection.execute(text("CREATE TABLE documents (id int, document jsonb)"))
        documents = [{"to": {"city": "Rome", "zip": i}, "items": [{"n": k} for k in range(i % 3)]} for i in range(10)]
        rows = [{"id": i, "document": json.dumps(each)} for i, each in enumerate(documents)]
        connection.execute(text("INSERT INTO documents VALUES (:id, CAST(:document AS jsonb))"), rows)
    return url


def test_each_type_has_its_values(shop_url: str) -> None:
    frame = ReadSQL(shop_url, "SELECT * FROM t ORDER BY i").read()
    i = np.arange(1000)
    at = pd.Timestamp("2024-03-30 23:00", tz="UTC") + pd.to_timedelta(i, "h")
    assert frame.dtypes.astype(str).to_dict() == {
        "i": "int64", "big": "int64", "x": "float64", "n": "int64", "money": "float64", "even": "bool",
        "day": "datetime64[us]", "at": "datetime64[us, UTC]", "key": "str", "s": "str", "pair": "object",
    }  # fmt: skip
    assert (frame["big"] == i * 10**13).all() and (frame["n"] == i * 5).all() and (frame["x"] == i / 4).all()
    assert (frame["money"] == i / 8).all() and (frame["even"] == (i % 2 == 0)).all()
    assert (frame["day"] == pd.Timestamp("2024-01-01") + pd.to_timedelta(i, "D")).all() and (frame["at"] == at).all()
    assert frame["s"].isna().tolist() == (i % 3 == 0).tolist() and frame["s"][1] == "é1"
    assert frame["key"][0] == "cfcd2084-95d5-65ef-66e7-dff9f98764da"
    assert list(frame["pair"][3]) == [3, 4]


def test_values_are_bound(shop_url: str) -> None:
    query = "SELECT i FROM t WHERE at >= :since AND even = :even AND i IN :some AND day < :day ORDER BY i"
    bound: dict[str, Any] = {"since": pd.Timestamp("2024-03-31", tz="UTC"), "even": True, "some": [1, 2, 4, 6]}
    assert ReadSQL(shop_url, query, {**bound, "day": pd.Timestamp("2024-01-06")}).read()["i"].tolist() == [2, 4]
    evil = {"s": "'; DROP TABLE t; --"}
    assert ReadSQL(shop_url, "SELECT count(*) AS n FROM t WHERE s = :s", evil).read()["n"].tolist() == [0]
    assert ReadSQL(shop_url, "SELECT count(*) AS n FROM t").read()["n"].tolist() == [1000]


@pytest.mark.parametrize("query", ["DELETE FROM t RETURNING i", "DROP TABLE t", "SELECT setval('nothing', 1)"])
def test_a_source_changes_nothing(shop_url: str, query: str) -> None:
    with pytest.raises(DataError, match="the database refused"):
        ReadSQL(shop_url, query).read()
    assert ReadSQL(shop_url, "SELECT count(*) AS n FROM t").read()["n"].tolist() == [1000]


def test_documents_of_jsonb(shop_url: str) -> None:
    frame = ReadDocuments(ReadSQL(shop_url, "SELECT * FROM documents ORDER BY id"), "document").read()
    flat = Flatten(explode="items").reshape(frame)
    expected = [(i, i, k) for i in range(10) for k in (range(i % 3) if i % 3 else [None])]
    found = [(i, z, None if pd.isna(n) else n) for i, z, n in flat[["id", "to.zip", "items.n"]].itertuples(index=False)]
    assert found == expected


def test_many_rows_are_one_state_in_bounded_memory(shop_url: str) -> None:
    query = "SELECT i, repeat('x', 20) || i AS s FROM generate_series(1, 300000) AS i"
    with override(rows_in_memory=50_000, rows_per_partition=65_536):
        pieces = ReadSQL(shop_url, query).open()
        assert sum(piece.rows or 0 for piece in pieces) == 300_000
        assert [int(piece.read(["i"])["i"].iloc[0]) for piece in pieces] == [1, 65_537, 131_073, 196_609, 262_145]


def test_the_password_is_in_no_file_of_a_tracked_run(
    shop_url: str, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{own_folder}/mlflow.db")
    guarded = shop_url.replace("mlsys@", f"guarded:{PASSWORD}@")
    query = "SELECT i, x, even FROM t WHERE i < :most"
    for url in (SecretStr(guarded), guarded):
        pipeline = Pipeline([ReadSQL(url, query, {"most": 900}), LogisticRegression()], target="even")
        pipeline.run()
    found = [path for path in own_folder.rglob("*") if path.is_file()]
    assert len(found) > 10
    assert not [path for path in found if PASSWORD.encode() in path.read_bytes()]
    assert any(query.encode() in path.read_bytes() for path in found)  # the query is lineage
    with pytest.raises(DataError, match="password authentication failed") as caught:
        ReadSQL(guarded.replace(PASSWORD, "wr0ng-s3cret"), query, {"most": 1}).read()
    assert "wr0ng-s3cret" not in str(caught.value) + repr(caught.value.__cause__)


def test_a_table_is_replaced_whole_or_not_at_all(shop_url: str) -> None:
    rows = pd.DataFrame({"x": [1.5, None], "s": ["a", None], "t": pd.date_range("2024", periods=2, tz="Europe/Berlin")})
    sink = WriteSQL(shop_url, 'od"d')
    sink.write({"train": rows})
    sink.write({"train": rows, "validation": rows.head(1)})
    read = ReadSQL(shop_url, 'SELECT * FROM "od""d"').read()
    assert read["part"].tolist() == ["train", "train", "validation"]
    pd.testing.assert_series_equal(read["t"].head(2), rows["t"].dt.tz_convert("UTC").dt.as_unit("us"))
    with pytest.raises(DataError):
        sink.write({"train": rows, "validation": rows.assign(s=[[1], [2]])})
    assert len(ReadSQL(shop_url, 'SELECT * FROM "od""d"').read()) == 3
    WriteSQL(shop_url, "predicted").append(pd.DataFrame({"prediction": [1]}), model="m/1")
    WriteSQL(shop_url, "predicted").append(pd.DataFrame({"prediction": [0]}), model="m/2")
    assert ReadSQL(shop_url, "SELECT model FROM predicted ORDER BY model").read()["model"].tolist() == ["m/1", "m/2"]


def test_training_rows_without_predictions_are_null_and_columns_keep_their_types(shop_url: str) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "at": pd.Timestamp("2024-05-01"), "y": np.arange(300) % 2})
    steps = [RandomSplit(), LogisticRegression(), WriteSQL(shop_url, "judged")]
    run = Pipeline(steps, target="y", features=["x"]).run(frame, track=False, cache=False)
    written = ReadSQL(shop_url, "SELECT * FROM judged").read()
    query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'judged'"
    types = dict(ReadSQL(shop_url, query).read().itertuples(index=False))
    assert types == {
        "x": "double precision", "at": "timestamp without time zone", "y": "bigint", "prediction": "bigint",
        "probability_0": "double precision", "probability_1": "double precision", "part": "text",
    }  # fmt: skip
    assert written["part"].value_counts().to_dict() == {part: run.rows[part] for part in ("train", "validation")}
    assert (written["prediction"].isna() == (written["part"] == "train")).all()
    assert written["probability_1"].dropna().between(0, 1).all()


def test_parts_that_are_read_in_pieces_are_written_as_those_in_memory(shop_url: str, own_folder: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": np.where(rng.random(600) < 0.1, np.nan, rng.normal(size=600)),
            "s": pd.Series(rng.choice(["é", 'q"', None], 600), dtype="str"),
            "at": pd.Timestamp("2024-05-01", tz="UTC") + pd.to_timedelta(np.arange(600), unit="h"),
            "y": np.arange(600) % 2,
        }
    )
    frame.to_parquet("rows.parquet", row_group_size=100)
    model = Train(SGDClassifier(random_state=0), classes=[0, 1])
    written = {}
    for table, most in (("held", 1_000), ("in_pieces", 200)):
        with override(rows_in_memory=most, rows_per_partition=100):
            steps = [ReadParquet("rows.parquet"), RandomSplit(), Impute(), model, WriteSQL(shop_url, table)]
            run = Pipeline(steps, target="y", features=["x"]).run(track=False, cache=False)
        assert run._live.execution.parts.rows["train"].in_memory == (table == "held")
        written[table] = ReadSQL(shop_url, f"SELECT x, s, at, y, part, prediction IS NULL AS none FROM {table}").read()
    pd.testing.assert_frame_equal(written["in_pieces"], written["held"])
    assert written["held"]["part"].value_counts().to_dict() == {
        name: run.rows[name] for name in ("train", "validation")
    }
