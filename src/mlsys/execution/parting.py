"""Parting: the split assigns rows to parts, or parts are given; test rows are sealed, leaks are searched for."""

from __future__ import annotations

from dataclasses import replace

from mlsys.dataset import settled
from mlsys.execution.checks import at_split, look_for_leaks
from mlsys.execution.divided import Divided
from mlsys.execution.dividing import divided_by, divided_given
from mlsys.execution.held_data import Holders, compare_held_data
from mlsys.execution.kinds.history import stored
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.work import Work
from mlsys.plan import Plan


def parted(plan: Plan, holding: Holders, parts: Parts, work: Work) -> Parts:
    """Return the open parts, checked in every way that is possible before anything learns.

    Parameters
    ----------
    plan : Plan
        All steps.
    holding : Holders
        Holders among the steps before the split, which have run.
    parts : Parts
        Parts after these steps.
    work : Work
        How the work is done.
    """
    if parts.is_divided:
        return parts
    split, whole = plan.split, parts.rows.get("all")
    for part in parts.rows.values():
        parts = parts.told([at_split(part, parts)])
    if whole is not None:
        assert split is not None
        parts, divided = divided_by(split, whole, parts, work, plan.steps)
    else:
        split = None
        parts, divided = divided_given(parts, work, plan.steps)
    parts = stored(in_parts(parts, divided), work)
    parts = look_for_leaks(plan.steps, split, parts, work)
    tables = {} if whole is None or parts.source is None else {"at the source": parts.source, "at the split": whole}
    return compare_held_data(holding, plan, tables, parts, work)


def undivided(parts: Parts) -> Parts:
    """Return all rows as they are, or the given parts, if nothing learns from them."""
    return parts if "all" in parts.rows else replace(parts, divided=Divided(parts.rows, rows=_counts(parts)))


def _counts(parts: Parts) -> dict[str, int]:
    return {name: part.rows for name, part in parts.rows.items()}


def in_parts(parts: Parts, divided: Divided) -> Parts:
    """Return the open parts as the split left them, with events decided by the training rows' targets."""
    roles = parts.roles
    events = {str(each.target): settled(each.event, divided.tally.get(str(each.target), ()), each.target)
              for each in roles.each_target()}  # fmt: skip
    roles = roles.with_events(events)
    rows = {name: part for name, part in divided.parts.items() if name != SEALED}
    return replace(parts, roles=roles, rows=rows, divided=divided)
