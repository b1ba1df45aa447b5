"""Sinks: write the open parts outside, every time."""

from __future__ import annotations

from mlsys.execution.parts import Parts
from mlsys.execution.reporting import with_predictions
from mlsys.execution.work import Work
from mlsys.plan import Planned
from mlsys.steps import Sink


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Write the open parts, with predictions where there are some."""
    said, step = parts.predictions, planned.step
    assert isinstance(step, Sink)
    step.write({n: with_predictions(part, said.get(n), planned.name) for n, part in parts.opened.items()})
    work.done_outside(planned.name)
    return parts
