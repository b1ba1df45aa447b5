"""Embedding: convert vectors in a column to a dense block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.features._columns import TakesColumns, replaced, require
from mlsys.steps import ColumnChoice
from mlsys.summaries import Counts, SummaryMap
from mlsys.values import BlockArray, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows
    from mlsys.values import Values

_NO_VECTOR = 0
"""Width of what is no list of finite numbers."""


class Embedding(TakesColumns):
    """Convert columns of vectors, such as embeddings of texts or images, to dense blocks.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to convert in place: lists or arrays of numbers of equal length; by default all list features.
    normalize : bool
        Whether to scale each vector to length 1, so that only its direction matters.

    Raises
    ------
    DataError
        If vectors of training rows differ in length, or no row has one.

    Notes
    -----
    The step learns the length of the vectors. Null becomes a row of zeros; so does, when served, a vector of another
    length or with values that are not finite numbers. The block is one column of a frame; estimators receive its
    numbers together with the other features, as ``float32``.

    Examples
    --------
    >>> frame = pd.DataFrame({"vector": [[3.0, 4.0], [0.0, 2.0], None]})
    >>> Embedding(["vector"], normalize=True).fit(frame).transform(frame)["vector"].array.values
    array([[0.6, 0.8],
           [0. , 1. ],
           [0. , 0. ]], dtype=float32)
    """

    columns: ColumnChoice = None
    normalize: bool = False
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "lists of numbers"

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return how often vectors of each length occur."""
        return SummaryMap({name: Counts.of(_widths(part[name])) for name in self.taken(part)})

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return the length of the vectors of each column."""
        return [{"column": str(name), "width": self._width(str(name), counts)} for name, counts in summary.items()]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns turned into blocks."""
        require(frame, [each["column"] for each in state], self.title)
        return replaced(frame, {each["column"]: self._block(frame[each["column"]], each["width"]) for each in state})

    def takes(self, values: Values, /) -> bool:
        """Whether these are lists."""
        return values.kind is Kind.NESTED

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the columns of vectors."""
        return tuple(each["column"] for each in state)

    def _width(self, name: str, counts: Counts) -> int:
        widths = sorted(int(str(width)) for width in counts if width != _NO_VECTOR)
        if len(widths) == 1:
            return widths[0]
        said = f"vectors of {widths[0]} and of {widths[-1]} numbers" if widths else "no vector in any training row"
        raise DataError(
            f"{self.title}: the column {name!r} holds {said}",
            f"give each row of {name!r} a list of equally many numbers, or null, with Derive",
        )

    def _block(self, column: pd.Series, width: int) -> BlockArray:
        there = np.flatnonzero(_widths(column) == width)
        values = np.zeros((len(column), width), dtype=np.float32)
        if len(there):
            values[there] = np.stack([np.asarray(each, dtype=np.float32) for each in column.iloc[there]])
        if self.normalize:
            lengths = np.sqrt(np.einsum("ij,ij->i", values, values, dtype=np.float64))
            values = (values / np.where(lengths > 0, lengths, 1.0)[:, None]).astype(np.float32)
        return BlockArray(values)


def _widths(column: pd.Series) -> NDArray[np.int64]:
    return np.fromiter((_width_of(each) for each in column), dtype=np.int64, count=len(column))


def _width_of(value: Any) -> int:
    """Return how many numbers a vector has; 0 for what is none."""
    if not isinstance(value, (list, tuple, np.ndarray)):
        return _NO_VECTOR
    try:
        numbers = np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError):
        return _NO_VECTOR
    return len(numbers) if numbers.ndim == 1 and np.isfinite(numbers).all() else _NO_VECTOR
