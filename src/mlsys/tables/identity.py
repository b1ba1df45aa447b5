"""Digests of columns by content, and where their values lie in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from mlsys.states import digest, digest_columns
from mlsys.tables.partitions import cut

ROWS_AT_ONCE = 262_144
"""Rows digested at once; fixed, so that the digest does not depend on how the rows are held."""


@dataclass(frozen=True)
class Identity:
    """What a table holds, or how it comes about where its rows are read when needed.

    Parameters
    ----------
    columns : mapping of str to str
        Digest of each column by name, in order: values, type, categories with their order.
    index : str
        Digest of the row ids.
    lineage : str
        In place of both: digest of the files and of the steps that make the rows.
    """

    columns: Mapping[str, str]
    index: str
    lineage: str = ""

    @cached_property
    def whole(self) -> str:
        """One digest of everything."""
        return self.lineage or digest((list(self.columns.items()), self.index))

    def of(self, columns: Iterable[str]) -> str:
        """Return one digest of some columns and the row ids."""
        return self.lineage or digest(([(name, self.columns[name]) for name in columns], self.index))


def column_digest(column: pd.Series) -> str:
    """Return the digest of a column's values and exact type, the order of categories included.

    Examples
    --------
    >>> words = pd.Series(["a", "b", "a"])
    >>> column_digest(words[1:]) == column_digest(pd.Series(["b", "a"]))
    True
    """
    return joined_digest([block_digest(column.iloc[piece]) for piece in cut(len(column), ROWS_AT_ONCE)])


def block_digest(column: pd.Series) -> str:
    """Return the digest of at most :data:`ROWS_AT_ONCE` rows of a column."""
    found = digest_columns(column.to_frame(name="column"))["column"]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return digest((found, index_digest(column.cat.categories), bool(column.cat.ordered)))
    return found


def joined_digest(blocks: list[str]) -> str:
    """Return the digest of a column by the digests of its blocks."""
    return blocks[0] if len(blocks) == 1 else digest(blocks)


def index_digest(index: pd.Index) -> str:
    """Return the digest of row ids by name and values; a range is the numbers it stands for.

    Examples
    --------
    >>> index_digest(pd.RangeIndex(3)) == index_digest(pd.Index([0, 1, 2]))
    True
    """
    if isinstance(index, pd.MultiIndex):
        return digest(index)
    return digest(("index", index.name, column_digest(as_column(index))))


def as_column(index: pd.Index) -> pd.Series:
    """Return row ids as a column, which is how they are digested and kept."""
    return pd.Series(index, index=range(len(index)))


def address(column: pd.Series) -> Any:
    """Return where a column's values lie in memory, ``None`` where that cannot be told.

    Examples
    --------
    >>> column = pd.Series([1, 2])
    >>> address(column) == address(column.copy(deep=False)), address(column) == address(column.copy())
    (True, False)
    """
    array = column.array
    if hasattr(array, "_pa_array"):
        return [
            (chunk.offset, len(chunk), [buffer.address if buffer else 0 for buffer in chunk.buffers()])
            for chunk in array._pa_array.chunks
        ]
    if hasattr(array, "_codes"):
        return ("codes", array._codes.__array_interface__["data"][0], array._codes.strides, id(array.dtype))
    if hasattr(array, "_mask"):
        return [part.__array_interface__["data"][0] for part in (array._data, array._mask)]
    data = getattr(array, "_ndarray", None)
    return None if data is None else (data.__array_interface__["data"][0], data.strides)
