"""Tables of other libraries as frames: polars, Arrow, the data frame protocol, records, mappings, arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.errors import DataError
from mlsys.execution.request_forms import of_arrow
from mlsys.values import plain_frame

_TABLE = 2


def as_table(given: Any) -> pd.DataFrame | None:
    """Return a table whose columns have names as a frame; ``None`` for what is none.

    Examples
    --------
    >>> as_table({"age": [30, 41]}).shape, as_table(pa.table({"age": [30]})).shape, as_table([[1, 2]])
    ((2, 1), (1, 1), None)
    """
    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, (pd.Series, type)):
        return None
    if type(given).__module__.startswith("polars") and hasattr(given, "collect"):
        given = given.collect()  # a query that was not run yet
    if isinstance(given, pa.RecordBatch):
        given = pa.Table.from_batches([given])
    if hasattr(given, "to_table") and type(given).__module__.startswith("pyarrow"):
        given = given.to_table()  # files that Arrow knows of
    if hasattr(given, "__arrow_c_stream__"):
        return _of_stream(given)
    if hasattr(given, "__dataframe__"):
        from pyarrow.interchange import from_dataframe

        return _of_stream(from_dataframe(given))
    if isinstance(given, Mapping):
        return _of_columns(given)
    if isinstance(given, np.ndarray) and given.dtype.names:
        return pd.DataFrame(given)
    if isinstance(given, (list, tuple)) and given and all(isinstance(each, Mapping) for each in given):
        return pd.DataFrame.from_records(list(given))
    return None


def with_names(given: Any, who: str) -> pd.DataFrame:
    """Return rows without names as a frame of ``x0``, ``x1``, ..., as scikit-learn names them.

    Examples
    --------
    >>> with_names([[1, "a"], [2, "b"]], "run()").dtypes.astype(str).to_dict()
    {'x0': 'int64', 'x1': 'str'}
    """
    if hasattr(given, "tocsr"):
        frame: pd.DataFrame = pd.DataFrame.sparse.from_spmatrix(given)  # type: ignore[attr-defined]
    elif isinstance(given, (list, tuple)):
        lengths = {np.size(each) if np.ndim(each) <= 1 else -1 for each in given}
        if len(lengths) != 1 or -1 in lengths:
            raise DataError(
                f"{who} got {type(given).__name__} of rows of different lengths",
                "give each row the same number of values",
            )
        frame = pd.DataFrame([list(np.atleast_1d(np.asarray(each, dtype=object))) for each in given]).infer_objects()
    else:
        values = np.asarray(given) if hasattr(given, "__array__") else np.zeros(0)
        if values.ndim != _TABLE:
            shape = f" of shape {values.shape}" if hasattr(given, "__array__") else ""
            raise DataError(
                f"{who} got {type(given).__name__}{shape} as X", "give a DataFrame, or an array of rows by columns"
            )
        frame = pd.DataFrame(values)
        frame = frame.infer_objects() if values.dtype == object else frame
    return frame.set_axis([f"x{place}" for place in range(frame.shape[1])], axis=1)


def _of_stream(given: Any) -> pd.DataFrame | None:
    """Return what speaks Arrow's protocol as a frame of plain types; a single column is no table."""
    try:
        table = pa.table(given)
    except (TypeError, ValueError, pa.ArrowException):
        return None
    frame: pd.DataFrame = plain_frame(of_arrow(table)).set_axis(table.column_names, axis=1)
    stored = (table.schema.pandas_metadata or {}).get("index_columns", [])
    names = [name for name in stored if isinstance(name, str) and name in frame.columns]
    if names:
        frame = frame.set_index(names)
        frame.index.names = [None if str(name).startswith("__index_level_") else name for name in names]
    return frame


def _of_columns(given: Mapping[Any, Any]) -> pd.DataFrame:
    columns = {name: getattr(each, "to_numpy", lambda each=each: each)() for name, each in given.items()}
    lengths = {name: len(each) for name, each in columns.items() if np.ndim(each)}
    if len(set(lengths.values())) != 1:
        said = ", ".join(f"{name!r} {count:,}" for name, count in list(lengths.items())[:5])
        what = f"of columns with different numbers of values: {said}" if said else "without a column of values"
        raise DataError(
            f"run() got dict {what}",
            "give a DataFrame, a list of equal length for each column, or a dict of DataFrames by part name",
        )
    return pd.DataFrame(dict(given))
