"""Arrow tables in memory as files: what a Parquet file tells of its columns, and its rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from mlsys.data._arrow_types import plain_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


class Stored(Protocol):
    """Rows that tell of their columns before they are read."""

    @property
    def label(self) -> str:
        """What messages call it."""
        ...

    @property
    def rows(self) -> int:
        """How many there are."""
        ...

    @property
    def total(self) -> int:
        """Rows of which types, nulls and bounds are told."""
        ...

    @property
    def types(self) -> Mapping[str, pa.DataType]:
        """Of each column, in the form a frame holds."""
        ...

    @property
    def repeated(self) -> frozenset[str]:
        """Names that several columns have."""
        ...

    def pieces(self, name: str, who: str) -> Iterator[pa.ChunkedArray]:
        """Yield one column in pieces."""
        ...

    def null_count(self, name: str, who: str) -> int:
        """Count the nulls of a column."""
        ...

    def bounds(self, name: str, who: str) -> tuple[Any, Any] | None:
        """Return the least and the greatest value of a column; ``None`` without values."""
        ...

    def read(self, columns: Sequence[str], piece: slice, who: str, inside: NDArray[np.bool_] | None = None) -> pa.Table:
        """Return rows of some columns: of the piece those ``inside``, by default all."""
        ...


@dataclass(frozen=True, eq=False)
class ArrowFile:
    """A table in memory.

    Parameters
    ----------
    label : str
        What messages call it; no two of one source share theirs.
    table : Table
        Its rows.
    types : dict of str to DataType
        Of each column, in the form a frame holds.
    repeated : frozenset of str
        Names that several columns have.
    """

    label: str
    table: pa.Table
    types: dict[str, pa.DataType]
    repeated: frozenset[str]

    @classmethod
    def of(cls, label: str, table: pa.Table) -> ArrowFile:
        """Return a table under a name."""
        names = Counter(table.column_names)
        types = {field.name: plain_type(field.type) for field in table.schema}
        return cls(label, table, types, frozenset(name for name in names if names[name] > 1))

    @property
    def rows(self) -> int:
        """How many there are."""
        rows: int = self.table.num_rows
        return rows

    @property
    def total(self) -> int:
        """Rows of which types, nulls and bounds are told."""
        return self.rows

    def pieces(self, name: str, who: str) -> Iterator[pa.ChunkedArray]:
        """Yield one column."""
        yield self.table.column(name).cast(self.types[name])

    def null_count(self, name: str, who: str) -> int:
        """Count the nulls of a column."""
        count: int = self.table.column(name).null_count
        return count

    def bounds(self, name: str, who: str) -> tuple[Any, Any] | None:
        """Return the least and the greatest value of a column."""
        both = pc.min_max(self.table.column(name))
        low, high = both["min"].as_py(), both["max"].as_py()
        return None if low is None else (low, high)

    def read(self, columns: Sequence[str], piece: slice, who: str, inside: NDArray[np.bool_] | None = None) -> pa.Table:
        """Return rows of some columns."""
        return some_rows(self.table.select(list(columns)).slice(piece.start, piece.stop - piece.start), inside)


def some_rows(table: pa.Table, inside: NDArray[np.bool_] | None) -> pa.Table:
    """Return some rows of a table, by default all."""
    return table if inside is None else table.filter(pa.array(inside))
