"""One set of column types for many files, fixed before a row is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlsys.data._arrow_types import common_type
from mlsys.data._folders import Folders
from mlsys.errors import DataError
from mlsys.values import number_as

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mlsys.data._arrow_file import Stored
    from mlsys.schemas import Unread

_EXACT_IN_FLOAT = 2**53
"""Whole numbers up to here keep their value as float64."""

_USUAL_TEXT = 24.0
"""Bytes of a text: where it begins, and two words."""

_DIGITS_IN_FLOAT = 15
"""Decimals of so many digits keep every digit as float64."""

_NULLABLE: dict[pa.DataType, Any] = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}


@dataclass(frozen=True)
class Plan:
    """Files in order with common types, and the columns that a frame holds as nullable.

    Parameters
    ----------
    files : tuple of Stored
        In order.
    types : dict of str to DataType
        Of the columns in the files.
    nullable : frozenset of str
        Truth values with nulls, and whole numbers with nulls that floats do not hold.
    folders : Folders
        Columns in the names of folders.
    order : tuple of str
        All columns as they come out.
    who : str
        For messages.
    nested : bool
        Whether lists and structs stay Arrow's own in a frame.
    unread : tuple of Unread
        What was there beside the rows, but is no row.
    came : tuple of str
        How and when the rows came, in words.
    """

    files: tuple[Stored, ...]
    types: Mapping[str, pa.DataType]
    nullable: frozenset[str]
    folders: Folders
    order: tuple[str, ...]
    who: str
    nested: bool = False
    unread: tuple[Unread, ...] = ()
    came: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[int, ...]:
        """Rows of each file."""
        return tuple(file.rows for file in self.files)


def bytes_per_row(plan: Plan) -> float:
    """Return about how many bytes a row takes in memory: numbers by their width, texts and others by a usual length."""
    widths = [kind.bit_width / 8 if pa.types.is_primitive(kind) else _USUAL_TEXT for kind in plan.types.values()]
    return float(sum(widths))


def plan_of(
    files: Sequence[Stored],
    folders: Folders,
    columns: Sequence[str] | None,
    who: str,
    *,
    nested: bool = False,
    absent: bool = False,
) -> Plan:
    """Fix the types of all files.

    Parameters
    ----------
    files : sequence of Stored
        In order.
    folders : Folders
        Columns in the names of folders.
    columns : sequence of str, optional
        Columns to read; by default all.
    who : str
        For messages.
    nested : bool
        Whether lists and structs stay Arrow's own in a frame; otherwise they become Python objects.
    absent : bool
        Whether a file may lack a column of ``columns`` that another has.
    """
    found = {name for file in files for name in file.types} if absent else set[str]()
    for file in files:
        _refuse_columns(file, folders, [each for each in columns or () if each not in found], who)
        _refuse_repeated(file, columns, who)
    wanted = columns or [*dict.fromkeys(name for file in files for name in file.types), *folders.types]
    order = tuple(dict.fromkeys(wanted))
    types: dict[str, pa.DataType] = {}
    nullable = set()
    for name in order:
        if name not in folders.types:
            types[name], keeps_nulls = _type_of(name, files, who)
            if keeps_nulls:
                nullable.add(name)
    return Plan(tuple(files), types, frozenset(nullable), folders, order, who, nested)


def read_piece(
    place: int,
    piece: slice,
    start: int,
    plan: Plan,
    columns: Sequence[str] | None,
    inside: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return rows of the file at ``place`` in the plan's types, numbered from ``start``; of these those ``inside``."""
    file = plan.files[place]
    wanted = [name for name in plan.order if columns is None or name in set(columns)]
    own = [name for name in wanted if name in file.types]
    table = file.read(own, piece, plan.who, inside)
    index: pd.Index = pd.RangeIndex(start, start + piece.stop - piece.start)
    index = index if inside is None else index.take(np.flatnonzero(inside))
    made = {name: _series(name, table, plan, file, index) for name in wanted if name in plan.types}
    for name in set(own) - set(plan.types):
        held = table.column(name).cast(file.types[name]).to_pandas().set_axis(index).rename(name)
        plan.folders.refuse_other(held, place, file.label, plan.who)
    for name in wanted:
        if name not in plan.types:
            made[name] = plan.folders.column(name, place, index)
    return pd.DataFrame(made, index=index, columns=pd.Index(wanted), copy=False)


def _series(name: str, table: pa.Table, plan: Plan, file: Stored, index: pd.Index) -> pd.Series:
    kind = plan.types[name]
    if name not in file.types:
        values = pa.chunked_array([pa.nulls(len(index), kind)])
    else:
        values = table.column(name)
        if pa.types.is_string(kind) and pa.types.is_dictionary(values.type):
            column: pd.Series = values.cast(pa.large_string()).to_pandas().set_axis(index).rename(name)
            number_as(column, values)
            return column
        if not (pa.types.is_string(kind) and pa.types.is_large_string(values.type)):  # a frame holds text as large
            values = _cast(values.cast(file.types[name]), kind, name, plan, file)
    if name in plan.nullable:
        return pd.Series(_NULLABLE[kind].__from_arrow__(values), index=index, name=name)
    if plan.nested and pa.types.is_nested(kind):
        return pd.Series(pd.arrays.ArrowExtensionArray(values), index=index, name=name)
    made: pd.Series = values.to_pandas(integer_object_nulls=True)  # inside lists and structs they would be floats
    return made.set_axis(index).rename(name)


def _cast(values: pa.ChunkedArray, kind: pa.DataType, name: str, plan: Plan, file: Stored) -> pa.ChunkedArray:
    try:
        made = values.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _refused(name, file, f"holds a value that {kind} cannot represent ({error})", plan.who) from error
    if pa.types.is_decimal(values.type) and values.type.precision > _DIGITS_IN_FLOAT and pa.types.is_floating(kind):
        lost = pc.not_equal(made.cast(values.type, safe=False), values)
        row = pc.index(lost, True).as_py()
        if row >= 0:
            raise _refused(name, file, f"holds {values[row].as_py()}, whose digits a float cannot represent", plan.who)
    return made


def _refused(name: str, file: Stored, what: str, who: str) -> DataError:
    return DataError(
        f"{who}: column {name!r} of {file.label!r} {what}",
        "write it as text or in another type, or leave it out with columns=",
    )


def _refuse_columns(file: Stored, folders: Folders, columns: Sequence[str] | None, who: str) -> None:
    there = {*file.types, *folders.types}
    missing = [name for name in columns or () if name not in there]
    if missing:
        raise DataError(
            f"{who}: columns= names {', '.join(map(repr, missing))}, which {file.label!r} does not have "
            f"(its columns: {', '.join([*file.types, *folders.types])})",
            "correct the names in columns=",
        )


def _refuse_repeated(file: Stored, columns: Sequence[str] | None, who: str) -> None:
    repeated = [name for name in file.types if name in file.repeated and (columns is None or name in columns)]
    if repeated:
        raise DataError(
            f"{who}: {file.label!r} has several columns {repeated[0]!r}",
            "give each column its own name, or leave this one out with columns=",
        )


def _type_of(name: str, files: Sequence[Stored], who: str) -> tuple[pa.DataType, bool]:
    """Return the type of a column in all files, and whether a frame must hold it as nullable."""
    holding = [file for file in files if name in file.types]
    kind = _common(name, holding, who)
    if pa.types.is_null(kind):
        return pa.float64(), False  # as a CSV column of nulls alone
    if pa.types.is_decimal(kind):
        kind = _of_decimals(name, kind, holding, who)
    if not (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        return kind, False
    nulls = len(holding) < len(files) or any(file.null_count(name, who) for file in holding if file.total)
    if not nulls or pa.types.is_boolean(kind):
        return kind, nulls
    return _whole_with_nulls(name, kind, holding, who)


def _common(name: str, holding: Sequence[Stored], who: str) -> pa.DataType:
    """Return the type that holds all values; files without rows and columns of nulls alone decide nothing."""
    deciding = [file for file in holding if file.total] or list(holding)
    if len({file.types[name] for file in deciding}) > 1:
        deciding = [file for file in deciding if file.null_count(name, who) < file.total] or deciding
    found = {file.label: file for file in deciding}
    types = {path: file.types[name] for path, file in found.items()}
    return common_type(name, types, lambda path: found[path].pieces(name, who), who)


def _of_decimals(name: str, kind: pa.DataType, holding: Sequence[Stored], who: str) -> pa.DataType:
    """Return whole numbers for decimals without a fraction that 64 bits hold, else floats."""
    if kind.scale > 0:
        return pa.float64()
    if kind.precision <= 18:  # every number of 18 digits
        return pa.int64()
    bounds = [found for file in holding if (found := file.bounds(name, who)) is not None]
    low, high = min((low for low, _ in bounds), default=0), max((high for _, high in bounds), default=0)
    if -(2**63) <= low and high < 2**63:
        return pa.int64()
    return pa.uint64() if 0 <= low and high < 2**64 else pa.float64()


def _whole_with_nulls(name: str, kind: pa.DataType, holding: Sequence[Stored], who: str) -> tuple[Any, bool]:
    bounds = [found for file in holding if (found := file.bounds(name, who)) is not None]
    far = max((max(abs(int(low)), abs(int(high))) for low, high in bounds), default=0)
    if far <= _EXACT_IN_FLOAT:
        return pa.float64(), False
    return (pa.uint64() if pa.types.is_uint64(kind) else pa.int64()), True
