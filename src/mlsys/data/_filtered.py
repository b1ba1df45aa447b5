"""Parquet files of which only the rows that meet conditions are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.data._arrow_file import some_rows
from mlsys.data._where import mask_of, refuse_absent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from mlsys.data._folders import Folders
    from mlsys.data._parquet_file import ParquetFile
    from mlsys.data._where import Condition


def filtered(
    files: Sequence[ParquetFile], conditions: Sequence[Condition], folders: Folders, who: str
) -> list[FilteredFile]:
    """Return the files with the rows that meet all conditions; only the columns of the conditions are decoded."""
    return [_filtered(file, place, conditions, folders, who) for place, file in enumerate(files)]


def _filtered(
    file: ParquetFile, place: int, conditions: Sequence[Condition], folders: Folders, who: str
) -> FilteredFile:
    refuse_absent(conditions, [*file.types, *folders.types], who)
    of_folder = [each for each in conditions if each.column in folders.types]
    one = pd.RangeIndex(1)
    met = mask_of(of_folder, lambda name: folders.column(name, place, one), 1, who)
    if met is not None and not met[0]:
        return FilteredFile(file, (), ())
    own = [each for each in conditions if each.column not in folders.types]
    if not own:
        return FilteredFile(file, (None,), (np.ones(file.rows, dtype=bool),))
    kept = list(file.kept(own, who))
    return FilteredFile(file, tuple(group for group, _ in kept), tuple(mask for _, mask in kept))


@dataclass(frozen=True, eq=False)
class FilteredFile:
    """Some rows of a file.

    Parameters
    ----------
    file : ParquetFile
        All of them; types and nulls are told of all, so that they do not depend on conditions.
    groups : tuple of int
        Row groups with such rows; ``None`` for all of them as one.
    masks : tuple of array of bool
        Which of each group's rows they are.
    """

    file: ParquetFile
    groups: tuple[int | None, ...]
    masks: tuple[NDArray[np.bool_], ...]

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.file.label

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(int(mask.sum()) for mask in self.masks)

    @property
    def total(self) -> int:
        """Rows of which types, nulls and bounds are told."""
        return self.file.rows

    @property
    def types(self) -> Mapping[str, pa.DataType]:
        """Of each column."""
        return self.file.types

    @property
    def repeated(self) -> frozenset[str]:
        """Names that several columns have."""
        return self.file.repeated

    def pieces(self, name: str, who: str) -> Iterator[pa.ChunkedArray]:
        """Yield one column of all rows in pieces."""
        return self.file.pieces(name, who)

    def null_count(self, name: str, who: str) -> int:
        """Count the nulls of a column among all rows."""
        return self.file.null_count(name, who)

    def bounds(self, name: str, who: str) -> tuple[Any, Any] | None:
        """Return the least and the greatest value of a column among all rows."""
        return self.file.bounds(name, who)

    def read(self, columns: Sequence[str], piece: slice, who: str, inside: NDArray[np.bool_] | None = None) -> pa.Table:
        """Return rows of some columns, ``piece`` counting those that are there."""
        if None in self.groups:
            return self.file.read(columns, piece, who, inside)
        ends = np.cumsum([mask.sum() for mask in self.masks], dtype=np.int64)
        first = int(np.searchsorted(ends, piece.start, side="right"))
        last = min(int(np.searchsorted(ends, piece.stop, side="left")) + 1, len(self.masks))
        skipped = int(ends[first - 1]) if first else 0
        groups = [group for group in self.groups[first:last] if group is not None]
        masks = self.masks[first:last] or (np.zeros(0, dtype=bool),)
        table = self.file.read_groups(columns, groups, who).filter(np.concatenate(masks))
        return some_rows(table.slice(piece.start - skipped, piece.stop - piece.start), inside)
