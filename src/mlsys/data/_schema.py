"""One set of column types for many Parquet files, fixed before a row is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import DataError
from mlsys.secrets import cleaned

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_STORED_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class Plan:
    """Files in order with their rows, the common schema, and the truth columns that hold nulls."""

    files: tuple[str, ...]
    rows: tuple[int, ...]
    schema: pa.Schema
    nullable_booleans: frozenset[str]


def plan_of(files: Sequence[str], columns: Sequence[str] | None, who: str) -> Plan:
    """Read the footers of all files and fix the types."""
    import pyarrow as pa

    readers = [_open(file, who) for file in files]
    schemas = [_plain(reader.schema_arrow) for reader in readers]
    if columns is not None:
        for file, schema in zip(files, schemas, strict=True):
            missing = [name for name in columns if name not in schema.names]
            if missing:
                raise DataError(
                    f"{who}: columns= names {', '.join(map(repr, missing))}, which {file!r} does not have "
                    f"(its columns: {', '.join(schema.names)})",
                    "correct the names in columns=",
                )
        schemas = [pa.schema([schema.field(name) for name in columns]) for schema in schemas]
    try:
        common = pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowInvalid as error:
        raise DataError(f"{who}: the files differ in a column's type: {error}", _convert(schemas)) from error
    except pa.ArrowTypeError as error:
        raise DataError(f"{who}: the files differ in a column's type: {error}", _convert(schemas)) from error
    with_nulls = {name for name in common.names if any(_has_nulls(reader, name) for reader in readers)}
    fields = []
    for each in common:
        to_float = pa.types.is_decimal(each.type) or (pa.types.is_integer(each.type) and each.name in with_nulls)
        fields.append(pa.field(each.name, pa.float64() if to_float else each.type))
    booleans = frozenset(each.name for each in common if pa.types.is_boolean(each.type) and each.name in with_nulls)
    rows = tuple(reader.metadata.num_rows for reader in readers)
    return Plan(tuple(files), rows, pa.schema(fields), booleans)


def read_piece(file: str, piece: slice, start: int, plan: Plan, columns: Sequence[str] | None) -> pd.DataFrame:
    """Return rows of one file in the plan's types, numbered from ``start``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = [name for name in plan.schema.names if columns is None or name in set(columns)]
    with pq.ParquetFile(file) as reader:
        own = set(reader.schema_arrow.names)
        groups, skipped = _groups(reader.metadata, piece)
        table = reader.read_row_groups(groups, columns=[name for name in wanted if name in own])
    table = table.slice(piece.start - skipped, piece.stop - piece.start)
    arrays = [
        table.column(name).cast(plan.schema.field(name).type, safe=False)
        if name in own
        else pa.nulls(len(table), plan.schema.field(name).type)
        for name in wanted
    ]
    frame: pd.DataFrame = pa.table(arrays, names=wanted).to_pandas(ignore_metadata=True)
    frame.index = pd.RangeIndex(start, start + len(table))
    booleans = [name for name in wanted if name in plan.nullable_booleans]
    return frame.astype(dict.fromkeys(booleans, "boolean")) if booleans else frame


def _open(file: str, who: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{who} cannot read {file!r} as Parquet: {error}", "give Parquet files; text files are read by ReadCSV"
        ) from cleaned(error)


def _plain(schema: pa.Schema) -> pa.Schema:
    """Replace types that a frame holds badly, and leave a stored index out."""
    import pyarrow as pa

    fields = []
    for each in schema:
        kind = each.type.value_type if pa.types.is_dictionary(each.type) else each.type
        if pa.types.is_date(kind):
            kind = pa.timestamp("us")
        elif pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            kind = pa.string()
        if not _STORED_INDEX.fullmatch(each.name):
            fields.append(pa.field(each.name, kind))
    return pa.schema(fields)


def _convert(schemas: Sequence[Any]) -> str:
    for name in schemas[0].names:
        kinds = {str(schema.field(name).type) for schema in schemas if name in schema.names}
        if len(kinds) > 1:
            return f"write {name!r} as one type in all files (it is {' and '.join(sorted(kinds))}), or leave it out"
    return "write the column as one type in all files, or leave it out with columns="


def _has_nulls(reader: Any, name: str) -> bool:
    """Whether a column of one file holds a null, or is not there; from the footer where it says so."""
    metadata = reader.metadata
    if name not in reader.schema_arrow.names:
        return True
    places = {metadata.schema.column(place).path: place for place in range(metadata.num_columns)}
    place = places.get(name)
    if place is None:  # nested columns have no statistics of their own, and nulls do not change their type
        return False
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(place).statistics
        if statistics is None or not statistics.has_null_count:
            return bool(reader.read(columns=[name]).column(name).null_count)
        if statistics.null_count:
            return True
    return False


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
