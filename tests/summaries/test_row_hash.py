"""Row hashes and repeated rows: equal by value whatever the types, and never by the hash alone."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.summaries import duplicate_clusters, equal_rows, row_hash, row_hashes

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(2**53 - 2, 2**53 + 4),
    st.sampled_from([0.0, -0.0, 0.5, 1.0, float("inf")]),
    st.sampled_from(["", "a", "b", "1", "a longer text than eight bytes"]),
)
rows = st.lists(st.tuples(values, values), min_size=1, max_size=25)


def frame_of(found: list[tuple[object, object]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([row[at] for row in found], dtype=object) for at, name in enumerate("xy")})


def is_same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return all(a == b if a is not None and b is not None else a is b for a, b in zip(one, other, strict=True))


@settings(max_examples=150, deadline=None)
@given(rows)
def test_clusters_are_those_of_comparing_every_pair(found: list[tuple[object, object]]) -> None:
    expected = [next(i for i, other in enumerate(found) if is_same(row, other)) for row in found]
    assert duplicate_clusters(frame_of(found)).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(rows, rows)
def test_equal_rows_are_those_of_comparing_every_pair(
    train: list[tuple[object, object]], part: list[tuple[object, object]]
) -> None:
    expected = [any(is_same(row, other) for other in train) for row in part]
    assert equal_rows(frame_of(train), frame_of(part)).tolist() == expected


@settings(max_examples=50, deadline=None)
@given(rows, st.integers(1, 5))
def test_no_decision_rests_on_the_hash_alone(found: list[tuple[object, object]], distinct: int) -> None:
    frame, expected = frame_of(found), [any(is_same(row, other) for other in found[:8]) for row in found]
    crowded = (row_hashes(frame) % np.uint64(distinct)).astype(np.uint64)
    assert duplicate_clusters(frame, crowded).tolist() == duplicate_clusters(frame).tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_hash, "row_hashes", lambda given: np.zeros(len(given), np.uint64))
        assert equal_rows(frame[:8], frame).tolist() == expected


NUMBERS = [0, 1, 3, None]


@pytest.mark.parametrize(
    "other",
    [
        pd.Series(NUMBERS, dtype="float32"),
        pd.Series(NUMBERS, dtype="Int8"),
        pd.Series(NUMBERS, dtype="UInt64"),
        pd.Series(NUMBERS, dtype="Float64"),
        pd.Series(NUMBERS, dtype="int64[pyarrow]"),
        pd.Series(NUMBERS, dtype="double[pyarrow]"),
        pd.Series(NUMBERS, dtype=object),
        pd.Series([-0.0, 1.0, 3.0, np.nan]),
        pd.Series(pd.Categorical(NUMBERS)),
        pd.Series(pd.Categorical(NUMBERS, categories=[3, 1, 0])),
        pd.Series(pd.arrays.SparseArray([0.0, 1.0, 3.0, np.nan])),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numbers_are_equal_by_value_whatever_holds_them(other: pd.Series) -> None:
    one, other = pd.DataFrame({"x": pd.Series(NUMBERS, dtype="float64")}), pd.DataFrame({"x": other})
    assert (row_hashes(one) == row_hashes(other)).all()
    assert equal_rows(one, other).all() and equal_rows(other, one).all()
    assert not equal_rows(one, other.assign(x=other["x"].isna().map({True: 7, False: 8}))).any()


@pytest.mark.parametrize("dtype", ["str", "string", "string[pyarrow]", "category", "large_string[pyarrow]", object])
def test_texts_are_equal_whatever_holds_them(dtype: str) -> None:
    texts = ["ann", "", None, "a much longer text", "ann"]
    one, other = pd.DataFrame({"x": pd.Series(texts, dtype="str")}), pd.DataFrame({"x": pd.Series(texts, dtype=dtype)})
    assert (row_hashes(one) == row_hashes(other)).all()
    assert equal_rows(one, other).all() and equal_rows(other, one).all()
    assert duplicate_clusters(other).tolist() == [0, 1, 2, 3, 0]
    sliced = pd.concat([other, other])[2:8]  # Arrow keeps the buffers of the whole
    assert (row_hashes(sliced) == np.tile(row_hashes(one), 2)[2:8]).all()


def test_moments_are_equal_in_whatever_unit_and_zone() -> None:
    moments = pd.Series(pd.to_datetime(["2024-01-01 12:00", None, "1969-07-20 00:00"]))
    forms = [
        moments.astype("datetime64[s]"),
        moments.astype("datetime64[ns]"),
        moments.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        moments.astype("timestamp[us][pyarrow]"),
        moments.astype(object),
    ]
    expected = row_hashes(moments.to_frame("x"))
    for form in forms:
        assert (row_hashes(form.to_frame("x")) == expected).all()
        assert equal_rows(moments.to_frame("x"), form.to_frame("x")).all()


def test_what_is_of_another_kind_is_not_equal() -> None:
    kinds = pd.DataFrame(
        {
            "x": pd.Series(
                [1, "1", pd.Timestamp(1), pd.Timedelta(1), datetime.date(1970, 1, 1), (1,), Decimal(2), None],
                dtype=object,
            )
        }
    )
    assert len(set(row_hashes(kinds).tolist())) == len(kinds)
    assert duplicate_clusters(pd.concat([kinds, kinds], ignore_index=True)).tolist() == [*range(8)] * 2


def test_large_whole_numbers_are_told_apart() -> None:
    near = np.arange(2**62, 2**62 + 5000)
    assert len(np.unique(row_hashes(pd.DataFrame({"x": near})))) == 5000
    ends = pd.DataFrame({"x": np.array([2**63 - 1, 2**63, 2**64 - 1, 2**53 + 1], dtype="uint64")})
    assert len(np.unique(row_hashes(ends))) == 4
    exact = pd.DataFrame({"x": [2**60, -(2**63)]})
    assert (row_hashes(exact) == row_hashes(exact.astype("float64"))).all()


def test_columns_of_lists_are_left_out() -> None:
    frame = pd.DataFrame({"x": [1, 1, 2], "many": [[1], [2], [1]]})
    assert duplicate_clusters(frame).tolist() == [0, 0, 2]
    assert duplicate_clusters(frame[["many"]]).tolist() == [0, 1, 2]
    assert not equal_rows(frame[["many"]], frame[["many"]]).any()


def test_the_order_of_columns_counts_for_hashes_and_names_for_equal_rows() -> None:
    frame = pd.DataFrame({"x": [1, 2], "y": [2, 1]})
    assert not (row_hashes(frame) == row_hashes(frame[["y", "x"]])).any()
    assert equal_rows(frame, frame[["y", "x"]]).all()


def test_swapped_and_shifted_values_do_not_collide() -> None:
    small = pd.DataFrame(np.stack(np.meshgrid(*[np.arange(16)] * 4), -1).reshape(-1, 4))
    assert len(np.unique(row_hashes(small))) == 16**4
    flags = pd.DataFrame((np.arange(2**16)[:, None] >> np.arange(16)) & 1)
    assert len(np.unique(row_hashes(flags))) == 2**16


def test_the_hash_does_not_depend_on_blocks_or_on_other_rows() -> None:
    frame = pd.DataFrame({"x": np.arange(40_000) / 7, "name": np.arange(40_000).astype(str)})
    whole = row_hashes(frame)
    assert (row_hashes(frame[17_000:]) == whole[17_000:]).all()
    assert row_hashes(frame[:0]).shape == (0,)


def test_hashes_are_the_same_in_every_process() -> None:
    frame = "pd.DataFrame({'x': [1, 2.5], 'y': ['a', 'b'], 'z': [(1,), 'q']})"
    code = f"import pandas as pd; from mlsys.summaries import row_hashes; print(row_hashes({frame}).tolist())"
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
