"""Random, stratified, group and predefined splits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling import GroupSplit, PredefinedSplit, RandomSplit, StratifiedSplit
from mlsys.summaries import fold_of

RANDOM_LIKE = [
    RandomSplit(),
    RandomSplit(0.1, 0.3, seed=5),
    GroupSplit(),
    PredefinedSplit(parts={"train": 0.5, "validation": 0.2, "test": 0.2, "calibration": 0.1}),
]


def keys(rows: int, start: int = 0) -> pd.DataFrame:
    ids = np.arange(start, start + rows)
    return pd.DataFrame({"id": ids, "group": ids // 3, "target": ids % 7 == 0}, index=[f"row{each}" for each in ids])


@pytest.mark.parametrize("split", RANDOM_LIKE, ids=repr)
def test_old_rows_stay_where_they_were_when_new_ones_come_in_any_order(split):
    old, new = split.assign(keys(300)), split.assign(keys(900).sample(frac=1, random_state=1))
    assert new.loc[old.index].tolist() == old.tolist()


@pytest.mark.parametrize("split", RANDOM_LIKE, ids=repr)
def test_another_seed_gives_an_unrelated_split(split):
    one, other = split.assign(keys(3000)), split.with_(seed=99).assign(keys(3000))
    expected = (one.value_counts(normalize=True) * other.value_counts(normalize=True)).sum()
    assert (one == other).mean() == pytest.approx(expected, abs=0.06)


def test_sizes_of_a_random_split_are_binomial():
    counts = RandomSplit(0.2, 0.2).assign(keys(50_000)).value_counts(normalize=True)
    assert counts["train"] == pytest.approx(0.6, abs=4 * (0.24 / 50_000) ** 0.5)
    assert counts["test"] == pytest.approx(0.2, abs=4 * (0.16 / 50_000) ** 0.5)


def test_a_share_of_zero_makes_no_part():
    assert set(RandomSplit(0.0, 0.2).assign(keys(500))) == {"train", "test"}


def test_training_rows_of_a_split_fill_all_folds_of_the_same_seed():
    frame = keys(3000)
    train = frame[RandomSplit(seed=0).assign(frame) == "train"]
    counts = np.bincount(fold_of(train["id"], 5, 0), minlength=5)
    assert counts.min() > 0.8 * counts.mean()


def test_exact_duplicates_go_to_one_part():
    frame = keys(900).assign(duplicate=np.arange(900) // 2)
    for split in (RandomSplit(), StratifiedSplit()):
        assert (split.assign(frame).groupby(frame["duplicate"]).nunique(dropna=False) == 1).all()


@given(
    sizes=st.lists(st.integers(1, 60), min_size=2, max_size=6), shares=st.tuples(st.floats(0, 0.45), st.floats(0, 0.45))
)
@settings(max_examples=40, deadline=None)
def test_a_stratified_split_has_each_share_of_each_class_within_one_row(sizes, shares):
    target = np.repeat(np.arange(len(sizes)), sizes)
    frame = pd.DataFrame({"id": np.arange(len(target)), "target": target})
    parts = StratifiedSplit(*shares).assign(frame)
    for value, size in enumerate(sizes):
        counts = parts[frame["target"] == value].value_counts()
        for part, share in zip(("validation", "test"), shares, strict=True):
            assert abs(counts.get(part, 0) - share * size) <= 1


def test_a_stratified_split_does_not_depend_on_row_order():
    frame = keys(500)
    assert StratifiedSplit().assign(frame[::-1])[::-1].equals(StratifiedSplit().assign(frame))


def test_rows_without_a_target_are_in_no_part_of_a_stratified_split():
    frame = keys(100).assign(target=pd.array([True, None] * 50, dtype="boolean"))
    assert (StratifiedSplit().assign(frame).isna() == frame["target"].isna()).all()


def test_a_continuous_target_is_split_at_random():
    frame = keys(500).assign(target=np.linspace(0, 1, 500))
    assert StratifiedSplit().assign(frame).equals(RandomSplit().assign(frame))


def test_strata_may_be_columns_which_the_step_asks_for():
    split = StratifiedSplit(by=["country"])
    frame = keys(100).assign(country=["DE"] * 90 + ["SE"] * 10)
    assert split.key_columns == ("country",)
    assert (split.assign(frame)[-10:] == "test").sum() == 2
    with pytest.raises(DataError, match="'country'"):
        split.assign(keys(10))


def test_a_group_is_in_one_part():
    frame = keys(900)
    assert (GroupSplit().assign(frame).groupby(frame["group"]).nunique() == 1).all()


def test_a_group_split_says_what_it_lacks():
    with pytest.raises(DataError, match="group role"):
        GroupSplit().assign(keys(10).drop(columns="group"))
    with pytest.raises(DataError, match="1 of 10 rows have no group.*'row3'"):
        GroupSplit().assign(keys(10).assign(group=[0.0, 0, 0, None, 1, 1, 1, 2, 2, 2]))


def test_predefined_parts_go_by_group_and_in_whatever_order_they_are_written():
    one = PredefinedSplit(parts={"train": 0.6, "gold": 0.4})
    other = PredefinedSplit(parts={"gold": 0.4, "train": 0.6})
    frame = keys(600)
    assert one == other
    assert one.assign(frame).equals(other.assign(frame))
    assert (one.assign(frame).groupby(frame["group"]).nunique() == 1).all()
    assert set(one.assign(frame)) == {"train", "gold"}


def test_predefined_parts_come_from_a_column():
    split = PredefinedSplit("part")
    frame = keys(4).assign(part=pd.Categorical(["train", None, "gold", "test"]))
    assert split.key_columns == split.withholds() == ("part",)
    parts = split.assign(frame)
    assert parts.isna().tolist() == [False, True, False, False]
    assert parts.dropna().tolist() == ["train", "gold", "test"]


def test_predefined_parts_need_training_rows_and_their_column():
    with pytest.raises(DataError, match="no training rows.*'val'"):
        PredefinedSplit("part").assign(keys(2).assign(part=["val", "test"]))
    with pytest.raises(DataError, match="'part'"):
        PredefinedSplit("part").assign(keys(2))


@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomSplit(0.6, 0.5),
        lambda: RandomSplit(-0.1),
        lambda: GroupSplit(1.0, 0.0),
        PredefinedSplit,
        lambda: PredefinedSplit("part", parts={"train": 1.0}),
        lambda: PredefinedSplit(parts={"train": 0.5, "test": 0.4}),
        lambda: PredefinedSplit(parts={"validation": 0.5, "test": 0.5}),
    ],
)
def test_impossible_shares_are_refused_when_the_step_is_made(make):
    with pytest.raises(ConfigurationError, match="Remedy"):
        make()


@pytest.mark.parametrize("split", [RandomSplit(), StratifiedSplit(), GroupSplit()], ids=repr)
def test_validation_folds_are_disjoint_and_cover_all_rows(split):
    frame = keys(100)
    held = sum((fold == "validation").astype(int) for fold in split.folds(frame, 5))
    assert (held == 1).all()


def test_splits_work_without_a_pipeline(shop):
    parts = GroupSplit().split(shop, group="customer")
    assert sum(map(len, parts.values())) == len(shop)
    assert not set(parts["train"]["customer"]) & set(parts["test"]["customer"])
