"""Covariance equals exact fractions and numpy, whatever the partitions and the order."""

from __future__ import annotations

import itertools
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlsys.errors import DataError
from mlsys.summaries import Covariance
from mlsys.summaries._floats import LOWEST_EXPONENT
from mlsys.summaries._gram import exact_gram

TABLES = arrays(np.float64, st.tuples(st.just(3), st.integers(2, 12)), elements=st.floats(-1e100, 1e100))
ANY = arrays(np.float64, st.tuples(st.just(2), st.integers(0, 12)), elements=st.floats())
NAMES = ("a", "b", "c")


@settings(max_examples=20)
@given(TABLES)
def test_means_and_covariances_are_rounded_once(table: np.ndarray) -> None:
    rows = [[Fraction(value) for value in column] for column in table.tolist()]
    found = Covariance.of(NAMES, table)
    means = [statistics.mean(column) for column in rows]
    assert found.means().tolist() == [float(mean) for mean in means]
    for first, second in itertools.product(range(3), repeat=2):
        moved = zip(rows[first], rows[second], strict=True)
        exact = sum((one - means[first]) * (other - means[second]) for one, other in moved)
        assert found.covariance(ddof=1)[first, second] == float(exact / (table.shape[1] - 1))


@settings(max_examples=30)
@given(ANY, st.integers(0, 12), st.randoms())
def test_any_cut_and_order_gives_the_same_object(table: np.ndarray, cut: int, random) -> None:
    order = list(range(table.shape[1]))
    random.shuffle(order)
    parts = Covariance.of("xy", table[:, order[:cut]]) + Covariance.of("xy", table[:, order[cut:]])
    assert parts == Covariance.of("xy", table)


def test_sums_of_products_are_exact_over_many_rows_of_any_size() -> None:
    rng = np.random.default_rng(0)
    table = np.stack([rng.lognormal(0, 20, 5000), rng.normal(size=5000), rng.integers(0, 2**53, 5000).astype(float)])
    table[:, 5], table[1, 7] = [1e308, 5e-324, -1e300], 2.0**-1074
    gram = exact_gram(table)
    for first, second in itertools.combinations_with_replacement(range(3), 2):
        pairs = zip(table[first].tolist(), table[second].tolist(), strict=True)
        exact = sum(Fraction(one) * Fraction(other) for one, other in pairs)
        assert Fraction(int(gram[first, second])) * Fraction(2) ** (2 * LOWEST_EXPONENT) == exact


def test_it_is_numpys_and_leaves_rows_with_a_null_out() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(5, 2, (4, 400))
    holed = np.concatenate([table, np.full((4, 2), np.nan)], axis=1)
    holed[2, -1] = np.inf
    found = Covariance.of("abcd", holed)
    assert (found.n, found.left_out) == (400, 2)
    np.testing.assert_allclose(found.covariance(ddof=1), np.cov(table), rtol=1e-12)
    np.testing.assert_allclose(found.correlation(), np.corrcoef(table), rtol=1e-12)


def test_far_from_zero_nothing_cancels() -> None:
    found = Covariance.of("xy", 1e9 + np.array([[0.0, 1.0, 2.0], [0.0, 2.0, 4.0]]))
    assert found.covariance(ddof=1).tolist() == [[1.0, 2.0], [2.0, 4.0]]


def test_without_rows_there_is_nothing_and_other_columns_do_not_add() -> None:
    assert np.isnan(Covariance.of("xy", [[], []]).covariance()).all()
    with pytest.raises(DataError, match="cannot be added"):
        Covariance.of("xy", [[1], [2]]) + Covariance.of("xz", [[1], [2]])
