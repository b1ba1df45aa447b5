"""Distinct values are counted exactly while they are few, and within a few per cent beyond."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.summaries import DistinctCount


@settings(max_examples=25)
@given(st.lists(st.integers(-5, 5) | st.just(2**63)), st.integers(0, 20), st.randoms())
def test_any_cut_and_order_gives_equal_hashes(values: list[int], cut: int, random) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    column = pd.Series(shuffled, dtype=object)
    parts = DistinctCount.of(column[:cut], most=4) + DistinctCount.of(column[cut:], most=4)
    assert parts == DistinctCount.of(pd.Series(values, dtype=object), most=4)
    whole = DistinctCount.of(column)
    assert whole.exact and whole.number == len(set(values))


def test_beyond_what_is_kept_the_number_is_estimated() -> None:
    many = DistinctCount.of(np.arange(100_000))
    assert not many.exact
    assert abs(many.number / 100_000 - 1) < 4 / np.sqrt(many.most)


def test_nulls_are_counted_apart() -> None:
    found = DistinctCount.of(pd.Series(["a", None, "a", np.nan]))
    assert (found.number, found.nulls) == (1, 2)
