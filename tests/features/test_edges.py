"""Values lie between edges where numpy.searchsorted says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.features._edges import places_between

numbers = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(allow_nan=False, allow_infinity=False)


def searched(values, edges) -> np.ndarray:
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))


@given(
    st.lists(numbers, min_size=1, max_size=20), st.sets(st.floats(allow_nan=False, allow_infinity=False), max_size=40)
)
def test_places_of_any_values_between_any_edges(some, edges) -> None:
    ends = np.unique(np.array(sorted(edges)) + 0.0)
    values = np.tile(np.append(some, ends), 1 + 1100 // (len(some) + len(ends)))  # enough that none is searched alone
    for given_values in (np.array(some), values):
        np.testing.assert_array_equal(places_between(given_values, ends), searched(given_values, ends))


@pytest.mark.parametrize("draw", ["normal", "exponential", "lognormal", "pareto", "whole"])
@pytest.mark.parametrize("count", [3, 255])
def test_places_between_quantiles(draw: str, count: int) -> None:
    rng = np.random.default_rng(0)
    values = {
        "normal": rng.normal(size=20_000), "exponential": rng.exponential(size=20_000),
        "lognormal": rng.lognormal(0, 3, size=20_000), "pareto": rng.pareto(0.5, size=20_000),
        "whole": rng.integers(0, 50, 20_000).astype(float),
    }[draw]  # fmt: skip
    edges = np.unique(np.quantile(values, np.arange(1, count + 1) / (count + 1)))
    values = np.r_[values, edges, np.nextafter(edges, -np.inf), -np.inf, np.inf, np.nan]
    np.testing.assert_array_equal(places_between(values, edges), searched(values, edges))


def test_no_edges_make_one_bin() -> None:
    assert places_between(np.array([1.0, np.nan]), []).tolist() == [0, -1]
