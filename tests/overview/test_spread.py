"""How values spread: bars that hold every value, levels that name nobody."""

from __future__ import annotations

import datetime
import decimal
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.overview import described
from mlsys.overview.spread import BARS, MOST_LEVELS, spread_of

NUMBERS = st.lists(st.floats(-1e6, 1e6) | st.none() | st.just(float("inf")), min_size=1, max_size=80)


@given(NUMBERS, NUMBERS)
def test_bars_hold_every_known_value_of_both_parts(one: list[float | None], other: list[float | None]) -> None:
    column, later = pd.Series(one, dtype="float64"), pd.Series(other, dtype="float64")
    known, known_later = (each[np.isfinite(each)] for each in (column, later))
    found = spread_of(column, later)
    assert found.distinct == known.nunique()
    if len(known):
        assert sum(found.bars) == len(known)
        assert len(found.bars) <= BARS
        assert sum(found.later) == len(known_later)
        assert (found.least, found.middle, found.greatest) == (known.min(), pytest.approx(known.median()), known.max())


def test_a_few_whole_numbers_have_a_bar_each() -> None:
    assert spread_of(pd.Series([3, 4, 4, 8])).bars == (1, 2, 0, 0, 0, 1)


def test_what_lies_far_out_does_not_flatten_the_rest() -> None:
    column = pd.Series([*np.linspace(0, 1, 999), 1e6])
    found = spread_of(column)
    assert found.greatest == 1e6
    assert max(found.bars) < 100


def test_levels_are_shares_of_known_rows_and_those_of_few_rows_are_not_named() -> None:
    column = pd.Series(["a"] * 60 + ["b"] * 30 + ["Ada Lovelace"] * 2 + [None] * 8)
    found = spread_of(column)
    assert dict(found.levels) == {"a": pytest.approx(60 / 92), "b": pytest.approx(30 / 92)}
    assert found.words == "1 more"
    names = spread_of(pd.Series([f"name {place}" for place in range(50)]))
    assert (names.levels, names.words, names.distinct) == ((), "all distinct", 50)


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        (pd.Series([1.5, None]), "numbers"),
        (pd.Series([1, 2], dtype="Int64"), "whole numbers"),
        (pd.Series([decimal.Decimal("1.5"), None]), "numbers"),
        (pd.Series([True, None], dtype=object), "truth values"),
        (pd.Series(["a", "b"], dtype="category"), "categories of text"),
        (pd.Series(pd.to_datetime(["2024-01-01", "2024-02-01"], utc=True)), "times with a zone"),
        (pd.Series([datetime.date(2024, 1, 1), datetime.date(1500, 1, 1)]), "dates"),
        (pd.Series(pd.to_timedelta([1, 2], "h")), "durations"),
        (pd.Series(pd.period_range("2024", periods=2, freq="M")), "periods"),
        (pd.Series(pd.interval_range(0, 2)), "intervals"),
        (pd.Series([[1], [2, 3]]), "lists or mappings"),
        (pd.Series([uuid.UUID(int=1), uuid.UUID(int=2)]), "values of type uuid.UUID"),
        (pd.Series([b"a", b"b"]), "values of type bytes"),
        (pd.Series([None, None], dtype=object), "nothing known"),
        (pd.Series([1, "a"], dtype=object), "mixed values"),
        (pd.Series([], dtype="float64"), "numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_columns_of_every_kind_are_described(values: pd.Series, meaning: str) -> None:
    found = described("x", values, values)
    assert found.meaning == meaning
    assert len(found.spread.levels) <= MOST_LEVELS
    assert np.isnan(found.nulls) if values.empty else found.nulls == values.isna().mean()


def test_mixed_values_name_the_row() -> None:
    assert spread_of(pd.Series([1, "a"], index=["p", "q"], dtype=object)).words == "in row 'q': 'a'"


def test_moments_keep_their_zone_and_their_day() -> None:
    found = spread_of(pd.Series(pd.to_datetime(["2024-01-01 12:00", "2024-03-01 00:00"]).tz_localize("Europe/Berlin")))
    assert found.ends == ("2024-01-01", "2024-03-01")
    assert found.least == pd.Timestamp("2024-01-01 12:00", tz="Europe/Berlin")


def test_later_rows_that_cannot_be_compared_draw_no_line() -> None:
    assert spread_of(pd.Series([1.0, 2.0]), pd.Series(["a", "b"])).later == ()
