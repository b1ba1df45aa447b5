"""What wrote each column of a run, for its lineage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from mlsys.execution.execution import Execution
from mlsys.steps import Step
from mlsys.steps.questions import reads as is_source


def made_columns(execution: Execution, given: bool) -> list[dict[str, Any]]:
    """Return the source and the steps in order, with the columns that each wrote and those they are made of.

    Parameters
    ----------
    execution : Execution
        What ran.
    given : bool
        Whether the rows were given to ``run()``, in place of what the source reads.
    """
    source, catalog = None if given else execution.plan.source, execution.parts.catalog
    name = "the data given to run()" if source is None else source.name
    how = "" if source is None else ", ".join(catalog.came.get(source.name, ())[:1]) or _files(source.step)
    made = [_entry(name, how, sorted(execution.parts.source_dtypes), [])]
    for planned in execution.ran:
        if is_source(planned.step):
            continue
        written: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
        for column in sorted(catalog.writes.get(planned.name, ())):
            of = catalog.lineage.get((planned.name, column), frozenset())
            written[planned.step.column_in_words(column), _made_of(planned.step, column, of)].append(column)
        made += [_entry(planned.name, how, columns, list(of)) for (how, of), columns in written.items()]
    return made


def _entry(step: str, how: str, columns: list[str], of: list[str]) -> dict[str, Any]:
    return {"step": step, "how": how, "columns": columns, "of": of}


def _made_of(step: Step, column: str, told: Collection[str]) -> tuple[str, ...]:
    """Return the columns that one is made of: those the step says, or those it was seen to depend on.

    Steps of the library that learn change columns one by one, and name new ones after those they are made of; all that
    they read would say nothing.
    """
    said = step.columns_behind(column)
    if said is not None:
        return tuple(said)
    if step.kind == "Transform" and step.is_ours:
        named = [column[:at] for at in range(len(column), 0, -1) if column[:at] in told and column[at : at + 1] in "_"]
        if named:
            return (named[0],)
    return tuple(sorted(told))


def _files(step: Step) -> str:
    files = step.files_read() if is_source(step) else None
    return ", ".join(dict.fromkeys(path.name for path in files or ()))
