"""Columns on disk: one Arrow file each, under the digest of its content, checked when it is read."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.values import BlockArray, BlockDtype

Write = Callable[[str, Callable[[Any], None]], None]

_TYPE = b"mlsys"
_BLOCK = "block"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def dtype_of(column: pd.Series) -> dict[str, Any] | None:
    """Return a column's type as plain data; ``None`` where it has none.

    Types whose values are not written (objects, Arrow's own) say so: ``"kept": False``.

    Examples
    --------
    >>> dtype_of(pd.Series([1, 2]))
    {'dtype': 'int64'}
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = pd.Series(dtype.categories)
        kind = dtype_of(categories)
        if kind is None or len(categories) > _MOST_CATEGORIES:
            return None
        values = pa.array(categories).to_pylist() if kind["dtype"] in {"str", "string"} else None
        if values is None:
            if categories.dtype.kind not in "iub":
                return None
            values = categories.tolist()
        return {"dtype": "category", "kind": kind, "values": values, "ordered": bool(dtype.ordered)}
    if isinstance(dtype, pd.StringDtype):
        return {"dtype": str(dtype)}
    if isinstance(dtype, BlockDtype):
        return {"dtype": _BLOCK, "width": dtype.width, "sparse": dtype.sparse, "numbers": dtype.numbers}
    if isinstance(dtype, pd.DatetimeTZDtype):
        return (
            {"dtype": str(dtype)} if isinstance(getattr(dtype.tz, "key", None), str) or str(dtype.tz) == "UTC" else None
        )
    if isinstance(dtype, np.dtype):
        return {"dtype": str(dtype)} if dtype.kind in "biufmM" else {"dtype": str(dtype), "kept": False}
    if hasattr(dtype, "numpy_dtype") and dtype.kind in "biuf" and hasattr(column.array, "_mask"):
        return {"dtype": str(dtype)}
    return {"dtype": str(dtype), "kept": False} if isinstance(dtype, pd.ArrowDtype) else None


_MOST_CATEGORIES = 100_000


def empty_column(kind: Mapping[str, Any]) -> pd.Series:
    """Return a column of no rows with a type from :func:`dtype_of`."""
    if kind["dtype"] == "category":
        none: pd.Series = pd.Series([], dtype=_categories(kind))
        return none
    if kind["dtype"] == _BLOCK:
        return pd.Series(BlockArray.none(_block(kind)))
    return _no_rows(kind["dtype"])


def _block(kind: Mapping[str, Any]) -> BlockDtype:
    return BlockDtype(kind["width"], kind["sparse"], kind["numbers"])


@functools.lru_cache(maxsize=64)
def _no_rows(dtype: str) -> pd.Series:
    empty: pd.Series = pd.Series([], dtype=dtype)
    return empty


def _categories(kind: Mapping[str, Any]) -> pd.CategoricalDtype:
    values = pd.Index(pd.Series(kind["values"], dtype=kind["kind"]["dtype"]))
    return pd.CategoricalDtype(values, ordered=kind["ordered"])


def write_column(column: pd.Series, kind: Mapping[str, Any], sink: Any) -> None:
    """Write a column's values to an open binary file."""
    table = pa.table(_arrays(column)).replace_schema_metadata({_TYPE: json.dumps(kind).encode()})
    with pa.ipc.new_file(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_table(table)


def write_columns(columns: Sequence[pd.Series], kinds: Sequence[Mapping[str, Any]], sink: Any) -> None:
    """Write columns of as many rows one beside the other to an open binary file."""
    arrays = {f"{place}.{name}": each for place, column in enumerate(columns) for name, each in _arrays(column).items()}
    table = pa.table(arrays).replace_schema_metadata({_TYPE: json.dumps(list(kinds)).encode()})
    with pa.ipc.new_file(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_table(table)


def read_columns(path: str, places: Sequence[int]) -> list[pd.Series]:
    """Return some of the columns that :func:`write_columns` wrote, by their places.

    Raises
    ------
    OSError, ValueError, KeyError, IndexError, pyarrow.ArrowException
        When the file is not whole.
    """
    with pa.OSFile(path, "rb") as file:
        schema = pa.ipc.open_file(file).schema
        wanted = [number for number, name in enumerate(schema.names) if int(name.partition(".")[0]) in set(places)]
        file.seek(0)
        table = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=wanted)).read_all()
    table.validate(full=True)
    kinds = json.loads(schema.metadata[_TYPE])
    found = []
    for place in places:
        own = {name.partition(".")[2]: name for name in table.column_names if name.partition(".")[0] == str(place)}
        found.append(_column(table.select(list(own.values())).rename_columns(list(own)), kinds[place]))
    return found


def _arrays(column: pd.Series) -> dict[str, Any]:
    array: Any = column.array
    if isinstance(column.dtype, pd.CategoricalDtype):
        return {"values": pa.array(np.ascontiguousarray(array._codes))}
    if isinstance(column.dtype, pd.StringDtype):
        return {"values": pa.chunked_array([pa.array(column, type=pa.large_string(), from_pandas=True)])
                if not hasattr(array, "_pa_array") else array._pa_array}  # fmt: skip
    if isinstance(array, BlockArray):
        ends, *numbers = array.parts() if array.dtype.sparse else [np.arange(len(array) + 1), *array.parts()]
        return {
            name: pa.LargeListArray.from_arrays(ends.astype(np.int64), each)
            if array.dtype.sparse
            else pa.FixedSizeListArray.from_arrays(np.ascontiguousarray(each).ravel(), array.dtype.width)
            for name, each in zip(("places", "values")[-len(numbers) :], numbers, strict=True)
        }
    if hasattr(array, "_mask"):
        return {"values": pa.array(array._data), "missing": pa.array(array._mask)}
    data = array._ndarray
    return {"values": pa.array(np.ascontiguousarray(data.view(np.int64) if data.dtype.kind in "mM" else data))}


def read_column(path: str) -> pd.Series:
    """Return a column as it was written.

    Raises
    ------
    OSError, ValueError, KeyError, pyarrow.ArrowException
        When the file is not whole.
    """
    with pa.OSFile(path, "rb") as file:
        table = pa.ipc.open_file(file).read_all()
    table.validate(full=True)  # offsets that lead out of the file would end the process
    return _column(table, json.loads(table.schema.metadata[_TYPE]))


def _column(table: pa.Table, kind: Mapping[str, Any]) -> pd.Series:
    """Return the column that arrays make together."""
    values = table.column("values")
    name = kind["dtype"]
    if name == "category":
        return pd.Series(pd.Categorical.from_codes(_numbers(values), dtype=_categories(kind)))
    if name == _BLOCK:
        return pd.Series(_block_of(table, _block(kind)))
    if name in {"str", "string"}:
        return pd.Series(pd.array(values, dtype=name))
    if "missing" in table.column_names:
        dtype: Any = pd.api.types.pandas_dtype(name)
        array = dtype.construct_array_type()
        return pd.Series(array(_numbers(values), _numbers(table.column("missing"))))
    dtype = pd.api.types.pandas_dtype(name)
    numbers = _numbers(values)
    if isinstance(dtype, pd.DatetimeTZDtype):
        plain: pd.Series = pd.Series(numbers.view(f"M8[{dtype.unit}]"))
        zoned: pd.Series = plain.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
        return zoned
    return pd.Series(numbers.view(dtype) if dtype.kind in "mM" else numbers)


def _block_of(table: pa.Table, dtype: BlockDtype) -> BlockArray:
    if not len(table):
        return BlockArray.none(dtype)
    values = table.column("values").combine_chunks()
    if not dtype.sparse:
        return BlockArray(np.array(values.flatten()).reshape(len(table), dtype.width))
    from scipy.sparse import csr_array

    places = table.column("places").combine_chunks()
    held = (np.array(values.flatten()), np.array(places.flatten()), np.array(places.offsets))
    return BlockArray(csr_array(held, shape=(len(table), dtype.width)))


def _numbers(values: pa.ChunkedArray) -> Any:
    """Return the numbers in memory of their own, as a step would have left them."""
    return np.array(values.to_numpy())
