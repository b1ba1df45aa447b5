"""Block columns: many numbers per row, sparse or dense, in one column of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray, ExtensionDtype


@dataclass(frozen=True)
class BlockDtype(ExtensionDtype):
    """The type of a block column.

    Parameters
    ----------
    width : int
        Numbers of each row.
    sparse : bool
        Whether only those other than zero are held.
    numbers : str
        Their numpy type.

    Examples
    --------
    >>> str(BlockDtype(3, sparse=False, numbers="float32"))
    'block[3 x float32]'
    """

    width: int
    sparse: bool
    numbers: str

    kind = "O"
    na_value = None
    index_class = pd.Index
    """Said here, because pandas keeps its own answer on the type, which is frozen."""

    @property
    def type(self) -> Any:  # type: ignore[override]
        """What holds a row's numbers."""
        return np.ndarray

    @property
    def name(self) -> str:  # type: ignore[override]
        """The type in words."""
        return f"{'sparse ' if self.sparse else ''}block[{self.width} x {self.numbers}]"

    def __str__(self) -> str:
        return self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BlockDtype) and self.name == other.name

    @classmethod
    def construct_array_type(cls) -> Any:
        """Return the class of its arrays."""
        return BlockArray

    @classmethod
    def construct_from_string(cls, string: str) -> BlockDtype:
        """Raise: a block is created from numbers, not by the name of its type."""
        raise TypeError(f"cannot make a block column from {string!r}")


class BlockArray(ExtensionArray):
    """The values of a block column.

    Parameters
    ----------
    values : scipy.sparse.csr_array or ndarray of shape (rows, width)
        Numbers; a row has no nulls.

    Notes
    -----
    A frame slices, copies and joins it like any column. ``column.array.values`` returns all numbers.

    Examples
    --------
    >>> column = pd.Series(BlockArray(np.array([[1.0, 2.0], [3.0, 4.0]])), index=["a", "b"])
    >>> column[["b"]].array.values
    array([[3., 4.]])
    """

    def __init__(self, values: Any) -> None:
        sparse = not isinstance(values, np.ndarray)
        if sparse:
            from scipy.sparse import csr_array

            values = csr_array(values)
            if not values.has_canonical_format:
                values = values.copy()
                values.sum_duplicates()
        self.values = values
        self._dtype = BlockDtype(int(values.shape[1]), sparse, str(values.dtype))

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, copy: bool = False) -> BlockArray:
        if isinstance(scalars, cls):
            return scalars.copy() if copy else scalars
        if isinstance(dtype, BlockDtype) and dtype.sparse:
            return cls(cls.none(dtype).values) if not len(scalars) else cls(_sparse(np.stack(list(scalars))))
        if not len(scalars) and isinstance(dtype, BlockDtype):
            return cls.none(dtype)
        return cls(np.stack([np.asarray(each) for each in scalars]))

    @classmethod
    def none(cls, dtype: BlockDtype) -> BlockArray:
        """Return a block of no rows."""
        return cls(
            _sparse((0, dtype.width), dtype.numbers) if dtype.sparse else np.empty((0, dtype.width), dtype.numbers)
        )

    @property
    def dtype(self) -> BlockDtype:
        """The type."""
        return self._dtype

    @property
    def nbytes(self) -> int:
        """Bytes that the numbers take."""
        return sum(each.nbytes for each in self.parts())

    def parts(self) -> list[NDArray[Any]]:
        """Return what the numbers are held in: one array, or of a sparse block row ends, places and numbers."""
        if not self._dtype.sparse:
            return [self.values]
        ends, places = self.values.indptr, self.values.indices
        return [ends.astype(np.int64), places.astype(np.int32, copy=False), self.values.data]

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, (int, np.integer)):
            return self._row(int(item))
        if isinstance(item, slice):
            start, stop, step = item.indices(len(self))
            if step == 1:
                return self._between(start, max(start, stop))
        return BlockArray(self.values[pd.api.indexers.check_array_indexer(self, item)])

    def _between(self, start: int, stop: int) -> BlockArray:
        """Return neighbouring rows, which share the numbers because these are never modified."""
        if not self._dtype.sparse or stop - start == len(self):
            return self._holding(self.values[start:stop] if stop - start < len(self) else self.values)
        from scipy.sparse import csr_array

        ends = self.values.indptr[start : stop + 1]
        inside = slice(ends[0], ends[-1])
        rows = (self.values.data[inside], self.values.indices[inside], ends - ends[0])
        made = csr_array(rows, shape=(stop - start, self._dtype.width))
        made.has_canonical_format = True
        return self._holding(made)

    def _holding(self, values: Any) -> BlockArray:
        """Return a block of the same type that holds values of which the order is known to be right."""
        made = BlockArray.__new__(BlockArray)
        made.values, made._dtype = values, self._dtype
        return made

    def view(self, dtype: Any = None) -> Any:
        """Return a block that shares the numbers."""
        return self._holding(self.values) if dtype is None else super().view(dtype)

    def _row(self, place: int) -> tuple[Any, ...]:
        """Return a row as plain data: its numbers, or of a sparse one the places and numbers other than zero."""
        if not self._dtype.sparse:
            return tuple(self.values[place].tolist())
        row = self.values[[place]]
        return tuple(zip(row.indices.tolist(), row.data.tolist(), strict=True))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return rows as plain data, one object each."""
        made = np.empty(len(self), dtype=object)
        for place in range(len(self)):
            made[place] = self._row(place)
        return made

    def isna(self) -> NDArray[np.bool_]:
        """Return that no row is null."""
        return np.zeros(len(self), dtype=bool)

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None) -> BlockArray:
        """Return rows by place; a row that is not there is all zeros in a sparse block, all NaN in a dense one."""
        places = np.asarray(indices, dtype=np.int64)
        if not allow_fill:
            return BlockArray(self.values[places])
        if len(places) and (places < -1).any():
            raise ValueError("a place below -1")
        absent = places < 0
        if not absent.any():
            return BlockArray(self.values[places])
        if not self._dtype.sparse:
            nothing = np.full((1, self._dtype.width), np.nan, dtype=np.result_type(self.values, np.float16))
            return BlockArray(np.vstack([self.values, nothing])[places])
        from scipy.sparse import vstack

        return BlockArray(vstack([self.values, _sparse((1, self._dtype.width), self._dtype.numbers)]).tocsr()[places])

    def _where(self, mask: NDArray[np.bool_], value: Any) -> BlockArray:
        """Return the block with the rows outside ``mask`` taken from another block, or not there."""
        if not isinstance(value, BlockArray):
            return self.take(np.where(mask, np.arange(len(self)), -1), allow_fill=True)
        both = self._concat_same_type([self, value])
        return both.take(np.arange(len(self)) + np.where(mask, 0, len(self)))

    def factorize(self, use_na_sentinel: bool = True) -> tuple[NDArray[np.intp], BlockArray]:
        """Return the place of each row among the different ones, and these in order of appearance.

        Examples
        --------
        >>> codes, rows = BlockArray(np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 2.0]])).factorize()
        >>> codes.tolist(), len(rows)
        ([0, 1, 0], 2)
        """
        if self._dtype.sparse:
            ends, places, numbers = self.parts()
            spans = zip(ends[:-1], ends[1:], strict=True)
            rows = [places[start:end].tobytes() + numbers[start:end].tobytes() for start, end in spans]
        else:
            rows = [row.tobytes() for row in np.ascontiguousarray(self.values)]
        codes, first = pd.factorize(np.array([*rows, None], dtype=object)[:-1])
        return codes, self.take(np.unique(codes, return_index=True)[1]) if len(first) else self[:0]

    def unique(self) -> BlockArray:
        """Return the different rows in order of appearance."""
        return self.factorize()[1]

    def copy(self) -> BlockArray:
        """Return a copy."""
        return BlockArray(self.values.copy())

    @classmethod
    def _concat_same_type(cls, to_concat: Sequence[BlockArray]) -> BlockArray:
        pieces = [each.values for each in to_concat]
        if not to_concat[0].dtype.sparse:
            return cls(np.concatenate(pieces))
        from scipy.sparse import vstack

        return cls(vstack(pieces).tocsr())

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, BlockArray) or self.values.shape != other.values.shape:
            return np.zeros(len(self), dtype=bool)
        if not self._dtype.sparse and not other._dtype.sparse:
            return ((self.values == other.values) | (np.isnan(self.values) & np.isnan(other.values))).all(axis=1)
        apart = (_sparse(self.values) != _sparse(other.values)).tocsr()
        return np.diff(apart.indptr) == 0

    __hash__ = None  # type: ignore[assignment]

    def equals(self, other: object) -> bool:
        """Whether another block has the same type and numbers."""
        return isinstance(other, BlockArray) and self.dtype == other.dtype and bool(np.all(self == other))

    def _formatter(self, boxed: bool = False) -> Any:
        def shown(row: Any) -> str:
            if self._dtype.sparse:
                return f"{len(row)} of {self._dtype.width:,}"
            return f"[{', '.join(f'{value:.3g}' for value in row[:_SHOWN])}{', ...' if len(row) > _SHOWN else ''}]"

        return shown


_SHOWN = 3
"""Maximum number of values of a row to display."""


def _sparse(made_of: Any, numbers: Any = None) -> Any:
    from scipy.sparse import csr_array

    return csr_array(made_of, dtype=numbers)


def blocks_among(dtypes: Sequence[Any]) -> bool:
    """Whether any of some types is that of a block.

    Examples
    --------
    >>> blocks_among([np.dtype("int64"), BlockDtype(3, True, "float32")])
    True
    """
    return any(isinstance(dtype, BlockDtype) for dtype in dtypes)


def matrix_of(frame: pd.DataFrame) -> Any:
    """Return columns of numbers and blocks, beside one another in their order, as one matrix.

    Returns
    -------
    scipy.sparse.csr_matrix or ndarray of shape (rows, columns)
        Sparse if the sparse blocks are wider than all else together: of few such columns among many numbers, a
        sparse matrix takes more room and time, and linear models step their intercept a hundred times slower.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1.0, 2.0], "vector": BlockArray(np.array([[5.0, 6.0], [7.0, 8.0]]))})
    >>> matrix_of(frame)
    array([[1., 5., 6.],
           [2., 7., 8.]])
    """
    pieces: list[Any] = []
    plain: list[Any] = []
    for name, dtype in zip(frame.columns.tolist(), frame.dtypes.tolist(), strict=True):
        if not isinstance(dtype, BlockDtype):
            plain.append(name)
            continue
        pieces += [frame[plain].to_numpy(dtype=np.float64)] if plain else []
        pieces.append(frame[name].array.values)
        plain = []
    pieces += [frame[plain].to_numpy(dtype=np.float64)] if plain else []
    sparse = sum(each.shape[1] for each in pieces if not isinstance(each, np.ndarray))
    if sparse <= sum(each.shape[1] for each in pieces if isinstance(each, np.ndarray)):
        return np.hstack([each if isinstance(each, np.ndarray) else each.toarray() for each in pieces])
    from scipy.sparse import csr_matrix, hstack

    return csr_matrix(hstack([each if not isinstance(each, np.ndarray) else _sparse(each) for each in pieces]).tocsr())
