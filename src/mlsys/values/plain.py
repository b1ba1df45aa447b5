"""Convert values to the plain pandas type of their kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlsys.errors import DataError
from mlsys.values.kinds import Kind, Values, values_of
from mlsys.warned import hushed

_PLAIN_TEXT = pd.StringDtype(na_value=np.nan)


def plain(column: pd.Series) -> pd.Series:
    """Return a column in the plain pandas type of its kind, with its index and name.

    Parameters
    ----------
    column : Series
        Of any type.

    Returns
    -------
    Series
        numpy numbers, nullable whole numbers and truth values where there are nulls, ``str``, ``datetime64``,
        ``timedelta64``, periods, intervals, categories of these. Dates become the midnight they begin with. Values
        that have no such type (nested, mixed, other ones, whole numbers beyond 64 bits) stay as they are; where there
        is no value at all, NaN.

    Notes
    -----
    Values do not change, with one exception: decimals that are not whole become the nearest floats. A column that is
    already plain is returned as it is.

    Examples
    --------
    >>> plain(pd.Series([True, None], dtype=object)).dtype, plain(pd.Series([1, None], dtype="int64[pyarrow]")).dtype
    (BooleanDtype, Int64Dtype())
    >>> plain(pd.Series(["a", None], dtype=object)).dtype
    <StringDtype(na_value=nan)>
    """
    dtype = column.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return _from_arrow(column)
    if isinstance(dtype, pd.SparseDtype):
        return pd.Series(np.asarray(column.array), index=column.index, name=column.name)
    if isinstance(dtype, pd.CategoricalDtype):
        return _plain_levels(column)
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return _from_objects(column, values_of(column))
    return column


_TO_TEXT = "convert them to text or numbers with Derive first"


def told_apart(column: pd.Series, what: str, remedy: str = _TO_TEXT) -> pd.Series:
    """Return a column in its plain type, or raise where its values cannot be told apart.

    Parameters
    ----------
    column : Series
        Ids, groups, strata.
    what : str
        Caller and column, for messages.
    remedy : str
        Remedy if they cannot.

    Raises
    ------
    DataError
        For lists and mappings.

    Examples
    --------
    >>> told_apart(pd.Series([1, 2], dtype=object), "the id column 'k'").tolist()
    [1, 2]
    """
    values = values_of(column)
    if values.means is Kind.NESTED:
        raise DataError(f"{what} holds {values}, which cannot be compared", remedy)
    return plain(column)


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns are in the plain pandas types of their kinds; itself where all are.

    Examples
    --------
    >>> plain_frame(pd.DataFrame({"x": pd.array([1, 2], dtype="int64[pyarrow]"), "n": [1.5, 2.5]})).dtypes.tolist()
    [dtype('int64'), dtype('float64')]
    """
    changed = {
        place: plain(frame.iloc[:, place]) for place, dtype in enumerate(frame.dtypes.tolist()) if not _is_plain(dtype)
    }
    changed = {place: made for place, made in changed.items() if made.dtype != frame.dtypes.iloc[place]}
    if not changed:
        return frame
    out = frame.copy(deep=False)
    for place, made in changed.items():
        out.isetitem(place, made.array)
    return out


def _is_plain(dtype: Any) -> bool:
    if isinstance(dtype, np.dtype):
        return dtype.kind != "O"
    return not isinstance(dtype, (pd.ArrowDtype, pd.SparseDtype, pd.CategoricalDtype))


def _plain_levels(column: pd.Series) -> pd.Series:
    levels = column.cat.categories
    if not isinstance(levels.dtype, pd.ArrowDtype) and levels.dtype != object:
        return column
    made = plain(pd.Series(levels))
    if made.dtype == levels.dtype:
        return column
    return pd.Series(
        pd.Categorical.from_codes(column.cat.codes.to_numpy(), pd.Index(made), ordered=column.cat.ordered),
        index=column.index,
        name=column.name,
    )


def _from_arrow(column: pd.Series) -> pd.Series:
    held = column.dtype.pyarrow_dtype  # type: ignore[union-attr]
    given = pa.array(column.array)
    values = given if isinstance(given, pa.ChunkedArray) else pa.chunked_array([given], type=held)
    if pa.types.is_run_end_encoded(held):
        values, held = pa.chunked_array([pc.run_end_decode(each) for each in values.chunks]), held.value_type
    if pa.types.is_nested(held) or isinstance(held, pa.BaseExtensionType):
        return column
    if pa.types.is_dictionary(held):
        made = values.unify_dictionaries().combine_chunks().to_pandas()
        return _plain_levels(pd.Series(made.array, index=column.index, name=column.name))
    return pd.Series(_of_arrow_values(values, held), index=column.index, name=column.name)


def _of_arrow_values(values: pa.ChunkedArray, held: pa.DataType) -> Any:
    if pa.types.is_boolean(held) or pa.types.is_integer(held):
        if not values.null_count:
            return values.to_numpy()
        numpy_type = np.dtype(held.to_pandas_dtype())
        filled = pc.fill_null(values, False if pa.types.is_boolean(held) else 0).to_numpy()
        masked = pd.arrays.BooleanArray if numpy_type.kind == "b" else pd.arrays.IntegerArray
        return masked(filled.astype(numpy_type), values.is_null().to_numpy())
    if pa.types.is_floating(held):
        return values.to_numpy()
    if pa.types.is_decimal(held):
        return _of_decimals(values.to_pylist())
    if pa.types.is_string(held) or pa.types.is_large_string(held) or pa.types.is_string_view(held):
        return pd.array(values.cast(pa.large_string()), dtype=_PLAIN_TEXT)
    if pa.types.is_null(held):
        return np.full(len(values), np.nan)
    if pa.types.is_date(held):
        return values.cast(pa.timestamp("s")).to_pandas().array
    if pa.types.is_timestamp(held) or pa.types.is_duration(held):
        return values.to_pandas().array
    return np.array([*values.to_pylist(), None], dtype=object)[:-1]


def _of_decimals(values: list[Decimal | None]) -> Any:
    known = [value for value in values if value is not None and value.is_finite()]
    whole = len(known) == sum(value is not None for value in values) and all(
        value == value.to_integral_value() and -(2**63) <= value < 2**63 for value in known
    )
    if whole and known:
        if len(known) == len(values):
            return np.array([int(value) for value in known], dtype=np.int64)
        return pd.array([None if value is None else int(value) for value in values], dtype="Int64")
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _from_objects(column: pd.Series, values: Values) -> pd.Series:
    make = _MAKERS.get(values.kind)
    return column if make is None else pd.Series(make(column, values), index=column.index, name=column.name)


def _numbers(column: pd.Series, values: Values) -> Any:
    missing = column.isna().to_numpy()
    given = column.to_numpy()
    if values.whole:
        known = [int(value) for value in given[~missing]]
        kind = "uint64" if known and max(known) >= 2**63 else "int64"
        if not missing.any():
            return np.array(known, dtype=kind)
        filled = np.zeros(len(given), dtype=kind)
        filled[~missing] = known
        return pd.arrays.IntegerArray(filled, missing)
    if any(isinstance(value, Decimal) for value in given[~missing]):
        pairs = zip(given, missing, strict=True)
        return _of_decimals([None if null else _decimal(value) for value, null in pairs])
    floats = np.full(len(given), np.nan)
    floats[~missing] = given[~missing].astype(np.float64)
    return floats


def _decimal(value: Any) -> Decimal:
    return Decimal(
        int(value) if isinstance(value, (int, np.integer)) else value if isinstance(value, Decimal) else float(value)
    )


def _truths(column: pd.Series, values: Values) -> Any:
    missing = column.isna().to_numpy()
    filled = np.where(missing, False, column.to_numpy()).astype(bool)
    return pd.arrays.BooleanArray(filled, missing) if missing.any() else filled


def _texts(column: pd.Series, values: Values) -> Any:
    return column.astype(_PLAIN_TEXT).array


def _moments(column: pd.Series, values: Values) -> Any:
    with hushed():  # several zones: read as UTC, which `values` says
        read = pd.to_datetime(column, utc=values.zone is not None)
    return read.dt.tz_convert(values.zone).array if values.zone is not None else read.array


def _dates(column: pd.Series, values: Values) -> Any:
    return np.array([None if null else value for value, null in zip(column, column.isna(), strict=True)], "M8[s]")


def _durations(column: pd.Series, values: Values) -> Any:
    return pd.to_timedelta(column).array


def _of_pandas(column: pd.Series, values: Values) -> Any:
    return pd.array([None if null else value for value, null in zip(column, column.isna(), strict=True)])


def _nothing(column: pd.Series, values: Values) -> Any:
    return np.full(len(column), np.nan)


_MAKERS = {
    Kind.NOTHING: _nothing,
    Kind.NUMBER: _numbers,
    Kind.TRUTH: _truths,
    Kind.TEXT: _texts,
    Kind.MOMENT: _moments,
    Kind.DATE: _dates,
    Kind.DURATION: _durations,
    Kind.PERIOD: _of_pandas,
    Kind.INTERVAL: _of_pandas,
}
