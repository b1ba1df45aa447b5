"""What all parts of one execution share: roles, catalog, seed, findings, and the record of every step."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from mlsys.cache import Cache, Outcome, identified
from mlsys.dataset import Roles, Rows, settled
from mlsys.errors import Finding
from mlsys.execution.catalog import Catalog
from mlsys.execution.guard import explained
from mlsys.execution.planned import Planned
from mlsys.partitions import Table
from mlsys.settings import settings
from mlsys.states import digest
from mlsys.steps import Transform
from mlsys.steps.alone import folds_of_rows

Progress = Callable[[str], None]
Work = Callable[["Context"], Outcome]
"""Does one piece of work; tells the catalog and the findings of the context it is given, and nobody else."""


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
    cache: Cache | None = None
    watches: bool = True
    """Whether anybody reads the catalog afterwards, so that watching a costly step is worth running it again."""
    asks: tuple[str, ...] = ("train",)
    """Parts whose rows say whether a step that was supplied is needed: rows held out are not asked."""

    def of_folds(self) -> Context:
        """Return a context in which both sides of a fold say which steps are needed."""
        return replace(self, asks=("train", "validation"))

    def detached(self) -> Context:
        """Return a context for work whose remarks nobody needs: quiet, without cache, with a catalog of its own."""
        return replace(
            self,
            catalog=self.catalog.copied(),
            findings=[],
            records=[],
            quiet=True,
            cache=None,
            progress=lambda _: None,
        )

    @contextmanager
    def caching(self) -> Iterator[None]:
        """Close the cache at the end, also after an error."""
        try:
            yield
        finally:
            if self.cache is not None:
                self.cache.finished()

    def settle_event(self, found: Sequence[tuple[Any, float]]) -> None:
        """Decide once for all that follows which class is the event, by the tally of the training rows' target."""
        self.roles = replace(self.roles, event=settled(self.roles.event, found, self.roles.target))

    def code_of(self, steps: Sequence[str]) -> str:
        """Return one digest of what some steps are, by name; empty without a cache."""
        return "" if self.cache is None else self.cache.code_of(steps)

    def kept(
        self,
        step: str,
        purpose: str,
        work: Work,
        inputs: Mapping[str, Table],
        also: Mapping[str, str | None] | None = None,
        *,
        sees_columns: bool = False,
        keep_rows: bool = True,
    ) -> Outcome:
        """Do a piece of work, or take what an earlier run made of the same.

        Parameters
        ----------
        step : str
            Name of the step.
        purpose : str
            Tells several pieces of work of one step apart.
        work : callable
            Takes a context.
        inputs : mapping of str to Table
            Rows the work is given.
        also : mapping of str to str, optional
            Digests of whatever else it depends on; ``None`` for what has none.
        sees_columns : bool
            Whether it depends on roles, on which columns are features and how late each is, on the seed.
        keep_rows : bool
            Whether rows may be written; they are made again otherwise.
        """
        if self.cache is None:
            return work(self)
        depends = {}
        if sees_columns:
            depends = {"roles": digest(self.roles), "choice of features": self.catalog.digest}
            depends |= {"seed": str(self.seed), "threads": str(settings().threads)}
        depends["check"] = "quiet" if self.quiet else str(settings().row_check_rows)
        told, found, before = len(self.catalog.events), len(self.findings), self.detached()

        def compute() -> Outcome:
            outcome = work(self)
            outcome.events, outcome.findings = self.catalog.events[told:], self.findings[found:]
            return outcome

        outcome = self.cache.run(
            step, purpose, inputs, {**depends, **(also or {})}, compute, lambda: work(before.detached()), keep_rows
        )
        if len(self.catalog.events) == told:
            self.catalog.replay(outcome.events)
        if len(self.findings) == found:
            self.findings += outcome.findings
        return outcome

    def given(self, name: str, table: Table) -> Table:
        """Note what the user brought, where results are kept or a ledger is."""
        return table if self.cache is None else self.cache.given(name, table)

    def identified(self, table: Table, *others: Table) -> Table:
        """Give a table its identity where results are kept; columns it shares with ``others`` are not read again."""
        return table if self.cache is None else identified(table, *others)

    def done_outside(self, step: str) -> None:
        """Note that a step wrote outside, which is done every time."""
        if self.cache is not None:
            self.cache.report.done(step)

    def wrap(self, frame: pd.DataFrame, step: Transform | None = None, predictions: pd.DataFrame | None = None) -> Rows:
        """Give a frame its roles, its features, what a model says of it, and folds for a step that cross-fits."""
        folds = None if step is None else folds_of_rows(step, frame, self.roles, self.seed)
        said = pd.DataFrame(index=frame.index) if predictions is None else predictions
        return Rows.of(frame, self.roles, self.catalog.features(frame.columns), folds, said)

    @contextmanager
    def doing(self, planned: Planned, given: Mapping[str, Table] | None = None) -> Iterator[Record]:
        """Time a step, explain its errors by the parts it was given, and keep a record of it."""
        shown = next(iter(given.values())).shown() if given else None
        columns = () if shown is None else tuple(map(str, shown.columns))
        record = Record(planned.name, planned.step.kind, started=time.time(), columns=columns)
        self.progress(planned.name)
        before = time.perf_counter()
        with explained(planned.step, planned.position, planned.name, shown, _counted(given or {})):
            yield record
        record.seconds = time.perf_counter() - before
        record.peak_mb = peak_memory_mb()
        if not self.quiet:
            self.records.append(record)


def _counted(given: Mapping[str, Table]) -> str:
    """Say how many rows a step was given, by part; of rows that are read when needed at most how many."""
    least = "" if all(part.in_memory for part in given.values()) else "at most "
    total = f"{least}{sum(part.rows for part in given.values()):,} rows"
    by_part = ", ".join(f"{name} {part.rows:,}" for name, part in given.items())
    return f"{total} ({by_part})" if len(given) > 1 else total


def peak_memory_mb() -> float:
    """Return the peak resident memory of this process in MiB, 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024) if sys.platform == "darwin" else peak / 1024
