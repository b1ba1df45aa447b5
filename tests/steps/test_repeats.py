"""Rows that repeat another: one case where chance does not explain them, named by the first row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.steps.repeats import find_repeats
from mlsys.summaries import equal_by_chance


def measured(rows: int, columns: int = 6, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(rows, columns))).rename(columns=str)


def keys(rows: int, **more: object) -> pd.DataFrame:
    return pd.DataFrame({"id": np.arange(rows), **more})


def test_a_repeated_row_is_named_by_the_smallest_id() -> None:
    frame = measured(100)
    frame.loc[[70, 90]] = frame.loc[[20, 20]].to_numpy()
    unit = find_repeats(frame, keys(100)).unit
    assert unit is not None
    assert unit[[20, 70, 90]].tolist() == [20, 20, 20]
    assert (unit == np.arange(100)).sum() == 98


def test_the_earliest_row_names_the_case_where_rows_have_times() -> None:
    frame = measured(50)
    frame.loc[40] = frame.loc[10].to_numpy()
    times = pd.Series(pd.date_range("2024-01-01", periods=50)[::-1])
    unit = find_repeats(frame, keys(50, time=times)).unit
    assert unit is not None and unit[10] == 40
    unknown = find_repeats(frame, keys(50, time=times.mask(times.index == 40))).unit
    assert unknown is not None and unknown[40] == 10


@pytest.mark.parametrize("ids", [["9", "10"], ["row-9", "row-10"], [9, 10], [9.0, 10.5]])
def test_ids_that_count_up_name_the_earlier_row_also_as_texts(ids: list[object]) -> None:
    frame = measured(40)
    frame.loc[0] = frame.loc[1].to_numpy()
    named = pd.DataFrame({"id": pd.Series([ids[1], ids[0], *range(100, 138)], dtype=object)})
    if not isinstance(ids[0], str):
        named = named.infer_objects()
    unit = find_repeats(frame, named.astype("str") if isinstance(ids[0], str) else named).unit
    assert unit is not None and unit[[0, 1]].tolist() == [ids[0]] * 2


def test_no_repeats_no_column_of_cases() -> None:
    found = find_repeats(measured(100), keys(100))
    assert found.unit is None and found.notes() == ()


def test_few_coarse_columns_make_rows_equal_by_chance() -> None:
    rng = np.random.default_rng(1)
    coarse = pd.DataFrame({name: rng.integers(0, 5, 2_000) for name in "abc"})
    found = find_repeats(coarse, keys(2_000))
    assert found.unit is None and found.by_chance > 1_500
    assert "only by chance" in found.notes()[0]


def test_coarse_rows_go_by_id_and_fine_ones_together_in_one_table() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.poisson(0.01, (3_000, 8))).rename(columns=str).astype("float64")
    fine = measured(200, columns=8, seed=3)
    frame.iloc[:200] = fine.to_numpy()
    frame.iloc[200:300] = fine.iloc[:100].to_numpy()
    found = find_repeats(frame, keys(3_000))
    assert found.unit is not None
    assert found.unit[200:300].tolist() == list(range(100))
    assert (found.unit[300:] == np.arange(300, 3_000)).all()
    assert found.kept == 100 and found.by_chance > 2_000


def test_a_table_that_stands_there_several_times_is_not_taken_for_chance() -> None:
    once = measured(300)
    thrice = pd.concat([once] * 3, ignore_index=True)
    unit = find_repeats(thrice, keys(900)).unit
    assert unit is not None and unit.tolist() == list(range(300)) * 3


def test_cases_of_clean_wide_data_are_rarely_joined() -> None:
    joined = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({f"x{place}": rng.integers(0, 6, 5_000) for place in range(8)})
        joined += find_repeats(frame, keys(5_000)).kept
    assert joined <= 0.01 * 5_000 * 20


def test_chance_is_what_independent_columns_do() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"a": rng.choice(4, 4_000, p=[0.7, 0.1, 0.1, 0.1]), "b": rng.integers(0, 10, 4_000)})
    expected = equal_by_chance(frame, frame, len(frame) - 1)
    partners = frame.groupby(["a", "b"])["a"].transform("size").to_numpy() - 1
    assert expected.mean() == pytest.approx(partners.mean(), rel=0.02)
    assert (equal_by_chance(frame, frame, 1.0, settled=0.2) >= equal_by_chance(frame, frame, 1.0)).all()
