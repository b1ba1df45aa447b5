"""Steps that run only where the rows need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.plan import Planned
from mlsys.steps.capabilities import OnDemand


def passed_over(planned: Planned, parts: Parts, work: Work) -> tuple[Parts, bool]:
    """Determine from the rows whether a supplied step is needed; return the parts, and whether it is left out."""
    if not planned.on_demand:
        return parts, False
    why = why_needed(planned, parts, work.asks)
    if not why:
        work.progress(planned.name)
    asked = {**parts.learned.asked, planned.name: why}
    return replace(parts, learned=replace(parts.learned, asked=asked)), not why


def why_needed(planned: Planned, parts: Parts, asked: Iterable[str]) -> str:
    """Return why the rows of some parts need a supplied step; empty if they do not."""
    step = planned.step
    assert isinstance(step, OnDemand)
    return step.needed_for({name: part for name, part in parts.rows.items() if name in asked}, parts.features)


def as_run(plan: Iterable[Planned], asked: Mapping[str, str]) -> tuple[Planned, ...]:
    """Return a plan without the steps that were passed over, and with the reason of those that ran on demand."""
    found = (replace(each, supplied=asked.get(each.name, "")) if each.on_demand else each for each in plan)
    ran = (each for each in found if each.supplied or not each.on_demand)
    return tuple(replace(each, position=position) for position, each in enumerate(ran, 1))
