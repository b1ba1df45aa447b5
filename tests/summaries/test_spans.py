"""Spans: sums as math.fsum rounds them, extremes and distinct values as numpy finds them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.summaries import SpanSums, span_distinct, span_extremes

floats = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)
near = st.floats(-1000, 1000, width=32)
cents = st.integers(-10_000, 10_000).map(lambda each: each / 100)


def spans(many: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    ends = np.sort(np.random.default_rng(seed).integers(0, many + 1, (40, 2)))
    return ends[:, 0], ends[:, 1]


@settings(max_examples=80, deadline=None)
@given(st.one_of(*(st.lists(each, min_size=1, max_size=40) for each in (floats, near, cents))), st.integers(0, 99))
def test_sums_are_those_of_fsum_to_the_last_bit(values: list[float], seed: int) -> None:
    start, end = spans(len(values), seed)
    numbers = np.array(values)
    for longest in (len(values), 10 * len(values)):
        made = SpanSums(numbers, longest).of(start, end)
        wanted = [math.fsum(numbers[a:b]) for a, b in zip(start, end, strict=True)]
        np.testing.assert_array_equal(made, wanted)


def test_ties_are_rounded_to_even_whatever_stands_below_them() -> None:
    values = np.array([2.0**53, 1.0, 2.0**-20, -(2.0**-20), 2.0**53 + 2, 1.0, -(2.0**53), -1.0, -(2.0**-30)])
    places = range(len(values) + 1)
    start, end = np.array([(a, b) for a in places for b in places if a <= b]).T
    wanted = [math.fsum(values[a:b]) for a, b in zip(start, end, strict=True)]
    np.testing.assert_array_equal(SpanSums(values, len(values)).of(start, end), wanted)


def test_infinite_values_stay_in_their_spans() -> None:
    values = np.array([1.0, np.inf, np.nan, 2.0, -np.inf])
    start, end = np.array([0, 0, 2, 3, 1]), np.array([1, 2, 4, 5, 5])
    np.testing.assert_array_equal(SpanSums(values, 5).of(start, end), [1.0, np.inf, 2.0, -np.inf, np.nan])


@pytest.mark.parametrize("many", [1, 7, 400])
@pytest.mark.parametrize("in_order", [True, False])
def test_extremes_and_distinct_values(many: int, in_order: bool) -> None:
    rng = np.random.default_rng(many)
    values, codes = rng.normal(size=many), rng.integers(-1, 6, many)
    ends = np.sort(rng.integers(0, many + 1, (900, 2)), axis=1)
    start, end = (np.sort(each) if in_order else each for each in ends.T)
    each = list(zip(start.tolist(), end.tolist(), strict=True))
    full = [place for place, (a, b) in enumerate(each) if b > a]
    for largest, of in ((True, np.max), (False, np.min)):
        made = span_extremes(values, start, end, largest)
        assert [made[place] for place in full] == [of(values[slice(*each[place])]) for place in full]
    wanted = [len({code for code in codes[a:b].tolist() if code >= 0}) for a, b in each]
    assert span_distinct(codes, start, end).tolist() == wanted
