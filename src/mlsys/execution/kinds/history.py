"""Histories: each row sees what was known before its decision, and only open rows are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import Moment, Roles
from mlsys.errors import ConfigurationError, DataError
from mlsys.execution.catalog import known_from
from mlsys.execution.changed import changed_columns
from mlsys.execution.guard import shielded
from mlsys.execution.lineage import moved_by
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.remembered import Remembered, Sealed, Waits
from mlsys.execution.spy import columns_absorbed, columns_seen
from mlsys.execution.told import made_of
from mlsys.execution.work import At, Task, Work
from mlsys.leakage.row_check import telling_rows
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Fitted, History, Past
from mlsys.steps.absorbing import told
from mlsys.steps.fitted import same_rows
from mlsys.steps.forms import absorbs
from mlsys.steps.memory import Memory
from mlsys.tables import Table
from mlsys.values import moments_of


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Add the columns of a history to every part; the past of a row may be in any part."""
    own = parts.acted_on(planned.step)
    made = work.do(Task(planned, "", shown_the_past, own, {"watched": parts.watched}), parts)
    remembered = Remembered(planned, own, made.plain["waits"], made.plain["hidden"], made.plain["written"])
    parts = parts.told([made], rows={name: made.tables[name] for name in own})
    # Its place; the rows that serve are known after the split.
    kept = {**parts.learned.remembered, planned.name: remembered}
    return parts.with_fitted(planned.name, Fitted(planned.step), remembered=kept)


def stored(parts: Parts, work: Work) -> Parts:
    """Let each history keep its served rows: of open parts, and of the test rows once they are opened."""
    assert parts.divided is not None
    learned, test = parts.learned, parts.divided.parts.get(SEALED)
    before, sealed = dict(learned.before), dict(learned.sealed)
    for name, each in learned.remembered.items():
        rows = {f"rows of {part}": table for part, table in each.parts.items()}
        rows |= {} if test is None else {"test rows": test}
        given = {"waits": each.waits, "hidden": list(each.hidden), "written": dict(each.written)}
        given |= {"followed": each.followed}
        made = work.do(Task(each.planned, "remember", remember, rows, given), parts)
        before[name] = Fitted(each.planned.step, made.states["open"])
        sealed[name] = Sealed(made.tables["sealed"], made.tables["moments"])
    forgetful = {name: each.forgetful() for name, each in learned.remembered.items()}
    return replace(parts, learned=replace(learned, before=before, sealed=sealed, remembered=forgetful))


def unsealed(parts: Parts) -> dict[str, Fitted]:
    """Return the steps before the split as they serve once the test rows are open too."""
    found = dict(parts.learned.before)
    for name, sealed in parts.learned.sealed.items():
        fitted, moments = found[name], sealed.moments.frame()
        memory = Memory(fitted.step, fitted.state)  # type: ignore[arg-type]
        memory = memory.emptied() if absorbs(memory.step) else memory
        opened = memory.with_rows(sealed.rows.frame(), moments["known"], moments["decided"])
        found[name] = Fitted(fitted.step, Held(opened.state))
    return found


def remember(
    at: At,
    planned: Planned,
    rows: dict[str, Table],
    waits: Waits,
    hidden: Sequence[str],
    written: Mapping[str, str],
    followed: str,
) -> Made:
    """Return what serves while the test rows are sealed, and what it is made of once they are opened."""
    step = planned.step
    assert isinstance(step, History) and at.roles.decision is not None
    test = rows.pop("test rows", None)
    own = {name.removeprefix("rows of "): part for name, part in rows.items()}
    pool = _joined([part.frame() for part in own.values()])
    sealed = _sealed(own, pool, test, at.roles, followed)
    # Before columns go: moments may lie in one that is not shown of the past.
    known, decided = known_from(pool, waits, at.roles), at.roles.decision.of(pool)
    waited = _waited(waits, pool, at.roles)
    pool = pool.drop(columns=list(hidden))
    shown = Memory.empty(step, pool, known, written, waited).with_rows(pool[~sealed], known[~sealed], decided[~sealed])
    # What is absorbed cannot be taken out of a state again: once rows between are opened, it begins anew.
    later = np.repeat(sealed.any(), len(pool)) if absorbs(step) else sealed
    moments = pd.DataFrame({"known": known, "decided": decided})
    tables = {"sealed": at.hold(pool[later]), "moments": at.hold(moments[later])}
    return Made(tables, {"open": Held(shown.state)})


def _waited(waits: Waits, rows: pd.DataFrame, roles: Roles) -> list[tuple[str, pd.Timedelta]]:
    """Return the moments that each row waits for: columns, and shifts after them."""
    named = sorted({moment for moments in waits.values() for moment in moments})
    there = [(name, pd.Timedelta(0)) for name in named if name in rows.columns]
    delays = [(str(roles.time), pd.Timedelta(name)) for name in named if name not in rows.columns]
    return there + delays


def _sealed(
    own: Mapping[str, Table], rows: pd.DataFrame, test: Table | None, roles: Roles, followed: str
) -> np.ndarray:
    """Return which rows are test rows; all of them where that can no longer be told."""
    if SEALED in own:
        return np.repeat([name == SEALED for name in own], [part.rows for part in own.values()])
    if test is None:
        return np.zeros(len(rows), dtype=bool)
    if followed == "by id":
        return np.asarray(rows.index.isin(test.frame([]).index))
    there = set(rows.columns) & set(test.head(0).columns)
    if roles.id is not None and roles.id in there:
        return np.asarray(rows[roles.id].isin(test.frame([roles.id])[roles.id]))
    if followed == "by time" and roles.time in there:
        first = moments_of(test.frame([str(roles.time)])[roles.time]).min()
        return np.asarray(~(moments_of(rows[roles.time]) < first).to_numpy(dtype=bool, na_value=False))
    return np.ones(len(rows), dtype=bool)


@dataclass
class _Shown:
    """What one run of the hooks is shown: all rows, without the columns that are hidden of the past."""

    step: History
    rows: pd.DataFrame
    known: pd.Series
    hidden: frozenset[str]
    decision: Moment
    asked: set[str] = field(default_factory=set)

    def past_of(self, now: pd.DataFrame) -> Past:
        return Past(now, self.rows, self.step.by, self.decision.of(now), self.known, self.asked)

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """Return what the hook makes of a part; nothing if it asked for a hidden column."""
        try:
            made = same_rows(self.step, frame, self.step.apply(shielded(frame), self.past_of(frame)))
        except Exception as error:
            self.asked |= _named_by(error, self.hidden) or (set() if self.asked & self.hidden else self.hidden)
            if not self.hidden:
                raise
            return None
        return None if self.asked & self.hidden else made


def shown_the_past(at: At, planned: Planned, rows: dict[str, Table], watched: str) -> Made:
    """Return each part with the columns of the history."""
    step, decision = planned.step, at.roles.decision
    assert isinstance(step, History)
    if decision is None:
        raise ConfigurationError(f"{planned.name} needs the time of rows", 'add time="..." to the Pipeline')
    frames = {name: part.frame() for name, part in rows.items()}
    pool = _joined(list(frames.values()))
    later = _known_later(pool, at)
    hidden = _hidden_at_first(step, pool, later)
    while True:
        waits = {name: moments for name, moments in later.items() if name not in hidden}
        shown = _Shown(step, pool.drop(columns=sorted(hidden)), known_from(pool, waits, at.roles), hidden, decision)
        made: dict[str, pd.DataFrame] = {}
        for name, frame in frames.items():
            changed = shown.apply(frame)
            if changed is None:
                break
            made[name] = changed
        if len(made) == len(frames):
            break
        hidden -= shown.asked
    if at.work.watches:
        _tell(planned, frames[watched], made[watched], shown, at)
    plain = {"waits": waits, "hidden": sorted(hidden), "written": _written(step, frames[watched], made[watched])}
    return Made({name: at.hold(frame) for name, frame in made.items()}, plain=plain)


def _hidden_at_first(step: History, rows: pd.DataFrame, later: Iterable[str]) -> frozenset[str]:
    """Return the columns that are shown of the past once a hook asks for them, and not before.

    A row must not wait for columns that are not read, and a history that absorbs stores no others.
    """
    columns = frozenset(map(str, rows.columns))
    declared = step.columns_read(tuple(rows.columns))
    reads = frozenset(declared or ()) | frozenset(step.key_columns)
    if not absorbs(step):
        return frozenset(later) - reads
    return columns - (reads if declared is not None else reads | columns_absorbed(step, rows))


def _written(step: History, before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """Return the columns that a history which absorbs has made, with their types as far as a name tells them."""
    made = sorted(changed_columns(before, after)) if absorbs(step) else []
    return {name: str(after[name].dtype) for name in made if not isinstance(after[name].dtype, pd.CategoricalDtype)}


def _known_later(rows: pd.DataFrame, at: At) -> dict[str, list[str]]:
    """Return the columns of which some value is known only after its row's decision, with the moments that tell."""
    decision = at.roles.decision
    assert decision is not None
    decided, found = decision.of(rows), dict[str, list[str]]()
    told = at.catalog.moments()
    for column in (name for name in map(str, rows.columns) if name in told):
        moments = sorted(told[column])
        try:
            late = not known_from(rows, {column: moments}, at.roles).equals(decided)
        except DataError:  # a moment that a later step makes; told if the column is asked for
            late = True
        if late:
            found[column] = moments
    return found


def _tell(planned: Planned, before: pd.DataFrame, after: pd.DataFrame, shown: _Shown, at: At) -> None:
    """Report which columns of the current row the step reads, and the sources of its columns.

    What it reads of earlier rows was known at the decision, so that nothing is inherited from there.
    """
    step = shown.step
    sample = before.iloc[telling_rows(before, 8)]
    past = shown.past_of(sample)

    alone = told(step, past)
    always = {*step.key_columns, shown.decision.column}
    written = changed_columns(before, after)
    reads = columns_seen(alone, sample) | always
    at.tell(made_of(planned.name, reads, written, moved_by(alone, sample, reads, written, always)))


def _named_by(error: Exception, hidden: Iterable[str]) -> set[str]:
    """Return the hidden columns that an error is about."""
    said = " ".join(map(str, (*error.args, getattr(error, "name", None) or "")))
    if not isinstance(error, (KeyError, AttributeError, NameError, DataError)):
        return set()
    return {name for name in hidden if name == said.strip() or repr(name) in said}


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several frames one after the other, with the columns of the first."""
    if len(frames) == 1:
        return frames[0]
    return pd.concat([frames[0], *(each.reindex(columns=frames[0].columns) for each in frames[1:])])
