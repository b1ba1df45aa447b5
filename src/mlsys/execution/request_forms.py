"""Forms of requests: frames, Arrow tables, records, columns, arrays; each is converted to a frame, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.errors import DataError

_FORMS = "give a DataFrame, an Arrow table, a list of records, a mapping of columns, or an array of rows"
_MOST_SHOWN = 5


def as_frame(given: Any, names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a request as a frame; values are those given.

    Parameters
    ----------
    given : object
        A frame; an Arrow table, or an object that exports one (``__arrow_c_stream__``); a list of records; a mapping of
        columns to lists, arrays or single values; rows without names in the order of ``names``.
    names : sequence of str
        The required columns, in order.

    Raises
    ------
    DataError
        If it is none of these, lists of columns differ in length, or rows do not have one value per name.

    Examples
    --------
    >>> as_frame({"age": 34}, ["age"]).to_dict("records"), as_frame([[34, 2.5]], ["age", "visits"]).to_dict("records")
    ([{'age': 34}], [{'age': 34, 'visits': 2.5}])
    """
    if isinstance(given, pd.DataFrame):
        return given
    if hasattr(given, "__arrow_c_stream__") and not isinstance(given, pd.Series):
        return of_arrow(given)
    if isinstance(given, pa.RecordBatch):
        return of_arrow(pa.Table.from_batches([given]))
    if isinstance(given, Mapping):
        return _of_columns(given)
    given = _single(given)
    if isinstance(given, np.ndarray):
        return _of_array(given, names)
    if isinstance(given, (list, tuple)):
        return _of_list(list(given), names)
    shown = "nothing (None)" if given is None else f"a value of type {type(given).__name__}"
    raise DataError(f"the request is {shown}, not rows", _FORMS)


def of_arrow(given: Any) -> pd.DataFrame:
    """Return a table of Arrow as a frame of Arrow's types."""
    table = pa.table(given)
    columns = {place: pd.Series(pd.arrays.ArrowExtensionArray(each)) for place, each in enumerate(table.columns)}
    return _named(pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows)), table.column_names)


def _of_columns(given: Mapping[Any, Any]) -> pd.DataFrame:
    columns = {name: _values(name, each) for name, each in given.items()}
    lengths = {name: 1 if each is None else len(each) for name, each in columns.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name!r} {count}" for name, count in list(lengths.items())[:_MOST_SHOWN])
        raise DataError(
            f"the request's columns have different numbers of values: {said}", "give one value per row in each"
        )
    held = [[given[name]] if each is None else each for name, each in columns.items()]
    return _named(pd.DataFrame(dict(enumerate(held))), list(columns))


def _values(name: Any, given: Any) -> list[Any] | pd.Series | None:
    """Return the values of a column, one per row; ``None`` for a single value, which is one row."""
    if isinstance(given, (pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        return pd.Series(given).reset_index(drop=True)
    if isinstance(given, (pa.Array, pa.ChunkedArray)):
        return pd.Series(pd.arrays.ArrowExtensionArray(given))
    if isinstance(given, np.ndarray):
        if given.ndim == 0:
            return [given.item()]
        if given.ndim == 2 and given.shape[1] == 1:
            given = given[:, 0]
        if given.ndim > 1:
            raise DataError(
                f"the request's column {name!r} is an array of shape {given.shape}",
                "give one value per row in each column",
            )
        return [_single(each) for each in given.tolist()] if given.dtype.kind in "OUS" else pd.Series(given)
    if isinstance(given, (list, tuple)):
        return [_single(each) for each in given]
    return None


def _single(value: Any) -> Any:
    """Return the value in an array of no dimensions, as MLflow makes them of single values; others as they are."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _of_array(given: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    if given.ndim == 1 and given.dtype == object and len(given):
        return _of_list(given.tolist(), names)
    if given.ndim == 1 and len(names) == 1:  # a column, where there is but one
        given = given[:, np.newaxis]
    if given.ndim == 2 and given.shape[1] == len(names):
        return _named(pd.DataFrame(given), list(names))
    raise DataError(
        f"the request is an array of shape {given.shape}, not of rows of {len(names)} values",
        f"give rows of {', '.join(map(repr, names))}, in this order, or name the columns",
    )


def _of_list(given: list[Any], names: Sequence[str]) -> pd.DataFrame:
    if not given:
        return pd.DataFrame()
    records = [isinstance(each, Mapping) for each in given]
    if all(records):
        return _of_records(given)
    if any(records):
        odd = records.index(not records[0])
        raise DataError(f"the request's row {odd} is of type {type(given[odd]).__name__}, unlike row 0", _FORMS)
    rows = [list(each) if isinstance(each, (list, tuple, np.ndarray)) else [each] for each in given]
    row = next((place for place, each in enumerate(rows) if len(each) != len(names)), None)
    if row is not None:
        raise DataError(
            f"the request's row {row} has {len(rows[row])} values; the model needs {len(names)}",
            f"give rows of {', '.join(map(repr, names))}, in this order, or name the columns",
        )
    return _named(pd.DataFrame({place: list(each) for place, each in enumerate(zip(*rows, strict=True))}), list(names))


def _of_records(given: Sequence[Mapping[Any, Any]]) -> pd.DataFrame:
    """Return one row per record; fields that a record omits are null."""
    names = dict.fromkeys(name for record in given for name in record)
    columns = {place: [_single(record.get(name)) for record in given] for place, name in enumerate(names)}
    return _named(pd.DataFrame(columns, index=pd.RangeIndex(len(given))), list(names))


def _named(frame: pd.DataFrame, names: Sequence[Any]) -> pd.DataFrame:
    frame.columns = pd.Index(list(names), dtype=object)
    return frame
