"""A JSON document and its files back into plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.errors import StateError
from mlsys.states._arrow import values_in
from mlsys.states._encode import ARROW_KINDS, TAG
from mlsys.states.allowed import load_estimator
from mlsys.states.native import form_named
from mlsys.states.native.form import class_named

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


class Decoder:
    """Turns the document of one state back into the state.

    Parameters
    ----------
    contents : mapping of str to bytes
        Files of the state by name, already verified.
    folder : Path
        Where they lie, for messages.
    """

    def __init__(self, contents: Mapping[str, bytes], folder: Path) -> None:
        self._contents, self._folder = contents, folder

    def decode(self, document: Any) -> Any:
        """Return the value that a JSON form stands for."""
        if isinstance(document, list):
            return [self.decode(item) for item in document]
        if not isinstance(document, dict):
            return document
        if TAG not in document:
            return {key: self.decode(item) for key, item in document.items()}
        read = getattr(self, f"_read_{document[TAG]}", None)
        if read is None:
            raise StateError(f"the state holds a {document[TAG]!r}, which this version cannot read", "update mlsys")
        return read(document)

    def _file(self, name: str) -> bytes:
        if name not in self._contents:
            raise StateError(f"the state refers to {name!r}, which is not in its manifest", "do not use this state")
        return self._contents[name]

    def _values(self, name: str) -> pa.Array:
        return values_in(self._file(name), self._folder / name)

    def _read_float(self, document: dict[str, Any]) -> float:
        return float(document["value"])

    def _read_tuple(self, document: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(self.decode(document["items"]))

    def _read_dict(self, document: dict[str, Any]) -> dict[Any, Any]:
        return {self.decode(key): self.decode(item) for key, item in document["items"]}

    def _read_missing(self, document: dict[str, Any]) -> Any:
        return pd.NaT if document["value"] == "NaT" else pd.NA

    def _read_timestamp(self, document: dict[str, Any]) -> pd.Timestamp:
        stamp = pd.Timestamp(np.datetime64(document["value"], document["unit"]))
        return stamp if document["tz"] is None else stamp.tz_localize("UTC").tz_convert(document["tz"])

    def _read_timedelta(self, document: dict[str, Any]) -> pd.Timedelta:
        return pd.Timedelta(np.timedelta64(document["value"], document["unit"]))

    def _read_scalar(self, document: dict[str, Any]) -> Any:
        return self.decode(document["array"])[0]

    def _read_array(self, document: dict[str, Any]) -> NDArray[Any]:
        stored = document["dtype"]
        dtype = np.dtype(stored if isinstance(stored, str) else [(name, kind) for name, kind in stored])
        if dtype.hasobject:
            raise StateError("the state holds an array of objects", "do not use this state")
        if "hex" in document:
            flat = np.frombuffer(bytes.fromhex(document["hex"]), dtype)
        else:
            flat = self._values(document["file"]).to_numpy(zero_copy_only=False)
            plain = dtype.kind in ARROW_KINDS and dtype.itemsize <= 8
            flat = flat if plain else np.frombuffer(flat.tobytes(), dtype)
        return flat.reshape(document["shape"]).astype(dtype.newbyteorder("="))

    def _read_series(self, document: dict[str, Any]) -> pd.Series:
        name, index = self.decode(document["name"]), self.decode(document["index"])
        return pd.Series(self._column(document["column"]), index=index, name=name)

    def _read_frame(self, document: dict[str, Any]) -> pd.DataFrame:
        index = self.decode(document["index"])
        columns = {place: self._column(column) for place, column in enumerate(document["columns"])}
        frame = pd.DataFrame(columns, index=index)
        frame.columns = self.decode(document["labels"])
        return frame

    def _read_range(self, document: dict[str, Any]) -> pd.RangeIndex:
        start, stop, step = document["range"]
        return pd.RangeIndex(start, stop, step, name=self.decode(document["names"][0]))

    def _read_index(self, document: dict[str, Any]) -> pd.Index:
        values = self._column(document["columns"][0])
        index: pd.Index = pd.Index(values, dtype=values.dtype, name=self.decode(document["names"][0]))
        return index

    def _read_multiindex(self, document: dict[str, Any]) -> pd.MultiIndex:
        levels = [self._column(column) for column in document["columns"]]
        return pd.MultiIndex.from_arrays(levels, names=self.decode(document["names"]))

    def _read_estimator(self, document: dict[str, Any]) -> Any:
        return load_estimator(self._file(document["file"]), str(self._folder / document["file"]))

    def _read_native(self, document: dict[str, Any]) -> Any:
        name = str(document["class"])
        form = form_named(name)
        if form is None:
            raise StateError(f"the state holds a {name!r}, which has no native format here", "do not use this state")
        facts = {key: self.decode(fact) for key, fact in document["facts"].items()}
        return form.read(class_named(name), facts, self._file(document["file"]) if "file" in document else b"")

    def _column(self, document: dict[str, Any]) -> Any:
        """Return the values of one column in their type."""
        name = document["dtype"]
        if "codes" in document:
            categories = self.decode(document["categories"])
            return pd.Categorical.from_codes(self.decode(document["codes"]), categories, ordered=document["ordered"])
        if "items" in document:
            values = np.empty(len(document["items"]), dtype=object)
            values[:] = [self.decode(item) for item in document["items"]]
            return pd.Index(values, dtype=object)  # of a bare array pandas would guess a type
        dtype = pd.api.types.pandas_dtype(name)
        if isinstance(dtype, pd.DatetimeTZDtype):
            ticks = self.decode(document["array"]).view(f"M8[{dtype.unit}]")
            return pd.DatetimeIndex(ticks).tz_localize("UTC").tz_convert(dtype.tz).array
        if "array" in document:
            return self.decode(document["array"])
        return dtype.__from_arrow__(self._values(document["file"]))  # type: ignore[union-attr]
