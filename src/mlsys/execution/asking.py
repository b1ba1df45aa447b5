"""Asking: what reports are given that ask the served model about rows as a request brings them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from mlsys.dataset import Served
from mlsys.execution.parts import Parts
from mlsys.execution.requests import as_request
from mlsys.execution.served import ServedModel, asking, served_model
from mlsys.execution.work import At
from mlsys.steps import Fitted
from mlsys.steps.questions import sees_history
from mlsys.tables import Table

_READ = " as read"
_BEFORE = "before the split: "
_DTYPES = "types of the source"


def as_read(parts: Parts) -> Parts:
    """Keep the rows as they are now, if a report asks for them: those that a request brings."""
    return parts if parts.read is None else replace(parts, read=dict(parts.rows))


def rows_as_read(parts: Parts) -> dict[str, Table]:
    """Return these rows, for a task."""
    return {f"{name}{_READ}": table for name, table in (parts.read or {}).items()}


def needed_to_ask(parts: Parts) -> dict[str, Any]:
    """Return what the served model is made of beside the steps after the split, for a task."""
    before = {f"{_BEFORE}{name}": fitted for name, fitted in parts.learned.before.items()}
    return {**before, _DTYPES: dict(parts.source_dtypes)}


def served_to(at: At, rows: Mapping[str, Table], given: Mapping[str, Any], after: Mapping[str, Fitted]) -> Served:
    """Return the model as it would be served now, and the rows to ask it about.

    Parameters
    ----------
    at : At
        What is known of columns.
    rows : mapping of str to Table
        Of the task: parts as split, and :func:`rows_as_read`.
    given : mapping of str to object
        Of the task: :func:`needed_to_ask`.
    after : mapping of str to Fitted
        Steps after the split, by name.
    """
    parts = {name.removesuffix(" as split"): each for name, each in rows.items() if name.endswith(" as split")}
    read = {name.removesuffix(_READ): each for name, each in rows.items() if name.endswith(_READ)}
    before = {name.removeprefix(_BEFORE): each for name, each in given.items() if name.startswith(_BEFORE)}
    # A history keeps the last rows only, these among them: what it made of the past comes with the request.
    before = {name: each for name, each in before.items() if not sees_history(each.step)}
    joined = {str(name): str(kind) for name, kind in parts["train"].head(0).dtypes.items()}
    model = served_model(list(before.items()), list(after.items()), at.catalog, joined | given[_DTYPES])
    model = asking(model, parts["train"])
    return Served(tuple(model.inputs), model.predict, partial(_rows, parts, read, model))


def _rows(parts: Mapping[str, Table], read: Mapping[str, Table], model: ServedModel, name: str) -> pd.DataFrame:
    """Return the rows of a part; out-of-fold rows, which are no part, are training rows."""
    part = parts[name if name in parts else "train"].frame()
    return request_rows(part, read.get("all", read.get(name, read.get("train"))), model.inputs)


def request_rows(part: pd.DataFrame, read: Table | None, inputs: Mapping[str, str]) -> pd.DataFrame:
    """Return rows of a part as a request brings them: as they were read, beside columns that steps looked up.

    Parameters
    ----------
    part : DataFrame
        As the split left them.
    read : Table, optional
        As they were read; rows are found by their ids.
    inputs : mapping of str to str
        What the model needs, with types.
    """
    joined = as_request(part, inputs)
    if read is None:
        return joined
    found = pd.concat([frame[frame.index.isin(part.index)] for frame in read.frames()])
    if len(found) != len(part) or not found.index.is_unique:
        return joined  # their ids are not those that were read
    found = found.loc[part.index]
    beside = [name for name in inputs if name not in found.columns]
    return pd.concat([found, joined[beside]], axis=1) if beside else found
