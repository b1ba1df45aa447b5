"""Summaries as JSON, to be kept or sent, and their digests: equal summaries have equal texts."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.errors import DataError
from mlsys.summaries._radix import Bucket, Tally, Zoom
from mlsys.summaries.again import SummaryMap
from mlsys.summaries.bottom_k import BottomK
from mlsys.summaries.category_targets import CategoryTargets
from mlsys.summaries.counts import Counts, text_and_type
from mlsys.summaries.covariance import Covariance
from mlsys.summaries.distinct import Distinct
from mlsys.summaries.distinct_count import DistinctCount
from mlsys.summaries.exact_sum import ExactSum
from mlsys.summaries.grouped_sum import GroupedSum
from mlsys.summaries.log_buckets import LogBuckets
from mlsys.summaries.moments import Moments
from mlsys.summaries.quantiles import Quantiles

_KIND, _OF = "$", "of"
_RECORDS = {
    each.__name__: each
    for each in (
        Bucket, CategoryTargets, Covariance, Distinct, DistinctCount, ExactSum, GroupedSum, LogBuckets, Moments,
        Quantiles, Tally, Zoom,
    )
}  # fmt: skip

_FIELDS = ["keys", "counts"]
"""Of a tally, which merges what was added when it is asked for."""


def as_json(summary: Any) -> str:
    """Write a summary as JSON; equal summaries give equal texts.

    Parameters
    ----------
    summary : object
        A summary of this package, or a `SummaryMap` of them. Values that were counted are texts, numbers, truth
        values or moments.

    Raises
    ------
    DataError
        For anything else.

    Examples
    --------
    >>> text = as_json(Moments.of([1.0, 2.0]))
    >>> from_json(text) == Moments.of([2.0, 1.0])
    True
    """
    return json.dumps(_written(summary), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_json(text: str) -> Any:
    """Read what :func:`as_json` wrote."""
    return _read(json.loads(text))


def summary_digest(summary: Any) -> str:
    """Return the SHA-256 of a summary's JSON.

    Examples
    --------
    >>> summary_digest(Moments.of([1.0, 2.0]) + Moments.of([3.0])) == summary_digest(Moments.of([3.0, 2.0, 1.0]))
    True
    """
    return hashlib.sha256(as_json(summary).encode()).hexdigest()


def _written(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_KIND: "float", _OF: repr(float(value))}
    if isinstance(value, np.ndarray):
        cells = [_written(each) for each in value.ravel().tolist()]
        return {_KIND: "array", "type": str(value.dtype), "shape": list(value.shape), _OF: cells}
    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return {_KIND: type(value).__name__, "unit": value.unit, _OF: value.isoformat()}
    if isinstance(value, tuple):
        return {_KIND: "tuple", _OF: [_written(each) for each in value]}
    if isinstance(value, Counts):
        pairs = [[_written(name), count] for name, count in value.ordered()]
        return {_KIND: "Counts", "nulls": value.nulls, _OF: pairs}
    if isinstance(value, BottomK):
        return {_KIND: "BottomK", "k": value.k, "hashes": _written(value.hashes), _OF: _written_rows(value.rows)}
    if isinstance(value, Mapping):
        pairs = [[_written(name), _written(value[name])] for name in sorted(value, key=text_and_type)]
        return {_KIND: "SummaryMap" if isinstance(value, SummaryMap) else "dict", _OF: pairs}
    if type(value).__name__ in _RECORDS:
        names = _FIELDS if isinstance(value, Tally) else [each.name for each in dataclasses.fields(value)]
        return {_KIND: type(value).__name__, **{name: _written(getattr(value, name)) for name in names}}
    raise DataError(
        f"a summary holds {value!r} of type {type(value).__name__}, which has no form in JSON",
        "convert such values to text, numbers or timestamps with Derive first",
    )


def _written_rows(rows: pd.DataFrame | pd.Series) -> dict[str, Any]:
    frame = rows.to_frame() if isinstance(rows, pd.Series) else rows
    table = pa.Table.from_pandas(frame).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {"column": isinstance(rows, pd.Series), "arrow": base64.b64encode(sink.getvalue()).decode()}


def _read_rows(form: dict[str, Any]) -> pd.DataFrame | pd.Series:
    frame: pd.DataFrame = pa.ipc.open_file(base64.b64decode(form["arrow"])).read_all().to_pandas()
    return frame.iloc[:, 0] if form["column"] else frame


def _read_array(form: dict[str, Any]) -> np.ndarray[Any, Any]:
    cells = np.empty(len(form[_OF]), dtype=form["type"])
    cells[:] = [_read(each) for each in form[_OF]]
    return cells.reshape(form["shape"])


_READ: dict[str, Callable[[dict[str, Any]], Any]] = {
    "float": lambda form: float(form[_OF]),
    "array": _read_array,
    "Timestamp": lambda form: pd.Timestamp(form[_OF]).as_unit(form["unit"]),
    "Timedelta": lambda form: pd.Timedelta(form[_OF]).as_unit(form["unit"]),
    "tuple": lambda form: tuple(_read(each) for each in form[_OF]),
    "Counts": lambda form: Counts({_read(name): count for name, count in form[_OF]}, form["nulls"]),
    "BottomK": lambda form: BottomK(_read_rows(form[_OF]), _read(form["hashes"]), form["k"]),
    "SummaryMap": lambda form: SummaryMap({_read(name): _read(each) for name, each in form[_OF]}),
    "dict": lambda form: {_read(name): _read(each) for name, each in form[_OF]},
}


def _read(form: Any) -> Any:
    if not isinstance(form, dict):
        return form
    kind = form[_KIND]
    if kind in _READ:
        return _READ[kind](form)
    return _RECORDS[kind](**{name: _read(each) for name, each in form.items() if name != _KIND})
