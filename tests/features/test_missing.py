"""DiagnoseMissing tells what can be told; DropMissing and DropMissingRows leave out and say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, mannwhitneyu

from mlsys import DiagnoseMissing, DropMissing, DropMissingRows
from mlsys.errors import DataError
from mlsys.features._missingness import comparisons, little


def made(rows: int = 600, seed: int = 0) -> tuple[pd.DataFrame, np.random.Generator]:
    rng = np.random.default_rng(seed)
    age, income = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], rows).T
    return pd.DataFrame({"age": age, "income": income, "city": rng.choice(list("abc"), rows)}), rng


def verdict(frame: pd.DataFrame, column: str = "income", **roles: str) -> pd.Series:
    return DiagnoseMissing().of(train=frame, **roles).table.set_index("column").loc[column]


def test_nulls_by_chance_show_no_dependence() -> None:
    frame, rng = made()
    found = verdict(frame.assign(income=frame["income"].mask(rng.random(600) < 0.2)))
    assert found["verdict"] == "no dependence seen"
    assert found["recommendation"].startswith("Impute() with its indicator")
    assert found["missing"] == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("told_by", ["age", "city", "target"])
def test_nulls_that_another_column_tells_depend_on_it(told_by: str) -> None:
    frame, rng = made()
    frame["target"] = rng.integers(0, 2, 600)
    more = {"age": frame["age"] > 0.5, "city": frame["city"] == "b", "target": frame["target"] == 1}[told_by]
    found = verdict(
        frame.assign(income=frame["income"].mask(rng.random(600) < np.where(more, 0.5, 0.1))), target="target"
    )
    assert (found["verdict"], found["told_by"]) == ("depends on other columns", told_by)
    assert found["p_value"] < 0.01


def test_nulls_at_both_ends_of_another_column_are_seen() -> None:
    frame, rng = made()
    both = frame["age"].abs() > 1
    found = verdict(frame.assign(income=frame["income"].mask(both & (rng.random(600) < 0.6))))
    assert found["told_by"] == "age"


def test_the_missing_value_itself_cannot_be_told_from_chance() -> None:
    frame, rng = made()
    alone = pd.DataFrame({"age": frame["age"], "income": rng.normal(size=600)})
    alone["income"] = alone["income"].mask(alone["income"] > 0.7)
    assert verdict(alone)["verdict"] == "no dependence seen"
    assert "cannot be excluded" in DiagnoseMissing().of(train=alone).summary


def test_few_nulls_tell_nothing_and_none_are_no_rows() -> None:
    frame, _ = made()
    frame.loc[:9, "income"] = np.nan
    assert verdict(frame)["verdict"] == "cannot be told"
    empty = DiagnoseMissing().of(train=made()[0])
    assert (empty.verdict, len(empty.table)) == ("none missing", 0)


def test_columns_that_miss_together_are_named() -> None:
    frame, rng = made()
    gone = rng.random(600) < 0.2
    frame = frame.assign(income=frame["income"].mask(gone), tax=frame["income"].mask(gone))
    assert verdict(frame)["missing_with"] == "tax"


def test_the_tests_are_scipys() -> None:
    frame, rng = made()
    gone = rng.random(600) < 0.3
    ranked, _, by_level = comparisons(gone, frame[["age", "city"]])
    theirs = mannwhitneyu(frame["age"][gone], frame["age"][~gone], method="asymptotic", use_continuity=False)
    assert ranked.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    table = pd.crosstab(gone, frame["city"])
    assert by_level.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue, rel=1e-9)


def test_littles_statistic_is_that_of_two_groups_where_one_column_has_nulls() -> None:
    """With nulls in one of two columns the test compares the means of the other (Little 1988, section 3)."""
    frame, rng = made()
    p_values = []
    for seed in range(20):
        each, rng = made(200, seed)
        p_values.append(little(each.assign(income=each["income"].mask(rng.random(200) < 0.3))[["age", "income"]]))
    assert 0.2 < np.mean(p_values) < 0.8
    assert little(frame.assign(income=frame["income"].mask(frame["age"] > 0.5))[["age", "income"]]) < 1e-6
    assert np.isnan(little(frame[["age"]]))


def test_columns_with_too_many_nulls_are_dropped_and_listed() -> None:
    train = pd.DataFrame({"a": [1.0, None, None], "b": ["x", None, "y"], "c": [1, 2, 3]})
    fitted = DropMissing().fit(train)
    assert list(fitted.transform(train)) == ["b", "c"]
    assert fitted.step.lost(fitted.state)["missing"].to_dict() == {"a": 2 / 3}
    assert list(DropMissing(most=0).fit(train).transform(train)) == ["c"]
    assert list(DropMissing(["b"], most=0).fit(train).transform(train)) == ["a", "c"]


def test_rows_with_nulls_are_left_out_of_training_rows_until_few_are_left() -> None:
    train = pd.DataFrame({"a": [1.0, None, 3.0], "b": ["x", "y", None], "y": [0, 1, 1]})
    assert DropMissingRows().resample(train, target="y").index.tolist() == [0]
    assert DropMissingRows(["b"]).resample(train, target="y").index.tolist() == [0, 1]
    with pytest.raises(DataError, match=r"1 of 3 training rows are complete; the most nulls are in 'a' \(33%\)"):
        DropMissingRows(least=0.5).resample(train, target="y")
