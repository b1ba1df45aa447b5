"""Hashes depend on values alone; samples on ids alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.errors import ConfigurationError, DataError
from mlsys.summaries import BottomK, fold_of, hash_ids, uniform

MASK = 2**64 - 1


def reference_mix(state: int) -> int:
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ state >> 27) * 0x94D049BB133111EB & MASK
    return state ^ state >> 31


def reference_text(text: str, seed: int) -> int:
    start = reference_mix(seed + 0x9E3779B97F4A7C15 & MASK)
    data = text.encode()
    state = reference_mix(len(data) + (start ^ 7 * 0x9E3779B97F4A7C15 & MASK) & MASK)
    for begin in range(0, len(data), 8):
        word = int.from_bytes(data[begin : begin + 8], "little")
        state = reference_mix((state ^ word) + 0x9E3779B97F4A7C15 & MASK)
    return state


@given(st.lists(st.text(max_size=30)), st.integers(0, 5))
def test_text_hashes_equal_the_written_definition(texts: list[str], seed: int) -> None:
    expected = [reference_text(text, seed) for text in texts]
    for values in (pd.Series(texts, dtype="str"), pd.Series(texts, dtype=object), pd.Series(texts, dtype="category")):
        assert hash_ids(values, seed).tolist() == expected


@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.integers(0, 5))
def test_number_hashes_equal_the_written_definition(numbers: list[int], seed: int) -> None:
    start = reference_mix(seed + 0x9E3779B97F4A7C15 & MASK)
    expected = [reference_mix(number + start & MASK) for number in numbers]
    assert hash_ids(np.array(numbers, dtype=np.int64), seed).tolist() == expected


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int32", "uint64", "float32", "float64", "Int64", "object", "category"]
)
def test_equal_numbers_hash_equal_in_any_width(dtype: str) -> None:
    assert hash_ids(pd.Series([0, 1, 100], dtype=dtype)).tolist() == hash_ids(np.array([0, 1, 100])).tolist()


def test_bools_hash_as_numbers_and_slices_as_their_values() -> None:
    assert hash_ids(pd.Series([False, True])).tolist() == hash_ids(pd.Series([0, 1])).tolist()
    text = pd.Series(["a", "bb", None, "cccccccccc"], dtype="str")
    assert hash_ids(text[1:]).tolist() == hash_ids(text).tolist()[1:]
    chunked = pd.concat([text, text])
    assert hash_ids(chunked).tolist() == hash_ids(text).tolist() * 2


def test_times_hash_by_instant_in_any_unit_and_zone() -> None:
    times = pd.Series(pd.to_datetime(["2020-01-01", None, "2021-06-01"], utc=True))
    expected = hash_ids(times).tolist()
    assert hash_ids(times.dt.tz_convert("Europe/Berlin")).tolist() == expected
    assert hash_ids(times.dt.as_unit("s")).tolist() == expected
    assert hash_ids(times.astype(object)).tolist() == expected
    assert hash_ids(times - times[0]).tolist() != expected


def test_kinds_nulls_and_seeds_differ() -> None:
    values = pd.Series([1, "1", 1.5, None, "", pd.Timestamp(1)], dtype=object)
    hashes = np.concatenate([hash_ids(values), hash_ids(values, seed=1)])
    assert len(set(hashes.tolist())) == 12
    assert hash_ids(pd.Series([None, 1.0]))[0] == hash_ids(values)[3] == hash_ids(pd.Series([None, "x"]))[0]


def test_what_has_no_stable_value_is_refused() -> None:
    with pytest.raises(DataError, match="list"):
        hash_ids(pd.Series([[1], [2]]))
    with pytest.raises(DataError, match="object"):
        hash_ids(pd.Series([object(), object()]))


def test_hashes_are_uniform_and_folds_even() -> None:
    places = uniform(hash_ids(np.arange(100_000)))
    assert 0 <= places.min() <= places.max() < 1
    assert np.histogram(places, bins=10, range=(0, 1))[0] == pytest.approx([10_000] * 10, abs=400)
    assert np.bincount(fold_of(np.arange(100_000), 5)) == pytest.approx([20_000] * 5, abs=600)
    texts = uniform(hash_ids(pd.Series([f"id-{number}" for number in range(20_000)])))
    assert np.histogram(texts, bins=10, range=(0, 1))[0] == pytest.approx([2_000] * 10, abs=200)
    with pytest.raises(ConfigurationError, match="0 folds"):
        fold_of(np.arange(2), 0)


@given(st.lists(st.integers(0, 10**6), unique=True, max_size=50), st.integers(0, 50), st.integers(1, 12), st.randoms())
def test_samples_do_not_depend_on_cut_or_order(ids: list[int], cut: int, k: int, random) -> None:
    frame = pd.DataFrame({"x": np.array(ids, dtype=np.int64) * 2}, index=pd.Index(ids, dtype=np.int64))
    shuffled = list(ids)
    random.shuffle(shuffled)
    whole = BottomK.of(frame, frame.index, k)
    first, second = frame.loc[shuffled[:cut]], frame.loc[shuffled[cut:]]
    parts = BottomK.of(first, first.index, k) + BottomK.of(second, second.index, k)
    pd.testing.assert_frame_equal(parts.rows, whole.rows)
    by_hash = sorted(ids, key=lambda number: hash_ids(np.array([number]))[0])
    assert whole.rows.index.tolist() == by_hash[:k]
    assert len(whole) == min(k, len(ids))


def test_samples_of_series_and_strings() -> None:
    ids = pd.Series(["a", "b", "c", "d"])
    assert len(BottomK.of(pd.Series(range(4)), ids, 2, seed=3)) == 2
    with pytest.raises(DataError, match="cannot be added"):
        BottomK.of(ids, ids, 2) + BottomK.of(ids, ids, 3)
    with pytest.raises(DataError, match="1 ids for 4 rows"):
        BottomK.of(ids, ids[:1], 2)


def test_whole_numbers_hash_the_same_whatever_stands_beside_them() -> None:
    beside = pd.Series([-1, 2**63, 2**63 + 2**12, 2**70, 2**63], dtype=object)
    found = hash_ids(beside)
    assert found[0] == hash_ids(np.array([-1]))[0]
    assert found[[1, 2]].tolist() == hash_ids(np.array([2**63, 2**63 + 2**12], dtype=np.uint64)).tolist()
    assert found[[1, 2]].tolist() == hash_ids(np.array([2.0**63, 2.0**63 + 2.0**12])).tolist()
    assert found[3] == hash_ids(pd.Series([2**70], dtype=object))[0]
    assert len(set(found.tolist())) == 4
