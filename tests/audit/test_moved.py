"""What counts as moved: values in shared rows, bit by bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from mlsys.audit.moved import moved


def test_equal_frames_have_not_moved_whatever_their_memory():
    frame = pd.DataFrame({"x": [1.0, None], "t": ["a", None], "c": pd.Categorical(["u", "v"])})
    assert not moved(frame, frame.copy())


def test_one_bit_is_a_move():
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    difference = moved(frame, frame.assign(x=[1.0, np.nextafter(2.0, 3.0)]))
    assert difference.columns == ("x",)
    assert difference.rows == 1


def test_a_null_that_came_or_went_is_a_move():
    frame = pd.DataFrame({"t": ["a", None]})
    assert moved(frame, frame.assign(t=["a", "b"])).columns == ("t",)
    assert moved(frame.assign(t=["a", "b"]), frame).columns == ("t",)


def test_a_type_alone_is_no_move():
    frame = pd.DataFrame({"n": [1, 2], "c": pd.Categorical(["a", "b"])})
    assert not moved(frame, frame.assign(n=[1.0, 2.0], c=["a", "b"]))


def test_columns_that_came_or_went_are_named():
    frame = pd.DataFrame({"x": [1.0], "y": [2.0]})
    difference = moved(frame, frame[["x"]].assign(z=0.0))
    assert difference.columns == ("y", "z")


def test_rows_are_matched_by_id_and_counted_where_one_side_lacks_them():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=[10, 20, 30])
    difference = moved(frame, frame.iloc[[2, 0]])
    assert not difference
    assert difference.ids == 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_moved_rows_are_those_a_loop_finds(one, other):
    size = min(len(one), len(other))
    before, after = pd.DataFrame({"x": one[:size]}), pd.DataFrame({"x": other[:size]})
    differing = sum(a != b for a, b in zip(one[:size], other[:size], strict=True))
    assert moved(before, after).rows == differing
