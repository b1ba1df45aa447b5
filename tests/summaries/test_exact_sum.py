"""Exact sums equal math.fsum and do not depend on partitions or order."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlsys.errors import DataError
from mlsys.summaries import ExactSum, GroupedSum

finite = st.floats(allow_nan=False, allow_infinity=False)
arrays = hnp.arrays(np.float64, st.integers(0, 60), elements=finite)


def true_sum(numbers: list[Fraction]) -> float:
    total = sum(numbers, Fraction(0))
    try:
        return total.numerator / total.denominator
    except OverflowError:
        return math.inf if total > 0 else -math.inf


@given(arrays)
def test_the_sum_is_rounded_once(values: np.ndarray) -> None:
    assert float(ExactSum.of(values)) == true_sum([Fraction(value) for value in values.tolist()])


@given(arrays, arrays, st.randoms())
def test_any_cut_and_order_gives_the_same_object(left: np.ndarray, right: np.ndarray, random) -> None:
    rows = [*left, *right]
    random.shuffle(rows)
    assert ExactSum.of(left) + ExactSum.of(right) == ExactSum.of(rows)


@given(hnp.arrays(np.float64, 20, elements=finite), hnp.arrays(np.float64, 20, elements=finite))
def test_products_with_weights_are_exact(values: np.ndarray, weights: np.ndarray) -> None:
    products = [
        Fraction(value) * Fraction(weight) for value, weight in zip(values.tolist(), weights.tolist(), strict=True)
    ]
    assert float(ExactSum.of(values, weights)) == true_sum(products)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_001])
def test_large_arrays_equal_fsum(size: int) -> None:
    random = np.random.default_rng(size)
    values = random.normal(size=size) * 10.0 ** random.integers(-30, 30, size)
    assert float(ExactSum.of(values)) == math.fsum(values)


def test_the_largest_pieces_of_a_full_chunk_do_not_round() -> None:
    values = np.full(1 << 17, np.nextafter(1.0, 0.0))
    assert float(ExactSum.of(values)) == math.fsum(values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1.0], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, 1.0], math.nan),
        ([1.7e308, 1.7e308], math.inf),
        ([1.7e308, 1.7e308, -1.7e308], 1.7e308),
        ([5e-324, 5e-324], 1e-323),
        ([], 0.0),
    ],
)
def test_extremes(values: list[float], expected: float) -> None:
    parts = ExactSum()
    for value in values:
        parts = parts + ExactSum.of([value])
    assert float(ExactSum.of(values)) == pytest.approx(expected, rel=0, abs=0, nan_ok=True)
    assert parts == ExactSum.of(values)


@pytest.mark.parametrize(
    ("value", "weight", "expected"),
    [(math.inf, 2.0, math.inf), (math.inf, -2.0, -math.inf), (math.inf, 0.0, math.nan), (2.0, -math.inf, -math.inf),
     (0.0, math.inf, math.nan), (1.0, math.nan, math.nan), (math.inf, math.inf, math.inf)],
)  # fmt: skip
def test_infinite_products_follow_ieee(value: float, weight: float, expected: float) -> None:
    assert float(ExactSum.of([value, 1.0], [weight, 1.0])) == pytest.approx(expected, nan_ok=True)


def test_another_number_of_weights_is_refused() -> None:
    with pytest.raises(DataError, match="1 weights for 2 values"):
        ExactSum.of([1.0, 2.0], [1.0])


groups_of = st.integers(0, 40).flatmap(
    lambda size: st.tuples(
        hnp.arrays(np.int64, size, elements=st.integers(-1, 3)),
        hnp.arrays(np.float64, size, elements=finite),
        hnp.arrays(np.float64, size, elements=finite),
    )
)


@given(groups_of)
def test_group_sums_are_rounded_once(rows) -> None:
    codes, values, weights = rows
    plain, weighted = GroupedSum.of(codes, values, 4), GroupedSum.of(codes, values, 4, weights)
    for group in range(4):
        mine = [Fraction(value) for value in values[codes == group].tolist()]
        scaled = [
            Fraction(v) * Fraction(w)
            for v, w in zip(values[codes == group].tolist(), weights[codes == group].tolist(), strict=True)
        ]
        assert plain.floats()[group] == true_sum(mine)
        assert weighted.floats()[group] == true_sum(scaled)


@given(groups_of, groups_of)
def test_group_sums_have_one_form_whatever_the_cut(left, right) -> None:
    whole = GroupedSum.of(np.append(left[0], right[0]), np.append(left[1], right[1]), 4)
    assert GroupedSum.of(left[0], left[1], 4) + GroupedSum.of(right[0], right[1], 4) == whole


@given(groups_of)
def test_regrouping_adds_groups(rows) -> None:
    codes, values, _ = rows
    merged = GroupedSum.of(codes, values, 4).regroup([0, 0, 1, -1], 2)
    assert merged == GroupedSum.of(np.array([0, 0, 1, -1, -1])[codes], values, 2)


def test_whole_targets_stay_whole_numbers() -> None:
    sums = GroupedSum.of([0, 1, 1], [1.0, 0.0, 1.0], 2)
    assert sums.units.tolist() == [1, 1]
    assert sums.units.dtype == np.int64
    assert sums.divided_by([1, 2]).tolist() == [1.0, 0.5]
    assert np.isnan(sums.divided_by([0, 2])[0])


def test_group_sums_refuse_nulls_and_other_groups() -> None:
    with pytest.raises(DataError, match="null or infinite"):
        GroupedSum.of([0], [math.nan], 1)
    with pytest.raises(DataError, match="groups cannot be added"):
        GroupedSum.of([0], [1.0], 1) + GroupedSum.of([0], [1.0], 2)
    with pytest.raises(DataError, match="code 3 for 2 groups"):
        GroupedSum.of([3], [1.0], 2)
