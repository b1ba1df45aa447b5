"""Steps that run only where the rows need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlsys.execution.planned import Planned
from mlsys.steps.capabilities import OnDemand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlsys.execution.context import Context
    from mlsys.partitions import Table


def why_needed(planned: Planned, parts: Mapping[str, Table], context: Context) -> str:
    """Return why the rows need a step that was supplied; empty where they do not."""
    step = planned.step
    parts = {name: part for name, part in parts.items() if name in context.asks}
    assert isinstance(step, OnDemand)
    features = context.catalog.features(parts["train"].head(0).columns)
    return step.needed_for(parts, features)


def as_run(plan: Iterable[Planned], asked: Mapping[str, str]) -> tuple[Planned, ...]:
    """Return a plan without the steps that were passed over, and with the reason of those that ran on demand."""
    found = (replace(each, supplied=asked.get(each.name, "")) if each.on_demand else each for each in plan)
    ran = (each for each in found if each.supplied or not each.on_demand)
    return tuple(replace(each, position=position) for position, each in enumerate(ran, 1))
