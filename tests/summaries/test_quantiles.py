"""Quantiles equal numpy's bit for bit, whatever the partitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.errors import ConfigurationError, DataError
from mlsys.summaries import Again, Quantiles, SummaryMap, finish_quantiles
from mlsys.summaries._radix import selected

values_strategy = st.lists(st.floats(-8e307, 8e307), min_size=1, max_size=80)
probabilities_strategy = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def in_passes(parts, probabilities, gather: int) -> tuple[np.ndarray, int]:
    partial, passes = None, 0
    while True:
        total = Quantiles.of([], partial)
        for part in parts:
            total = total + Quantiles.of(part, partial)
        answer = total.finish(probabilities, gather=gather)
        passes += 1
        if not isinstance(answer, Again):
            return answer, passes
        partial = answer.partial


@given(values_strategy, probabilities_strategy, st.integers(0, 80), st.sampled_from([0, 3, 1_000_000]))
def test_equal_to_numpy_bit_for_bit(values, probabilities, cut: int, gather: int) -> None:
    answer, passes = in_passes([values[cut:], values[:cut]], probabilities, gather)
    np.testing.assert_array_equal(answer, np.quantile(np.array(values) + 0.0, probabilities))
    assert passes <= 4


@given(st.lists(st.floats(-5, 5) | st.just(np.nan) | st.just(-0.0), max_size=40), st.randoms())
def test_order_and_nulls_do_not_matter(values, random) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    probabilities = [0.0, 0.3, 0.5, 1.0]
    answers = [in_passes(parts, probabilities, 1_000_000)[0] for parts in ([values], [shuffled, []])]
    assert answers[0].tobytes() == answers[1].tobytes()


def test_two_passes_for_ordinary_data() -> None:
    values = np.random.default_rng(0).lognormal(size=20_000)
    probabilities = np.linspace(0, 1, 101)
    answer, passes = in_passes(np.array_split(values, 7), probabilities, 1_000_000)
    assert answer.tobytes() == np.quantile(values, probabilities).tobytes()
    assert passes == 2


def test_infinite_values_keep_their_place() -> None:
    answer, _ = in_passes([[np.inf, 1.0, -np.inf]], [0.0, 0.5, 1.0], 1_000_000)
    assert answer.tolist() == [-np.inf, 1.0, np.inf]


def test_many_columns_finish_together() -> None:
    columns = {"short": [1.0, 2.0], "empty": [np.nan], "long": list(range(100))}
    partial, passes = {}, 0
    while True:
        parts = SummaryMap({name: Quantiles.of(values, partial.get(name)) for name, values in columns.items()})
        answer = finish_quantiles(parts, [0.5], gather=10)
        passes += 1
        if not isinstance(answer, Again):
            break
        partial = answer.partial
    assert passes > 1
    assert {name: median.tolist() for name, median in answer.items()} == {
        "short": [1.5], "empty": [pytest.approx(np.nan, nan_ok=True)], "long": [49.5],
    }  # fmt: skip


def test_mixed_passes_and_odd_probabilities_are_refused() -> None:
    first = Quantiles.of([1.0, 2.0, 3.0])
    answer = first.finish([0.5])
    assert isinstance(answer, Again)
    with pytest.raises(DataError, match="different passes"):
        first + Quantiles.of([1.0], answer.partial)
    with pytest.raises(ConfigurationError, match=r"1\.5 is not between"):
        first.finish([1.5])


ODD = [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, -1e-310]
"""Of some, the first bits are those of others that lie elsewhere in their order."""


@settings(max_examples=10)
@given(st.lists(st.floats(-3, 3) | st.sampled_from(ODD), min_size=1, max_size=20), st.sampled_from([10, 1_000_000]))
def test_many_numbers_are_counted_by_their_bits_as_few_are(values, gather: int) -> None:
    quiet_null = np.array([0x7FF0000000000001], dtype=np.uint64).view(np.float64)  # begins as infinity does
    many = np.tile(np.r_[values, quiet_null], 1 + 70_000 // len(values))
    probabilities = [0.0, 0.1, 0.5, 0.9, 1.0]
    by_bits, _ = in_passes([many], probabilities, gather)
    by_keys, _ = in_passes(np.array_split(many, 20), probabilities, gather)
    assert by_bits.tobytes() == by_keys.tobytes()
    known = np.sort(many[~np.isnan(many)] + 0.0)
    assert np.isnan(by_bits).all() if not len(known) else (by_bits[0], by_bits[-1]) == (known[0], known[-1])


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=200), st.data())
def test_selected_keys_are_those_of_all_keys_in_order(keys, data) -> None:
    array = np.array(keys, dtype=np.uint64)
    places = np.array(data.draw(st.lists(st.integers(0, len(keys) - 1), min_size=1, max_size=20)))
    assert selected(array, places).tolist() == np.sort(array)[places].tolist()
