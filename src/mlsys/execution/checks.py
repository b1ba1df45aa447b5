"""What is checked on the parts before anything learns: columns that are there, rows that leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from mlsys.cache import Outcome
from mlsys.dataset import Moment, Rows
from mlsys.errors import DataError
from mlsys.execution.context import Context
from mlsys.execution.dividing import Divided
from mlsys.leakage.overlap import overlap_findings
from mlsys.leakage.power import SAMPLE, power_findings
from mlsys.partitions import Table


def check_columns(context: Context, table: Table) -> None:
    """Raise before anything learns if a role or a chosen column is not there."""
    there = table.head(0).columns
    for column, role in context.roles.columns().items():
        if column not in there:
            near = f" (columns: {', '.join(map(str, there))})"
            raise DataError(
                f"the {role} column {column!r} is not in the data{near}",
                f"correct {role}= of the Pipeline, or make the column with Derive or a label step",
            )
    time = context.roles.time
    if time is not None and (pd.api.types.is_string_dtype(table.head(0)[time]) or table.head(0)[time].dtype == object):
        Moment(time).of(table.head(0))  # raises: texts cannot be compared as times
    context.catalog.refuse_unknown(there)
    context.catalog.at_split = tuple(there)


def check_leakage(divided: Divided, context: Context) -> None:
    """Look for leakage on the parts, before anything learns; what is too large is judged by its first rows."""
    context.progress("leakage checks")

    def work(at: Context) -> Outcome:
        features = at.catalog.features(divided.parts["train"].head(0).columns)
        frames = {
            name: part.frame() if part.in_memory else part.head(4 * SAMPLE) for name, part in divided.parts.items()
        }
        at.findings += overlap_findings(frames, at.roles, features)
        at.findings += power_findings(Rows.of(frames["train"], at.roles, features))
        return Outcome()

    context.kept("leakage checks", "", work, divided.parts, sees_columns=True)


def check_same_columns(tables: Mapping[str, Table], excluded: Sequence[str]) -> None:
    """Raise when a part lacks what the training rows have, unless nothing uses it."""
    for name, table in tables.items():
        there = {*table.head(0).columns, *excluded}
        missing = [column for column in tables["train"].head(0).columns if column not in there]
        if missing:
            raise DataError(
                f"the part {name!r} lacks {', '.join(map(repr, missing))}, which the part 'train' has",
                "give all parts the same columns (null where a value is not known), or leave these out with exclude=",
            )
