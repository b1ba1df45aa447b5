"""What steps read from outside while they were probed: no replaced row moves a file, so it is not assessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlsys.audit.result import NOT_ASSESSED, Trace
from mlsys.plan import Plan, Planned
from mlsys.usercode.outside import Outside
from mlsys.usercode.reach import CodeWalk

PROBE = "outside"
CONCERN = "outside"
MOST_NAMED = 5
CLOCK = "the clock"


def read_outside(plan: Plan, outside: Outside) -> Iterator[Trace]:
    """Say which steps read files, addresses, databases or the clock.

    Notes
    -----
    Files and sockets are seen where Python opens them. The clock cannot be watched, and compiled code that opens files
    by itself (Arrow, HDF5, database drivers) is not seen: calls of theirs are told by the names that code uses.
    """
    for planned in [*plan.before, *plan.working]:
        seen = list(outside.read.get(planned.name, ()))
        named = [each for each in _named_in_code(planned) if each == CLOCK or not seen]
        found = [*seen, *named]
        if found:
            more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
            declared = f"; {_declared(planned)} named in depends_on=" if _declared(planned) else ""
            text = f"it reads {', '.join(found[:MOST_NAMED])}{more}{declared}"
            yield Trace(planned.name, PROBE, NOT_ASSESSED, (), text, CONCERN)


def _named_in_code(planned: Planned) -> list[str]:
    """Return what the code of a step reads by the names it uses."""
    walk = CodeWalk(lambda _: "")
    if not planned.step.is_ours:
        walk.reach(type(planned.step))
    walk.reach(planned.step.configuration())
    return [*walk.reads, *([CLOCK] if walk.asks_the_clock else [])]


def _declared(planned: Planned) -> str:
    files = [str(each) for each in planned.step.depends_on if isinstance(each, (str, Path))]
    return f"{', '.join(files)} {'is' if len(files) == 1 else 'are'}" if files else ""
