"""Quantiles of one pass keep their bound, whatever the partitions and the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.errors import ConfigurationError
from mlsys.summaries import LogBuckets

SHARES = [0.0, 0.01, 0.25, 0.5, 0.9, 1.0]
normal = st.floats(allow_nan=False, allow_subnormal=False)


@given(st.lists(normal, min_size=1), st.sampled_from([0.5, 0.1, 0.01, 1e-6]))
def test_every_quantile_lies_within_the_bound(values: list[float], error: float) -> None:
    buckets = LogBuckets.of(values, error)
    exact = np.quantile(values, SHARES, method="lower")
    assert buckets.bound <= error
    found = buckets.quantiles(SHARES)
    infinite = np.isinf(exact)
    assert (found[infinite] == exact[infinite]).all()
    assert (np.abs(found[~infinite] - exact[~infinite]) <= buckets.bound * np.abs(exact[~infinite])).all()


@given(st.lists(st.floats()), st.integers(0, 20), st.randoms())
def test_any_cut_and_order_gives_equal_buckets(values: list[float], cut: int, random) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    whole = LogBuckets.of(values)
    assert LogBuckets.of(shuffled[:cut]) + LogBuckets.of(shuffled[cut:]) == whole
    assert whole.n + whole.nulls == len(values)


def test_memory_grows_with_powers_of_two_and_not_with_rows() -> None:
    values = np.random.default_rng(0).uniform(1, 1024, 50_000)
    assert len(LogBuckets.of(values, 0.01).counts()) <= 64 * 10


def test_zero_and_what_is_next_to_it_are_zero() -> None:
    assert LogBuckets.of([-0.0, 0.0, 5e-324]).quantiles([0, 0.5, 1]).tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(LogBuckets.of([]).quantiles([0.5])).all()


def test_an_error_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="a relative error of 0"):
        LogBuckets.of([1.0], error=0)
    with pytest.raises(ConfigurationError, match="not between 0 and 1"):
        LogBuckets.of([1.0]).quantiles([2])
