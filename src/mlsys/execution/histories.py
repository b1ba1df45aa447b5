"""Histories: each row is shown what was known before its decision, and no more is stored than is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mlsys.cache import Outcome
from mlsys.dataset import Roles
from mlsys.errors import ConfigurationError, DataError
from mlsys.execution.catalog import moment_of, refuse_mixed_zones
from mlsys.execution.changed import changed_columns
from mlsys.execution.context import Context
from mlsys.execution.guard import shielded
from mlsys.execution.lineage import made_of
from mlsys.execution.planned import Planned
from mlsys.execution.row_transforms import leading
from mlsys.execution.spy import columns_seen
from mlsys.leakage.row_check import telling_rows
from mlsys.partitions import Table
from mlsys.states import Held, digest
from mlsys.steps import History, Past
from mlsys.steps.fitted import same_rows

SEALED = "test"
"""The part whose rows no state holds before they are opened."""


Waits = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Remembered:
    """A history as it ran, from which the rows that serve are taken once it is told which are sealed.

    Parameters
    ----------
    planned : Planned
        The step.
    parts : mapping of str to Table
        Rows as they reached the step; all in one until the split.
    waits : mapping of str to sequence of str
        Columns it reads of the past that are known later than their rows, with the moments that must pass: rows wait
        for these.
    hidden : tuple of str
        Columns known later than their rows that it does not read: they are not stored.
    followed : bool
        Whether row ids still tell which row is which; not once a step has made other rows.
    """

    planned: Planned
    parts: Mapping[str, Table]
    waits: Waits
    hidden: Sequence[str]
    followed: bool = True

    def past_a_reshape(self) -> Remembered:
        """Return the same, where later rows have other ids."""
        return replace(self, followed=False)

    def forgetful(self) -> Remembered:
        """Return the same without its rows: what serves was taken from them."""
        return replace(self, parts={})

    def stored(self, test: Table | None, context: Context) -> tuple[Held, Table]:
        """Return the rows that serve while the test rows are sealed, and the sealed ones.

        Parameters
        ----------
        test : Table or None
            The test rows as the split left them.
        context : Context
            Roles, and when columns are known.
        """

        def work(at: Context) -> Outcome:
            rows = _pool(self.parts)
            sealed = self._sealed(rows, test, at.roles)
            rows = rows.drop(columns=list(self.hidden))
            return Outcome({"sealed": Table.of(rows[sealed])}, {"open": Held(self._latest(rows[~sealed], at))})

        inputs = {f"rows of {name}": part for name, part in self.parts.items()}
        inputs |= {} if test is None else {"test rows": test}
        also = {"waits": digest(self.waits), "hidden": digest(self.hidden), "followed": str(self.followed)}
        outcome = context.kept(self.planned.name, "remember", work, inputs, also, sees_columns=True)
        return outcome.states["open"], outcome.tables["sealed"]

    def opened(self, open_rows: Mapping[str, Any], sealed: Table, context: Context) -> Held:
        """Return the rows that serve once the test rows are open too."""
        return Held(self._latest(_joined([open_rows["tail"], sealed.frame()]), context))

    def _latest(self, rows: pd.DataFrame, context: Context) -> dict[str, Any]:
        """Return the last rows of each key, with the moments from which they are known."""
        step = self.planned.step
        assert isinstance(step, History)
        known = known_from(rows, self.waits, context)
        order = pd.Series(known.array).dropna().sort_values(kind="stable").index.to_series()
        places = order.groupby(rows[step.by].array[order], sort=False).tail(step.tail).to_numpy()
        return {"tail": rows.iloc[places], "known": known.iloc[places]}

    def _sealed(self, rows: pd.DataFrame, test: Table | None, roles: Roles) -> np.ndarray:
        """Return which rows are test rows; all of them where that can no longer be told."""
        if SEALED in self.parts:
            return np.repeat([name == SEALED for name in self.parts], [part.rows for part in self.parts.values()])
        if test is None:
            return np.zeros(len(rows), dtype=bool)
        if self.followed:
            return np.asarray(rows.index.isin(test.frame([]).index))
        there = set(rows.columns) & set(test.head(0).columns)
        if roles.id is not None and roles.id in there:
            return rows[roles.id].isin(test.frame([roles.id])[roles.id]).to_numpy()
        return np.ones(len(rows), dtype=bool)


def run_history(planned: Planned, parts: Mapping[str, Table], context: Context) -> tuple[dict[str, Table], Remembered]:
    """Add the columns of a history to every part; the past of a row may lie in any part.

    Returns
    -------
    dict of str to Table, Remembered
        The parts after it, and what the rows that serve are taken from.
    """
    outcome = context.kept(
        planned.name,
        "",
        lambda at: _ran(planned, {name: part.frame() for name, part in parts.items()}, leading(parts), at),
        parts,
        sees_columns=True,
    )
    waits, hidden = outcome.plain["waits"], outcome.plain["hidden"]
    return {name: outcome.tables[name] for name in parts}, Remembered(planned, dict(parts), waits, hidden)


def known_from(rows: pd.DataFrame, waits: Waits, context: Context) -> pd.Series:
    """Return the moment from which each row is known, with the columns that it waits for; null for never."""
    decision = context.roles.decision
    assert decision is not None
    decided = known = decision.of(rows)
    for column, moments in waits.items():
        for moment in moments:
            after = moment_of(moment, rows, context.roles)
            refuse_mixed_zones(column, moment, after, decision.column, decided)
            known = known.where(known > after, after).where(after.notna() & known.notna())
    return known


@dataclass
class _Shown:
    """What one run of the hook is shown: all rows, without columns that are known later and not waited for."""

    step: History
    rows: pd.DataFrame
    known: pd.Series
    hidden: frozenset[str]
    context: Context
    asked: set[str] = field(default_factory=set)

    def past_of(self, now: pd.DataFrame) -> Past:
        decision = self.context.roles.decision
        assert decision is not None
        return Past(now, self.rows, self.step.by, decision.of(now), self.known, self.asked)

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


def _ran(planned: Planned, frames: Mapping[str, pd.DataFrame], watched: str, context: Context) -> Outcome:
    step, decision = planned.step, context.roles.decision
    assert isinstance(step, History)
    if decision is None:
        raise ConfigurationError(f"{planned.name} needs to know when rows happen", 'add time="..." to the Pipeline')
    rows = _joined(list(frames.values()))
    later = _known_later(rows, context)
    declared = step.columns_read(tuple(rows.columns)) or ()
    waits = {name: moments for name, moments in later.items() if name == step.by or name in declared}
    while True:
        hidden = frozenset(later) - frozenset(waits)
        shown = _Shown(step, rows.drop(columns=list(hidden)), known_from(rows, waits, context), hidden, context)
        made: dict[str, pd.DataFrame] = {}
        for name, frame in frames.items():
            changed = shown.apply(frame)
            if changed is None:
                break
            made[name] = changed
        if len(made) == len(frames):
            break
        waits |= {name: later[name] for name in sorted(shown.asked & hidden)}
    if context.watches:
        _tell(planned, frames[watched], made[watched], shown, context)
    return Outcome(
        {name: Table.of(frame) for name, frame in made.items()},
        plain={"waits": waits, "hidden": sorted(hidden)},
    )


def _known_later(rows: pd.DataFrame, context: Context) -> dict[str, list[str]]:
    """Return the columns of which some value is known only after its row's decision, with the moments that tell."""
    decision = context.roles.decision
    assert decision is not None
    decided, found = decision.of(rows), dict[str, list[str]]()
    told = context.catalog.moments()
    for column in (name for name in map(str, rows.columns) if name in told):
        moments = sorted(told[column])
        try:
            late = not known_from(rows, {column: moments}, context).equals(decided)
        except DataError:  # a moment that a later step makes; told if the column is asked for
            late = True
        if late:
            found[column] = moments
    return found


def _tell(planned: Planned, before: pd.DataFrame, after: pd.DataFrame, shown: _Shown, context: Context) -> None:
    """Tell the catalog what the step reads of each row itself, and what its columns are made of.

    What it reads of earlier rows was known at the decision, so that nothing is inherited from there.
    """
    step, decision = shown.step, context.roles.decision
    assert decision is not None
    sample = before.iloc[telling_rows(before, 8)]
    past = shown.past_of(sample)

    def alone(rows: pd.DataFrame) -> pd.DataFrame:
        return step.apply(rows, past)

    always = {step.by, decision.column}
    written = changed_columns(before, after)
    reads = columns_seen(alone, sample) | always
    context.catalog.note(planned.name, reads, written, made_of(alone, sample, reads, written, always))


def _named_by(error: Exception, hidden: Iterable[str]) -> set[str]:
    """Return the hidden columns that an error is about."""
    said = " ".join(map(str, (*error.args, getattr(error, "name", None) or "")))
    if not isinstance(error, (KeyError, AttributeError, NameError, DataError)):
        return set()
    return {name for name in hidden if name == said.strip() or repr(name) in said}


def _pool(parts: Mapping[str, Table]) -> pd.DataFrame:
    return _joined([part.frame() for part in parts.values()])


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several frames one after the other, with the columns of the first."""
    if len(frames) == 1:
        return frames[0]
    return pd.concat([frames[0], *(each.reindex(columns=frames[0].columns) for each in frames[1:])])
