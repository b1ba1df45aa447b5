"""Samples by chance: sizes, unbiased totals, intervals that cover, and what they tell a pipeline."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from mlsys.errors import ConfigurationError, ContractError, DataError
from mlsys.sampling import (
    ClusterSample,
    HashSample,
    ImportanceSample,
    RandomSample,
    ReservoirSample,
    StratifiedSample,
    TwoStageSample,
    WeightedSample,
)
from mlsys.sampling._successive import in_turn
from mlsys.steps import Select

from .designs import DESIGNS, population

PEOPLE = population()


def covered(name: str, draws: int) -> dict[str, float]:
    """How often intervals of the mean and the total hold the true ones, and how far the mean of totals is off."""
    truth = {"mean": PEOPLE["spent"].mean(), "total": PEOPLE["spent"].sum()}
    held, totals = dict.fromkeys(truth, 0), []
    for seed in range(draws):
        design = DESIGNS[name](seed)
        found = design.estimate(design.select(PEOPLE, seed=seed), "spent").set_index("of")
        for of, value in truth.items():
            held[of] += bool(found.at[of, "lower"] <= value <= found.at[of, "upper"])
        totals.append(found.at["total", "value"])
    off = abs(np.mean(totals) - truth["total"]) / (np.std(totals) / np.sqrt(draws))
    return {of: count / draws for of, count in held.items()} | {"off": off}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.quick("hash", "weighted")
def test_totals_are_unbiased_and_intervals_cover(name):
    found = covered(name, 30)
    assert found["off"] < 4
    assert found["mean"] > 0.85
    assert found["total"] > 0.85


@pytest.mark.long
@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_of_a_thousand_draws_cover_as_often_as_they_say(name):
    found = covered(name, 1_000)
    assert found["off"] < 4
    assert 0.93 <= found["mean"] <= 0.97
    assert 0.93 <= found["total"] <= 0.97


def test_groups_are_estimated_apart():
    design = HashSample(900)
    found = design.estimate(design.select(PEOPLE), "spent", by="region")
    truth = PEOPLE.groupby("region")["spent"].mean()
    means = found[found["of"] == "mean"].set_index("region")
    assert means.index.tolist() == [0, 1, 2, 3]
    assert ((means["lower"] < truth) & (truth < means["upper"])).all()


def test_a_whole_population_leaves_nothing_open():
    for design in (RandomSample(share=1.0), HashSample(9_999), WeightedSample(9_999, size="turnover"),
                   StratifiedSample("region", share=1.0), ClusterSample("street", clusters=999)):  # fmt: skip
        found = design.estimate(design.select(PEOPLE), "spent").set_index("of")
        assert found.at["mean", "value"] == pytest.approx(PEOPLE["spent"].mean())
        assert found["error"].to_numpy() == pytest.approx(0, abs=1e-6)


def test_neyman_spends_rows_where_values_spread():
    sample = StratifiedSample("region", rows=400, allocation="neyman", spread="turnover").select(PEOPLE)
    weight = PEOPLE.groupby("region")["turnover"].agg(lambda values: len(values) * values.std(ddof=0))
    assert sample["region"].value_counts().sort_index().to_numpy() == pytest.approx(400 * weight / weight.sum(), abs=1)


def test_rows_may_be_given_for_each_stratum_of_several_columns():
    frame = pd.DataFrame({"a": [0, 0, 1, 1] * 50, "b": ["x", "y"] * 100})
    sample = StratifiedSample(["a", "b"], rows={(0, "x"): 5, (0, "y"): 7, (1, "x"): 1, (1, "y"): 500}).select(frame)
    assert sample.groupby(["a", "b"]).size().tolist() == [5, 7, 1, 50]
    assert sample["sampling_weight"].sum() == pytest.approx(200)


def test_a_stratum_of_one_is_kept_and_one_row_of_several_still_has_an_interval():
    frame = pd.DataFrame({"s": ["one"] + ["few"] * 33 + ["many"] * 66, "x": np.arange(100.0)})
    design = StratifiedSample("s", rows={"one": 1, "few": 1, "many": 12})
    sample = design.select(frame)
    assert sample["s"].value_counts().to_dict() == {"many": 12, "one": 1, "few": 1}
    found = design.estimate(sample, "x").set_index("of")
    assert found.at["mean", "lower"] < frame["x"].mean() < found.at["mean", "upper"]


def test_large_rows_are_drawn_more_often():
    frame = pd.DataFrame({"size": np.repeat([1.0, 10.0], 200)})
    kept = sum(WeightedSample(20, size="size").select(frame, seed=seed)["size"].eq(10).sum() for seed in range(40))
    assert kept / 800 == pytest.approx(10 / 11, abs=0.04)


@pytest.mark.parametrize("draws", [40, pytest.param(4_000, marks=pytest.mark.long)])
def test_rows_are_drawn_one_after_another_in_proportion_to_what_is_left(draws):
    frame = pd.DataFrame({"size": [1e6, 8.0, 4.0, 2.0, 1.0, 0.0]})
    found = [WeightedSample(2, size="size").select(frame, seed=seed).index.tolist() for seed in range(draws)]
    assert all(each[0] == 0 for each in found)
    shares = np.bincount([each[1] for each in found], minlength=6) / draws
    assert shares[1:5] == pytest.approx(np.array([8, 4, 2, 1]) / 15, abs=2.0 / np.sqrt(draws))


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 100])
def test_each_row_is_drawn_first_in_proportion_to_its_size_whatever_block_it_is_in(rows):
    sizes = np.arange(rows) % 7 * 1.0 + (rows == 1)
    draws, rng = 4_000, np.random.default_rng(rows)
    first = np.bincount([in_turn(sizes, 1, rng)[0][0] for _ in range(draws)], minlength=rows)
    expected = draws * sizes / sizes.sum()
    known = expected > 0
    assert not first[~known].any()
    distance = ((first - expected)[known] ** 2 / expected[known]).sum()
    assert distance < chi2.isf(1e-4, max(int(known.sum()) - 1, 1))


def test_a_select_may_weigh_each_row_or_each_kept_row():
    class Every(Select):
        kept_alone: int

        def keep(self, frame, rng):
            return np.arange(len(frame)) % 2 == 0, np.arange(float(self.kept_alone))

    frame = pd.DataFrame({"x": range(6)})
    assert Every(3).select(frame)["sampling_weight"].tolist() == [0, 1, 2]
    assert Every(6).select(frame)["sampling_weight"].tolist() == [0, 2, 4]
    with pytest.raises(ContractError, match=r"weights of shape \(4,\) for 3 kept of 6 rows"):
        Every(4).select(frame)


def test_sizes_of_all_orders_end_in_a_race():
    frame = pd.DataFrame({"size": 10.0 ** -np.arange(60)})
    sample = WeightedSample(50, size="size").select(frame)
    assert len(sample) == 50
    assert np.isfinite(sample["sampling_weight"]).all()
    assert sample.index[:40].tolist() == list(range(40))


def test_rows_of_size_zero_are_never_drawn():
    frame = pd.DataFrame({"size": [0.0] * 90 + [1.0] * 10})
    sample = WeightedSample(50, size="size").select(frame)
    assert len(sample) == 10
    assert (sample["size"] == 1).all()


def test_importance_weights_are_bounded_by_the_even_chance():
    frame = pd.DataFrame({"loss": np.arange(1_000) ** 6.0})
    sample = ImportanceSample(100, importance="loss", even=0.25).select(frame)
    assert sample["sampling_weight"].max() <= 1_000 / (0.25 * 100) + 1e-9
    assert len(sample) == pytest.approx(100, abs=40)


def test_clusters_are_kept_whole_and_two_stages_keep_some_of_each():
    whole = ClusterSample("street", clusters=20).select(PEOPLE)
    some = TwoStageSample("street", clusters=20, rows=3).select(PEOPLE)
    assert whole["street"].nunique() == some["street"].nunique() == 20
    assert len(whole) == PEOPLE["street"].isin(whole["street"].unique()).sum()
    assert some["street"].value_counts().max() == 3


@pytest.mark.parametrize(
    "make",
    [
        RandomSample,
        lambda: RandomSample(5, share=0.1),
        lambda: RandomSample(share=1.5),
        lambda: ReservoirSample(0),
        lambda: ImportanceSample(10, importance="x", even=0.0),
        lambda: StratifiedSample("a", rows=10, allocation="neyman"),
        lambda: StratifiedSample("a", rows=10, spread="x"),
        lambda: StratifiedSample("a", rows={"x": 0}),
        lambda: ClusterSample("a", clusters=1),
        lambda: TwoStageSample("a", clusters=3, rows=0),
    ],
)
def test_designs_that_cannot_be_are_refused_when_made(make):
    with pytest.raises(ConfigurationError, match="Remedy"):
        make()


BAD = PEOPLE.head(200).assign(negative=-1.0, nulls=np.nan, zero=0.0, words="a", even=1.0)


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (WeightedSample(10, size="negative"), "negative or infinite in 200 rows"),
        (WeightedSample(10, size="nulls"), "holds|null"),
        (WeightedSample(10, size="zero"), "0 in all 200 rows"),
        (WeightedSample(10, size="words"), "not numbers"),
        (WeightedSample(10, size="absent"), "needs the column 'absent'"),
        (ReservoirSample(10, size="negative"), "negative or infinite"),
        (ImportanceSample(10, importance="zero"), "0 in all 200 rows"),
        (StratifiedSample("region", rows=10, allocation="neyman", spread="even"), "does not vary"),
        (StratifiedSample("region", rows={0: 5}), "no rows for 1"),
        (ClusterSample("nulls", clusters=3), "null in 200 rows"),
    ],
)
def test_columns_that_cannot_be_used_are_named(design, said):
    with pytest.raises(DataError, match=said):
        design.select(BAD)


def test_an_estimate_needs_what_the_design_drew():
    design = HashSample(50)
    with pytest.raises(DataError, match="design.select"):
        design.estimate(PEOPLE, "spent")
    sample = design.select(PEOPLE)
    with pytest.raises(DataError, match="null or infinite in 1 of 50"):
        design.estimate(sample.assign(spent=sample["spent"].where(np.arange(50) > 0)), "spent")
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        design.estimate(sample, "spent", level=95)
