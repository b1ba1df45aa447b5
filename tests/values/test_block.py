"""A block column is sliced, joined, copied, compared, digested and kept with the rows of its frame."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix

from mlsys.cache.columns import dtype_of, empty_column, read_column, write_column
from mlsys.states import digest_columns
from mlsys.values import BlockArray, BlockDtype, Kind, matrix_of, values_of

ROWS, WIDTH = 40, 7


def numbers() -> Any:
    rng = np.random.default_rng(0)
    return np.where(rng.random((ROWS, WIDTH)) < 0.3, rng.normal(size=(ROWS, WIDTH)), 0.0)


@pytest.fixture(params=["sparse", "dense"])
def column(request: pytest.FixtureRequest) -> pd.Series:
    made = csr_array(numbers()) if request.param == "sparse" else numbers()
    return pd.Series(BlockArray(made), index=np.arange(ROWS) + 100, name="block")


def dense(column: pd.Series) -> Any:
    values = column.array.values
    return values if isinstance(values, np.ndarray) else values.toarray()


@pytest.mark.parametrize("rows", [slice(3, 9), slice(None, None, -1), [5, 5, 0], np.arange(ROWS) % 3 == 0, []], ids=str)
def test_rows_are_sliced_as_those_of_an_array(column: pd.Series, rows: Any) -> None:
    np.testing.assert_array_equal(dense(column.iloc[rows]), numbers()[rows])
    frame = pd.DataFrame({"x": np.arange(ROWS), "block": column.array}).iloc[rows]
    np.testing.assert_array_equal(dense(frame["block"]), numbers()[rows])


def test_pieces_join_to_the_whole(column: pd.Series) -> None:
    frame = column.to_frame().assign(x=1)
    joined = pd.concat([frame[:13], frame[13:13], frame[13:]])
    assert joined["block"].dtype == column.dtype
    pd.testing.assert_frame_equal(joined, frame)
    assert digest_columns(joined) == digest_columns(frame)
    assert pd.Series(pickle.loads(pickle.dumps(column))).equals(column)


def test_another_number_or_type_is_another_column(column: pd.Series) -> None:
    other = dense(column).copy()
    other[17, 3] += 1
    sparse = column.dtype.sparse
    changed = pd.Series(BlockArray(csr_array(other) if sparse else other), index=column.index)
    narrow = pd.Series(BlockArray(column.array.values.astype(np.float32)), index=column.index)
    for each in (changed, narrow):
        assert not each.equals(column)
        assert digest_columns(each.to_frame("block")) != digest_columns(column.to_frame())
    assert np.flatnonzero(~(changed.array == column.array)).tolist() == [17]


def test_a_row_that_is_not_there_is_zeros_or_nan(column: pd.Series) -> None:
    found = dense(column.reindex([100, 7, 101]))
    np.testing.assert_array_equal(found[[0, 2]], numbers()[:2])
    np.testing.assert_array_equal(found[1], np.zeros(WIDTH) if column.dtype.sparse else np.full(WIDTH, np.nan))
    assert not column.isna().any()


def test_it_is_kept_on_disk_as_it_was(column: pd.Series, tmp_path: Path) -> None:
    for rows in (column, column[:0]):
        kind, sink = dtype_of(rows), io.BytesIO()
        assert kind is not None
        write_column(rows, kind, sink)
        (tmp_path / "column").write_bytes(sink.getvalue())
        back = read_column(str(tmp_path / "column"))
        assert back.array.equals(rows.array)
        assert empty_column(kind).dtype == column.dtype


def test_what_it_is_and_how_it_looks(column: pd.Series) -> None:
    assert values_of(column).kind is Kind.BLOCK
    assert str(values_of(column)).startswith("blocks of numbers")
    assert column.dtype == BlockDtype(WIDTH, column.dtype.sparse, "float64")
    assert ("of 7" if column.dtype.sparse else ", ...]") in repr(column.to_frame())
    assert column.memory_usage() > 0


def test_a_matrix_has_all_numbers_in_the_order_of_columns(column: pd.Series) -> None:
    frame = pd.DataFrame({"a": 1.0, "b": True, "block": column, "c": pd.Series(2, index=column.index)})
    made = matrix_of(frame)
    assert isinstance(made, csr_matrix if column.dtype.sparse else np.ndarray)
    found = made.toarray() if column.dtype.sparse else made
    np.testing.assert_array_equal(found[:, 2:-1], numbers())
    assert (found[:, [0, 1, -1]] == [1, 1, 2]).all()


def test_a_block_that_is_no_wider_than_all_else_is_fed_as_numbers(column: pd.Series) -> None:
    frame = pd.DataFrame({f"number {place}": float(place) for place in range(WIDTH)}, index=column.index)
    made = matrix_of(frame.assign(block=column))
    assert isinstance(made, np.ndarray) and made.shape == (ROWS, 2 * WIDTH)
    np.testing.assert_array_equal(made[:, WIDTH:], numbers())
    assert (made[:, :WIDTH] == np.arange(WIDTH)).all()


def test_rows_as_objects_are_one_a_row(column: pd.Series) -> None:
    for made in (column.astype(object), pd.Series(column.to_numpy()), pd.Series(np.asarray(column.array))):
        assert len(made) == ROWS
        assert made.iloc[3] == column.iloc[3]
