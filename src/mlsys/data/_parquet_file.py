"""One Parquet file: its types, column statistics from the footer, and its rows."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mlsys.data._arrow_file import some_rows
from mlsys.data._arrow_types import plain_type
from mlsys.data._where import mask_of
from mlsys.errors import DataError
from mlsys.secrets import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mlsys.data._where import Condition

_SMALL_DICTIONARY = 65_536
"""Bytes, uncompressed; writers give up on dictionaries of about 1 MiB, and write texts beside them."""
_BYTES_OF_NUMBER = 2
"""Of a value that is the number of a text, at most."""

_LEAVE = "let nobody write the files while a run reads them, and run again"
_STORED_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class ParquetFile:
    """Metadata of a file, without its rows.

    Parameters
    ----------
    path : str
        Where it is.
    rows : int
        How many it has.
    types : dict of str to DataType
        Of each column, in the form a frame holds; a stored index is left out.
    repeated : frozenset of str
        Names that several columns have.
    unit : str or None
        In which unit times of an old form (INT96) are read: nanoseconds, unless these do not reach all of them.
    recurring : tuple of str
        Columns of text that the file keeps as numbers of few different ones.
    """

    path: str
    rows: int
    types: dict[str, pa.DataType]
    repeated: frozenset[str]
    unit: str | None
    recurring: tuple[str, ...]

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.path

    @property
    def total(self) -> int:
        """Rows of which types, nulls and bounds are told."""
        return self.rows

    @classmethod
    def of(cls, path: str, who: str) -> ParquetFile:
        """Read the footer of a file."""
        with _named_errors(path, who), _reader(path) as reader:
            schema, rows = reader.schema_arrow, reader.metadata.num_rows
            old = [column.path for column in map(reader.schema.column, range(len(reader.schema))) if _is_old(column)]
            recurring = _recurring(reader.metadata, schema)
        unit = None if not old else _unit_of(path, old, who)
        names = Counter(schema.names)
        types = {field.name: plain_type(field.type) for field in schema if not _STORED_INDEX.fullmatch(field.name)}
        if unit is not None:
            types |= {name: pa.timestamp(unit) for name in old if name in types}
        repeated = frozenset(name for name in names if names[name] > 1)
        return cls(path, rows, types, repeated, unit, () if repeated else recurring)

    def pieces(self, name: str, who: str) -> Iterator[pa.ChunkedArray]:
        """Yield one column row group by row group."""
        with _named_errors(self.path, who), self._opened() as reader:
            for group in range(reader.metadata.num_row_groups):
                yield self._whole(reader.read_row_group(group, columns=[name]), who).column(name).cast(self.types[name])

    def null_count(self, name: str, who: str) -> int:
        """Count the nulls of a column, from the footer where it says so."""
        return sum(
            sum(piece.null_count for piece in self.pieces(name, who)) if statistics is None else statistics.null_count
            for statistics in self._statistics(name, who, "has_null_count")
        )

    def bounds(self, name: str, who: str) -> tuple[Any, Any] | None:
        """Return the least and the greatest value of a column, from the footer where it says so."""
        found: list[Any] = []
        for statistics in self._statistics(name, who, "has_min_max"):
            if statistics is not None:
                found += [statistics.min, statistics.max]
                continue
            for piece in self.pieces(name, who):
                both = pc.min_max(piece)
                found += [both["min"].as_py(), both["max"].as_py()]
        known = [value for value in found if value is not None]
        return (min(known), max(known)) if known else None

    def read(self, columns: Sequence[str], piece: slice, who: str, inside: NDArray[np.bool_] | None = None) -> pa.Table:
        """Return rows of some columns; of some rows, texts that recur come as dictionaries: none is made for others."""
        recurring = () if inside is None else [name for name in self.recurring if name in columns]
        with _named_errors(self.path, who), _reader(self.path, self.unit, recurring) as reader:
            groups, skipped = _groups(reader.metadata, piece)
            there = reader.metadata.num_rows
            if there != self.rows:
                raise DataError(
                    f"{who}: {self.path!r} has {there:,} rows, but had {self.rows:,} when the run began",
                    _LEAVE,
                )
            self._refuse_changed(reader.schema_arrow, columns, who)
            table = self._whole(reader.read_row_groups(groups, columns=list(columns)), who)
            return some_rows(table.slice(piece.start - skipped, piece.stop - piece.start), inside)

    def kept(self, conditions: Sequence[Condition], who: str) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """Yield the row groups with a row that meets all conditions, and which rows do."""
        names = list(dict.fromkeys(each.column for each in conditions))
        with _named_errors(self.path, who), self._opened() as reader:
            for group in range(reader.metadata.num_row_groups):
                told = _bounds_told(reader.metadata.row_group(group))
                if not all(each.may_be_met(*told.get(each.column, (None, None))) for each in conditions):
                    continue
                table = self._whole(reader.read_row_group(group, columns=names), who)
                mask = mask_of(conditions, partial(self._typed, table), table.num_rows, who)
                if mask is not None and mask.any():
                    yield group, mask

    def _typed(self, table: pa.Table, name: str) -> pa.ChunkedArray:
        return table.column(name).cast(self.types[name])

    def read_groups(self, columns: Sequence[str], groups: Sequence[int], who: str) -> pa.Table:
        """Return some columns of some row groups."""
        with _named_errors(self.path, who), self._opened() as reader:
            self._refuse_changed(reader.schema_arrow, columns, who)
            return self._whole(reader.read_row_groups(list(groups), columns=list(columns)), who)

    def _refuse_changed(self, schema: pa.Schema, columns: Sequence[str], who: str) -> None:
        """Raise if somebody wrote the file again with other columns since the run began."""
        for name in columns:
            place = schema.get_field_index(name)
            if place < 0:
                what = f"does not have the column {name!r}, but had it"
            elif self.unit is None and plain_type(schema.field(place).type) != self.types[name]:
                what = f"holds {name!r} as {schema.field(place).type}, but as {self.types[name]}"
            else:
                continue
            raise DataError(f"{who}: {self.path!r} {what} when the run began", _LEAVE)

    def _whole(self, table: pa.Table, who: str) -> pa.Table:
        """Return rows whose texts are text: pyarrow reads any bytes as such, and fails when somebody looks at them."""
        for name in table.column_names:
            try:
                table.column(name).validate(full=True)
            except pa.ArrowInvalid as error:
                raise DataError(
                    f"{who}: column {name!r} of {self.path!r} holds an invalid value ({error})",
                    "write the file again, with text as UTF-8 and other bytes as binary",
                ) from error
        return table

    def _opened(self) -> Any:
        return _reader(self.path, self.unit)

    def _statistics(self, name: str, who: str, kind: str) -> list[Any]:
        """Return the statistics of each row group with values; one ``None`` where the footer does not say all."""
        with _named_errors(self.path, who), _reader(self.path) as reader:
            metadata = reader.metadata
            places = {metadata.schema.column(place).path: place for place in range(metadata.num_columns)}
            if name not in places:  # nested columns have no statistics of their own
                return [None]
            found = [
                metadata.row_group(group).column(places[name]).statistics for group in range(metadata.num_row_groups)
            ]
            if kind == "has_min_max":  # a row group of nulls has no bounds
                found = [each for each in found if each is None or not _is_null(each)]
            return [None] if any(each is None or not getattr(each, kind) for each in found) else found


def _reader(path: str, unit: str | None = None, dictionaries: Sequence[str] = ()) -> Any:
    """Open a file; pages that carry a checksum are held to it: a damaged value may look like any other."""
    return pq.ParquetFile(
        path,
        coerce_int96_timestamp_unit=unit,
        page_checksum_verification=True,
        read_dictionary=list(dictionaries) or None,
    )


def _recurring(metadata: Any, schema: pa.Schema) -> tuple[str, ...]:
    """Return columns of text of which every row group holds a small dictionary, and for each row a number."""
    texts = {field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)}
    found = dict.fromkeys(texts, True)
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            most = _SMALL_DICTIONARY + _BYTES_OF_NUMBER * column.num_values
            if not column.has_dictionary_page or column.total_uncompressed_size > most:
                found[column.path_in_schema] = False
    return tuple(name for name in schema.names if found.get(name))


def _is_null(statistics: Any) -> bool:
    return bool(statistics.has_null_count and statistics.null_count and not statistics.num_values)


def _bounds_told(group: Any) -> dict[str, tuple[Any, Any]]:
    """Return the least and the greatest value of each column of a row group whose footer says so."""
    columns = [group.column(place) for place in range(group.num_columns)]
    return {
        each.path_in_schema: (each.statistics.min, each.statistics.max)
        for each in columns
        if each.physical_type != "INT96" and each.statistics is not None and each.statistics.has_min_max
    }


def _is_old(column: Any) -> bool:
    return bool(column.physical_type == "INT96")


def _unit_of(path: str, columns: Sequence[str], who: str) -> str:
    """Return ``ns`` unless a time lies beyond: pyarrow wraps it round without a word."""
    with _named_errors(path, who), _reader(path) as fine:
        with _reader(path, "us") as coarse:
            for group in range(fine.metadata.num_row_groups):
                exact, far = (each.read_row_group(group, columns=list(columns)) for each in (fine, coarse))
                for name in columns:
                    if exact.column(name).cast(pa.timestamp("us"), safe=False) != far.column(name):
                        return "us"
    return "ns"


@contextmanager
def _named_errors(path: str, who: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, EOFError) as error:
        if isinstance(error, DataError):
            raise
        if isinstance(error, FileNotFoundError):
            raise DataError(
                f"{who}: {path!r} was there when the files were listed, and is gone",
                "let nobody move or remove files while a run reads them, and run again",
            ) from cleaned(error)
        raise DataError(
            f"{who} cannot read {path!r} as Parquet: {' '.join(str(error).split())}",
            "give complete Parquet files; read text files with ReadCSV",
        ) from cleaned(error)


def _groups(metadata: Any, piece: slice) -> tuple[list[int], int]:
    """Return the row groups that hold the rows of ``piece``, and the rows before the first of them."""
    chosen: list[int] = []
    skipped = start = 0
    for group in range(metadata.num_row_groups):
        stop = start + metadata.row_group(group).num_rows
        if start < piece.stop and stop > piece.start:
            if not chosen:
                skipped = start
            chosen.append(group)
        start = stop
    return chosen, skipped
