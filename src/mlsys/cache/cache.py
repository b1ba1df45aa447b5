"""Cache: what a step made is used again while its code, configuration and input are the same."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from mlsys.cache.deferred import deferred_table
from mlsys.cache.fingerprint import Fingerprints
from mlsys.cache.keeping import keep, state_digest
from mlsys.cache.made import Made, finding_of
from mlsys.cache.report import CacheReport, reason
from mlsys.cache.store import FORMAT, Store
from mlsys.engines import Engine, LocalEngine
from mlsys.states import Held, digest
from mlsys.steps import Step
from mlsys.tables import Identity, Table, identified

Compute = Callable[[], Made]
CHANGED = "changed while it was read"
"""Stands in the ledger for the digest of a file that was another one after reading than before."""


class Cache:
    """Results of earlier runs, for the steps of one run.

    Parameters
    ----------
    steps : mapping of str to Step
        By name; their fingerprints are taken here, before the first of them runs.
    pipeline : str
        Name of the pipeline; what a step depended on last time is remembered under it.
    before : Cache, optional
        Of the first steps, that were run once for several pipelines.
    use : bool
        Whether results are used again and kept; otherwise only the ledger is written.

    Attributes
    ----------
    ledger : list of dict
        One line a piece of work: what it depended on, and digests of what came out.
    at_work : callable
        Called before each piece of work that is done rather than found.
    engine : Engine
        Holds the rows that are found.
    """

    def __init__(self, steps: Mapping[str, Step], pipeline: str, before: Cache | None = None, use: bool = True) -> None:
        self.at_work: Callable[[], None] = _silent
        self.engine: Engine = LocalEngine()
        self.store = Store() if use else None
        self.report: CacheReport = CacheReport(dict(steps)) if before is None else before.report.continued(steps)
        self.ledger: list[dict[str, Any]] = [] if before is None else list(before.ledger)
        self._pipeline = pipeline
        self._steps = dict(steps)
        self._fingerprints = Fingerprints.of(steps)
        self.report.notes = {name: each.notes for name, each in self._fingerprints.taken.items() if each.notes}

    def run(
        self,
        step: str,
        purpose: str,
        inputs: Mapping[str, Table],
        also: Mapping[str, str | None],
        compute: Compute,
        again: Compute,
        keep_rows: bool = True,
    ) -> Made:
        """Return what ``compute`` returns, or what it returned before for the same work.

        Parameters
        ----------
        step : str
            Name of the step, one of those whose fingerprints were taken, or a name of the library's own work.
        purpose : str
            Tells several pieces of work of one step apart.
        inputs : mapping of str to Table
            Rows the work is given.
        also : mapping of str to str
            Digests of whatever else the work depends on, by name; ``None`` where something has none.
        compute : callable
            Does the work.
        again : callable
            Does it again for its rows alone, without telling anybody.
        keep_rows : bool
            Whether rows may be written; they are made again otherwise.
        """
        parts = self._parts(step, inputs, also)
        unknown = self._cannot(step, inputs, also)
        if unknown or self.store is None:
            return self._without(step, inputs, compute, unknown or "cache=False", parts, purpose)
        key = digest((FORMAT, step, purpose, parts))
        entry = self.store.entry(key)
        if entry is not None and self._whole(entry, self.store):
            self.report.hit(step, float(entry["seconds"]), not entry["kept"])
            made = self._revived(entry, inputs, again, self.store)
            self._enter(step, purpose, parts, made)
            return made
        latest = digest((FORMAT, self._pipeline, step, purpose))
        why = reason(self.store.latest(latest), parts)
        self.at_work()
        began = time.perf_counter()
        made = compute()
        seconds = time.perf_counter() - began
        depended, changed = self._as_read(step, parts, inputs)
        if _is_lazy(made):
            _give_lineage(made, key)
            self.report.read_when_needed(step)
            self._enter(step, purpose, depended, made)
            return made
        for table in made.tables.values():
            identified(table, *inputs.values())
        refused = changed or keep(self.store, key, made, inputs, seconds, keep_rows)
        if not refused:
            self.store.put_latest(latest, parts)
        self._enter(step, purpose, depended, made)
        self.report.ran(step, seconds, why, refused or self.store.problem)
        return made

    def table(self) -> pd.DataFrame:
        """Return the report of this run's steps, with what went wrong among its notes."""
        table = self.report.table()
        if self.store is not None and self.store.problem:
            table.attrs["notes"].append(f"nothing more is stored: {self.store.problem}")
        return table

    def code_of(self, steps: Iterable[str]) -> str:
        """Return one digest of configuration, code, packages and files of some steps."""
        return digest([(name, self._fingerprints.taken[name].parts()) for name in steps])

    def finished(self) -> None:
        """Remember what running changed by itself, and keep the folder under its cap."""
        self._fingerprints.after_running()
        if self.store is not None:
            self.store.evict()

    def elsewhere(self) -> Cache:
        """Return one that finds and keeps the same, for work that may be done in another process."""
        other = copy.copy(self)
        other._fingerprints = Fingerprints(self._fingerprints.taken)
        other.ledger, other.at_work = [], _silent
        return other

    def given(self, name: str, table: Table) -> Table:
        """Give rows that the user brought their identity, and enter them in the ledger."""
        self._enter("data", name, {}, Made({name: identified(table)}))
        return table

    def _cannot(self, step: str, inputs: Mapping[str, Table], also: Mapping[str, str | None]) -> str:
        """Return why this work cannot be told apart from other work, or an empty text."""
        if step in self._steps and not self._steps[step].cache:
            return "cache=False"
        if step in self._steps and self._fingerprints.taken[step].files is None:
            return "what it reads cannot be known in advance; name files in depends_on=, or implement edition()"
        for name, table in inputs.items():
            if table.identity is None:
                return f"its input {name} has no comparable content"
        missing = [name for name, value in also.items() if value is None]
        return f"{missing[0]} has no comparable content" if missing else ""

    def _without(
        self, step: str, inputs: Mapping[str, Table], compute: Compute, why: str, parts: Mapping[str, Any], purpose: str
    ) -> Made:
        self.at_work()
        began = time.perf_counter()
        made = compute()
        self.report.not_cached(step, time.perf_counter() - began, why)
        if _is_lazy(made) and all(table.identity is not None for table in inputs.values()):
            _give_lineage(made, digest((FORMAT, step, purpose, parts)))
        for table in made.tables.values():
            identified(table, *inputs.values())
        self._enter(step, purpose, self._as_read(step, parts, inputs)[0], made)
        return made

    def _enter(self, step: str, purpose: str, parts: Mapping[str, Any], made: Made) -> None:
        """Write a line of the ledger."""
        for held in made.states.values():
            held.digest = held.digest or state_digest(held.get())
        identities = {name: table.identity for name, table in made.tables.items()}
        line = {
            "step": step,
            "purpose": purpose,
            **parts,
            "input": {name: each[""] for name, each in parts.get("input", {}).items()},
            "tables": {
                name: {**each.columns, "row ids": each.index or each.lineage}
                for name, each in identities.items()
                if each
            },
            "states": {name: held.digest for name, held in made.states.items()},
        }
        self.ledger.append(line)

    def _parts(self, step: str, inputs: Mapping[str, Table], also: Mapping[str, str | None]) -> dict[str, Any]:
        taken = self._fingerprints.taken.get(step) or Fingerprints.own()
        parts: dict[str, Any] = taken.parts()
        parts["other"] = dict(also)
        parts["input"] = {
            name: {**table.identity.columns, "row ids": table.identity.index, "": table.identity.whole}
            for name, table in inputs.items()
            if table.identity is not None
        }
        return parts

    def _as_read(
        self, step: str, parts: Mapping[str, Any], inputs: Mapping[str, Table]
    ) -> tuple[Mapping[str, Any], str]:
        """Look again at the files that were read: return what the work depended on, and why it must not be kept.

        A file that changed after its digest was taken was read as it was then, as it is now, or half and half.
        """
        taken = self._fingerprints.taken
        if step in self._steps and not taken[step].holds(self._steps[step]):
            files, edition = dict.fromkeys(parts["files"], CHANGED), {"edition": CHANGED} if "edition" in parts else {}
            return {**parts, "files": files, **edition}, f"what it reads {CHANGED}"
        if any(table.identity is not None and table.identity.lineage for table in inputs.values()):
            for name, other in self._steps.items():
                if not taken[name].holds(other):
                    return parts, f"what {name} reads {CHANGED}"
        return parts, ""

    def _whole(self, entry: Mapping[str, Any], store: Store) -> bool:
        """Say whether the states that an entry names are there; rows can be made again, they cannot."""
        return all(store.has_state(each) for each in entry["states"].values())

    def _revived(self, entry: Mapping[str, Any], inputs: Mapping[str, Table], again: Compute, store: Store) -> Made:
        found: list[Made] = []

        def anew() -> Made:
            if not found:
                found.append(again())
            return found[0]

        tables = {
            name: deferred_table(note, inputs, store, lambda name=name: anew().tables[name].frame(), self.engine)  # type: ignore[misc]
            for name, note in entry["tables"].items()
        }
        states = {
            name: Held(load=_loader(store, each, name, anew), digest=each) for name, each in entry["states"].items()
        }
        return Made(
            tables, states, dict(entry["plain"]), list(entry["events"]), [finding_of(f) for f in entry["findings"]]
        )


def _silent() -> None:
    """Tell nobody."""


def _is_lazy(made: Made) -> bool:
    return any(not table.in_memory for table in made.tables.values())


def _give_lineage(made: Made, key: str) -> None:
    """Tell rows that are read when needed by what makes them."""
    for name, table in made.tables.items():
        if not table.in_memory:
            table.identity = Identity({}, "", digest((key, name)))


def _loader(store: Store, state: str, name: str, anew: Compute) -> Callable[[], Any]:
    def load() -> Any:
        try:
            return store.state(state)
        except KeyError:  # removed since by another run, or not whole
            return anew().states[name].get()

    return load
