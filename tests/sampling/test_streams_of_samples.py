"""Draws from rows that come in pieces: the same rows whatever the pieces, draws that add, chances that hold."""

from __future__ import annotations

import functools
import operator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.errors import ConfigurationError
from mlsys.sampling import HashSample, ReservoirSample

STREAM = pd.DataFrame({"x": np.arange(400), "size": np.random.default_rng(0).gamma(2.0, 1.0, 400)})
DESIGNS = {
    "hash": HashSample(30),
    "hash by size": HashSample(30, size="size"),
    "reservoir": ReservoirSample(30),
    "weighted reservoir": ReservoirSample(30, size="size"),
}
MERGED = pytest.mark.parametrize("name", DESIGNS)


def pieces(cuts: list[int]) -> list[pd.DataFrame]:
    ends = [0, *sorted(cuts), len(STREAM)]
    return [STREAM[start:end] for start, end in zip(ends, ends[1:], strict=False)]


@MERGED
@given(cuts=st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=10, deadline=None)
def test_the_pieces_a_stream_comes_in_do_not_matter(name, cuts):
    draw = DESIGNS[name].stream(seed=5)
    for piece in pieces(cuts):
        draw.push(piece)
    pd.testing.assert_frame_equal(draw.sample(), DESIGNS[name].stream(seed=5).push(STREAM).sample())
    assert draw.said.startswith("30 of 400 rows")


@pytest.mark.parametrize("name", ["hash", "hash by size"])
@given(order=st.permutations(range(4)))
@settings(max_examples=8, deadline=None)
def test_draws_by_hash_add_in_any_order_to_what_all_rows_give(name, order):
    parts = pieces([50, 200, 310])
    draws = [DESIGNS[name].stream().push(parts[place]) for place in order]
    merged = functools.reduce(operator.add, draws).sample().sort_values("x")
    pd.testing.assert_frame_equal(merged, DESIGNS[name].select(STREAM))


@pytest.mark.parametrize("draws", [25, pytest.param(1_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", ["reservoir", "weighted reservoir"])
def test_reservoirs_that_are_added_are_as_one(name, draws):
    counts = np.zeros(400)
    for seed in range(draws):
        first, second = (DESIGNS[name].stream(2 * seed + place) for place in (0, 1))
        merged = first.push(STREAM[:150]) + second.push(STREAM[150:350])
        counts[merged.push(STREAM[350:]).sample()["x"]] += 1
    chance = np.full(400, 30 / 400)
    if name == "weighted reservoir":  # of small chances nearly in proportion to size
        chance = 30 * STREAM["size"].to_numpy() / STREAM["size"].sum()
    for part in (slice(0, 150), slice(150, 350), slice(350, 400)):
        assert counts[part].sum() / draws == pytest.approx(chance[part].sum(), rel=2.0 / np.sqrt(draws))


@pytest.mark.parametrize("draws", [60, pytest.param(2_000, marks=pytest.mark.long)])
def test_each_row_of_a_stream_is_as_likely_as_any_other(draws):
    counts = np.zeros(40)
    for seed in range(draws):
        counts[ReservoirSample(10).stream(seed).push(STREAM[:40]).sample()["x"]] += 1
    assert ((counts - draws / 4) ** 2 / (draws / 4 * 0.75)).sum() < 75  # chi-square, 39 degrees of freedom, p < 0.001


@pytest.mark.parametrize("name", ["hash by size", "weighted reservoir"])
def test_weights_bring_the_number_of_rows_back(name):
    step = DESIGNS[name]
    totals = [step.with_(seed=seed).select(STREAM, seed=seed)["sampling_weight"].sum() for seed in range(40)]
    assert np.mean(totals) == pytest.approx(400, abs=4 * np.std(totals) / np.sqrt(40))


def test_draws_of_two_designs_cannot_be_added():
    with pytest.raises(ConfigurationError, match="different designs"):
        HashSample(3).stream().push(STREAM) + HashSample(4).stream().push(STREAM)
    with pytest.raises(ConfigurationError, match="different designs"):
        ReservoirSample(3).stream().push(STREAM) + ReservoirSample(4).stream().push(STREAM)


def test_a_short_stream_is_kept_whole():
    for step in DESIGNS.values():
        sample = step.stream(1).push(STREAM[:7]).sample()
        assert sample["x"].tolist() == list(range(7))
        assert sample["sampling_weight"].tolist() == [1.0] * 7
