"""Common types of several Parquet files, chosen so that no value changes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_UNITS = ("ns", "us", "ms", "s")


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type a frame holds well in place of one it holds badly, such as times for dates.

    Examples
    --------
    >>> plain_type(pa.dictionary(pa.int8(), pa.string())), plain_type(pa.date32())
    (DataType(string), TimestampType(timestamp[us]))
    """
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_date(kind):
        return pa.timestamp("us")
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind


def common_type(
    name: str, types: Mapping[str, pa.DataType], values: Callable[[str], Iterator[pa.Array]], who: str
) -> pa.DataType:
    """Return a type that holds every value of a column.

    Parameters
    ----------
    name : str
        The column.
    types : mapping of str to DataType
        Its type in each file that decides: one with a value.
    values : callable
        Yields the column of a file in pieces; asked only where types differ.
    who : str
        For messages.

    Raises
    ------
    DataError
        When no type does; the message names column, file and value.
    """
    different = list(dict.fromkeys(types.values()))
    if len(different) == 1:
        return different[0]
    try:
        unified = pa.unify_schemas([pa.schema({name: kind}) for kind in different], promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise _differ(name, types, who) from error
    refused: DataError | None = None
    for candidate in _candidates(unified.field(name).type):
        refused = _refusal(name, candidate, types, values, who)
        if refused is None:
            return candidate
    assert refused is not None
    raise refused


def _candidates(unified: pa.DataType) -> list[pa.DataType]:
    """Return the type that Arrow takes, then those that reach further: unsigned numbers, coarser times."""
    wider = [unified, _changed(unified, _unsigned)]
    coarser = [_changed(unified, partial(_in_unit, unit)) for unit in _UNITS]
    return list(dict.fromkeys([*wider, *coarser]))


def _refusal(
    name: str,
    candidate: pa.DataType,
    types: Mapping[str, pa.DataType],
    values: Callable[[str], Iterator[pa.Array]],
    who: str,
) -> DataError | None:
    for file, kind in types.items():
        if kind == candidate:
            continue
        for piece in values(file):
            try:
                piece.cast(candidate)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                others = " and ".join(sorted({str(each) for each in types.values()} - {str(kind)}))
                return DataError(
                    f"{who}: column {name!r} is {kind} in {file!r} and {others} in other files, and no type can "
                    f"represent all its values ({error})",
                    f"write {name!r} with one type in all files, or leave it out with columns=",
                )
    return None


def _differ(name: str, types: Mapping[str, pa.DataType], who: str) -> DataError:
    first = next(iter(types))
    other = next(file for file, kind in types.items() if kind != types[first])
    return DataError(
        f"{who}: the files differ in the type of a column: {name!r} is {types[first]} in {first!r} and {types[other]} "
        f"in {other!r}",
        f"write {name!r} with one type in all files, or leave it out with columns=",
    )


def _changed(kind: pa.DataType, leaf: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    """Return a type whose leaves are changed, also inside lists, structs and maps."""
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(each.name, _changed(each.type, leaf)) for each in kind])
    if pa.types.is_map(kind):
        return pa.map_(_changed(kind.key_type, leaf), _changed(kind.item_type, leaf))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_changed(kind.value_type, leaf), kind.list_size)
    if pa.types.is_large_list(kind):
        return pa.large_list(_changed(kind.value_type, leaf))
    if pa.types.is_list(kind):
        return pa.list_(_changed(kind.value_type, leaf))
    return leaf(kind)


def _unsigned(kind: pa.DataType) -> pa.DataType:
    return pa.uint64() if pa.types.is_int64(kind) else kind


def _in_unit(unit: str, kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp(unit, kind.tz)
    return pa.duration(unit) if pa.types.is_duration(kind) else kind
