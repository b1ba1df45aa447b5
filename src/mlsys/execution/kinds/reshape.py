"""Reshaping: other rows out of all rows of a part."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import check_frame
from mlsys.execution.guard import shielded
from mlsys.execution.parts import Parts
from mlsys.execution.reshaped import made_of_columns
from mlsys.execution.told import Declared, Told, Withheld
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.steps import Fitted, Reshape
from mlsys.steps.capabilities import AsksAhead
from mlsys.tables import Table


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Make new rows from each part separately; ids continue from part to part and are unique."""
    made, first = dict[str, Made](), 0
    for name, part in parts.acted_on(planned.step).items():
        given = {"first row": str(first), "watched": str(name == parts.watched)}
        made[name] = work.do(Task(planned, name, reshape, {"rows": part}, given), parts)
        first += made[name].tables["rows"].rows
    step = planned.step
    assert isinstance(step, Reshape)
    followed_by_time = step.of_no_earlier_rows
    histories = {name: each.past_a_reshape(followed_by_time) for name, each in parts.learned.remembered.items()}
    told: list[Told] = [
        Withheld(step.withholds(), f"written by {planned.name} to judge by, not to learn from"),
        Declared(step.moments_written(parts.roles), planned.name),
    ]
    if isinstance(step, AsksAhead):
        there = map(str, parts.rows[parts.watched].head(0).columns)
        parts = parts.with_fitted(planned.name, Fitted(step, step.to_complete(there, parts.roles)))
    return parts.told(
        [*told, *made.values()],
        rows={name: each.tables["rows"] for name, each in made.items()},
        learned=replace(parts.learned, remembered=histories),
    )


def reshape(at: At, planned: Planned, rows: dict[str, Table], **given: str) -> Made:
    """Return the rows that are made, with ids from ``first row`` on."""
    frame, step = rows["rows"].frame(), planned.step
    assert isinstance(step, Reshape)

    def reshaped(shown: pd.DataFrame) -> pd.DataFrame:
        made = step.reshape(at.wrap(shielded(shown)))
        check_frame(made, planned.name)
        return pd.DataFrame(made)

    made, first = reshaped(frame), int(given["first row"])
    if given["watched"] == "True":
        at.tell(made_of_columns(planned, reshaped, frame, made, at))
    return Made({"rows": at.hold(made.set_axis(pd.RangeIndex(first, first + len(made)), axis=0))})
