"""Texts are numbered once, whoever asks, for as long as their column lives."""

from __future__ import annotations

import gc

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.values import cut_from, numbered, numbered_texts

words = st.lists(st.sampled_from(["a", "b", "ä", "", "zz", None]), max_size=30)


def texts_of(column: pd.Series) -> list[str | None]:
    codes, levels = numbered_texts(column)
    return [None if code < 0 else levels[code] for code in codes.tolist()]


@given(words, words)
def test_codes_and_levels_say_what_the_column_says(one, other) -> None:
    column = pd.Series(pd.arrays.ArrowStringArray(pa.chunked_array([one, other], type=pa.large_string())))
    assert texts_of(column.astype("str")) == one + other


@given(words, st.integers(0, 30), st.integers(0, 30))
def test_codes_of_a_piece_are_a_piece_of_the_codes(given_words, begin: int, end: int) -> None:
    frame = pd.DataFrame({"n": range(len(given_words)), "who": pd.Series(given_words, dtype="str")})
    piece = frame.iloc[begin:end]
    cut_from(frame, [piece], [slice(begin, end)])
    assert texts_of(piece["who"]) == given_words[begin:end]
    assert numbered_texts(piece["who"]).levels is numbered_texts(frame["who"]).levels


def test_a_column_is_numbered_once_in_all_frames_that_share_it() -> None:
    frame = pd.DataFrame({"who": ["b", "a", "b"], "n": [1, 2, 3]})
    first = numbered_texts(frame["who"])
    assert numbered_texts(frame.copy(deep=False).assign(n=0)["who"]) is first


def test_a_changed_column_is_numbered_anew() -> None:
    frame = pd.DataFrame({"who": ["b", "a", "b"]})
    assert numbered_texts(frame["who"]).codes.tolist() == [0, 1, 0]
    frame.loc[0, "who"] = "c"
    assert texts_of(frame["who"]) == ["c", "a", "b"]


def test_codes_go_with_their_column() -> None:
    gc.collect()
    before = len(numbered._known)
    frame = pd.DataFrame({"who": ["b", "a"] * 3})
    pieces = [frame.iloc[:3], frame.iloc[3:]]
    cut_from(frame, pieces, [slice(0, 3), slice(3, 6)])
    assert numbered_texts(pieces[1]["who"]).codes.tolist() == [1, 0, 1]
    assert len(numbered._known) > before
    del frame, pieces
    gc.collect()
    assert len(numbered._known) == before


def test_the_oldest_codes_are_forgotten_where_there_are_many(monkeypatch) -> None:
    monkeypatch.setattr(numbered, "MOST_BYTES", 4)
    columns = [pd.Series(["a", "b", "a"]), pd.Series(["c", "c", "c"])]
    first, second = map(numbered_texts, columns)
    assert numbered_texts(columns[1]) is second
    assert numbered_texts(columns[0]) is not first
    assert texts_of(columns[0]) == ["a", "b", "a"]


@pytest.mark.parametrize("levels", [1, 126, 127, 128, 40_000])
def test_codes_have_the_smallest_type_with_one_place_more(levels: int) -> None:
    column = pd.Series(np.arange(levels).astype(str)).astype("str")
    codes, found = numbered_texts(column)
    assert len(found) == levels
    assert levels <= np.iinfo(codes.dtype).max <= max(2 * np.iinfo(np.int16).max, 127) * 2**16
    assert codes.dtype == np.min_scalar_type(-levels - 2)


def test_levels_know_their_order() -> None:
    _, levels = numbered_texts(pd.Series(["b", "ä", "a", "Z"]))
    assert [levels.texts[place] for place in np.argsort(levels.ranks)] == sorted(levels.texts)


def test_only_texts_that_arrow_holds_are_numbered() -> None:
    assert numbered_texts(pd.Series([1, 2])) is None
    assert numbered_texts(pd.Series(["a", "b"], dtype=object)) is None
    assert numbered_texts(pd.Series(["a"], dtype=pd.StringDtype("python"))) is None
