"""Requests that nobody should send, and what becomes of each: the same answer as the good one, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

SAME, REFUSED, ANY, NOTHING = "same", "refused", "any", "nothing"
"""The good request's answer; status 400; either of both; no rows."""
JSON = "application/json"
DEEP = "[" * 100_000 + "]" * 100_000
Asked = tuple[str, str | bytes, str, str]
"""Name, body, content type, what has to come of it."""


def odd_requests(row: Mapping[str, Any]) -> list[Asked]:
    """Return 60 odd requests made of one good row of price, items, days, country, member and placed."""
    return [*_values(row), *_forms(row), *_bodies(row)]


def _records(row: Mapping[str, Any]) -> str:
    return json.dumps({"dataframe_records": [dict(row)]})


def _values(row: Mapping[str, Any]) -> list[Asked]:
    """Odd values in one column."""
    changes: list[tuple[str, Any, str]] = [
        ("items", 10**20, REFUSED), ("items", -(10**30), REFUSED), ("items", 2**63, ANY), ("items", 2.5, REFUSED),
        ("items", True, REFUSED), ("items", "3", REFUSED), ("items", [1], REFUSED), ("items", {"a": 1}, REFUSED),
        ("items", float(row["items"]), SAME), ("items", "", REFUSED),
        ("price", "cheap", REFUSED), ("price", "9.5", REFUSED), ("price", [1.0], REFUSED), ("price", False, REFUSED),
        ("price", 10**400, REFUSED), ("price", {"$numberDouble": "1"}, REFUSED), ("price", 1e308, ANY),
        ("days", None, ANY), ("days", "NaN", REFUSED), ("days", 5e-324, ANY),
        ("country", 49, REFUSED), ("country", None, ANY), ("country", "x" * 1_000_000, ANY), ("country", "\0", ANY),
        ("country", ["DE"], REFUSED), ("country", "\ud800", REFUSED), ("country", True, REFUSED), ("country", "", ANY),
        ("member", "yes", REFUSED), ("member", int(row["member"]), SAME), ("member", 2, REFUSED),
        ("member", 0.5, REFUSED),
        ("placed", "yesterday", REFUSED), ("placed", "", REFUSED), ("placed", "2024-13-45", REFUSED),
        ("placed", {"year": 2024}, REFUSED), ("placed", True, REFUSED), ("placed", "9999-12-31", ANY),
    ]  # fmt: skip
    return [
        (f"{name} = {str(value)[:30]!r}", _records({**row, name: value}), JSON, wanted)
        for name, value, wanted in changes
    ]


def _forms(row: Mapping[str, Any]) -> list[Asked]:
    """The same row in every form that MLflow takes, and in some that it does not."""
    columns = {name: [value] for name, value in row.items()}
    uneven = {**columns, "price": [1.0, 2.0]}
    less = {name: value for name, value in row.items() if name != "price"}
    return [
        ("inputs by records", json.dumps({"inputs": [row]}), JSON, SAME),
        ("inputs by columns", json.dumps({"inputs": columns}), JSON, SAME),
        ("inputs of single values", json.dumps({"inputs": row}), JSON, SAME),
        ("instances", json.dumps({"instances": [row]}), JSON, SAME),
        ("more columns, backwards", _records({"more": 1, **dict(reversed(row.items()))}), JSON, SAME),
        ("uneven columns", json.dumps({"inputs": uneven}), JSON, REFUSED),
        ("a column left out", _records(less), JSON, REFUSED),
        ("no rows", json.dumps({"dataframe_records": []}), JSON, NOTHING),
        ("CSV", pd.DataFrame([row]).to_csv(index=False), "text/csv", SAME),
        ("split with a name twice",
         json.dumps({"dataframe_split": {"columns": [*row, "price"], "data": [[*row.values(), 1.0]]}}), JSON, REFUSED),
    ]  # fmt: skip


def _bodies(row: Mapping[str, Any]) -> list[Asked]:
    """Bodies that hold no rows."""
    return [
        ("inputs: None", '{"inputs": null}', JSON, REFUSED),
        ("inputs: a number", '{"inputs": 34}', JSON, REFUSED),
        ("inputs: an array", '{"inputs": [[1.0, 2.0]]}', JSON, REFUSED),
        ("records of numbers", '{"dataframe_records": [5]}', JSON, REFUSED),
        ("records: None", '{"dataframe_records": null}', JSON, REFUSED),
        ("split without columns", '{"dataframe_split": {"data": [[1, 2]]}}', JSON, REFUSED),
        ("an empty body", "", JSON, REFUSED),
        ("no JSON", "{", JSON, REFUSED),
        (
            "nested deeply (MLflow reads it before the model is asked)",
            '{"inputs": ' + "[" * 100_000 + "]" * 100_000 + "}",
            JSON,
            REFUSED,
        ),
        ("no text", b"\xff\xfe\x00", JSON, REFUSED),
        ("a list", "[1, 2]", JSON, REFUSED),
        ("an unknown key", json.dumps({"rows": [dict(row)]}), JSON, REFUSED),
    ]
