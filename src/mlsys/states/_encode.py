"""Plain data into a JSON document and Arrow, skops and native files."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.errors import StateError
from mlsys.states.allowed import dump_estimator
from mlsys.states.native import NativeForm, class_name, form_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAG = "$"
"""Key that marks a JSON object as something other than a dictionary with string keys."""

ARROW_KINDS = "biuf"
"""Kinds of numpy types that Arrow holds as numbers; others are stored as their bytes."""

_INLINE_BYTES = 256
_AS_THEY_ARE = {bool, int, str, type(None)}
"""Types of values in JSON; long lists of levels contain nothing else."""
_REMEDY = (
    "return numbers, strings, lists, dictionaries, arrays, frames or estimators of scikit-learn, LightGBM, XGBoost or "
    "CatBoost; for anything else write the hooks save(state, folder) and load(folder)"
)


class Encoder:
    """Turns one state into a document; files it needs are collected in ``files``.

    With ``dump=False`` estimators are taken as they are: writing one costs as much as a small fit.
    """

    def __init__(self, dump: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self._dump = dump
        self._open: set[int] = set()

    def encode(self, value: Any, path: str) -> Any:
        """Return the JSON form of a value; ``path`` is where it stands, for messages."""
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if math.isfinite(value) else {TAG: "float", "value": repr(value)}
        if id(value) in self._open:
            raise StateError(f"{path} contains itself, which cannot be stored", _REMEDY)
        self._open.add(id(value))
        encoded = self._encode(value, path)
        self._open.discard(id(value))
        return encoded

    def _encode(self, value: Any, path: str) -> Any:
        kind = type(value)
        if kind is list and set(map(type, value)) <= _AS_THEY_ARE:
            return list(value)
        if kind is list:
            return [self.encode(item, f"{path}[{place}]") for place, item in enumerate(value)]
        if kind is tuple:
            return {TAG: "tuple", "items": [self.encode(item, f"{path}[{i}]") for i, item in enumerate(value)]}
        if kind is dict:
            return self._dictionary(value, path)
        if value is pd.NaT or value is pd.NA:
            return {TAG: "missing", "value": str(value)}
        if isinstance(value, pd.Timestamp):
            return {
                TAG: "timestamp",
                "value": int(value.to_datetime64().astype(np.int64)),
                "unit": value.unit,
                "tz": _zone(value.tz, path),
            }
        if isinstance(value, pd.Timedelta):
            return {TAG: "timedelta", "value": int(value.to_timedelta64().astype(np.int64)), "unit": value.unit}
        if isinstance(value, np.generic):
            return {TAG: "scalar", "array": self._array(np.asarray(value).reshape(1), path)}
        if isinstance(value, np.ndarray):
            return self._array(value, path)
        if isinstance(value, pd.DataFrame):
            return self._frame(value, path)
        if isinstance(value, pd.Series):
            name, index = self.encode(value.name, f"{path}.name"), self.encode(value.index, f"{path}.index")
            return {TAG: "series", "name": name, "index": index, "column": self._column(value, path)}
        if isinstance(value, pd.Index):
            return self._index(value, path)
        native = form_of(value)
        if not self._dump and (native is not None or is_estimator(value)):
            return {TAG: "estimator"}
        if native is not None:
            return self._native(value, native, path)
        if is_estimator(value):
            return {TAG: "estimator", "file": self._add(dump_estimator(value, path), "skops")}
        raise StateError(f"{path} is a {kind.__name__}, which cannot be stored", _REMEDY)

    def _native(self, model: Any, form: NativeForm, path: str) -> dict[str, Any]:
        facts, content = form.write(model)
        pairs = {name: self.encode(fact, f"{path}.{name}") for name, fact in facts.items()}
        file = {} if content is None else {"file": self._add(content, form.suffix)}
        return {TAG: "native", "class": class_name(model), "facts": pairs, **file}

    def _add(self, content: bytes, suffix: str) -> str:
        name = f"{len(self.files)}.{suffix}"
        self.files[name] = content
        return name

    def _dictionary(self, value: dict[Any, Any], path: str) -> Any:
        pairs = [(key, self.encode(item, f"{path}[{_shown(key)}]")) for key, item in value.items()]
        if TAG not in value and all(type(key) is str for key in value):
            return dict(pairs)
        return {TAG: "dict", "items": [[self._key(key, path), item] for key, item in pairs]}

    def _key(self, key: Any, path: str) -> Any:
        if isinstance(key, list | dict) or not isinstance(
            key, str | int | float | bool | tuple | np.generic | pd.Timestamp | pd.Timedelta | None
        ):
            raise StateError(f"{path} has a key of type {type(key).__name__}, which cannot be stored", _REMEDY)
        return self.encode(key, f"key {key!r} of {path}")

    def _array(self, array: NDArray[Any], path: str) -> dict[str, Any]:
        if type(array) not in (np.ndarray, np.memmap):
            raise StateError(f"{path} is a {type(array).__name__}, which cannot be stored", _REMEDY)
        if array.dtype.hasobject or array.dtype.kind == "T":
            raise StateError(f"{path} is an array of type {array.dtype}, which cannot be stored", _REMEDY)
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        dtype: Any = array.dtype.str if array.dtype.names is None else _description(array.dtype, path)
        encoded = {TAG: "array", "dtype": dtype, "shape": list(array.shape)}
        flat = np.ascontiguousarray(array).reshape(-1)
        if flat.nbytes <= _INLINE_BYTES:
            return {**encoded, "hex": flat.tobytes().hex()}
        if flat.dtype.kind not in ARROW_KINDS or flat.dtype.itemsize > 8:
            flat = np.frombuffer(flat.tobytes(), np.uint8)
        return {**encoded, "file": self._arrow({"values": pa.array(flat)})}

    def _arrow(self, columns: dict[str, pa.Array]) -> str:
        table = pa.table(columns)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        return self._add(sink.getvalue().to_pybytes(), "arrow")

    def _frame(self, frame: pd.DataFrame, path: str) -> dict[str, Any]:
        labels = self.encode(frame.columns, f"{path}.columns")
        index = self.encode(frame.index, f"{path}.index")
        columns = []
        for place, name in enumerate(frame.columns):
            columns.append(self._column(frame.iloc[:, place], f"{path}[{_shown(name)}]"))
        return {TAG: "frame", "labels": labels, "index": index, "columns": columns}

    def _index(self, index: pd.Index, path: str) -> dict[str, Any]:
        names = [self.encode(name, f"{path}.names") for name in index.names]
        if isinstance(index, pd.RangeIndex):
            return {TAG: "range", "names": names, "range": [index.start, index.stop, index.step]}
        levels = [index.get_level_values(level) for level in range(index.nlevels)]
        columns = [self._column(pd.Series(level, dtype=level.dtype), path) for level in levels]
        return {TAG: "multiindex" if isinstance(index, pd.MultiIndex) else "index", "names": names, "columns": columns}

    def _column(self, series: pd.Series, path: str) -> dict[str, Any]:
        """Return type and values of one column, without its index."""
        dtype = series.dtype
        encoded: dict[str, Any] = {"dtype": str(dtype)}
        if isinstance(dtype, pd.CategoricalDtype):
            codes = self._array(series.cat.codes.to_numpy().copy(), path)
            categories = self.encode(series.cat.categories, f"{path} categories")
            return {"dtype": "category", "codes": codes, "categories": categories, "ordered": bool(series.cat.ordered)}
        if isinstance(dtype, pd.DatetimeTZDtype):
            _zone(dtype.tz, path)
            plain = series.dt.tz_convert("UTC").dt.tz_localize(None)
            return {**encoded, "array": self._array(plain.to_numpy().view(np.int64), path)}
        if isinstance(dtype, np.dtype) and dtype.kind == "O":
            items = [self.encode(item, f"{path}[{place}]") for place, item in enumerate(series.tolist())]
            return {**encoded, "items": items}
        if isinstance(dtype, np.dtype):
            return {**encoded, "array": self._array(series.to_numpy(), path)}
        if isinstance(dtype, pd.StringDtype):
            text = pa.array(series, type=pa.large_string(), from_pandas=True)
            return {**encoded, "file": self._arrow({"values": text})}
        if hasattr(dtype, "numpy_dtype") and dtype.kind in ARROW_KINDS and not isinstance(dtype, pd.ArrowDtype):
            return {**encoded, "file": self._arrow({"values": pa.array(series.array, from_pandas=True)})}
        raise StateError(f"{path} is a column of type {dtype}, which cannot be stored", _REMEDY)


def _shown(key: Any) -> str:
    return f'"{key}"' if isinstance(key, str) else repr(key)


def _zone(zone: Any, path: str) -> str | None:
    if zone is None:
        return None
    try:
        pd.Timestamp(0, tz=str(zone))
    except Exception as error:
        raise StateError(f"{path} is in the time zone {zone}, whose name cannot be stored", "convert to UTC") from error
    return str(zone)


def _description(dtype: np.dtype[Any], path: str) -> list[list[str]]:
    """Return the fields of a structured type; nested ones have no plain form."""
    fields = []
    for name in dtype.names or ():
        kind = dtype[name]
        if kind.names or kind.shape or dtype.isalignedstruct:
            raise StateError(f"{path} is an array of type {dtype}, which cannot be stored", _REMEDY)
        fields.append([name, kind.str])
    return fields


def is_estimator(value: Any) -> bool:
    """Whether a value is an estimator; never without scikit-learn loaded."""
    base = sys.modules.get("sklearn.base")
    return base is not None and isinstance(value, base.BaseEstimator)
