"""Every type in which pandas can hold a column, each with the Python values that it stands for."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.values import Kind

Make = Callable[[list[Any]], pd.Series]


@dataclass(frozen=True)
class ColumnType:
    """How to make a column of one type.

    ``base`` names what the values are, whatever holds them; ``make`` takes Python values with ``None`` for null.
    """

    name: str
    base: str
    kind: Kind
    make: Make
    holds_nulls: bool = True

    def __str__(self) -> str:
        return self.name

    def column(self, rows: int = 6, levels: int = 3, nulls: bool = False) -> pd.Series:
        """Return a column whose values come round every ``levels`` rows; every fourth is null if asked for."""
        given = self.values(rows, levels, nulls)
        return self.make(given).rename("k")

    def values(self, rows: int = 6, levels: int = 3, nulls: bool = False) -> list[Any]:
        """Return the values as plain Python ones."""
        made = [VALUES[self.base](row % levels) for row in range(rows)]
        return [None if nulls and row % 4 == 3 and self.holds_nulls else value for row, value in enumerate(made)]


BIG = 2**53 + 1
START = dt.datetime(2024, 1, 1, 12)
ZONE = dt.timezone(dt.timedelta(hours=2))

VALUES: dict[str, Callable[[int], Any]] = {
    "whole": lambda i: i + 1,
    "big": lambda i: BIG + 2 * i,
    "broken": lambda i: i + 0.5,
    "truth": lambda i: i % 2 == 0,
    "text": lambda i: f"v{i}",
    "moment": lambda i: START + dt.timedelta(days=i),
    "zoned": lambda i: (START + dt.timedelta(days=i)).replace(tzinfo=ZONE),
    "far": lambda i: dt.datetime(9990 + i, 1, 1),
    "date": lambda i: dt.date(2024, 1, 1 + i),
    "duration": lambda i: dt.timedelta(hours=1 + i),
    "period": lambda i: pd.Period("2024-01", "M") + i,
    "interval": lambda i: pd.Interval(float(i), float(i + 1)),
    "bytes": lambda i: f"v{i}".encode(),
    "uuid": lambda i: uuid.UUID(int=i + 1),
    "clock": lambda i: dt.time(1 + i),
    "nothing": lambda i: None,
    "nested": lambda i: [i],
    "mixed": lambda i: [1, "a", 2.5][i % 3],
    "complex": lambda i: complex(i, 1),
}


def _objects(values: list[Any]) -> pd.Series:
    return pd.Series(np.array([*values, None], dtype=object)[:-1])


def _of(dtype: Any) -> Make:
    return lambda values: pd.Series(values, dtype=dtype)


def _arrow(kind: pa.DataType) -> Make:
    return lambda values: pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(values, type=kind)])))


def _category(inner: Make) -> Make:
    def make(values: list[Any]) -> pd.Series:
        known = list(dict.fromkeys(value for value in values if value is not None))
        codes = [-1 if value is None else known.index(value) for value in values]
        return pd.Series(pd.Categorical.from_codes(codes, pd.Index(inner(known))))

    return make


def _zoned(unit: str, zone: Any) -> Make:
    return lambda values: pd.Series(pd.to_datetime(_objects(values), utc=True).dt.tz_convert(zone).dt.as_unit(unit))


def _sparse(values: list[Any]) -> pd.Series:
    return pd.Series(pd.arrays.SparseArray(np.array(values)))


def _decimals(values: list[Any]) -> pd.Series:
    return _objects([None if value is None else Decimal(str(value)) for value in values])


_N, _T, _S, _M, _DU = Kind.NUMBER, Kind.TRUTH, Kind.TEXT, Kind.MOMENT, Kind.DURATION
TYPES: list[ColumnType] = [
    *(ColumnType(f"numpy {kind}", "whole", _N, _of(kind), False) for kind in ("int8", "int64", "uint8", "uint64")),
    *(ColumnType(f"nullable {kind}", "whole", _N, _of(kind)) for kind in ("Int8", "Int64", "UInt64", "Float64")),
    ColumnType("floats of whole numbers", "whole", _N, _of("float64")),
    ColumnType("arrow int16", "whole", _N, _arrow(pa.int16())),
    ColumnType("arrow uint64", "whole", _N, _arrow(pa.uint64())),
    ColumnType("whole numbers as objects", "whole", _N, _objects),
    ColumnType("whole decimals", "whole", _N, _decimals),
    ColumnType("whole arrow decimals", "whole", _N, _arrow(pa.decimal128(9, 0))),
    ColumnType("categories of whole numbers", "whole", Kind.CATEGORY, _category(_of("int64"))),
    ColumnType("categories of objects", "whole", Kind.CATEGORY, _category(_objects)),
    ColumnType("arrow dictionary of numbers", "whole", Kind.CATEGORY, _arrow(pa.dictionary(pa.int8(), pa.int32()))),
    ColumnType("sparse int64", "whole", _N, _sparse, False),
    ColumnType("big int64", "big", _N, _of("int64"), False),
    ColumnType("big Int64", "big", _N, _of("Int64")),
    ColumnType("big uint64", "big", _N, _of("uint64"), False),
    ColumnType("big arrow int64", "big", _N, _arrow(pa.int64())),
    ColumnType("big objects", "big", _N, _objects),
    ColumnType("big categories", "big", Kind.CATEGORY, _category(_of("int64"))),
    *(ColumnType(f"numpy {kind}", "broken", _N, _of(kind)) for kind in ("float32", "float64")),
    ColumnType("nullable Float32", "broken", _N, _of("Float32")),
    ColumnType("arrow double", "broken", _N, _arrow(pa.float64())),
    ColumnType("floats as objects", "broken", _N, _objects),
    ColumnType("decimals", "broken", _N, _decimals),
    ColumnType("arrow decimals", "broken", _N, lambda values: _arrow(pa.decimal128(9, 2))(_decimals(values).tolist())),
    ColumnType("categories of floats", "broken", Kind.CATEGORY, _category(_of("float64"))),
    ColumnType("sparse float64", "broken", _N, _sparse, False),
    ColumnType("numpy bool", "truth", _T, _of("bool"), False),
    ColumnType("nullable boolean", "truth", _T, _of("boolean")),
    ColumnType("arrow bool", "truth", _T, _arrow(pa.bool_())),
    ColumnType("truth values as objects", "truth", _T, _objects),
    ColumnType("categories of truth values", "truth", Kind.CATEGORY, _category(_of("bool"))),
    ColumnType("str", "text", _S, _of("str")),
    ColumnType("nullable string", "text", _S, _of("string")),
    ColumnType("arrow string", "text", _S, _arrow(pa.string())),
    ColumnType("arrow large string", "text", _S, _arrow(pa.large_string())),
    ColumnType("texts as objects", "text", _S, _objects),
    ColumnType("categories of texts", "text", Kind.CATEGORY, _category(_of("str"))),
    ColumnType("categories of arrow texts", "text", Kind.CATEGORY, _category(_arrow(pa.string()))),
    ColumnType("arrow dictionary of texts", "text", Kind.CATEGORY, _arrow(pa.dictionary(pa.int8(), pa.string()))),
    *(ColumnType(f"datetime64[{unit}]", "moment", _M, _of(f"datetime64[{unit}]")) for unit in ("ns", "us", "s")),
    ColumnType("arrow timestamp", "moment", _M, _arrow(pa.timestamp("ms"))),
    ColumnType("datetime objects", "moment", _M, _objects),
    ColumnType("categories of times", "moment", Kind.CATEGORY, _category(_of("datetime64[us]"))),
    ColumnType("datetime64[us] of the year 9990", "far", _M, _of("datetime64[us]")),
    ColumnType("datetime objects of the year 9990", "far", _M, _objects),
    ColumnType("datetime64[ns, UTC]", "zoned", _M, _zoned("ns", "UTC")),
    ColumnType("datetime64[us, Asia/Tokyo]", "zoned", _M, _zoned("us", "Asia/Tokyo")),
    ColumnType("datetime64[us, dateutil]", "zoned", _M, _zoned("us", "dateutil/Europe/Berlin")),
    ColumnType("arrow timestamp with a zone", "zoned", _M, _arrow(pa.timestamp("us", "Europe/Berlin"))),
    ColumnType("datetime objects with a zone", "zoned", _M, _objects),
    ColumnType("date objects", "date", Kind.DATE, _objects),
    ColumnType("arrow date32", "date", Kind.DATE, _arrow(pa.date32())),
    ColumnType("arrow date64", "date", Kind.DATE, _arrow(pa.date64())),
    ColumnType("categories of dates", "date", Kind.CATEGORY, _category(_objects)),
    ColumnType("timedelta64[ns]", "duration", _DU, _of("timedelta64[ns]")),
    ColumnType("timedelta64[s]", "duration", _DU, _of("timedelta64[s]")),
    ColumnType("arrow duration", "duration", _DU, _arrow(pa.duration("us"))),
    ColumnType("timedelta objects", "duration", _DU, _objects),
    ColumnType("periods", "period", Kind.PERIOD, _of("period[M]")),
    ColumnType("periods as objects", "period", Kind.PERIOD, _objects),
    ColumnType("intervals", "interval", Kind.INTERVAL, _of("interval[float64, right]")),
    ColumnType("categories of intervals", "interval", Kind.CATEGORY, _category(_of("interval[float64, right]"))),
    ColumnType("bytes", "bytes", Kind.OTHER, _objects),
    ColumnType("arrow binary", "bytes", Kind.OTHER, _arrow(pa.binary())),
    ColumnType("UUIDs", "uuid", Kind.OTHER, _objects),
    ColumnType("times of day", "clock", Kind.OTHER, _objects),
    ColumnType("arrow times of day", "clock", Kind.OTHER, _arrow(pa.time64("us"))),
    ColumnType("complex128", "complex", Kind.OTHER, _of("complex128"), False),
    ColumnType("objects without a value", "nothing", Kind.NOTHING, _objects),
    ColumnType("arrow nulls", "nothing", Kind.NOTHING, _arrow(pa.null())),
    ColumnType("lists", "nested", Kind.NESTED, _objects),
    ColumnType("arrow lists", "nested", Kind.NESTED, _arrow(pa.list_(pa.int64()))),
    ColumnType("arrow structs", "struct", Kind.NESTED, _arrow(pa.struct([("a", pa.int64())]))),
    ColumnType("mixed objects", "mixed", Kind.MIXED, _objects),
]
VALUES["struct"] = lambda i: {"a": i}
