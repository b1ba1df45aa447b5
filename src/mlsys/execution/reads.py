"""What a transform reads and writes: refused if not allowed, observed if not declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mlsys.errors import Finding, LeakageError
from mlsys.execution.changed import changed_columns
from mlsys.execution.guard import shielded
from mlsys.execution.work import At, View
from mlsys.steps import Fitted, Transform
from mlsys.steps.fitted import same_rows
from mlsys.tables import Table


def cross_fitted(step: Any, view: View, fold_states: Sequence[Any], frame: pd.DataFrame) -> pd.DataFrame:
    """Return what training rows get from a step that cross-fits."""
    rows = view.wrap(shielded(frame), step)
    return same_rows(step, frame, step.apply_cross_fitted(rows, fold_states))


def touched(fitted: Fitted, rows: Table) -> Sequence[Any] | None:
    """Return the columns that a step reads, if it changes and drops no others; ``None`` where it may do anything."""
    return fitted.columns_read(rows.head(0).columns) if fitted.step.is_ours and not rows.in_memory else None


def part_like_serving(step: Transform, parts: Mapping[str, Table]) -> str | None:
    """Return the part on which a user's ``apply`` is checked: one that it treats as it serves."""
    names = [name for name in parts if name != "train" or not step.cross_fits]
    return names[-1] if names else None


def declared_reads(step: Transform, at: At, columns: pd.Index) -> tuple[str, ...]:
    """Return what a transform reads, refusing the target, late columns and withheld ones."""
    features = at.catalog.features(columns)
    reads = step.columns_read(features)
    refuse_forbidden_reads(step, at, reads or ())
    return reads if reads is not None else features


def refuse_forbidden_reads(step: Transform, at: At, reads: Sequence[str]) -> None:
    """Raise when a served step reads what is not known when it must answer."""
    catalog = at.catalog
    for column in reads:
        why = catalog.late.get(column) or catalog.withheld.get(column)
        why = why or ("it is the target" if column in at.roles.targets else None)
        if why:
            raise LeakageError(
                f"{step.title} reads {column!r} to serve predictions, but {why}", f"remove {column!r} from {step.title}"
            )


def columns_written(before: Table, after: Table, fitted: Fitted) -> set[str]:
    """Return the columns that a transform made or changed."""
    if before.in_memory:
        one, other = before.identity, after.identity
        if one is None or other is None:
            return changed_columns(before.frame(), after.frame())
        return {name for name, each in other.columns.items() if one.columns.get(name) != each}
    head = before.head(1024)
    return changed_columns(head, fitted.transform(head))


def names_taken(step: str, rows: Table, predicted: Table) -> list[Finding]:
    """Remark that columns of the data are named like some that a model writes: which of them a name means."""
    there = rows.head(0).columns
    taken = tuple(str(column) for column in predicted.head(0).columns if column in there)
    finding = Finding(
        "EV102",
        f"the data has {', '.join(map(repr, taken))}, which {step} also writes; reports find the column of the "
        "data under this name, and the predictions in rows.predictions",
        "information",
        taken,
        step,
    )
    return [finding] if taken else []
