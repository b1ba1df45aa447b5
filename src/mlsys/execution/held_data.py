"""Compare data held by steps, before and after they ran, with all rows and with training rows."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mlsys.cache import Made
from mlsys.errors import StateError
from mlsys.execution.parts import Parts
from mlsys.execution.work import At, Task, Work
from mlsys.leakage.captured import captured_findings
from mlsys.leakage.captured_values import Holding, captured_values, may_come_to_hold
from mlsys.leakage.statistics import Population
from mlsys.plan import Plan, Planned
from mlsys.states import digest, digest_frame
from mlsys.steps.questions import makes_rows
from mlsys.tables import Table, address


@dataclass(frozen=True)
class Holders:
    """Steps that may hold data, and what they held before the first of them ran.

    Parameters
    ----------
    steps : tuple of Planned
        Steps that hold data, and steps with the user's code, which may acquire some while it runs.
    held : str
        Digest of the held data: a function may keep what it computed at its first call, so held data is examined after
        it has run, and found again if its result comes from the cache.
    """

    steps: tuple[Planned, ...] = ()
    held: str = ""


def holders(steps: Sequence[Planned], parts: Parts, work: Work) -> Holders:
    """Return the steps that may hold data and were not examined yet; none if findings are not needed."""
    if work.quiet:
        return Holders()
    looked_at = parts.ran if parts.is_divided else ()
    coming = {planned.name: planned.step for planned in steps if planned.name not in looked_at}
    held = captured_values(coming)
    names = {each.step for each in held} | {name for name, step in coming.items() if may_come_to_hold(step)}
    return Holders(tuple(each for each in steps if each.name in names), _content_of(held) if names else "")


def compare_held_data(holding: Holders, plan: Plan, tables: Mapping[str, Table], parts: Parts, work: Work) -> Parts:
    """Look for statistics and copies of held-out rows in data held by steps; rows beyond memory are not compared.

    Parameters
    ----------
    holding : Holders
        From :func:`holders`; they have run since.
    plan : Plan
        All steps.
    tables : mapping of str to Table
        All rows, as the source had them and as they came to the split; the parts together where there are none.
    parts : Parts
        As the split left them.
    work : Work
        How the work is done.
    """
    assert parts.divided is not None
    own = parts.divided.parts
    if not holding.steps or not all(table.in_memory for table in [*tables.values(), *own.values()]):
        return parts
    rows = {**{f"all rows, {name}": table for name, table in tables.items()}, **own}
    given: dict[str, Any] = {"held": holding.steps, "data": holding.held}
    given["reshaped"] = any(makes_rows(planned.step) for planned in plan.steps)
    return parts.told([work.do(Task("leakage checks", "held data", compared, rows, given), parts)])


def with_source(parts: Parts, *holding: Holders) -> Parts:
    """Keep the rows as they were read while a step may hold some of them; otherwise they need not stay in memory."""
    read = parts.source or parts.rows.get("all")
    return replace(parts, source=read if any(each.steps for each in holding) else None)


def compared(at: At, planned: None, rows: dict[str, Table], held: Sequence[Planned], data: str, reshaped: bool) -> Made:
    """Add findings about held-out rows in data held by steps."""
    holdings = captured_values({planned.name: planned.step for planned in held})
    if not holdings:
        return Made()
    frames = {name: part.frame() for name, part in rows.items() if not name.startswith("all rows, ")}
    together = [part.frame() for name, part in rows.items() if name.startswith("all rows, ")]
    whole = together or [pd.concat(list(frames.values()))]
    train, targets = frames["train"], at.roles.targets
    everywhere = [Population("all rows", whole[0], targets)]
    training = [Population("training rows", _training(whole[0], train, reshaped), targets)]
    made = _made(train if len(whole) == 1 else whole[1], whole[0])
    everywhere += [Population("all rows", frame, targets, made) for frame in whole[1:]]
    everywhere += [
        Population(f"the {name} rows", part, targets, set(part.columns))
        for name, part in frames.items()
        if name != "train"
    ]
    training.append(Population("training rows", train, targets, made))
    at.findings += captured_findings(holdings, everywhere, training, train.index, at.catalog.writes)
    return Made()


def _content_of(held: Sequence[Holding]) -> str:
    """Return a digest of held data; the digest of code covers only the type of objects of other libraries."""
    found = []
    for each in held:
        value = pd.Series(each.value) if isinstance(each.value, pd.Index) else each.value
        with contextlib.suppress(StateError, TypeError):  # fitted estimators, which the code's digest knows
            found.append(
                [each.step, each.name, digest_frame(value) if isinstance(value, pd.DataFrame) else digest(value)]
            )
    return digest(found)


def _made(frame: pd.DataFrame, source: pd.DataFrame) -> set[str]:
    """Return the columns that steps have made or changed since the source."""
    return {str(name) for name in frame.columns if _is_new(frame[name], source)}


def _is_new(column: pd.Series, frame: pd.DataFrame) -> bool:
    name = column.name
    return name not in frame.columns or len(frame) != len(column) or address(frame[name]) != address(column)


def _training(frame: pd.DataFrame, train: pd.DataFrame, unknown: bool) -> pd.DataFrame:
    """Return the training rows among all rows by their ids, or as they are after the split if ids changed."""
    return train if unknown or not frame.index.is_unique else frame.loc[frame.index.isin(train.index)]
