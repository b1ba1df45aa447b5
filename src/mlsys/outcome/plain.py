"""What is known of a run as data that can be stored, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from mlsys.audit.result import LeakageAudit, Trace
from mlsys.errors import Finding, StateError
from mlsys.evaluation import Evaluation
from mlsys.execution.records import Record
from mlsys.execution.results import result_of, result_state
from mlsys.outcome.facts import RunFacts, StepFacts
from mlsys.outcome.looks import Looks
from mlsys.secrets import hidden_in
from mlsys.states import check_storable
from mlsys.steps import Result
from mlsys.steps.result import OF_ROWS
from mlsys.tracking import Opening
from mlsys.values import plain

_ELSEWHERE = frozenset({"tracking", "scored"})
"""Where a run is depends on who asks; rows of the data stay on the machine of the run."""
_ROWS = (pd.DataFrame, pd.Series, pd.Index, np.ndarray)


def without_rows(result: Result) -> Result:
    """Return a result of the library's own kind without rows of the data, whose picture can be drawn elsewhere."""
    kind: Any = next(each for each in type(result).__mro__ if each.__module__.startswith("mlsys."))
    values = {each.name: getattr(result, each.name) for each in fields(kind) if each.init}
    values |= {each.name: pd.DataFrame() for each in fields(kind) if each.metadata == OF_ROWS}
    if isinstance(result, Evaluation):
        values["targets"] = {name: without_rows(each) for name, each in result.targets.items()}
    if "facts" in values:
        values["facts"] = {key: value for key, value in result.facts.items() if not isinstance(value, _ROWS)}
    found: Result = kind(**values)
    return found if isinstance(result_state(found, result.name), Mapping) else replace(found, draw=None)


def storable(result: Result) -> Result:
    """Return a result that can be stored: tables in plain types, and no facts that have no form on disk."""
    tables = {name: storable_frame(table) for name, table in result.tables.items()}
    found = replace(result, table=storable_frame(result.table), tables=tables)
    if isinstance(found, Evaluation):
        changed: dict[str, Any] = {"targets": {name: storable(each) for name, each in found.targets.items()}}
        found = replace(found, **changed)
    try:
        check_storable(result_state(found, result.name))
    except StateError:
        if isinstance(found, Evaluation):
            event = found.event
            told = {name: str(each) for name, each in event.items()} if isinstance(event, Mapping) else str(event)
            return replace(found, event=told)
        return replace(found, facts={})
    return found


def storable_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns have a form on disk: the same values in the plain type of their kind, else texts."""
    made = {place: column for place in range(frame.shape[1]) if (column := _other(frame.iloc[:, place])) is not None}
    if not made:
        return frame
    columns = {place: made.get(place, frame.iloc[:, place]) for place in range(frame.shape[1])}
    return pd.DataFrame(columns, index=frame.index).set_axis(frame.columns, axis=1)


def _other(column: pd.Series) -> pd.Series | None:
    """Return what is stored in place of a column; ``None`` for one that has a form on disk."""
    values = column.reset_index(drop=True)
    if _is_storable(values):
        return None
    return plain(column) if _is_storable(plain(values)) else column.map(str, na_action="ignore").astype("str")


def _is_storable(value: Any) -> bool:
    try:
        check_storable(value)
    except StateError:
        return False
    return True


def as_state(run: RunFacts) -> dict[str, Any]:
    """Return all that is known of a run as plain data, without secrets."""
    known = {each.name: getattr(run, each.name) for each in fields(run) if each.name not in _ELSEWHERE}
    made = {
        "made": [dict(each) for each in run.made],
        "steps": [asdict(each) for each in run.steps],
        "reports": {name: result_state(each, name) for name, each in run.reports.items()},
        "findings": [asdict(each) for each in run.findings],
        "audit": None if run.audit is None else asdict(run.audit),
        "opened": {"model": run.opened.model, "openings": [asdict(each) for each in run.opened.openings]},
        "records": [asdict(each) for each in run.records],
        "ledger": None if run.ledger is None else [dict(each) for each in run.ledger],
    }
    found: dict[str, Any] = hidden_in({key: _dictionary(value) for key, value in {**known, **made}.items()})
    return found


def _dictionary(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def from_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that :func:`as_state` made plain."""
    audit = state["audit"]
    return {
        **state,
        "steps": tuple(StepFacts(**each) for each in state["steps"]),
        "reports": {name: result_of(each) for name, each in state["reports"].items()},
        "findings": tuple(Finding(**each) for each in state["findings"]),
        "audit": None if audit is None else LeakageAudit(**{**audit, "traces": [Trace(**t) for t in audit["traces"]]}),
        "opened": Looks(state["opened"]["model"], [Opening(**each) for each in state["opened"]["openings"]]),
        "records": tuple(Record(**each) for each in state["records"]),
    }
