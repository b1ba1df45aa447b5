"""Tables give the same rows whatever holds them: one frame, pieces, or pieces that do not know their rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.engines import LocalEngine
from mlsys.errors import DataError
from mlsys.settings import override
from mlsys.summaries import sample_by_hash
from mlsys.tables import Partition, Table

ENGINE = LocalEngine()


def rows(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"x": np.arange(count) * 1.5, "word": pd.Series([f"w{n % 7}" for n in range(count)], dtype="str")}
    )


class Pieces:
    """Frames behind readers that note what they are asked for."""

    def __init__(self, frames: Sequence[pd.DataFrame], known: bool = True) -> None:
        self.asked: list[tuple[int, list[str] | None]] = []
        self.partitions = [
            Partition(len(frame) if known else None, self._reader(number, frame), f"file {number}")
            for number, frame in enumerate(frames)
        ]

    def _reader(self, number: int, frame: pd.DataFrame):
        def read(columns: Sequence[str] | None) -> pd.DataFrame:
            self.asked.append((number, None if columns is None else list(columns)))
            return frame if columns is None else frame[list(columns)]

        return read

    def table(self) -> Table:
        return ENGINE.hold(self.partitions, None)


def cut_at(frame: pd.DataFrame, sizes: Sequence[int]) -> list[pd.DataFrame]:
    ends = np.cumsum(sizes)
    return [frame.iloc[end - size : end] for size, end in zip(sizes, ends, strict=True)]


sizes = st.lists(st.integers(0, 9), min_size=1, max_size=6)


@given(sizes=sizes, known=st.booleans())
def test_pieces_give_what_the_frame_gives(sizes: list[int], known: bool) -> None:
    frame = rows(sum(sizes))
    pieces, whole = Pieces(cut_at(frame, sizes), known).table(), ENGINE.hold(None, frame)
    longer = lambda part: part.assign(twice=part["x"] * 2)  # noqa: E731
    for table, other in ((pieces, whole), (pieces.map(longer), whole.map(longer))):
        assert table.rows == other.rows == len(frame)
        pd.testing.assert_frame_equal(table.frame(), other.frame())
        pd.testing.assert_frame_equal(table.frame(["x"]), other.frame(["x"]))
        pd.testing.assert_frame_equal(table.head(3), other.head(3))
        pd.testing.assert_frame_equal(table.gather(lambda part: part[["x"]] + 1), other.frame(["x"]) + 1)
        assert table.reduce(len) == len(frame)
        assert [len(block) for block in table.blocks(4)] == [len(block) for block in other.blocks(4)]


@given(sizes=sizes, data=st.data())
def test_some_rows_are_kept_of_pieces_as_of_the_frame(sizes: list[int], data: st.DataObject) -> None:
    frame = rows(sum(sizes))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(frame), max_size=len(frame))), dtype=bool)
    pieces = Pieces(cut_at(frame, sizes))
    kept = pieces.table().map(lambda part: part.assign(twice=part["x"] * 2)).keep(mask)
    pd.testing.assert_frame_equal(kept.frame(), frame.assign(twice=frame["x"] * 2)[mask])
    assert kept.rows == mask.sum()
    half = mask[mask] & (np.arange(mask.sum()) % 2 == 0)
    pd.testing.assert_frame_equal(kept.keep(half).frame(["twice"]), kept.frame()[half][["twice"]])


def test_pieces_without_a_row_that_is_kept_are_not_read() -> None:
    pieces = Pieces(cut_at(rows(30), [10, 10, 10]))
    late = pieces.table().keep(np.arange(30) >= 25)
    pieces.asked.clear()
    assert late.frame(["x"])["x"].tolist() == [37.5, 39.0, 40.5, 42.0, 43.5]
    assert pieces.asked[-1] == (2, ["x"]) and {number for number, _ in pieces.asked} == {2}


def test_pieces_that_hold_fewer_rows_than_they_say_are_kept_by_what_they_hold() -> None:
    frames = cut_at(rows(10), [5, 5])
    table = ENGINE.hold([Partition(9, lambda columns, each=each: each[list(columns or each)]) for each in frames], None)
    assert table.keep(np.arange(10) % 5 == 0).frame().index.tolist() == [0, 5]


def test_rows_that_a_source_does_not_count_are_numbered_in_plan_order() -> None:
    frames = [each.reset_index(drop=True) for each in cut_at(rows(11), [4, 0, 7])]
    pieces = Pieces(frames, known=False)
    table = pieces.table()
    assert pieces.asked == [(0, []), (1, []), (2, [])]
    pd.testing.assert_frame_equal(table.frame(), rows(11))


def test_the_first_rows_are_read_once() -> None:
    pieces = Pieces(cut_at(rows(20), [0, 10, 10]))
    table = pieces.table().map(lambda part: part.assign(y=1))
    for number in (0, 3, 10):
        assert len(table.head(number)) == number
    assert [number for number, _ in pieces.asked] == [0, 1]


@pytest.mark.parametrize("partitions", [1, 4])
@pytest.mark.parametrize("most", [8, 100])
def test_a_sample_is_of_rows_with_the_smallest_hashes_whatever_the_partitions(partitions: int, most: int) -> None:
    frame = rows(40)
    table = Pieces(cut_at(frame, [40 // partitions] * partitions)).table()
    pd.testing.assert_frame_equal(table.sample(most, 3), sample_by_hash(frame, most, 3))
    assert len(ENGINE.hold(None, frame).sample(8, 3)) == 8 and len(ENGINE.hold(None, frame).sample(99)) == 40


def test_a_piece_that_comes_out_otherwise_is_cast_where_no_value_changes() -> None:
    pieces = Pieces(cut_at(rows(9), [3, 3, 3])).table()
    whole = lambda part: part.assign(x=part["x"] if part.index[0] == 0 else (part["x"] * 2).astype("int64"))  # noqa: E731
    changed = pieces.map(whole)
    assert changed.head(0)["x"].dtype == "float64"
    assert [str(frame["x"].dtype) for frame in changed.frames()] == ["float64"] * 3
    assert changed.frame()["x"].tolist() == [0, 1.5, 3, 9, 12, 15, 18, 21, 24]


def test_a_piece_of_other_levels_is_refused_with_its_name_and_column() -> None:
    frame = rows(9)
    by_piece = Pieces(cut_at(frame, [3, 6])).table().map(lambda part: part.assign(word=part["word"].astype("category")))
    with pytest.raises(
        DataError,
        match="file 1 comes out with the column 'word' as a category of w0, w1, w3, .*with a category of w0, w1",
    ):
        by_piece.frame()
    levels = sorted(set(frame["word"]))
    named = Pieces(cut_at(frame, [3, 6])).table()
    named = named.map(lambda part: part.assign(word=pd.Categorical(part["word"], categories=levels)))
    assert named.frame()["word"].dtype == pd.CategoricalDtype(levels)


def test_the_next_function_is_shown_the_types_of_the_plan() -> None:
    seen = []

    def watch(part: pd.DataFrame) -> pd.DataFrame:
        seen.append(str(part["x"].dtype))
        return part

    pieces = Pieces(cut_at(rows(4), [2, 2])).table()
    pieces.map(lambda part: part.assign(x=(part["x"] * 2).astype("int64" if part.index[0] else "float64"))).map(
        watch
    ).frame()
    assert set(seen) == {"float64"}


def test_other_columns_are_refused() -> None:
    table = Pieces(cut_at(rows(4), [2, 2])).table()
    changed = table.map(lambda part: part if part.index[0] == 0 else part.drop(columns="word"))
    with pytest.raises(DataError, match="file 1 comes out with the columns x, rows before it with x, word"):
        changed.frame()


def test_more_rows_than_fit_are_not_gathered() -> None:
    table = Pieces(cut_at(rows(50), [25, 25])).table()
    with override(rows_in_memory=10), pytest.raises(DataError, match="all 50 rows at once"):
        table.frame()
    with override(rows_in_memory=10):
        assert len(table.keep(np.arange(50) < 30).frame()) == 30
