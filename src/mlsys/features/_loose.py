"""A few rows whose columns lie apart: for one row, a frame costs more than all that is done to its values."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.blocks import is_plain

MOST_ROWS = 16
"""Up to here columns apart are faster than a frame (one row of 30 columns through eight steps: seven times)."""

Column = Any
"""A Series where it came with the rows, an array where it was made, a list of texts and None where texts were read."""


class Names(list[Any]):
    """Names of columns, as an index gives them."""

    def tolist(self) -> list[Any]:
        """Return the names."""
        return list(self)


@dataclass(frozen=True)
class Loose:
    """Columns by name, in order; the helpers of this package treat it like a frame."""

    held: dict[Any, Column]
    index: pd.Index
    like: pd.Index

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Loose:
        """Take a frame apart."""
        return cls({name: _loosened(column) for name, column in frame.items()}, frame.index, frame.columns)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, name: Any) -> Column:
        return self.held[name]

    @property
    def columns(self) -> Names:
        """Names of the columns."""
        return Names(self.held)

    def floats(self, names: Iterable[Any]) -> NDArray[np.float64]:
        """Return columns of plain numbers as floats, one column a row of the array."""
        return np.array([self.held[name] for name in names], dtype=np.float64)

    @property
    def dtypes(self) -> Names:
        """Types of the columns."""
        return Names(np.dtype(object) if isinstance(each, list) else each.dtype for each in self.held.values())

    def series(self, name: Any) -> pd.Series:
        """Return a column as a Series."""
        column = self.held[name]
        return column if isinstance(column, pd.Series) else pd.Series(column, index=self.index, name=name)

    def replaced(self, changed: Mapping[Any, Column], added: Mapping[Any, Column], dropped: Iterable[Any]) -> Loose:
        """Return the rows with columns changed in place, some dropped, and others added behind."""
        gone = set(dropped)
        kept = {name: column for name, column in self.held.items() if name not in gone}
        return Loose({**kept, **changed, **added}, self.index, self.like)

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame; arrays of one type lie in one block."""
        blocks: dict[Any, list[int]] = {}
        others: dict[int, Any] = {}
        columns = list(self.held.values())
        for place, column in enumerate(columns):
            if isinstance(column, np.ndarray) and is_plain(column.dtype):
                blocks.setdefault(column.dtype, []).append(place)
            else:
                others[place] = pd.array(column, dtype="str") if isinstance(column, list) else column
        pieces = [
            pd.DataFrame(np.array([columns[place] for place in places]).T, index=self.index, copy=False)
            for places in blocks.values()
        ]
        if others:
            pieces.append(pd.DataFrame(others, index=self.index))
        places = [place for some in blocks.values() for place in some] + list(others)
        made = pieces[0] if len(pieces) == 1 else pd.concat(pieces, axis=1, ignore_index=True)
        if len(pieces) > 1:
            made = made.take(np.argsort(places), axis=1)
        made.columns = _labels(tuple(self.held), self.like.dtype == object).view()  # its name may be changed
        return made


@functools.lru_cache(maxsize=64)
def _labels(names: tuple[Any, ...], of_objects: bool) -> pd.Index:
    """Return names as labels, shared by all requests of one model."""
    made: pd.Index = pd.Index(names, dtype=object if of_objects else None)
    return made


def _loosened(column: pd.Series) -> Column:
    return column.to_numpy() if is_plain(column.dtype) else column
