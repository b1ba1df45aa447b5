"""What all parts of one execution share: roles, catalog, seed, findings, and the record of every step."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd

from mlsys.dataset import Roles, Rows
from mlsys.errors import Finding
from mlsys.execution.catalog import Catalog
from mlsys.execution.guard import explained
from mlsys.execution.planned import Planned
from mlsys.steps import Transform
from mlsys.summaries import fold_of

Progress = Callable[[str], None]


@dataclass
class Record:
    """What one step did: rows, seconds, peak memory of the process so far.

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
    """

    name: str
    kind: str
    rows: dict[str, int] = field(default_factory=dict)
    started: float = 0.0
    seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass
class Context:
    """Shared by prefix, split and tail of one execution."""

    roles: Roles
    catalog: Catalog
    seed: int
    progress: Progress
    findings: list[Finding] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    quiet: bool = False

    def wrap(self, frame: pd.DataFrame, step: Transform | None = None) -> Rows:
        """Give a frame its roles, its features, and fold numbers for a step that cross-fits."""
        folds = None
        if step is not None and step.cross_fits:
            group = self.roles.group
            units = frame[group] if group is not None and group in frame.columns else frame.index
            folds = fold_of(units, step.cross_fit_folds, self.seed)
        return Rows.of(frame, self.roles, self.catalog.features(frame.columns), folds)

    @contextmanager
    def doing(self, planned: Planned, frame: pd.DataFrame | None = None) -> Iterator[Record]:
        """Time a step, explain its errors, and keep a record of it."""
        record = Record(planned.name, planned.step.kind, started=time.time())
        self.progress(planned.name)
        before = time.perf_counter()
        with explained(planned.step, planned.position, planned.name, frame):
            yield record
        record.seconds = time.perf_counter() - before
        record.peak_mb = peak_memory_mb()
        if not self.quiet:
            self.records.append(record)


def peak_memory_mb() -> float:
    """Return the peak resident memory of this process in MiB, 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024) if sys.platform == "darwin" else peak / 1024
