"""What a column means, its plain form, and equality by value: the same for every type that holds the values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.values import Kind, Unlike, as_values_like, by_value, plain, values_of

from .conftest import TYPES, ColumnType

COMPARED_BY_NOTHING = {"nested", "struct", "mixed"}
NO_PLAIN_FORM = COMPARED_BY_NOTHING | {"nothing", "bytes", "uuid", "clock"}


@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("column_type", TYPES, ids=str)
def test_kind_is_told_from_values_not_from_what_holds_them(column_type: ColumnType, nulls: bool) -> None:
    values = values_of(column_type.column(12, nulls=nulls))

    assert values.kind is column_type.kind
    assert (values.strange is not None) == (column_type.base == "mixed")
    if column_type.base in {"whole", "big"} and "float" not in column_type.name.lower():
        assert (values.levels or values).whole or "decimal" in column_type.name


@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("column_type", TYPES, ids=str)
def test_plain_form_holds_the_same_values(column_type: ColumnType, nulls: bool) -> None:
    column = column_type.column(12, nulls=nulls).set_axis(range(100, 112))
    before = column.copy()

    made = plain(column)

    assert made.index.equals(column.index) and made.name == column.name
    assert _same(made, column_type.values(12, nulls=nulls))
    assert plain(made) is made or plain(made).dtype == made.dtype
    pd.testing.assert_series_equal(column, before)
    if column_type.base not in NO_PLAIN_FORM:
        levels = made.cat.categories if isinstance(made.dtype, pd.CategoricalDtype) else made
        assert levels.dtype != object and not isinstance(levels.dtype, pd.ArrowDtype)


def test_plain_columns_are_not_copied() -> None:
    for column in (pd.Series([1.5]), pd.Series(["a"]), pd.Series([1, None], dtype="Int64")):
        assert plain(column) is column


@pytest.mark.parametrize("table", TYPES, ids=str)
def test_values_match_as_python_says_or_are_refused(table: ColumnType) -> None:
    like = table.column(5, levels=5)
    for rows in TYPES:
        column, nulls = rows.column(8, levels=4, nulls=True), rows.values(8, levels=4, nulls=True)
        if {table.base, rows.base} & COMPARED_BY_NOTHING or not _comparable(table.base, rows.base):
            if "nothing" not in {table.base, rows.base} or {table.base, rows.base} & COMPARED_BY_NOTHING:
                with pytest.raises(Unlike):
                    _matches(column, like)
            continue
        if {table.base, rows.base} == {"big", "whole"} and "float" in (table.name + rows.name).lower():
            continue  # floats of small numbers beside large whole ones: compared below
        want = [[_equal(one, other) for other in table.values(5, levels=5)] for one in nulls]
        assert _matches(column, like) == want, (rows.name, table.name)


def test_floats_that_lost_digits_are_refused_beside_large_whole_numbers() -> None:
    large, small = pd.Series([2**60 + 1, 5]), pd.Series([5.0, 6.5])

    with pytest.raises(Unlike, match="lost their last digits"):
        _matches(pd.Series([float(2**60), None]), large)
    with pytest.raises(Unlike, match="lost their last digits"):
        _matches(large, pd.Series([float(2**60), None]))
    assert _matches(small, large) == [[False, True], [False, False]]
    assert _matches(large, small) == [[False, False], [True, False]]


def test_times_beyond_nanoseconds_match_nothing_that_nanoseconds_can_hold() -> None:
    far, near = (
        pd.Series([dt.datetime(9999, 12, 31), dt.datetime(2024, 1, 1)]),
        pd.Series(pd.to_datetime(["2024-01-01"])),
    )

    assert _matches(far, near.dt.as_unit("ns")) == [[False], [True]]
    assert _matches(near.dt.as_unit("ns"), far) == [[False, True]]
    between = pd.Series(pd.to_datetime(["2024-01-01 00:00:00.000000001"])).dt.as_unit("ns")
    assert _matches(between, near.dt.as_unit("s")) == [[False]]


def test_unsigned_numbers_beyond_int64_equal_only_themselves() -> None:
    unsigned, signed = pd.Series([2**64 - 1, 7], dtype="uint64"), pd.Series([-1, 7])

    assert _matches(unsigned, signed) == [[False, False], [False, True]]
    assert _matches(signed, unsigned) == [[False, False], [False, True]]


def test_the_first_strange_value_is_named() -> None:
    column = pd.Series([1.5, None, "n/a", 2], index=list("abcd"), dtype=object)

    assert values_of(column).strange == ("c", "n/a")
    with pytest.raises(Unlike, match="'n/a' in row 'c'"):
        by_value(column)


def test_times_with_and_without_a_zone_in_one_column_are_mixed() -> None:
    column = pd.Series([pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01", tz="UTC")], dtype=object)

    assert values_of(column).kind is Kind.MIXED
    zones = pd.Series([pd.Timestamp("2024-01-01", tz=zone) for zone in ("UTC", "Asia/Tokyo")], dtype=object)
    assert values_of(zones).kind is Kind.MOMENT and plain(zones).dt.tz is dt.UTC


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(st.none(), st.integers(-(2**63), 2**64 - 1), st.booleans(), st.floats(allow_nan=False)), max_size=6
    )
)
def test_plain_numbers_keep_their_value_whatever_is_mixed(values: list[Any]) -> None:
    column = pd.Series(np.array([*values, None], dtype=object)[:-1])

    assert _same(plain(column), values)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12)))
def test_decimals_become_the_nearest_floats_or_whole_numbers(values: list[Decimal]) -> None:
    made = plain(pd.Series(np.array([*values, None], dtype=object)[:-1]))

    if values:
        assert [float(value) for value in values] == [float(value) for value in made]
        assert (made.dtype.kind == "i") == all(value == int(value) for value in values)


def _same(column: pd.Series, values: list[Any]) -> bool:
    held = column.astype(object).tolist()
    return all(_is_null(one) if other is None else _equal(one, other) for one, other in zip(held, values, strict=True))


def _is_null(value: Any) -> bool:
    return value is None or bool(pd.isna(value) is True or (not isinstance(value, (list, dict)) and pd.isna(value)))


def _equal(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return False
    one, other = (_comparable_value(each) for each in (one, other))
    return bool(one == other)


def _comparable_value(value: Any) -> Any:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return pd.Timestamp(value.year, value.month, value.day)
    return pd.Timestamp(value) if isinstance(value, dt.datetime) else value


def _comparable(one: str, other: str) -> bool:
    families = [{"whole", "big", "broken", "truth"}, {"moment", "date", "far"}]
    return one == other or any({one, other} <= family for family in families)


def _matches(column: pd.Series, like: pd.Series) -> list[list[bool]]:
    table = by_value(like)
    found = as_values_like(by_value(column), table)
    index = {value: place for place, value in reversed(list(enumerate(table.tolist())))}
    places = [None if _is_null(value) else index.get(value) for value in found.tolist()]
    return [[place is not None and table.tolist()[place] == value for value in table.tolist()] for place in places]


def test_every_base_is_made_in_several_types() -> None:
    assert len(TYPES) >= 45
    assert all(any(each.base == base for each in TYPES) for base in ("whole", "text", "date", "mixed", "nested"))
    assert len({each.name for each in TYPES}) == len(TYPES)
