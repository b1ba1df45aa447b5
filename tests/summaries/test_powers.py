"""A sum and a sum of squares that are found together are those of exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.summaries._powers import exact_powers
from mlsys.summaries.exact_sum import ExactSum


def assert_exact(values: np.ndarray) -> None:
    total, squares = exact_powers(values)
    fractions = [Fraction(value) for value in values.tolist()]
    assert Fraction(total, 2**1074) == sum(fractions)
    assert Fraction(squares, 2**2148) == sum(each * each for each in fractions)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=40))
def test_sums_of_any_numbers_are_exact(values) -> None:
    assert_exact(np.array(values, dtype=np.float64))


@pytest.mark.parametrize("apart", [0, 60, 130, 300])
def test_numbers_far_apart_in_one_chunk(apart: int) -> None:
    draw = np.random.default_rng(apart)
    assert_exact(draw.normal(size=3_000) * 2.0 ** -draw.integers(0, apart + 1, 3_000))


@pytest.mark.parametrize("rows", [1, 4_096, 16_384, 16_385, 40_000])
def test_several_chunks_add_to_what_each_number_alone_adds_to(rows: int) -> None:
    values = np.random.default_rng(0).normal(size=rows) * 1e3
    together = ExactSum.with_squares(values, finite=True)
    assert together == (ExactSum.of(values), ExactSum.of(values, values))
