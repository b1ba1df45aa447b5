"""Folds and parts by hash: even, together where they must be, and the same for old rows when new ones come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys import GroupSplit, PredefinedSplit, RandomSplit
from mlsys.dataset import Roles
from mlsys.steps.splitting import MOST_STRATA, fold_numbers, hashed_folds, key_of, split_keys
from mlsys.summaries import fold_of

ids = st.lists(st.integers(0, 10**6), min_size=12, max_size=60, unique=True)


def keys_of(found: list[int], **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"id": found, **columns})


@settings(max_examples=40, deadline=None)
@given(ids, st.integers(2, 6))
def test_folds_are_disjoint_cover_and_differ_by_one_row(found: list[int], k: int) -> None:
    folds = hashed_folds(keys_of(found), k)
    validated = np.column_stack([fold == "validation" for fold in folds])
    assert (validated.sum(axis=1) == 1).all()
    sizes = validated.sum(axis=0)
    assert sizes.max() - sizes.min() <= 1
    for fold in folds:
        assert set(fold) == {"train", "validation"}


@settings(max_examples=40, deadline=None)
@given(ids, st.integers(2, 5), st.integers(0, 99))
def test_folds_do_not_depend_on_the_order_of_rows(found: list[int], k: int, seed: int) -> None:
    target = np.arange(len(found)) % 3
    keys = keys_of(found, target=target)
    order = np.random.default_rng(seed).permutation(len(keys))
    assert (fold_numbers(keys, k)[order] == fold_numbers(keys.iloc[order], k)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 60), st.integers(1, 40), st.integers(2, 5))
def test_classes_are_spread_evenly(common: int, rare: int, k: int) -> None:
    keys = keys_of(list(range(common + rare)), target=["no"] * common + ["yes"] * rare)
    counts = pd.crosstab(fold_numbers(keys, k), keys["target"])
    assert (counts.max() - counts.reindex(range(k), fill_value=0).min() <= 1).all()


@pytest.mark.parametrize("column", ["group", "duplicate"])
def test_groups_and_duplicates_share_a_fold(column: str) -> None:
    rng = np.random.default_rng(3)
    keys = keys_of(list(range(200)), target=rng.integers(0, 2, 200), **{column: rng.integers(0, 40, 200)})
    folds = pd.Series(fold_numbers(keys, 5))
    assert (folds.groupby(keys[column]).nunique() == 1).all()
    assert folds.nunique() == 5


def test_the_group_wins_over_duplicates_and_ids() -> None:
    keys = keys_of([1, 2], group=["a", "a"], duplicate=[5, 6])
    assert key_of(keys).tolist() == ["a", "a"]
    assert key_of(keys.drop(columns="group")).tolist() == [5, 6]
    assert key_of(keys[["id"]]).tolist() == [1, 2]
    assert key_of(pd.DataFrame(index=[8, 9])).tolist() == [8, 9]


def test_a_target_of_many_values_is_no_strata() -> None:
    keys = keys_of(list(range(100)))
    many = keys.assign(target=np.linspace(0, 1, 100))
    assert many["target"].nunique() > MOST_STRATA
    assert (fold_numbers(keys, 5) == fold_numbers(many, 5)).all()


def test_another_seed_gives_other_folds() -> None:
    keys = keys_of(list(range(100)))
    assert (fold_numbers(keys, 5, seed=0) != fold_numbers(keys, 5, seed=1)).any()


@settings(max_examples=30, deadline=None)
@given(ids, ids)
def test_folds_from_ids_stay_when_new_rows_come(old: list[int], new: list[int]) -> None:
    both = [*old, *(each for each in new if each not in old)]
    assert (fold_of(np.array(both), 5)[: len(old)] == fold_of(np.array(old), 5)).all()


@pytest.mark.parametrize(
    "split",
    [RandomSplit(), GroupSplit(), PredefinedSplit(parts={"train": 0.5, "test": 0.5})],
    ids=lambda split: split.title,
)
def test_old_rows_stay_in_their_part_where_the_split_says_so(split: RandomSplit) -> None:
    keys = keys_of(list(range(300)), group=np.arange(300) % 70)
    shuffled = keys.sample(frac=1.0, random_state=0)
    old = shuffled.head(100)
    pd.testing.assert_series_equal(split.assign(old), split.assign(keys).loc[old.index])


def test_split_keys_hold_ids_and_roles_and_nothing_else() -> None:
    frame = pd.DataFrame({"n": [4, 5], "who": ["a", "b"], "x": [1.0, 2.0], "y": [0, 1]}, index=[10, 11])
    keys = split_keys(frame, Roles(target="y", group="who", id="n", time="when"))
    assert keys.to_dict("list") == {"id": [4, 5], "group": ["a", "b"], "target": [0, 1]}
    assert keys.index.tolist() == [10, 11]
    assert split_keys(frame, Roles())["id"].tolist() == [10, 11]
    assert list(split_keys(frame, Roles(), known_at=frame["x"], duplicate=[0, 0])) == ["id", "known_at", "duplicate"]
