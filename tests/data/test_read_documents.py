"""ReadDocuments keeps what is nested, and Flatten makes columns and rows of it without losing any."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys import Flatten, ReadDocuments, ReadJSON
from mlsys.errors import ConfigurationError, DataError

ORDERS = [
    {"id": 1, "to": {"city": "Rome", "at": {"lat": 41.9}}, "items": [{"sku": "a", "n": 1}, {"sku": "b"}]},
    {"id": 2, "to": {"city": None}, "items": []},
    {"id": 3, "to": None, "items": [{"sku": "c", "n": 2}]},
    {"id": 4},
]


def written(records: Any, name: str = "orders.jsonl") -> str:
    Path(name).write_text("".join(f"{json.dumps(each)}\n" for each in records))
    return name


def test_documents_are_structs_and_lists() -> None:
    frame = ReadDocuments(written(ORDERS)).read()
    assert frame["id"].tolist() == [1, 2, 3, 4]
    assert str(frame["to"].dtype) == "struct<city: string, at: struct<lat: double>>[pyarrow]"
    assert str(frame["items"].dtype) == "list<item: struct<sku: string, n: int64>>[pyarrow]"
    assert ReadDocuments("orders.jsonl", columns=["items"]).read().columns.tolist() == ["items"]


@pytest.mark.parametrize("source", [ReadDocuments, ReadJSON])
def test_records_become_columns(source: Any) -> None:
    flat = Flatten().reshape(source(written(ORDERS)).read())
    assert flat.columns.tolist()[:3] == ["id", "to.city", "to.at.lat"]
    assert flat["to.city"].fillna("-").tolist() == ["Rome", "-", "-", "-"]
    assert flat["to.at.lat"].fillna(0).tolist() == [41.9, 0, 0, 0]


def test_elements_become_rows_and_no_row_is_lost() -> None:
    flat = Flatten(explode="items", separator="_").reshape(ReadDocuments(written(ORDERS)).read())
    assert flat["id"].tolist() == [1, 1, 2, 3, 4]
    assert flat["items_sku"].fillna("-").tolist() == ["a", "b", "-", "c", "-"]
    assert flat["items_n"].fillna(0).tolist() == [1, 0, 0, 2, 0]
    assert flat["to_city"].fillna("-").tolist() == ["Rome", "Rome", "-", "-", "-"]
    inner = Flatten(explode="a.b").reshape(pd.DataFrame({"a": [{"b": [1, 2]}, {"b": [3]}], "c": ["x", "y"]}))
    assert inner.to_dict("list") == {"a.b": [1, 2, 3], "c": ["x", "x", "y"]}


DOCUMENTS = st.fixed_dictionaries(
    {"id": st.integers(0, 9)},
    optional={
        "r": st.one_of(
            st.none(), st.fixed_dictionaries({}, optional={"x": st.integers(-5, 5), "s": st.text(max_size=3)})
        ),
        "l": st.one_of(st.none(), st.lists(st.integers(0, 5), max_size=3)),
    },
)


@given(st.lists(DOCUMENTS, min_size=1, max_size=8))
def test_flattened_values_are_those_of_the_documents(documents: list[dict[str, Any]]) -> None:
    expected = [
        (each["id"], (each.get("r") or {}).get("x"), (each.get("r") or {}).get("s"), element)
        for each in documents
        for element in (each.get("l") or [None])
    ]
    full = [*documents, {"id": 0, "r": {"x": 1, "s": "a"}, "l": [1]}]  # so that each field is there once
    flat = Flatten(explode="l").reshape(ReadDocuments(written(full)).read()).iloc[:-1]
    found = [
        tuple(None if pd.isna(each) else each for each in row)
        for row in flat[["id", "r.x", "r.s", "l"]].itertuples(index=False)
    ]
    assert found == expected


def test_absent_fields_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="mlsys"):
        Flatten().reshape(ReadDocuments(written(ORDERS)).read())
    assert "to.city is absent or null in 1 of 2 records" in caplog.text


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Flatten(["id"]), "column 'id' holds whole numbers"),
        (Flatten(["nope"]), "needs the column 'nope'"),
        (Flatten(explode="id"), "holds no lists"),
        (Flatten(explode="to.nope"), "explode= names 'to.nope', which is not there"),
        (Flatten(explode="nope"), "needs the column 'nope'"),
    ],
)
def test_what_is_not_nested_is_named(step: Flatten, said: str) -> None:
    with pytest.raises(DataError, match=said):
        step.reshape(ReadDocuments(written(ORDERS)).read())


def test_names_that_meet_and_values_that_differ_are_refused() -> None:
    with pytest.raises(DataError, match=r"'a.b' would be there twice"):
        Flatten().reshape(pd.DataFrame({"a": [{"b": 1}], "a.b": [2]}))
    with pytest.raises(DataError, match="values of different kinds under one name"):
        Flatten().reshape(pd.DataFrame({"a": [{"b": 1}, {"b": "x"}]}))
    with pytest.raises(DataError, match=r"column 'a.b' .* line 2"):
        ReadDocuments(written([{"a": {"b": 1}}, {"a": {"b": "x"}}])).read()
    with pytest.raises(ConfigurationError, match="empty separator="):
        Flatten(separator="")
