"""Opening: what a source reads, a frame in its place, or parts that were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import check_frame, check_texts
from mlsys.engines import Engine
from mlsys.errors import DataError, Finding
from mlsys.execution.checks import check_same_columns
from mlsys.execution.parts import Parts
from mlsys.execution.told import Came, Declared
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Plan, Planned
from mlsys.schemas import SetAside
from mlsys.steps import Source
from mlsys.steps.questions import makes_rows, reads
from mlsys.tables import Partition, Table, noted, without_note

Data = pd.DataFrame | Mapping[str, pd.DataFrame] | None


def opened(plan: Plan, data: Data, parts: Parts, work: Work) -> Parts:
    """Return the rows that a plan begins with: all of them, or the parts that were given."""
    if isinstance(data, Mapping):
        rows = {
            name: work.given(name, hold_given(plan.source, frame, work.engine, f"run(), for the part {name!r},"))
            for name, frame in data.items()
        }
        told: list[Declared | Finding] = [*declared(plan.source, rows.get("train"))]
        told += refusals(plan.source, rows.values())
        parts = parts.told(told, rows=rows)
        if "train" not in rows:
            raise DataError(
                f"run() got parts named {', '.join(rows)}, but none is named 'train'",
                "name the parts train, validation, test",
            )
        parts = _with_columns(plan, rows["train"], parts)
        check_same_columns(rows, parts.catalog.excluded)
        return parts
    if data is not None:
        table = work.given("all", hold_given(plan.source, data, work.engine))
        parts = parts.told([*declared(plan.source, table), *refusals(plan.source, [table])])
    elif plan.source is None:
        raise DataError(
            "the pipeline has no source and run() got no data",
            "call run(frame) or run('table.csv'), or start with ReadCSV(...)",
        )
    else:
        table, parts = _read(plan.source, parts, work)
    return replace(_with_columns(plan, table, parts), rows={"all": table})


def _with_columns(plan: Plan, table: Table, parts: Parts) -> Parts:
    """Return parts that know the columns, and when steps that make other rows say that they are known."""
    dtypes = dtypes_by_name(table)
    makers = [(each.name, each.step) for each in plan.steps if makes_rows(each.step)]
    told = [Declared(step.moments_read(tuple(dtypes), parts.roles), name) for name, step in makers]
    return parts.told(told, source_dtypes=dtypes)


def _read(source: Planned, parts: Parts, work: Work) -> tuple[Table, Parts]:
    assert reads(source.step)
    with work.doing(source, {}) as record:
        made = work.do(Task(source, "", read, {}, sees_view=False), parts)
        table = made.tables["all"]
        if table.in_memory:
            record.rows["all"] = table.rows
    return table, parts.told([made, Declared(source.step.known_at_declared(), source.name)]).followed_by(source)


def read(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Read a source, or hold its pieces."""
    assert reads(planned.step)
    table = open_source(planned.step, at.work.engine)
    at.findings += set_aside(table.note, planned.name)
    if isinstance(table.note, SetAside) and table.note.came:
        at.tell(Came(planned.name, table.note.came))
    return Made({"all": table})


def set_aside(aside: Any, who: str) -> list[Finding]:
    """Return the remark on rows that a reader set aside; raise if they are more than its schema allows."""
    if not isinstance(aside, SetAside):
        return []
    aside.refuse_too_many(who)
    lost = [Finding("DA101", f"{who}: {aside}", "information", step=who)] if aside.lost else []
    return [*lost, *(_lacks(name, said, who) for name, said in aside.lacking.items())]


def _lacks(name: str, said: str, who: str) -> Finding:
    remedy = "correct the name in these files, write the column there, or leave it out with columns="
    return Finding("DA102", f"{who}: {name!r} is {said}: {remedy}", "warning", (name,), who)


def open_source(step: Source, engine: Engine) -> Table:
    """Hold the pieces of a source, or the rows of a single piece; rows are indexed by position in plan order."""
    given: Any = step.open()
    pieces = list(given) if isinstance(given, Iterable) and not isinstance(given, pd.DataFrame) else [given]
    strange = next((each for each in pieces if not isinstance(each, Partition)), None)
    if strange is not None:
        raise DataError(
            f"open() of {step.title} returned {type(strange).__name__} instead of pieces",
            "return a list of mlsys.tables.Partition(rows, read), rows None where unknown; a frame is for read()",
        )
    if len(pieces) > 1:
        table = engine.hold(pieces, None)
        return table if table.rows else _refuse_empty(step)
    frame = pieces[0].read(None) if pieces else pd.DataFrame()
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{step.title} read {type(frame).__name__}, not a DataFrame", "return a DataFrame from read()")
    if frame.empty:
        _refuse_empty(step)
    table = engine.hold(None, without_note(frame).reset_index(drop=True))
    table.note = noted(frame)
    return table


def _refuse_empty(step: Source) -> NoReturn:
    raise DataError(f"{step.title} read no rows", "check the path and the filter")


def hold_frame(data: Any, engine: Engine, who: str = "run()") -> Table:
    """Hold a frame given by the user; its index is kept."""
    check_frame(data, who)
    check_texts(data, who)
    held = data.copy(deep=False)
    held.attrs = {}  # which pandas compares whenever it puts frames together
    return engine.hold(None, held)


def hold_given(source: Planned | None, data: Any, engine: Engine, who: str = "run()") -> Table:
    """Hold a frame given by the user in place of a source, which holds its rows to its schema."""
    if source is None:
        return hold_frame(data, engine, who)
    assert reads(source.step)
    check_frame(data, who)
    check_texts(data, who)
    frame = source.step.accept(data)
    table = hold_frame(without_note(frame), engine, who)
    table.note = noted(frame)
    return table


def refusals(source: Planned | None, tables: Iterable[Table]) -> list[Finding]:
    """Return the remarks on rows that were given, and that the source's schema refuses."""
    return [] if source is None else [each for table in tables for each in set_aside(table.note, source.name)]


def declared(source: Planned | None, given: Table | None) -> list[Declared]:
    """Return what a source declares: rows given in its place are known no earlier than its own."""
    if source is None or given is None:
        return []
    assert reads(source.step)
    there = set(given.head(0).columns)
    known_at = {column: moment for column, moment in source.step.known_at_declared().items() if column in there}
    return [Declared(known_at, source.name)]


def dtypes_by_name(table: Table) -> dict[str, str]:
    """Return the columns of a source with their types; raise for names that are not strings."""
    head = table.head(0)
    check_texts(head, "")
    return {str(name): str(kind) for name, kind in head.dtypes.items()}
