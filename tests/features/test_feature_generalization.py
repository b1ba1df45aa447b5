"""FeatureGeneralization says which features are not tomorrow what they were in training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from mlsys.features import FeatureGeneralization


@pytest.fixture
def parts() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(0)

    def rows(count: int, shift: float, levels: list[str], empty: float) -> pd.DataFrame:
        frame = pd.DataFrame({"same": rng.normal(size=count), "moved": rng.normal(shift, 1, count).clip(-2, 2)})
        frame["level"] = rng.choice(levels, count)
        frame["gone"] = pd.Series(rng.normal(size=count).clip(-1, 1)).mask(rng.random(count) < empty)
        frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 1000, count), "h")
        return frame.assign(same=frame["same"].clip(-2, 2), y=0)

    return {"train": rows(4000, 0, ["a", "b"], 0.0), "validation": rows(4000, 1, ["a", "b", "c", "d"], 0.5)}


def test_each_way_of_not_carrying_over_has_its_verdict(parts: dict[str, pd.DataFrame]) -> None:
    result = FeatureGeneralization().of(**parts, target="y")
    table = result.table.set_index("feature")
    assert table["verdict"].to_dict() == {
        "level": "new values", "moved": "moved", "gone": "missing", "same": "carries over", "when": "carries over",
    }  # fmt: skip
    assert result.verdict.startswith("look at level")
    assert table.loc["gone", "coverage"] == parts["validation"]["gone"].notna().mean()
    assert result.scalars["generalization/features_that_do_not"] == 3


def test_values_are_those_of_references(parts: dict[str, pd.DataFrame]) -> None:
    table = FeatureGeneralization().of(**parts, target="y").table.set_index("feature")
    train, later = parts["train"], parts["validation"]
    for name in ("same", "moved"):
        assert table.loc[name, "distance"] == pytest.approx(ks_2samp(train[name], later[name]).statistic)
    shares = [part["level"].value_counts(normalize=True) for part in (train, later)]
    assert table.loc["level", "distance"] == pytest.approx(shares[0].sub(shares[1], fill_value=0).abs().sum() / 2)
    assert table.loc["level", "overlap"] == pytest.approx(later["level"].isin(train["level"]).mean())


def test_unseen_values_and_new_nulls_are_counted_by_part(parts: dict[str, pd.DataFrame]) -> None:
    later = parts["validation"].assign(same=parts["validation"]["same"] + 100)
    result = FeatureGeneralization().of(train=parts["train"], validation=later, test=later.head(500), target="y")
    table = result.table.set_index(["feature", "part"])
    for part, rows in (("validation", later), ("test", later.head(500))):
        assert table.loc[("level", part), "unseen"] == rows["level"].isin(["c", "d"]).sum()
        assert table.loc[("gone", part), "new_nulls"] == rows["gone"].isna().sum()
        assert table.loc[("same", part), ["unseen", "new_nulls"]].tolist() == [len(rows), 0]


def test_few_rows_of_many_levels_are_far_apart_by_chance() -> None:
    rng = np.random.default_rng(3)
    train, later = (pd.DataFrame({"c": rng.integers(0, 300, rows).astype(str), "y": 0}) for rows in (5000, 500))
    row = FeatureGeneralization().of(train=train, validation=later, target="y").table.iloc[0]
    assert row["distance"] > 0.2
    assert row["distance"] == pytest.approx(row["chance"], abs=0.03)
    assert row["verdict"] == "carries over"


def test_without_another_part_and_with_odd_columns() -> None:
    train = pd.DataFrame({"c": [[1], [2]], "e": [None, None], "y": [0, 1]})
    assert FeatureGeneralization().of(train=train, target="y").verdict == "not assessed"
    table = FeatureGeneralization().of(train=train, validation=train, target="y").table
    assert set(table["verdict"]) == {"carries over"}
