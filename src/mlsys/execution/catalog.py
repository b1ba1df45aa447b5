"""Catalog: where each column comes from, when it is known, and why it is a feature or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from mlsys.dataset import Moment, Roles, duration_of
from mlsys.errors import ConfigurationError, DataError, LeakageError, listed, meant
from mlsys.states import digest


@dataclass
class Catalog:
    """What is known about columns while a plan runs.

    Parameters
    ----------
    roles : Roles
        Role columns are never features.
    chosen : tuple of str or None
        ``features=`` of the pipeline.
    excluded : tuple of str
        ``exclude=`` of the pipeline.
    known_at : dict
        Column to the set of moments (time columns or delays) that must pass before it is known.
    withheld : dict
        Column to the reason it may never be a feature.
    made_by : dict
        Column to the name of the step that made it.
    late : dict
        Column to the sentence that says how late it is; filled at the split.
    derived_from, lineage : dict
        Step and column it wrote to all columns the step read, and to those of them that move this column.
    labels : tuple of (str, str, frozenset of str)
        Of each label of the plan its column, the moment at which it is known, and the columns its rule reads.
    """

    roles: Roles
    chosen: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    known_at: dict[str, frozenset[str]] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    made_by: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)
    reads: dict[str, frozenset[str]] = field(default_factory=dict)
    writes: dict[str, frozenset[str]] = field(default_factory=dict)
    derived_from: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    lineage: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    at_split: tuple[str, ...] | None = None
    events: list[tuple[Any, ...]] = field(default_factory=list)
    labels: tuple[tuple[str, str, frozenset[str]], ...] = ()

    def copied(self) -> Catalog:
        """Return a copy that can go its own way."""
        return replace(
            self,
            known_at=dict(self.known_at),
            withheld=dict(self.withheld),
            made_by=dict(self.made_by),
            late=dict(self.late),
            reads=dict(self.reads),
            writes=dict(self.writes),
            derived_from=dict(self.derived_from),
            lineage=dict(self.lineage),
            events=[],
        )

    @property
    def digest(self) -> str:
        """Digest of all that decides which columns are features."""
        told = (self.chosen, self.excluded, self.known_at, self.withheld, self.late, self.at_split)
        return digest((*told, [(column, at, sorted(reads)) for column, at, reads in self.labels]))

    def replay(self, events: Iterable[tuple[Any, ...]]) -> None:
        """Be told again what an earlier run was told."""
        for event, *given in events:
            getattr(self, event)(*given)

    def declare(self, known_at: Mapping[str, str], where: str) -> None:
        """Take known-at declarations of a source or of the pipeline."""
        self.events.append(("declare", dict(known_at), where))
        for column, moment in known_at.items():
            self.known_at[column] = self.known_at.get(column, frozenset()) | {moment}
        if known_at and self.roles.decision is None:
            raise ConfigurationError(
                f"{where} says when columns are known, but the pipeline does not say when it decides",
                'add time="..." or decide_at="1h before ..." to the Pipeline',
            )

    def note(
        self,
        step: str,
        reads: Iterable[str],
        writes: Iterable[str],
        lineage: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """Record that a step made ``writes`` out of ``reads``; lateness is inherited.

        ``lineage`` tells of some written columns which of ``reads`` they are made of.
        """
        read, written = frozenset(reads), frozenset(writes)
        of = {column: frozenset((lineage or {}).get(column, read)) for column in sorted(written)}
        told = {column: sorted(each) for column, each in of.items() if each is not read and each != read}
        self.events.append(("note", step, sorted(read), sorted(written), told))
        self.reads[step] = self.reads.get(step, frozenset()) | read
        self.writes[step] = self.writes.get(step, frozenset()) | written
        for column, made_of in of.items():
            self.made_by[column] = step
            self.derived_from[step, column] = read
            self.lineage[step, column] = made_of
            # Over the few columns that are late, not over all that it is made of: these may be a thousand.
            moments = frozenset().union(*(known for name, known in self.known_at.items() if name in made_of))
            if moments:
                self.known_at[column] = self.known_at.get(column, frozenset()) | moments
            late = min((name for name in self.late if name in made_of), default=None)
            if late is not None and column not in self.late:
                self.late[column] = f"made by {step} from {late!r}, {self.late[late]}"
        self._inherit(of, step)

    def _inherit(self, of: Mapping[str, frozenset[str]], step: str) -> bool:
        """Withhold what a step made of withheld columns or of the target; whether anything is new."""
        before = len(self.withheld)
        for column, made_of in of.items():
            tainted = [name for name in (*self.withheld, self.roles.target) if name in made_of]
            if tainted and column != self.roles.target:
                self.withheld.setdefault(column, f"made by {step} from {min(tainted)}, which the label is made of")
        return len(self.withheld) > before

    def withhold(self, columns: Iterable[str], reason: str) -> None:
        """Keep columns out of the features for good."""
        columns = list(columns)
        self.events.append(("withhold", columns, reason))
        for column in columns:
            self.withheld[column] = reason
        # A label may stand behind a step that read the same column: what that made is withheld as well.
        while any(self._inherit({column: of}, step) for (step, column), of in list(self.lineage.items())):
            pass

    def settle(self, keys: pd.DataFrame) -> None:
        """Compare every known-at with the decision, on all rows; called once, before anything learns."""
        decision = self.roles.decision
        if decision is None:
            return
        decided = decision.of(keys) if self.known_at else None
        for column, moments in self.known_at.items():
            for moment in sorted(moments):
                after = moment_of(moment, keys, self.roles)
                assert decided is not None
                refuse_mixed_zones(column, moment, after, decision.column, decided)
                late = ~(after <= decided).to_numpy(dtype=bool, na_value=False)
                if late.any():
                    self.find_late(
                        column,
                        f"known only {_words(moment)}, after the decision in {int(late.sum()):,} of {len(keys):,} rows",
                    )

    def find_late(self, column: str, sentence: str) -> None:
        """Keep a column out of the features, because it is known too late."""
        self.events.append(("find_late", column, sentence))
        self.late[column] = sentence

    def moments(self) -> dict[str, frozenset[str]]:
        """Return the moments that must pass before columns are known, those of a label that they give away included.

        What a label is made of is known no earlier than the label, wherever in the plan the label stands; and so is
        what was made of that.
        """
        found = dict(self.known_at)
        for label, known_at, reads in self.labels:
            telling = {label, *reads}
            for (_, written), made_of in self.lineage.items():
                if not made_of.isdisjoint(telling):
                    telling.add(written)
            moments = ({known_at} - {""}) | self.known_at.get(label, frozenset())
            found |= {name: found.get(name, frozenset()) | moments for name in telling if moments}
        return found

    def columns_needed(self) -> set[str]:
        """Columns that ``settle`` reads."""
        decision = self.roles.decision
        needed = {decision.column} if decision else set()
        for moments in self.known_at.values():
            needed |= {moment for moment in moments if not _is_delay(moment)}
        return needed | ({self.roles.time} if self.roles.time else set())

    def reason(self, column: str) -> str:
        """Return why a column is no feature, or an empty text if it is one."""
        return self.reasons([column])[0]

    def reasons(self, columns: Iterable[str]) -> list[str]:
        """Return of each column why it is no feature, or an empty text if it is one."""
        roles, excluded = self.roles.columns(), frozenset(self.excluded)
        chosen = None if self.chosen is None else frozenset(self.chosen)
        old = None if self.at_split is None else frozenset(self.at_split)
        reasons = []
        for column in columns:
            reason = self.withheld.get(column) or self.late.get(column) or ""
            if roles.get(column):
                reason = f"role: {roles[column]}"
            elif not reason and column in excluded:
                reason = "excluded by exclude="
            elif not reason and chosen is not None and column not in chosen and (old is None or column in old):
                reason = "not named in features="
            reasons.append(reason)
        return reasons

    def features(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that a model may use, in order."""
        columns = list(columns)
        return tuple(column for column, reason in zip(columns, self.reasons(columns), strict=True) if not reason)

    def refuse_unknown(self, columns: Iterable[str]) -> None:
        """Raise when ``features=``, ``exclude=`` or a role names a column that is not there."""
        columns = list(columns)
        there = set(columns)
        for what, named in (("features=", self.chosen or ()), ("exclude=", self.excluded)):
            missing = [name for name in named if name not in there]
            if missing:
                raise DataError(
                    f"{what} names {', '.join(map(repr, missing))}, which the data does not have",
                    f"{meant(missing[0], there)}columns are {listed(columns)}; "
                    "what later steps make of a feature is one too",
                )
        for name in self.chosen or ():
            reason = self.roles.columns().get(name) and f"role: {self.roles.columns()[name]}"
            reason = reason or self.withheld.get(name) or self.late.get(name)
            if reason:
                raise LeakageError(
                    f"features= asks for {name!r}, which a model must not use ({reason})",
                    f"take {name!r} out of features=",
                )


def moment_of(moment: str, frame: pd.DataFrame, roles: Roles) -> pd.Series:
    """Return when something is known in each row: a time column, or a delay after the row's time."""
    if moment in frame.columns:
        return Moment(moment).of(frame)
    if _is_delay(moment):
        if roles.time is None:
            raise ConfigurationError(
                f"known_at={moment!r} is a delay after the row's time, but there is no time role", 'set time="..."'
            )
        return frame[roles.time] + duration_of(moment, "known_at")
    raise DataError(
        f"known_at names {moment!r}, which is neither a time column nor a duration",
        "make the column with Derive, or write a delay such as '1h'",
    )


def refuse_mixed_zones(column: str, moment: str, after: pd.Series, decision: str, decided: pd.Series) -> None:
    """Raise where a column's moments and decisions cannot be compared: one has a time zone, the other none."""
    if (after.dt.tz is None) != (decided.dt.tz is None):
        raise DataError(
            f"{column!r} is known at {moment!r} ({after.dtype}), not to be compared with the decision "
            f"at {decision!r} ({decided.dtype}): one has a time zone, the other none",
            "give both a zone in a Derive step, for example f[...].dt.tz_localize('Europe/Berlin')",
        )


def _is_delay(moment: str) -> bool:
    try:
        pd.Timedelta(moment)
    except ValueError:
        return False
    return True


def _words(moment: str) -> str:
    return f"{moment} after the row's time" if _is_delay(moment) else f"at {moment!r}"
