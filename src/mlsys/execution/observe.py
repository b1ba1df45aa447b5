"""Observe a row transform: what it reads and writes, and whether it treats rows independently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from mlsys.execution.changed import changed_columns
from mlsys.execution.lineage import moved_by
from mlsys.execution.probing import could_change
from mlsys.execution.spy import columns_seen
from mlsys.execution.told import made_of
from mlsys.execution.work import At
from mlsys.leakage.row_check import row_local_finding, telling_rows
from mlsys.plan import Planned
from mlsys.steps.capabilities import Derives
from mlsys.tables import Table
from mlsys.values import with_columns
from mlsys.warned import hushed

Apply = Callable[[pd.DataFrame], pd.DataFrame]


@hushed()
def observe(planned: Planned, before: Table, after: Table, apply: Apply, at: At) -> set[str]:
    """Report which columns a row transform reads and writes; check a user's row-local claim.

    Returns
    -------
    set of str
        The columns that it reads.
    """
    step, name = planned.step, planned.name
    frame = before.frame() if before.in_memory else before.head(4096)
    changed = after.frame() if after.in_memory else after.head(4096)
    written = changed_columns(frame, changed)
    derivations: Mapping[str, Any] = step.derivations() if isinstance(step, Derives) else {}
    declared = step.columns_read(tuple(frame.columns))
    sample = frame.iloc[telling_rows(frame, 8)]
    reads = set[str](declared or ())
    if derivations:
        for column, function in derivations.items():
            seen = _read_by(function, sample, frame)
            reads |= seen
            at.tell(made_of(name, seen, {column}))
            sample = with_columns(sample, {column: changed[column].loc[sample.index]})
    elif declared is not None:
        at.tell(made_of(name, declared, written))
    else:
        reads = _read_by(step.apply, sample, frame)  # type: ignore[attr-defined]
        could = set[str]() if at.quiet else could_change(apply, sample, reads - written)
        at.tell(made_of(name, reads, written | could, moved_by(apply, sample, reads, written | could)))
    if (derivations or not step.is_ours or step.runs_user_code) and not at.quiet:
        finding = row_local_finding(apply, frame, changed, sorted(written), name)
        if finding is not None:
            at.findings.append(finding)
    return reads


def _read_by(function: Callable[[pd.DataFrame], Any], few: pd.DataFrame, many: pd.DataFrame) -> set[str]:
    """Return the columns a function reads; one that fails on ``few`` rows is watched on ``many``.

    The check of single rows then says that it fails on them.
    """
    for rows in (few, many):
        try:
            return columns_seen(function, rows)
        except Exception:
            continue
    return set(map(str, many.columns))
