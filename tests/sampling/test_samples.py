"""Samples before the split: sizes, weights, and independence of order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling import HashSample, RandomSplit, StratifiedSample


def frame(rows: int = 1000) -> pd.DataFrame:
    place = np.arange(rows)
    return pd.DataFrame({"fraud": place % 50 == 0, "shop": place % 3, "paid": place * 1.5, "order": place[::-1] + 7})


@given(rows=st.integers(1, 300), wanted=st.integers(1, 400), seed=st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_a_sample_by_hash_holds_the_number_asked_for_whatever_the_order(rows, wanted, seed):
    given_rows = frame(rows)
    sample = HashSample(wanted, seed).select(given_rows)
    again = HashSample(wanted, seed).select(given_rows.sample(frac=1, random_state=3))
    assert len(sample) == min(rows, wanted)
    assert sample.equals(again.sort_index())
    assert sample["sampling_weight"].sum() == pytest.approx(rows)


def test_every_row_is_as_likely_as_any_other():
    counts = np.zeros(40)
    for seed in range(600):
        counts[HashSample(10, seed).select(frame(40)).index] += 1
    expected = 600 / 4
    assert ((counts - expected) ** 2 / (expected * 0.75)).sum() < 75  # chi-square, 39 degrees of freedom, p < 0.001


def test_a_sample_of_the_same_seed_is_no_part_of_a_split():
    sample = HashSample(300).select(frame(3000))
    parts = RandomSplit().split(sample)
    assert set(parts) == {"train", "validation", "test"}


def test_rows_may_be_identified_by_a_column():
    given_rows = frame()
    step = HashSample(50, id="order")
    other_index = given_rows.set_axis(range(5, 1005))
    assert step.select(given_rows)["order"].tolist() == step.select(other_index)["order"].tolist()
    with pytest.raises(DataError, match="repeat an id"):
        HashSample(50, id="shop").select(given_rows)
    with pytest.raises(DataError, match="needs the column 'nothing'"):
        HashSample(50, id="nothing").select(given_rows)


@given(
    sizes=st.lists(st.integers(1, 80), min_size=1, max_size=6),
    extra=st.integers(0, 100),
    allocation=st.sampled_from(["proportional", "equal"]),
)
@settings(max_examples=60, deadline=None)
def test_strata_get_their_rows_and_weights_bring_them_back(sizes, extra, allocation):
    data = pd.DataFrame({"stratum": np.repeat(np.arange(len(sizes)), sizes)})
    wanted = len(sizes) + extra
    sample = StratifiedSample("stratum", rows=wanted, allocation=allocation).select(data)
    assert len(sample) == min(wanted, len(data))
    assert sample.groupby("stratum")["sampling_weight"].sum().to_numpy() == pytest.approx(np.array(sizes))
    kept = sample["stratum"].value_counts()
    if allocation == "equal":
        full = [place for place, size in enumerate(sizes) if kept[place] < size]
        assert not full or kept[full].max() - kept[full].min() <= 1


def test_proportional_strata_keep_the_mix():
    sample = StratifiedSample(["shop"], rows=100).select(frame())
    assert sample["shop"].value_counts().to_dict() == {0: 34, 1: 33, 2: 33}


def test_horvitz_thompson_weights_make_totals_unbiased():
    data = frame()
    totals = []
    for seed in range(200):
        sample = StratifiedSample("fraud", share={True: 1.0, False: 0.05}, seed=seed).select(data)
        totals.append((sample["paid"] * sample["sampling_weight"]).sum())
    error = np.std(totals) / np.sqrt(len(totals))
    assert np.mean(totals) == pytest.approx(data["paid"].sum(), abs=4 * error)


def test_null_is_a_stratum():
    data = pd.DataFrame({"shop": pd.array(["a", None, "a", None] * 10, dtype="str")})
    sample = StratifiedSample("shop", share=0.5).select(data)
    assert sample["shop"].isna().sum() == 10


def test_weights_go_to_the_weight_role():
    sample = StratifiedSample("fraud", rows=100).select(frame(), weight="w")
    assert sample["w"].sum() == pytest.approx(1000)


@pytest.mark.parametrize(
    "make",
    [
        lambda: StratifiedSample("fraud"),
        lambda: StratifiedSample("fraud", rows=3, share=0.5),
        lambda: StratifiedSample("fraud", share=0.0),
        lambda: StratifiedSample("fraud", share={True: 1.5}),
        lambda: StratifiedSample("fraud", rows=0),
        lambda: HashSample(0),
    ],
)
def test_impossible_sizes_are_refused_when_the_step_is_made(make):
    with pytest.raises(ConfigurationError, match="Remedy"):
        make()


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (StratifiedSample("nothing", share=0.5), "needs the column 'nothing'"),
        (StratifiedSample("shop", rows=2), "fewer than the 3 strata"),
        (StratifiedSample("fraud", share={True: 1.0}), "no share for False"),
        (StratifiedSample(["fraud", "shop"], share={True: 1.0}), r"no share for \(False, 0\)"),
    ],
)
def test_what_the_data_does_not_allow_is_refused(step, said):
    with pytest.raises(DataError, match=said):
        step.select(frame())
