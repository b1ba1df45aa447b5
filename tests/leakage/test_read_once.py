"""Columns are read once for all checks, and few rows say the same of them as all rows do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys.blocks import number_blocks
from mlsys.leakage import all_parts, overlap
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.encodings import own_target_findings
from mlsys.leakage.fold_means import fold_mean_findings
from mlsys.leakage.level_statistics import level_statistic_findings
from mlsys.leakage.levels import auc, auc_of_counts, levels_of_column, numbers_of
from mlsys.leakage.mappings import mapping_findings
from mlsys.leakage.own_window import window_findings
from mlsys.leakage.read_once import Number, look_of, looks_of, of_few_values, surely_has_more
from mlsys.leakage.scaled import scaled_findings
from mlsys.summaries import hash_ids, places_by_hash

ROWS = 4_000
COLUMNS: dict[str, Any] = {
    "measured": np.random.default_rng(0).normal(size=ROWS),
    "rounded": np.random.default_rng(1).normal(size=ROWS).round(1),
    "with nulls": np.where(np.arange(ROWS) % 3 == 0, np.nan, np.arange(ROWS) / 7),
    "endless": np.where(np.arange(ROWS) % 5 == 0, np.inf, np.arange(ROWS) % 9),
    "all null": np.full(ROWS, np.nan),
    "signed nought": np.where(np.arange(ROWS) % 2 == 0, 0.0, -0.0),
    "whole": np.arange(ROWS) % 40,
    "large ids": 2**60 + np.arange(ROWS),
    "truth": np.arange(ROWS) % 2 == 0,
    "narrow": (np.arange(ROWS) / 3).astype(np.float32),
    "nullable": pd.array([None if place % 4 == 0 else place % 11 for place in range(ROWS)], dtype="Int64"),
    "objects": np.array([None if place % 4 == 0 else place / 2 for place in range(ROWS)], dtype=object),
}


def parts(frame: pd.DataFrame) -> AllParts:
    names = [name for name in frame.columns if name != "y"]
    return AllParts.of(frame[:2_400], frame[2_400:], "y", names, names)


@pytest.mark.parametrize("name", COLUMNS)
def test_many_columns_are_looked_at_as_each_alone(name: str) -> None:
    rows = pd.DataFrame(COLUMNS)
    look = looks_of(rows, list(rows.columns))[name]
    assert look == look_of(rows[name])
    assert look.distinct == rows[name].nunique()
    known = pd.Series(numbers_of(rows[name])).dropna()
    assert (look.counted, look.levels) == (len(known), known.nunique())
    assert look.alone == (known.value_counts() == 1).sum()
    assert look.whole == bool((known % 1 == 0).all())


def test_looks_take_no_rows_and_one_row() -> None:
    empty, one = (looks_of(pd.DataFrame({"x": values}), ["x"])["x"] for values in (np.array([], dtype=float), [1.5]))
    assert (empty.distinct, empty.counted, empty.whole) == (0, 0, True)
    assert (one.distinct, one.alone, one.whole) == (1, 1, False)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_read_once_says_what_its_values_do(name: str) -> None:
    values = numbers_of(pd.DataFrame(COLUMNS)[name])
    column = Number(values, np.arange(ROWS) < 2_400)
    known = values[np.isfinite(values)]
    assert np.array_equal(column.everywhere, known)
    assert np.array_equal(column.own, values[:2_400][np.isfinite(values[:2_400])])
    assert column.has_fractions == bool((known % 1 > 0).any())
    assert (column.low, column.high) == ((known.min(), known.max()) if len(known) else (np.inf, -np.inf))


def test_all_parts_hold_the_numbers_of_each_column() -> None:
    together = parts(pd.DataFrame({**COLUMNS, "town": "a", "y": 0}))
    assert list(together.numbers) == list(COLUMNS)
    for name, values in together.numbers.items():
        np.testing.assert_array_equal(values, numbers_of(together.rows[name]))


@pytest.mark.parametrize("rows", [500, 5_000, 40_000])
def test_values_that_all_come_twice_are_never_taken_for_distinct(rows: int) -> None:
    twice = np.repeat(np.random.default_rng(0).normal(size=rows // 2), 2)
    generator = np.random.default_rng(1)
    assert not any(surely_has_more(generator.permutation(twice), rows / 2) for _ in range(200))
    assert not any(surely_has_more(twice, most) for most in (rows / 2, rows, 0, 2 * rows))


def test_the_bound_on_a_mistake_is_that_of_the_birthday_problem() -> None:
    """Of 200 values that come twice, 20 are all different with probability .37: the bound .39 holds, and is close."""
    twice, generator = np.repeat(np.arange(200.0), 2), np.random.default_rng(0)
    drawn = [len(np.unique(generator.choice(twice, 20, replace=False))) == 20 for _ in range(4_000)]
    bound = float(np.exp(-20 * 19 / 2 * (1 / 200 - 1 / 400)))
    assert bound - 0.06 < np.mean(drawn) < bound + 0.02


def test_measured_numbers_are_distinct_by_few_of_them() -> None:
    numbers = np.random.default_rng(0).normal(size=20_000)
    assert surely_has_more(numbers, 10_000)
    assert not surely_has_more(numbers, 19_999)  # so close to all of them a few say nothing
    assert not surely_has_more(numbers[:3], 1) and not surely_has_more(numbers[:0], 0)


def test_columns_of_few_values_are_kept() -> None:
    rows = pd.DataFrame({**COLUMNS, "text": [f"t{place}" for place in range(ROWS)]})
    kept = of_few_values(rows.head(500), list(rows.columns), 12)
    assert {"text", "truth", "nullable", "objects", "all null", "endless"} <= set(kept)
    assert not {"measured", "whole", "large ids"} & set(kept)


@pytest.mark.parametrize("ids", [np.arange(3_000), np.arange(3_000) % 7, np.repeat("a", 50), np.arange(0)])
@pytest.mark.parametrize("most", [0, 1, 40, 2_999, 9_000])
def test_places_by_hash_are_the_first_of_all_sorted(ids: Any, most: int) -> None:
    assert np.array_equal(places_by_hash(ids, most), np.argsort(hash_ids(ids), kind="stable")[:most])


def test_areas_of_counts_are_those_of_ranks_to_the_last_bit() -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        scores, truth = generator.integers(0, 30, 700), generator.random(700) < generator.uniform(0.01, 0.99)
        counts = (np.bincount(scores[each], minlength=30) for each in (truth, ~truth))
        assert auc_of_counts(*counts) == auc(truth, scores.astype(np.float64))


def test_checks_read_each_column_of_numbers_once_and_number_none_that_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(ROWS, 8))).rename(columns="f{}".format)
    frame = frame.assign(y=(frame["f0"] + generator.normal(size=ROWS) > 0).astype(int))
    asked: dict[str, int] = {"blocks": 0, "levels": 0}

    def counted(name: str, function: Any) -> Any:
        def counting(*given: Any, **named: Any) -> Any:
            asked[name] += 1
            return function(*given, **named)

        return counting

    monkeypatch.setattr(all_parts, "number_blocks", counted("blocks", number_blocks))
    monkeypatch.setattr(all_parts, "levels_of_column", counted("levels", levels_of_column))
    together = parts(frame)
    found = own_target_findings(together) + mapping_findings(together) + fold_mean_findings(together)
    found += window_findings(together, None) + level_statistic_findings(together, {}) + scaled_findings(together, {})
    assert found == [] and asked == {"blocks": 1, "levels": 0}


def test_ids_of_training_rows_are_hashed_once_for_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlsys.dataset import Roles

    hashed: list[int] = []

    def counting(values: pd.Series) -> Any:
        hashed.append(len(values))
        return hash_ids(values)

    monkeypatch.setattr(overlap, "hash_ids", counting)
    frames = {"train": pd.DataFrame({"who": range(50)}), "validation": pd.DataFrame({"who": [49, 60]})}
    frames["test"] = pd.DataFrame({"who": [3, 4, 70]})
    found = overlap.overlap_findings(frames, Roles.named(target="y", id="who"))
    assert [each.code for each in found] == ["LK212"] * 2 and sorted(hashed) == [2, 3, 50]


@pytest.mark.parametrize("way", ["own", "centred"])
def test_a_window_is_found_among_many_columns_by_few_rows(way: str) -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.standard_t(2, size=(ROWS, 30))).rename(columns="f{}".format)
    frame["heat"] = generator.normal(size=ROWS)
    given = {
        "own": frame["heat"].rolling(5, min_periods=1).mean(),
        "centred": frame["heat"].rolling(7, center=True, min_periods=1).sum(),
    }
    frame = frame.assign(w=given[way])
    names = [name for name in frame.columns if name != "heat"]
    held = np.random.default_rng(1).random(ROWS) < 0.4
    together = AllParts.of(frame[~held], frame[held], "heat", names, [])
    assert [each.columns for each in window_findings(together, None)] == [("w",)]
