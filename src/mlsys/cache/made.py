"""Made: rows, states and remarks that one piece of work made, and their form on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from mlsys.cache.columns import dtype_of, empty_column
from mlsys.errors import Finding
from mlsys.states import Held
from mlsys.tables import Identity, Table, as_column, column_digest


@dataclass
class Made:
    """What one piece of work made.

    Parameters
    ----------
    tables : dict of str to Table
        Rows by name.
    states : dict of str to Held
        What was learned or found, by name.
    plain : dict
        Small facts that JSON can hold.
    events : list
        What is told of columns, as JSON holds it.
    findings : list of Finding
        Remarks.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    states: dict[str, Held] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def table_note(table: Table) -> dict[str, Any] | str:
    """Return what an entry says of a table, or why it cannot be said."""
    frame, identity = table.frame(), table.identity
    assert identity is not None
    columns = []
    for name in frame.columns:
        kind = dtype_of(frame[name])
        if kind is None:
            return f"the column {name!r} of type {frame[name].dtype} has no storage format"
        columns.append([name, identity.columns[name], kind])
    index = _index_note(frame.index)
    if index is None:
        return "its row ids have several levels or no plain type"
    return {"columns": columns, "ids": identity.index, "index": index, "rows": len(frame)}


def _index_note(index: pd.Index) -> dict[str, Any] | None:
    if not (index.name is None or isinstance(index.name, str)):
        return None
    if type(index) is pd.RangeIndex:
        return {"range": [index.start, index.stop, index.step], "name": index.name}
    if isinstance(index, pd.MultiIndex):
        return None
    ids = as_column(index)
    kind = dtype_of(ids)
    if kind is None or kind.get("kept") is False:
        return None
    return {"kind": kind, "name": index.name, "column": column_digest(ids)}


def identity_of(note: Mapping[str, Any]) -> Identity:
    """Return the identity that an entry says a table has."""
    return Identity({name: digest for name, digest, _ in note["columns"]}, note["ids"])


def empty_of(note: Mapping[str, Any]) -> pd.DataFrame:
    """Return a frame of no rows with the columns and types that an entry says."""
    named = note["index"]
    index = (
        pd.RangeIndex(0, name=named["name"])
        if "range" in named
        else pd.Index(empty_column(named["kind"]).array, name=named["name"])
    )
    return pd.DataFrame({name: empty_column(kind).array for name, _, kind in note["columns"]}, index=index)


def finding_note(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON holds it."""
    return asdict(finding)


def finding_of(note: Mapping[str, Any]) -> Finding:
    """Return the finding that an entry holds."""
    return Finding(**{**note, "columns": tuple(note["columns"])})
