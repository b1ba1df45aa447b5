"""Moments equal exact fractions and do not depend on partitions or order."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.summaries import Moments

numbers = st.floats(-1e150, 1e150)


@given(st.lists(numbers, min_size=2))
def test_mean_and_variance_are_rounded_once(values: list[float]) -> None:
    moments = Moments.of(values)
    exact = [Fraction(value) for value in values]
    assert moments.mean == statistics.mean(exact).__float__()
    assert moments.variance() == float(statistics.pvariance(exact))
    assert moments.variance(ddof=1) == float(statistics.variance(exact))
    assert (moments.minimum, moments.maximum) == (min(values), max(values))


@given(st.lists(st.floats() | st.just(0.0) | st.just(-0.0)), st.integers(0, 20), st.randoms())
def test_any_cut_and_order_gives_the_same_object(values: list[float], cut: int, random) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    whole = Moments.of(values)
    parts = Moments.of(shuffled[:cut]) + Moments.of(shuffled[cut:])
    assert parts == whole
    assert hash(parts) == hash(whole)


def test_no_cancellation_far_from_zero() -> None:
    assert Moments.of(1e9 + np.array([0.0, 1.0, 2.0])).variance(ddof=1) == 1.0


def test_no_values_have_no_mean() -> None:
    moments = Moments.of([math.nan])
    assert (moments.n, moments.nulls) == (0, 1)
    assert all(math.isnan(value) for value in (moments.mean, moments.variance(), moments.minimum))


def test_infinities_count_as_values() -> None:
    moments = Moments.of([1.0, math.inf])
    assert moments.mean == math.inf
    assert math.isnan(moments.variance())
    assert moments.n == 2


def test_deviation_is_the_root_of_the_variance() -> None:
    assert Moments.of([1.0, 3.0]).deviation() == pytest.approx(1.0)
