"""What a user gives to run(): frames, tables of other libraries, X and y, parts; each as frames, or refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.data.files_given import is_path, source_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.execution.opening import Data
from mlsys.execution.tables_given import as_table, with_names
from mlsys.plan import Plan
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.steps.questions import reads
from mlsys.values import with_columns

NAMED = "give a DataFrame, a dict of DataFrames by part name, a path to CSV or Parquet files, X and y, or nothing"
_TWO = 2
Targets = Sequence[str]


def taken(pipeline: AnyPipeline, data: Any, y: Any = None, who: str = "run()") -> tuple[Any, Data]:
    """Return the pipeline that runs, and its rows: a frame, a mapping of parts to frames, or nothing.

    Parameters
    ----------
    pipeline : Pipeline
        What was asked to run; files that were given become the source of the one that is returned.
    data : object
        A frame, or a table that is made one: polars, Arrow, whatever speaks Arrow's or the data frame protocol, a
        list of records, a mapping of columns, a table of scikit-learn's ``load_...``; X and y as a pair; a mapping of
        part names to any of these; a path to CSV or Parquet files, or a folder of them.
    y : object, optional
        Values of the target, one a row of ``data``.
    who : str
        For messages.

    Raises
    ------
    DataError
        When it is none of these; the remedy says how to make one.
    """
    if is_path(data):
        if y is not None:
            raise DataError(
                f"{who} got files and a separate y",
                "put the target into the files, or read them yourself: run(frame, y)",
            )
        return _reading(pipeline, data, who), None
    if data is None and y is None:
        return pipeline, None
    if _is_parts(data):
        if y is not None:
            raise DataError(
                f"{who} got parts and a separate y", 'give y with each part: {"train": (X, y), "test": (X, y)}'
            )
    return pipeline, as_rows(data, pipeline.roles.targets, who, y)


def as_rows(data: Any, targets: Targets, who: str, y: Any = None) -> Data:
    """Return rows in any form that :func:`taken` takes as frames; files are read."""
    if data is None and y is None:
        return None
    if _is_parts(data):
        return {name: _part(each, None, targets, f"{who}, for the part {name!r},") for name, each in data.items()}
    return _part(data, y, targets, who)


def _reading(pipeline: AnyPipeline, path: Any, who: str) -> Any:
    """Return a pipeline that reads these files; options of the source whose place they take stay."""
    source = source_of(path, who)
    old = Plan(pipeline.planned).source
    if old is None:
        return pipeline.rebuilt([source, *pipeline.given])
    assert reads(old.step)
    if type(source) is type(old.step):
        return pipeline.replace(**{old.name: old.step.with_(path=source.configuration()["path"])})
    kept = {"schema": old.step.schema} if hasattr(old.step, "schema") else {}
    return pipeline.replace(**{old.name: source.with_(known_at=dict(old.step.known_at_declared()), **kept)})


def _is_pair(data: Any) -> bool:
    """Whether these are X and y."""
    if not isinstance(data, tuple) or len(data) != _TWO or not _is_table(data[0]):
        return False
    columns = [list(getattr(each, "columns", ())) for each in data]
    return len(columns[1]) <= 1 or columns[0] != columns[1]  # else these are two parts


def _is_table(given: Any) -> bool:
    """Whether this has rows and columns, without a look at them."""
    if isinstance(given, (list, tuple)):
        return bool(given) and isinstance(given[0], (list, tuple, Mapping, np.ndarray))
    shape = getattr(given, "shape", None)
    return isinstance(shape, tuple) and len(shape) == _TWO or hasattr(given, "collect_schema")


def _is_parts(data: Any) -> bool:
    """Whether a mapping gives parts by name, of which one at least is a table or a file; else it gives columns."""
    if not isinstance(data, Mapping) or _is_bunch(data):
        return False
    return is_path(data.get("train")) or any(
        isinstance(each, os.PathLike) or (_is_table(each) and not isinstance(each, list)) or _is_pair(each)
        for each in data.values()
    )


def _part(given: Any, y: Any, targets: Targets, who: str) -> pd.DataFrame:
    if is_path(given):
        return source_of(given, who).read()
    if y is None and _is_pair(given):
        given, y = given
    return _rows(given, y, targets, who)


def _rows(given: Any, y: Any, targets: Targets, who: str) -> pd.DataFrame:
    """Return a frame of all columns, the target among them where it was given apart."""
    if _is_bunch(given):
        frame = given.get("frame")
        given, y = (frame, y) if frame is not None else (_named_features(given), given["target"] if y is None else y)
    made = as_table(given)
    if made is not None:
        return made if y is None else _with_targets(made, y, targets, who)
    if y is not None:
        return _with_targets(with_names(given, who), y, targets, who)
    raise _refused(given, who)


def _is_bunch(given: Any) -> bool:
    """Whether this is a table as scikit-learn's ``load_...`` and ``fetch_...`` give it."""
    return isinstance(given, Mapping) and {"data", "target", "feature_names"} <= set(given)


def _named_features(bunch: Mapping[str, Any]) -> pd.DataFrame:
    data = bunch["data"]
    return data if isinstance(data, pd.DataFrame) else pd.DataFrame(data, columns=list(bunch["feature_names"]))


def _with_targets(frame: pd.DataFrame, y: Any, targets: Targets, who: str) -> pd.DataFrame:
    """Put the values of the target, or of each of several, beside the features."""
    if not targets:
        raise ConfigurationError(
            f"{who} got y, but the pipeline does not name the target", 'name it: Pipeline(..., target="y")'
        )
    if len(targets) == 1:
        return _with_target(frame, y, targets[0], who)
    table = as_table(y)
    columns = table if isinstance(table, pd.DataFrame) else pd.DataFrame(np.asarray(y))
    if columns.shape[1] != len(targets):
        raise DataError(
            f"{who} got y with {columns.shape[1]} columns for {len(targets)} targets ({', '.join(map(repr, targets))})",
            "give one column for each target, in their order",
        )
    named = isinstance(table, pd.DataFrame) and set(targets) == set(columns.columns)
    for place, target in enumerate(targets):
        own = columns[target] if named else columns.iloc[:, place]
        frame = _with_target(frame, own if isinstance(y, pd.DataFrame) else own.array, target, who)
    return frame


def _with_target(frame: pd.DataFrame, y: Any, target: str, who: str) -> pd.DataFrame:
    """Put the values of a target beside the features."""
    values = _one_column(y, who)
    if len(values) != len(frame):
        raise DataError(f"{who} got {len(frame):,} rows and {len(values):,} values of y", "give one value per row")
    if isinstance(values, pd.Series) and not values.index.equals(frame.index):
        pairs = zip(values.index.tolist(), frame.index.tolist(), strict=True)
        place, (one, other) = next((i, pair) for i, pair in enumerate(pairs) if pair[0] != pair[1])
        raise DataError(
            f"{who} got y with an index different from its rows: at position {place}, {one!r} and {other!r}",
            "give y.to_numpy() if both are in the same order, else y.loc[X.index]",
        )
    beside = pd.Series(values.array if isinstance(values, pd.Series) else values, index=frame.index)
    if target in frame.columns and not beside.equals(frame[target]):
        raise DataError(
            f"{who} got y, but the rows have a column {target!r} with different values",
            f"give run(X.drop(columns={target!r}), y), or only the rows",
        )
    return with_columns(frame, {target: beside})


def _one_column(y: Any, who: str) -> Any:
    """Return the values of one column: a series with its index where it has one, else an array."""
    table = y if isinstance(y, pd.Series) else as_table(y)
    shape = np.shape(y) if table is None else table.shape
    if len(shape) == _TWO and shape[1] != 1:
        raise DataError(
            f"{who} got y with {shape[1]} columns, but the pipeline names one target, whose values may be classes",
            "give one column (for one-hot classes np.argmax(y, axis=1)), or name several targets: target=[...]",
        )
    if table is None:
        values = np.asarray(y)
        if values.ndim == 0:
            raise DataError(f"{who} got y = {y!r}", "give the values of the target, one per row; name it with target=")
        return values.reshape(-1)
    one = table.iloc[:, 0] if isinstance(table, pd.DataFrame) else table
    return one if isinstance(y, (pd.Series, pd.DataFrame)) else one.array


def _refused(given: Any, who: str) -> DataError:
    """Return the error for what is no table, with how to make one of it."""
    kind = type(given)
    name, module = kind.__name__, kind.__module__.split(".")[0]
    if isinstance(given, type):
        return DataError(f"{who} got the class {given.__name__}", "pass an instance with rows")
    for recognised, remedy in _REMEDIES:
        if recognised(given, name, module):
            return DataError(f"{who} got {name}", remedy)
    return DataError(f"{who} got {name}", NAMED)


_NAMES = "give a DataFrame with named columns: pd.DataFrame(data, columns=[...]); or X and y separately: run(X, y)"
_ELSEWHERE = (
    "if it fits in memory, pass it as a frame: {}; otherwise write it as Parquet and pass the folder: run(folder)"
)
_REMEDIES: Sequence[tuple[Callable[[Any, str, str], bool], str]] = (
    (lambda _, name, module: module.startswith("dask"), _ELSEWHERE.format(".compute()")),
    (lambda _, name, module: module == "pyspark", _ELSEWHERE.format(".toPandas()")),
    (
        lambda _, name, module: "GroupBy" in name,
        'pass the frame itself, a DataFrame; name a column of groups: Pipeline(..., group="...")',
    ),
    (
        lambda given, name, module: isinstance(given, pd.Series) or (name == "Series" and module == "polars"),
        "give a DataFrame with all columns; name the one to predict with target=",
    ),
    (
        lambda given, name, module: hasattr(given, "read") and hasattr(given, "close"),
        "pass its path instead: run('table.csv'); or a DataFrame",
    ),
    (
        lambda given, name, module: isinstance(given, Iterator),
        "pass all rows at once as a DataFrame (pd.concat(list(parts))), or a path, which is read in partitions",
    ),
    (
        lambda given, name, module: (
            isinstance(given, (list, tuple)) and any(hasattr(each, "columns") for each in given)
        ),
        'give one DataFrame, or name the parts: {"train": ..., "test": ...}, each a DataFrame or a pair (X, y)',
    ),
    (lambda given, name, module: isinstance(given, (list, tuple)) or hasattr(given, "shape"), _NAMES),
)
"""What is told by the value, its class and module, and how a table is made of it; the first that fits says it."""
