"""Samplers of imbalanced-learn on training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling import Resample
from mlsys.sampling._samplers import origins

imblearn = pytest.importorskip("imblearn")
from imblearn.combine import SMOTEENN  # noqa: E402
from imblearn.over_sampling import SMOTE, RandomOverSampler  # noqa: E402
from imblearn.under_sampling import NearMiss, RandomUnderSampler, TomekLinks  # noqa: E402

ROLES = Roles(target="y", id="order", time="when", weight="w")


def rows(count: int = 200, **more) -> Rows:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "order": np.arange(count) + 1000,
            "x": generator.normal(size=count),
            "n": pd.array(generator.integers(0, 5, count), dtype="Int64"),
            "y": np.arange(count) % 10 == 0,
            "when": pd.date_range("2024-01-01", periods=count),
            "w": np.where(np.arange(count) % 10 == 0, 2.0, 1.0),
            **more,
        }
    )
    return Rows.of(frame, ROLES, ["x", "n", *more])


def changed(sampler, train: Rows, seed: int = 0) -> pd.DataFrame:
    return Resample(sampler).change(train, np.random.default_rng(seed))


@pytest.mark.parametrize("sampler", [RandomOverSampler(), RandomUnderSampler(), TomekLinks(), NearMiss()], ids=repr)
def test_kept_and_repeated_rows_are_rows_that_were_there(sampler):
    train = rows()
    after = changed(sampler, train)
    assert pd.DataFrame(train).loc[after.index].equals(after)


@pytest.mark.parametrize("sampler", [RandomOverSampler(), RandomUnderSampler(), SMOTE()], ids=repr)
def test_classes_are_balanced_and_the_seed_decides(sampler):
    after = changed(sampler, rows())
    assert after["y"].value_counts(normalize=True).tolist() == [0.5, 0.5]
    assert after.equals(changed(sampler, rows()))
    assert not after.equals(changed(sampler, rows(), seed=1))


def test_made_rows_have_features_target_and_weight_and_nothing_else():
    train = rows()
    after = changed(SMOTE(), train)
    made = after[after["order"].isna()]
    assert len(made) == 160 and len(after) == 360 and after.index.is_unique
    assert made["y"].all() and made[["x", "n"]].notna().all(axis=None)
    assert made["when"].isna().all() and (made["w"] == 2.0).all()
    old = after[after["order"].notna()]
    assert old["order"].dtype == "Int64"
    assert old["order"].tolist() == train["order"].tolist()
    assert old["when"].tolist() == train["when"].tolist()


def test_a_sampler_that_makes_and_drops_rows_keeps_the_ids_of_those_it_kept():
    train = rows()
    after = changed(SMOTEENN(), train)
    old = after[after["order"].notna()]
    assert 0 < len(old) < 200
    assert (pd.DataFrame(train).loc[old.index, "x"] == old["x"]).all()


def test_text_features_do_not_stop_a_sampler_that_only_repeats():
    after = changed(RandomUnderSampler(), rows(country="DE"))
    assert set(after["country"]) == {"DE"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"country": "DE", "city": "Ulm"}, "'country', 'city', which hold text"),
        ({"born": pd.Timestamp("2000-01-01")}, "'born', which hold timestamps"),
        ({"gap": [np.nan] + [1.0] * 199}, "'gap', which hold nulls"),
    ],
)
def test_features_a_sampler_cannot_use_are_all_named(more, said):
    with pytest.raises(DataError, match=said):
        changed(SMOTE(), rows(**more))


def test_what_is_no_sampler_is_refused():
    with pytest.raises(ConfigurationError, match="fit_resample"):
        Resample(object())
    with pytest.raises(ConfigurationError, match="fit_resample"):
        Resample(SMOTE)


def test_text_and_nullable_targets_keep_their_type():
    for target in (pd.array(["a", "b"] + ["a"] * 198, dtype="str"), pd.Categorical(["a", "b"] + ["a"] * 198)):
        train = rows()
        frame = pd.DataFrame(train).assign(y=target)
        after = changed(RandomOverSampler(), Rows.of(frame, ROLES, ["x", "n"]))
        assert after["y"].dtype == frame["y"].dtype
        assert (after["y"] == "b").sum() == 199


def test_it_works_without_a_pipeline():
    after = Resample(RandomOverSampler()).resample(
        pd.DataFrame(rows()), target="y", id="order", time="when", weight="w"
    )
    assert after["y"].mean() == 0.5
    assert after.index.is_unique


def test_rows_are_matched_by_value_each_once():
    before = pd.DataFrame({"x": [1.0, 1.0, np.nan, 2.0], "y": [0, 0, 1, 1]})
    after = before.iloc[[3, 0, 1, 1, 2]].reset_index(drop=True)
    assert origins(before, after).tolist() == [3, 0, 1, -1, 2]
    assert origins(before, before).tolist() == [0, 1, 2, 3]
