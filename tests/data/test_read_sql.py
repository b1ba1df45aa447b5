"""ReadSQL: the rows of a query, values bound, nothing changed, no password anywhere."""

from __future__ import annotations

import datetime
import decimal
import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from mlsys import Flatten, Pipeline, ReadDocuments, ReadSQL
from mlsys.data import read_sql
from mlsys.data._rows_to_arrow import table_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.settings import override

SHOP = "sqlite:///shop.db"
ORDERS = [(1, "Rome", 2.5, "2024-01-01"), (2, "Oslo", None, "2024-01-02"), (3, None, 4.0, "2024-01-03")]


@pytest.fixture(autouse=True)
def shop_database(own_folder: Path) -> Iterator[sqlite3.Connection]:
    with sqlite3.connect("shop.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, city TEXT, price REAL, day TEXT)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", ORDERS)
        connection.execute("CREATE TABLE mixed (a)")
        connection.executemany("INSERT INTO mixed VALUES (?)", [(1,), ("x",)])
    yield connection
    connection.close()


def test_values_are_those_of_the_driver() -> None:
    frame = ReadSQL(SHOP, "SELECT * FROM orders ORDER BY id", times=["day"]).read()
    expected = pd.DataFrame(ORDERS, columns=["id", "city", "price", "day"])
    pd.testing.assert_frame_equal(frame, expected.assign(day=pd.to_datetime(expected["day"]).dt.as_unit("us")))


def test_values_are_bound_and_never_part_of_the_text() -> None:
    asked = "SELECT id FROM orders WHERE city = :city"
    assert ReadSQL(SHOP, asked, {"city": "Rome"}).read()["id"].tolist() == [1]
    with pytest.raises(DataError, match="gives no rows"):
        ReadSQL(SHOP, asked, {"city": "x' OR '1'='1"}).read()
    in_list = ReadSQL(SHOP, "SELECT id FROM orders WHERE id IN :ids ORDER BY id", {"ids": (1, np.int64(3))})
    assert in_list.read()["id"].tolist() == [1, 3]
    day = ReadSQL(SHOP, "SELECT id FROM orders WHERE day >= :day", {"day": "2024-01-03"})
    assert day.read()["id"].tolist() == [3]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ReadSQL(SHOP, "SELECT :a"), "names the value :a, which parameters= does not give"),
        (lambda: ReadSQL(SHOP, "SELECT 1", {"a": 1}), "which the query does not name"),
        (lambda: ReadSQL(SHOP, "SELECT :a", {"a": pd.DataFrame()}), "a DataFrame"),
        (lambda: ReadSQL(SHOP, " "), "empty query"),
        (lambda: ReadSQL("no address", "SELECT 1"), "an address that SQLAlchemy cannot read"),
        (lambda: ReadSQL("nobase://h/d", "SELECT 1").read(), "no driver for 'nobase'"),
        (lambda: ReadDocuments(ReadSQL(SHOP, "SELECT 1")), "a query without column="),
        (lambda: ReadDocuments("a.json", "a"), "column= for files"),
    ],
)
def test_what_cannot_be_asked_is_refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * FROM nowhere", "the database refused: no such table: nowhere"),
        ("SELEC 1", "syntax error"),
        ("SELECT a FROM mixed", "column 'a' holds 'x' in row 1, a str, and 1 before, a int"),
        ("SELECT id, id FROM orders", "several columns 'id'"),
        ("SELECT id FROM orders WHERE id > 9", "gives no rows"),
        ("DELETE FROM orders", "readonly"),
        ("DROP TABLE orders", "readonly"),
    ],
)
def test_what_a_database_refuses_is_said_once_and_nothing_changes(query: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        ReadSQL(SHOP, query).read()
    assert len(ReadSQL(SHOP, "SELECT * FROM orders").read()) == 3


def test_a_missing_database_is_named_and_not_made() -> None:
    with pytest.raises(DataError, match=r"cannot find the database 'none.db'"):
        ReadSQL("sqlite:///none.db", "SELECT 1").read()
    assert not Path("none.db").exists()


@pytest.mark.parametrize("make", [str, SecretStr, make_url])
def test_a_password_is_in_no_text(make: Callable[[str], Any]) -> None:
    step = ReadSQL(make("postgresql+psycopg2://me:b1g-s3cret@127.0.0.1:9/shop"), "SELECT 1")
    other = ReadSQL(make("postgresql+psycopg2://me:0ther-s3cret@127.0.0.1:9/shop"), "SELECT 1")
    with pytest.raises(DataError) as caught:
        step.read()
    plan = Pipeline([step, Flatten()], target="y").plan()
    for text in (repr(step), str(caught.value), repr(caught.value.__cause__), str(plan), plan._repr_html_()):
        assert "b1g-s3cret" not in text
    assert "cannot be reached" in str(caught.value)
    assert step.digest == other.digest


def test_answers_beyond_memory_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_sql, "ROWS_AT_ONCE", 7)
    rows = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49) SELECT"
    step = ReadSQL(SHOP, f"{rows} i, CASE WHEN i < 20 THEN NULL ELSE i / 2.0 END AS x, 'a' || i AS s FROM n")
    whole = step.read()
    assert whole["x"].tolist()[20:] == [place / 2 for place in range(20, 50)]
    with override(rows_in_memory=20, rows_per_partition=16):
        pieces = step.open()
        Path("shop.db").unlink()
        pd.testing.assert_frame_equal(pd.concat([piece.read(None) for piece in pieces]), whole)


def test_results_are_used_again_while_the_database_is_the_same(shop_database: sqlite3.Connection) -> None:
    step = ReadSQL(SHOP, "SELECT * FROM orders")
    assert step.files_read() == [Path("shop.db")]
    asked = ReadSQL(SHOP, "SELECT * FROM orders", edition_query="SELECT count(*) FROM orders")
    before = asked.edition()
    assert (asked.files_read(), before) == (None, asked.edition())
    shop_database.execute("DELETE FROM orders WHERE id = 1")
    shop_database.commit()
    assert asked.edition() != before


def test_types_of_drivers_become_those_of_frames() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    rows = [
        (decimal.Decimal("1.50"), decimal.Decimal(3), 2**63, datetime.date(2024, 1, 1), uuid.UUID(int=1), b"\0", [1]),
        (None, None, None, None, None, memoryview(b"a"), None),
    ]
    table = table_of(list("abcdefg"), rows, 0, "test")
    assert [str(each) for each in table.schema.types] == [
        "decimal128(3, 2)", "decimal128(1, 0)", "uint64", "date32[day]", "string", "binary", "list<item: int64>",
    ]  # fmt: skip
    moments = [(datetime.datetime(2024, 1, 1, 2, tzinfo=zone),), (datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),)]
    assert (
        table_of(["t"], moments, 0, "test").column("t").to_pandas().tolist()
        == [pd.Timestamp("2024-01-01", tz="UTC")] * 2
    )
    assert table_of(["n"], [(2**70,), (1,)], 0, "test").column("n").to_pylist() == [str(2**70), "1"]
    assert table_of(["d"], [(decimal.Decimal("NaN"),)], 0, "test").column("d").to_pylist() == [None]
    with pytest.raises(DataError, match="times with a zone and times without one"):
        table_of(["t"], [*moments, (datetime.datetime(2024, 1, 1),)], 0, "test")


def test_documents_in_a_column_become_columns(shop_database: sqlite3.Connection) -> None:
    shop_database.execute("CREATE TABLE documents (key INTEGER, document TEXT)")
    documents = [{"to": {"city": "Rome"}, "tags": ["a", "b"]}, None, {"to": {"zip": 2**53 + 1}}]
    texts = [(place, None if each is None else json.dumps(each, indent=1)) for place, each in enumerate(documents)]
    shop_database.executemany("INSERT INTO documents VALUES (?, ?)", texts)
    shop_database.commit()
    step = ReadDocuments(ReadSQL(SHOP, "SELECT key, document FROM documents ORDER BY key"), "document")
    frame = step.read()
    assert str(frame["to"].dtype) == "struct<city: string, zip: int64>[pyarrow]"
    flat = Flatten().reshape(frame)
    assert flat["key"].tolist() == [0, 1, 2]
    assert flat["to.zip"].tolist() == [pd.NA, pd.NA, 2**53 + 1]
    with pytest.raises(DataError, match="column= names the column 'nope'"):
        ReadDocuments(ReadSQL(SHOP, "SELECT key, document FROM documents"), "nope").read()
    with pytest.raises(DataError, match="'to' is a column of the query and a field of its documents"):
        ReadDocuments(ReadSQL(SHOP, "SELECT 1 AS 'to', document FROM documents"), "document").read()
