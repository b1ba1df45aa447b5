"""Work: tasks that name all their dependencies, done or taken from the cache."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mlsys.cache import Cache, Made, Passes
from mlsys.dataset import Roles, Rows
from mlsys.engines import Engine, LocalEngine
from mlsys.errors import ContractError, Finding
from mlsys.execution.ahead import Ahead
from mlsys.execution.catalog import Catalog
from mlsys.execution.parts import Parts
from mlsys.execution.records import Record, recorded
from mlsys.execution.told import Told, note_of
from mlsys.leakage.row_check import telling_rows
from mlsys.native_threads import threads_pinned
from mlsys.plan.planned import Planned
from mlsys.settings import settings
from mlsys.states import Held, digest
from mlsys.steps import Fitted, Step, Transform
from mlsys.steps.seeds import generator
from mlsys.steps.shown import folds_of_rows
from mlsys.tables import Table, identified
from mlsys.usercode.outside import Outside

Does = Callable[..., Made]
"""A function of a module, called ``does(at, planned, rows, **given)``; it gets nothing but what its task names."""


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Task:
    """A piece of work with all its dependencies: it cannot use anything that it does not name.

    Parameters
    ----------
    planned : Planned or str
        The step; or the name of the library's own work.
    verb : str
        Distinguishes the tasks of one step: ``"learn"``, ``"apply train"``.
    does : callable
        A function of a module.
    rows : mapping of str to Table
        Rows that it is given.
    given : mapping of str to object
        Whatever else: states, steps, plain values.
    sees_view : bool
        Whether it sees roles, features, lateness of columns, and the seed.
    sees_split : bool
        Whether it sees the split of the pipeline, to divide training rows as that does.
    keep_rows : bool
        Whether rows may be written to the cache; otherwise they are computed again.
    """

    planned: Planned | str
    verb: str
    does: Does
    rows: Mapping[str, Table]
    given: Mapping[str, Any] = field(default_factory=dict)
    sees_view: bool = True
    sees_split: bool = False
    keep_rows: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.does, types.FunctionType) or self.does.__closure__ or "<" in self.does.__qualname__:
            raise ContractError(
                f"the work {self.verb!r} of {self.name} holds values that its key does not cover",
                "write it as a module-level function, and name what it needs in given=",
            )

    @property
    def name(self) -> str:
        """Name of the step, or of the library's own work."""
        return self.planned if isinstance(self.planned, str) else self.planned.name

    def depends(self, parts: Parts, work: Work, cache: Cache) -> dict[str, str | None]:
        """Return digests of all that it depends on beside its step and rows; ``None`` for what has none."""
        depends: dict[str, str | None] = {}
        if self.sees_view:
            depends |= {"roles": digest(parts.roles), "choice of features": parts.catalog.digest}
            depends |= {"seed": str(work.seed), "threads": str(settings().threads)}
        if self.sees_split and parts.split is not None:
            depends["split"] = _digest_of(parts.split, cache)
        depends["check"] = "quiet" if work.quiet else str(settings().row_check_rows)
        return depends | {name: _digest_of(value, cache) for name, value in self.given.items()}


def _digest_of(value: Any, cache: Cache) -> str | None:
    """Return the digest of something that is given to a piece of work, ``None`` where it has none."""
    if isinstance(value, Held):
        return value.digest
    if isinstance(value, Fitted):
        return None if value.held.digest is None else digest((value.held.digest, value.features, value.step.digest))
    if isinstance(value, Planned):
        return cache.code_of([value.name])
    if isinstance(value, Step):
        return value.digest
    if isinstance(value, (tuple, list)) and value and isinstance(value[0], (Planned, Fitted, Held, Step)):
        each = [_digest_of(one, cache) for one in value]
        return None if None in each else digest(each)
    return value if isinstance(value, str) else digest(value)


@dataclass(frozen=True)
class View:
    """What is known about columns while a step runs; small enough to send to other processes.

    Parameters
    ----------
    roles, catalog, seed
        What columns are for, what is known about them, root of randomness.
    """

    roles: Roles
    catalog: Catalog
    seed: int

    def wrap(self, frame: pd.DataFrame, step: Transform | None = None, predictions: pd.DataFrame | None = None) -> Rows:
        """Give a frame its roles, its features, what a model says of it, and folds for a step that cross-fits."""
        folds = None if step is None else folds_of_rows(step, frame, self.roles, self.seed)
        said = pd.DataFrame(index=frame.index) if predictions is None else predictions
        return Rows.of(frame, self.roles, self.catalog.features(frame.columns), folds, said)


@dataclass
class At:
    """What a piece of work may look at beside its rows, and whom it tells: a place of its own, nobody else's.

    Parameters
    ----------
    roles, catalog, seed
        What columns are for, what is known about them, root of randomness; of no column and no seed where the task
        does not see them.
    work : Work
        Where and how it is done.
    split : Planned or None
        The split of the pipeline, for a task that sees it.
    """

    roles: Roles
    catalog: Catalog
    seed: int
    work: Work
    events: list[Told] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    split: Planned | None = None

    @property
    def quiet(self) -> bool:
        """Whether nobody reads remarks."""
        return self.work.quiet

    def tell(self, *told: Told) -> None:
        """Tell of columns, for the catalog here and in the parts."""
        self.events += told
        self.catalog = self.catalog.with_(told)

    @property
    def view(self) -> View:
        """What is known of columns, for work that goes elsewhere."""
        return View(self.roles, self.catalog, self.seed)

    def wrap(self, frame: pd.DataFrame) -> Rows:
        """Give a frame its roles and its features."""
        return self.view.wrap(frame)

    def rng(self, step: Step, purpose: str = "") -> np.random.Generator:
        """Return the randomness of a step."""
        return generator(self.seed, step, purpose)

    def hold(self, frame: pd.DataFrame) -> Table:
        """Hold rows that were made."""
        return self.work.engine.hold(None, frame)


class Telling:
    """Chooses rows to watch a user's step with, once for steps that are shown the same rows."""

    def __init__(self) -> None:
        self._index: pd.Index | None = None
        self._places = np.zeros(0, dtype=np.int64)

    def rows(self, head: pd.DataFrame) -> pd.DataFrame:
        """Return the telling ones among the first rows of a part."""
        if self._index is None or not head.index.equals(self._index):
            self._index, self._places = head.index, telling_rows(head, 8)
        return head.iloc[self._places]


Run = Callable[[Sequence[Planned], Parts, "Work"], Parts]


def _nobody(steps: Sequence[Planned], parts: Parts, work: Work) -> Parts:
    raise NotImplementedError("the runner hands itself in")


@dataclass(frozen=True)
class Work:
    """Where and how a plan runs: services that do not affect results, the same for every step.

    Parameters
    ----------
    seed : int
        Root of every step's randomness.
    engine : Engine
        Holds partitions.
    cache : Cache or None
        Results of earlier runs.
    progress : callable
        Receives the name of the current work.
    records : list of Record
        Takes one a step.
    quiet : bool
        Whether to skip findings that nobody needs.
    watches : bool
        Whether the catalog is used afterwards, which justifies running a costly step again to observe it.
    asks : tuple of str
        Parts whose rows decide whether a supplied step is needed; held-out rows do not.
    sample : bool
        Whether the rows are a sample without evaluation: parts may then be empty or of one class.
    run : callable
        Runs steps over parts; handed in by the runner, for kinds that run steps again.
    telling : Telling
        Chooses rows to watch steps with.
    ahead : Ahead
        What steps will learn, from scans that were made for a step before them.
    outside : Outside or None
        Notices what steps read from outside, where somebody asks.
    passes : Passes or None
        Keeps rows beyond memory that a later pass would make again.
    """

    seed: int = 0
    engine: Engine = field(default_factory=LocalEngine)
    cache: Cache | None = None
    progress: Callable[[str], None] = silent
    records: list[Record] = field(default_factory=list)
    quiet: bool = False
    watches: bool = True
    asks: tuple[str, ...] = ("train",)
    sample: bool = False
    run: Run = _nobody
    telling: Telling = field(default_factory=Telling)
    ahead: Ahead = field(default_factory=Ahead)
    outside: Outside | None = None
    passes: Passes | None = None

    def detached(self) -> Work:
        """Return one for work whose remarks nobody needs: quiet, without cache."""
        return replace(self, cache=None, progress=silent, records=[], quiet=True, telling=Telling(), ahead=Ahead())

    def of_folds(self) -> Work:
        """Return one in which both sides of a fold say which steps are needed."""
        return replace(self, asks=("train", "validation"))

    @contextmanager
    def caching(self) -> Iterator[None]:
        """Close the cache at the end, also after an error."""
        try:
            yield
        finally:
            if self.cache is not None:
                self.cache.finished()

    def do(self, task: Task, parts: Parts) -> Made:
        """Do a task, or take its result from the cache; what it reports about columns is returned with it."""
        if self.cache is None:
            return self._done(task, parts)
        quietly = self.detached()
        return self.cache.run(
            task.name,
            task.verb,
            task.rows,
            task.depends(parts, self, self.cache),
            lambda: self._done(task, parts),
            lambda: quietly._done(task, parts),
            task.keep_rows,
        )

    def _done(self, task: Task, parts: Parts) -> Made:
        planned = None if isinstance(task.planned, str) else task.planned
        at = (
            At(parts.roles, parts.catalog, self.seed, self)
            if task.sees_view
            else At(Roles(), Catalog(Roles()), -1, self)
        )
        at.split = parts.split if task.sees_split else None
        with threads_pinned():
            made = task.does(at, planned, dict(task.rows), **task.given)
        made.events, made.findings = [note_of(each) for each in at.events], at.findings
        return made

    def keep_passes(self, tables: Iterable[Table]) -> None:
        """Let rows that are read when needed be kept as they are now, for later passes."""
        if self.passes is not None:
            for table in tables:
                table.kept_by(self.passes.stretch)

    def given(self, name: str, table: Table) -> Table:
        """Record the user's input, if results are cached or a ledger is written."""
        return table if self.cache is None else self.cache.given(name, table)

    def identified(self, table: Table, *others: Table) -> Table:
        """Give a table its identity where results are kept; columns it shares with ``others`` are not read again."""
        return table if self.cache is None else identified(table, *others)

    def done_outside(self, step: str) -> None:
        """Note that a step wrote outside, which is done every time."""
        if self.cache is not None:
            self.cache.report.done(step)

    @contextmanager
    def doing(self, planned: Planned, given: Mapping[str, Table]) -> Iterator[Record]:
        """Announce a step, time it, explain its errors by the given parts, and keep its record."""
        self.progress(planned.name)
        watching = nullcontext() if self.outside is None else self.outside.of(planned.name)
        with recorded(planned, given) as record, watching:
            yield record
        if not self.quiet:
            self.records.append(record)
