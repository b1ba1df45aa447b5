"""Schemas written from rows, and what changed between two tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlsys import Column, Schema, compare_tables
from mlsys.errors import ConfigurationError


def orders(rows: int = 60) -> pd.DataFrame:
    return pd.DataFrame({
        "id": np.arange(rows),
        "price": np.linspace(1.5, 90, rows),
        "count": pd.Series([1, 2, None] * (rows // 3)),
        "plan": ["free", "pro", "pro"] * (rows // 3),
        "sold": pd.date_range("2024-01-01", periods=rows, freq="h"),
        "note": [f"note {row // 2}" for row in range(rows)],
    })  # fmt: skip


def test_an_inferred_schema_says_types_ranges_nulls_and_levels() -> None:
    assert repr(Schema.infer(orders())) == (
        "Schema({\n"
        "    'id': Column('int', least=0, unique=True),\n"
        "    'price': Column('float', least=1.5, greatest=90.0),\n"
        "    'count': Column('int', null=True, least=1, greatest=2),\n"
        "    'plan': Column('str', allowed=['free', 'pro']),\n"
        "    'sold': Column('datetime', least='2024-01-01', greatest='2024-01-03T11:00:00'),\n"
        "    'note': Column('str'),\n"
        "})"
    )


COLUMNS = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=4, max_size=4),
    st.lists(st.none() | st.integers(0, 5), min_size=4, max_size=4),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=4, max_size=4),
    st.lists(st.none() | st.text(max_size=3), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.lists(st.datetimes(), min_size=4, max_size=4),
)


@example([[0.0, 0.0, 0.0, 2.0**63]])
@given(st.lists(COLUMNS, min_size=1, max_size=4))
def test_rows_fit_the_schema_inferred_from_them_and_its_code(columns: list[list[object]]) -> None:
    frame = pd.DataFrame({f"x{place}": pd.Series(values) for place, values in enumerate(columns)})
    schema = Schema.infer(frame)
    assert not schema.check(frame).problems
    assert eval(repr(schema)) == schema


def test_numbers_beyond_64_bits_are_no_whole_numbers() -> None:
    frame = pd.DataFrame({"hash": pd.Series([1, 2**63, 2**64 - 1], dtype="uint64"), "size": [0.0, 1e30, 2.0]})
    schema = Schema.infer(frame)
    assert {name: column.type for name, column in schema.columns.items()} == {"hash": "float", "size": "float"}
    assert not schema.check(frame).problems


def test_what_changed_is_named_column_by_column() -> None:
    old = orders()
    new = old.assign(
        price=old["price"] + 30, plan=["free", "gold", "pro"] * 20, note="same", count=[1.0, 2.0, 2.0] * 20,
        sold=old["sold"].astype("str"), fresh=1,
    ).drop(columns="id")  # fmt: skip
    table = compare_tables(old, new).table
    assert table[["column", "what"]].to_numpy().tolist() == [
        ["id", "column"], ["price", "range"], ["count", "nulls"], ["plan", "categories"], ["sold", "type"],
        ["note", "categories"], ["note", "categories"], ["fresh", "column"],
    ]  # fmt: skip
    said = dict(zip(table["what"], table["new"], strict=True))
    assert said["range"] == "31.5 to 120.0, outside in 33% of rows"
    assert said["type"] == "str"
    assert table["new"].iloc[3] == "also 'gold', in 33% of rows"
    assert (table["old"].iloc[2], table["new"].iloc[2]) == ("33%", "none")


def test_equal_tables_and_equal_schemas_have_no_changes() -> None:
    assert not compare_tables(orders(), orders())
    assert "all" not in str(compare_tables(orders(), orders())) and len(compare_tables(orders(), orders())) == 0
    schema = Schema.infer(orders())
    assert not compare_tables(schema, schema)
    assert not compare_tables(schema, orders())


def test_schemas_are_compared_by_what_they_declare() -> None:
    old = Schema({"x": Column(int, least=0), "y": ["a"], "z": float})
    new = Schema({"x": Column(int, least=0, greatest=9, unique=True), "y": ["a", "b"], "z": int})
    found = compare_tables(old, new).table
    assert found.to_numpy().tolist() == [
        ["x", "range", "from 0", "from 0 to 9"],
        ["x", "unique", "False", "True"],
        ["y", "categories", "'a'", "'a', 'b'"],
        ["z", "type", "float", "int"],
    ]
    with pytest.raises(ConfigurationError, match="compare_tables"):
        compare_tables(old, {"x": int})  # type: ignore[arg-type]
