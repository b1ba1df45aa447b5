"""Where a row goes follows from its key and the seed: not from other rows, their order, or how they are held."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.dummy import DummyClassifier

from mlsys import Pipeline, ReadParquet
from mlsys.sampling import GroupFolds, GroupSplit, KFolds, PredefinedSplit, RandomSplit, StratifiedSplit
from mlsys.settings import override
from mlsys.steps import Split
from mlsys.steps.repeats import find_repeats

FIXED = [
    RandomSplit(),
    RandomSplit(parts={"validation": 0.2, "calibration": 0.1, "test": 0.2}, seed=3),
    GroupSplit(),
    GroupSplit(parts={"calibration": 0.3, "test": 0.2}),
    PredefinedSplit(parts={"train": 0.5, "validation": 0.2, "test": 0.3}),
    KFolds(test=0.3, stratify=False),
    GroupFolds(test=0.3),
]
CUT = [StratifiedSplit(), StratifiedSplit(by=["target", "site"]), RandomSplit(exact=True), GroupSplit(exact=True)]


def cases(numbers: list[int]) -> pd.DataFrame:
    """Rows whose number says what they hold: equal numbers are equal rows, a fourth of them of another site."""
    number = np.array(numbers)
    columns: dict[str, Any] = {f"x{place}": np.sin(number * (place + 1.0)) for place in range(12)}
    return pd.DataFrame(columns).assign(
        name=pd.Series([f"case {each}" for each in numbers], dtype="str"),
        site=number % 4,
        customer=number // 3,
        target=np.where(number % 3 == 0, "yes", "no"),
    )


def assigned(split: Split, frame: pd.DataFrame) -> pd.Series:
    """Return the part of each row, with what repeats another found among the features."""
    parts = split.split(frame, target="target", group="customer")
    return pd.concat([pd.Series(name, index=part.index) for name, part in parts.items()]).reindex(frame.index)


repeated = st.builds(
    lambda order, again: [*order, *again],
    st.permutations(range(40)),
    st.lists(st.integers(0, 39), min_size=1, max_size=12),
)


@pytest.mark.parametrize("split", FIXED, ids=repr)
@settings(max_examples=25, deadline=None)
@given(numbers=repeated, old=st.integers(5, 40), seed=st.integers(0, 99))
def test_old_rows_stay_when_rows_are_appended_among_them_repeats(
    split: Split, numbers: list[int], old: int, seed: int
) -> None:
    frame = cases(numbers)
    shuffled = frame.sample(frac=1, random_state=seed)
    before, after = assigned(split, frame[:old]), assigned(split, shuffled)
    assert after.loc[before.index].equals(before)


@pytest.mark.quick("RandomSplit()", "GroupSplit()", "StratifiedSplit()", "PredefinedSplit*", "GroupFolds*")
@pytest.mark.parametrize("split", [*FIXED, *CUT], ids=repr)
@settings(max_examples=25, deadline=None)
@given(numbers=repeated, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(split: Split, numbers: list[int], seed: int) -> None:
    frame = cases(numbers)
    shuffled = frame.sample(frac=1, random_state=seed)
    assert assigned(split, shuffled).loc[frame.index].equals(assigned(split, frame))


@pytest.mark.quick("RandomSplit()", "KFolds*")
@pytest.mark.parametrize(
    "split", [RandomSplit(), StratifiedSplit(), RandomSplit(exact=True), KFolds(test=0.3)], ids=repr
)
@settings(max_examples=25, deadline=None)
@given(numbers=repeated)
def test_rows_that_repeat_another_go_where_that_goes(split: Split, numbers: list[int]) -> None:
    frame = cases(numbers)
    apart = assigned(split, frame).groupby(numbers).nunique(dropna=False)
    assert (apart == 1).all()
    for fold in split.folds(keys_of(split, frame), 3):
        assert (fold.groupby(numbers).nunique() == 1).all()


def keys_of(split: Split, frame: pd.DataFrame) -> pd.DataFrame:
    keys = pd.DataFrame(
        {"id": frame.index, "target": frame["target"], **{name: frame[name] for name in split.key_columns}}
    )
    repeats = find_repeats(frame.drop(columns=["target", "customer"]), keys)
    return keys if repeats.unit is None else keys.assign(duplicate=repeats.unit)


@functools.cache
def many() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = cases(np.r_[np.arange(1_000), rng.integers(0, 1_000, 100)].tolist()).sample(frac=1, random_state=0)
    return frame.assign(order=np.arange(100, 100 + len(frame))).reset_index(drop=True)


@pytest.mark.quick("RandomSplit()-1", "StratifiedSplit()-7")
@pytest.mark.parametrize("files", [1, 7, pytest.param(64, marks=pytest.mark.long)])
@pytest.mark.parametrize("split", [RandomSplit(), StratifiedSplit()], ids=repr)
def test_the_partitions_of_a_folder_do_not_matter(split: Split, files: int, tmp_path: Path) -> None:
    rows = -(-len(many()) // files)
    for number in range(files):
        many()[number * rows : (number + 1) * rows].to_parquet(tmp_path / f"part-{number:02}.parquet")
    expected = ids_by_part(split, many())
    with override(rows_per_partition=rows):
        assert ids_by_part(split, ReadParquet(str(tmp_path))) == expected
    with override(rows_per_partition=rows, rows_in_memory=500):
        beyond = ids_by_part(split.with_(keep_duplicates_together=False), ReadParquet(str(tmp_path)))
    assert beyond == ids_by_part(split.with_(keep_duplicates_together=False), many())
    assert beyond != expected


def ids_by_part(split: Split, data: Any) -> dict[str, list[int]]:
    source = [] if isinstance(data, pd.DataFrame) else [data]
    pipeline = Pipeline([*source, split, DummyClassifier()], target="target", id="order", exclude=["customer"])
    run = pipeline.run(data if not source else None, track=False, cache=False)
    return {part: sorted(run.frame(part, after=split.title)["order"]) for part in ("train", "validation")}


SURE = 1e-6
"""Chance that a correct split fails a test of its sizes."""


@pytest.mark.parametrize("rows", [200, 5_000, 100_000])
@pytest.mark.parametrize("seed", range(3))
def test_sizes_are_binomial(rows: int, seed: int) -> None:
    shares = {"validation": 0.2, "calibration": 0.05, "test": 0.3}
    parts = RandomSplit(parts=shares, seed=seed).assign(pd.DataFrame({"id": np.arange(rows)}))
    for name, share in shares.items():
        low, high = binom.ppf([SURE / 2, 1 - SURE / 2], rows, share)
        assert low <= (parts == name).sum() <= high


def test_seeds_give_unrelated_splits() -> None:
    keys = pd.DataFrame({"id": np.arange(20_000)})
    tests = np.array([(RandomSplit(seed=seed).assign(keys) == "test").to_numpy() for seed in range(20)])
    both = np.array([(one & other).sum() for place, one in enumerate(tests) for other in tests[:place]])
    low, high = binom.ppf([SURE / len(both) / 2, 1 - SURE / len(both) / 2], 20_000, 0.04)
    assert low <= both.min() and both.max() <= high


def test_folds_of_training_rows_are_even_though_both_go_by_hash() -> None:
    keys = pd.DataFrame({"id": np.arange(3_000)})
    train = keys[RandomSplit().assign(keys) == "train"]
    sizes = [(fold == "validation").sum() for fold in KFolds(5).windows(train)]
    assert max(sizes) - min(sizes) <= 1


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=4, max_size=4),
    shares=st.tuples(st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 0.3)),
)
def test_strata_of_several_columns_are_exact_within_one_row(sizes: list[int], shares: tuple[float, ...]) -> None:
    combination = np.repeat(np.arange(4), sizes)
    keys = pd.DataFrame({"id": np.arange(len(combination)), "target": combination % 2, "site": combination // 2})
    wanted = dict(zip(("validation", "calibration", "test"), shares, strict=True))
    parts = StratifiedSplit(by=["target", "site"], parts=wanted).assign(keys)
    for number, size in enumerate(sizes):
        counts = parts[combination == number].value_counts()
        for name, share in wanted.items():
            assert abs(counts.get(name, 0) - share * size) <= 1


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 300), validation=st.floats(0, 0.45), test=st.floats(0, 0.45))
def test_exact_sizes_are_exact_within_one_row(rows: int, validation: float, test: float) -> None:
    counts = RandomSplit(validation, test, exact=True).assign(pd.DataFrame({"id": np.arange(rows)})).value_counts()
    assert abs(counts.get("validation", 0) - validation * rows) <= 1
    assert abs(counts.get("test", 0) - test * rows) <= 0.5


def test_a_calibration_part_is_taken_from_the_training_rows_alone() -> None:
    keys = pd.DataFrame({"id": np.arange(500)})
    without = RandomSplit(0.2, 0.3).assign(keys)
    parts = RandomSplit(parts={"calibration": 0.1, "validation": 0.2, "test": 0.3}).assign(keys)
    assert parts.where(parts != "calibration", "train").tolist() == without.tolist()


def test_groups_of_a_stratified_split_stay_together_and_keep_the_shares() -> None:
    keys = pd.DataFrame({"id": np.arange(900), "group": np.arange(900) // 3, "target": np.arange(900) % 90 < 9})
    split = StratifiedSplit(keep_groups_together=True)
    parts = split.assign(keys)
    assert (parts.groupby(keys["group"]).nunique() == 1).all()
    assert keys["target"].groupby(parts).mean().tolist() == pytest.approx([0.1] * 3)
    assert split.assign(keys[::-1]).sort_index().equals(parts)
