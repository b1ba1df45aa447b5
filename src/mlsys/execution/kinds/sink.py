"""Sinks: write the open parts outside, every time."""

from __future__ import annotations

from mlsys.errors import DataError
from mlsys.execution.parts import Parts
from mlsys.execution.reporting import with_predictions
from mlsys.execution.work import Work
from mlsys.files import NO_ROOM
from mlsys.plan import Planned
from mlsys.steps import Sink


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Write the open parts, with predictions where there are some."""
    said, step = parts.predictions, planned.step
    assert isinstance(step, Sink)
    rows = {name: with_predictions(part, said.get(name), planned.name) for name, part in parts.opened.items()}
    try:
        step.write(rows)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DataError(
            f"{planned.name} cannot write all rows: {error.strerror}",
            "free some space, or write to another disk; what was written before stays as it was",
        ) from error
    work.done_outside(planned.name)
    return parts
