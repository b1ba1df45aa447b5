"""Record: what one step did, with the remaining rows, its duration and memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from mlsys.execution.guard import explained
from mlsys.plan.planned import Planned
from mlsys.tables import Table


@dataclass
class Record:
    """What one step did.

    Parameters
    ----------
    name, kind : str
        Of the step.
    rows : dict of str to int
        Rows after the step, by part.
    started, seconds : float
        Start in seconds since the epoch; duration.
    peak_mb : float
        Peak resident memory of the process when the step ended, in MiB.
    columns : tuple of str
        Of the rows that it was given.
    """

    name: str
    kind: str
    rows: dict[str, int] = field(default_factory=dict)
    started: float = 0.0
    seconds: float = 0.0
    peak_mb: float = 0.0
    columns: tuple[str, ...] = ()


@contextmanager
def recorded(planned: Planned, given: Mapping[str, Table]) -> Iterator[Record]:
    """Time a step, and explain its errors by the parts it was given."""
    shown = next(iter(given.values())).shown() if given else None
    columns = () if shown is None else tuple(map(str, shown.columns))
    record = Record(planned.name, planned.step.kind, started=time.time(), columns=columns)
    before = time.perf_counter()
    with explained(planned.step, planned.position, planned.name, shown, _counted(given)):
        yield record
    record.seconds = time.perf_counter() - before
    record.peak_mb = peak_memory_mb()


def _counted(given: Mapping[str, Table]) -> str:
    """Return how many rows a step received, by part; an upper bound for rows that are read when needed."""
    least = "" if all(part.in_memory for part in given.values()) else "at most "
    total = f"{least}{sum(part.rows for part in given.values()):,} rows"
    by_part = ", ".join(f"{name} {part.rows:,}" for name, part in given.items())
    return f"{total} ({by_part})" if len(given) > 1 else total


def peak_memory_mb() -> float:
    """Return the peak resident memory of this process in MiB, 0 if the system does not report it."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024) if sys.platform == "darwin" else peak / 1024
