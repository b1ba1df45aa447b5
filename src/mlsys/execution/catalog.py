"""Catalog: where each column comes from, when it is known, and why it is a feature or not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from mlsys.dataset import Moment, Roles, duration_of
from mlsys.errors import ConfigurationError, DataError, Finding, LeakageError, listed, meant
from mlsys.execution.told import AtSplit, Came, Declared, FoundLate, MadeOf, Sampled, Told, Withheld
from mlsys.states import digest
from mlsys.values.moments import UNITS


@dataclass(frozen=True)
class Catalog:
    """What is known about columns while a plan runs; a value: :meth:`with_` returns one that knows more.

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
        Column to the name of the step that wrote it last; :meth:`makers` says which one did first.
    late : dict
        Column to the sentence that says how late it is; filled at the split.
    derived_from, lineage : dict
        Step and column it wrote to all columns the step read, and to those of them that move this column.
    labels : tuple of (str, str, frozenset of str)
        For each label of the plan its column, the moment when it is known, and the columns that its rule reads.
    came : dict
        Source to how and when its rows came, in words.
    samples : tuple of Sampled
        How steps drew or weighed the rows, in order.
    """

    roles: Roles
    chosen: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    known_at: Mapping[str, frozenset[str]] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    made_by: Mapping[str, str] = field(default_factory=dict)
    late: Mapping[str, str] = field(default_factory=dict)
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    writes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    derived_from: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    lineage: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    at_split: tuple[str, ...] | None = None
    labels: tuple[tuple[str, str, frozenset[str]], ...] = ()
    came: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    samples: tuple[Sampled, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Digest of all that decides which columns are features."""
        told = (self.chosen, self.excluded, self.known_at, self.withheld, self.late, self.at_split)
        return digest((*told, [(column, at, sorted(reads)) for column, at, reads in self.labels]))

    def with_(self, told: Iterable[Told]) -> Catalog:
        """Return a catalog that knows more; this one is unchanged."""
        catalog = self
        for each in told:
            match each:
                case Declared():
                    catalog = catalog._declared(each)
                case MadeOf():
                    catalog = catalog._made(each)
                case Withheld():
                    catalog = catalog._withheld(each)
                case FoundLate():
                    catalog = replace(catalog, late={**catalog.late, each.column: each.sentence})
                case AtSplit():
                    catalog = replace(catalog, at_split=tuple(each.columns))
                case Came():
                    catalog = replace(catalog, came={**catalog.came, each.step: tuple(each.words)})
                case Sampled():
                    catalog = replace(catalog, samples=(*catalog.samples, each))
        return catalog

    def biases(self) -> list[Finding]:
        """Return why the rows do not speak for all that they were taken from, and what is not known once corrected."""
        last = max((place for place, each in enumerate(self.samples) if each.corrects), default=-1)
        standing = [each for each in self.samples[last + 1 :] if each.bias]
        corrected = [self.samples[last]] if any(each.bias for each in self.samples[: max(last, 0)]) else []
        return [
            *(Finding("SA101", f"{each.step}: {each.bias}", "warning", step=each.step) for each in standing),
            *(Finding("SA102", f"{each.step}: {each.corrects}", "information", step=each.step) for each in corrected),
        ]

    def _declared(self, told: Declared) -> Catalog:
        if not told.known_at:
            return self
        if self.roles.decision is None:
            raise ConfigurationError(
                f"{told.where} says when columns are known, but the pipeline has no decision moment",
                'add time="..." or decide_at="1h before ..." to the Pipeline',
            )
        more = {name: self.known_at.get(name, frozenset()) | {moment} for name, moment in told.known_at.items()}
        return replace(self, known_at={**self.known_at, **more})

    def _with_made_of(self, *columns: str) -> set[str]:
        """Return columns, and those that steps made of them."""
        found = set(columns)
        for (_, written), made_of in self.lineage.items():  # in the order of the steps
            if not made_of.isdisjoint(found):
                found.add(written)
        return found

    def _made(self, told: MadeOf) -> Catalog:
        """Record that a step made columns from others; lateness is inherited, and so is withholding."""
        step, read = told.step, frozenset(told.reads)
        of = {column: frozenset(told.lineage.get(column, read)) for column in sorted(told.writes)}
        known_at, late = dict(self.known_at), dict(self.late)
        for column, made_of in of.items():
            # Over the few columns that are late, not over all that it is made of: these may be a thousand.
            moments = frozenset().union(*(known for name, known in known_at.items() if name in made_of))
            if moments:
                known_at[column] = known_at.get(column, frozenset()) | moments
            latest = min((name for name in late if name in made_of), default=None)
            if latest is not None and column not in late:
                late[column] = f"made by {step} from {latest!r}, {late[latest]}"
        return replace(
            self,
            known_at=known_at,
            late=late,
            made_by={**self.made_by, **dict.fromkeys(of, step)},
            reads={**self.reads, step: self.reads.get(step, frozenset()) | read},
            writes={**self.writes, step: self.writes.get(step, frozenset()) | frozenset(told.writes)},
            derived_from={**self.derived_from, **{(step, column): read for column in of}},
            lineage={**self.lineage, **{(step, column): made_of for column, made_of in of.items()}},
            withheld=self._inherited(self.withheld, {(step, column): made_of for column, made_of in of.items()}),
        )

    def _withheld(self, told: Withheld) -> Catalog:
        withheld = {**self.withheld, **dict.fromkeys(told.columns, told.reason)}
        # A label may stand behind a step that read the same column: what that made is withheld as well.
        while (more := self._inherited(withheld, self.lineage)) != withheld:
            withheld = more
        return replace(self, withheld=withheld)

    def _inherited(
        self, withheld: Mapping[str, str], lineage: Mapping[tuple[str, str], frozenset[str]]
    ) -> dict[str, str]:
        """Return the withheld columns, including those made from withheld columns or from the target."""
        found = dict(withheld)
        for (step, column), made_of in lineage.items():
            tainted = [name for name in (*found, *self.roles.targets) if name in made_of]
            if tainted and column not in self.roles.targets:
                found.setdefault(column, f"made by {step} from {min(tainted)}, which the label is derived from")
        return found

    def makers(self, among: Collection[str] | None = None) -> dict[str, str]:
        """Return for each written column the first step that wrote it, among all steps or some."""
        found: dict[str, str] = {}
        for step, written in self.writes.items():
            if among is None or step in among:
                found = {**dict.fromkeys(written, step), **found}
        return found

    def targets_known_at(self) -> list[str]:
        """Return the moments that must pass before all targets are known."""
        return sorted(set[str]().union(*(self.known_at.get(name, ()) for name in self.roles.targets)))

    def late_in(self, keys: pd.DataFrame) -> list[FoundLate]:
        """Compare every known-at with the decision, on all rows; done once, before anything learns."""
        decision = self.roles.decision
        if decision is None or not self.known_at:
            return []
        decided, found = decision.of(keys), []
        for column, moments in self.known_at.items():
            for moment in sorted(moments):
                after = moment_of(moment, keys, self.roles)
                refuse_mixed_zones(column, moment, after, decision.column, decided)
                late = ~(after <= decided).to_numpy(dtype=bool, na_value=False)
                if late.any():
                    rows = f"after the decision in {int(late.sum()):,} of {len(keys):,} rows"
                    found.append(FoundLate(column, f"known only {_words(moment)}, {rows}"))
        return found

    def moments(self) -> dict[str, frozenset[str]]:
        """Return the moments that must pass before columns are known, including those of a label that they reveal.

        The sources of a label are known no earlier than the label, wherever the label step is in the plan, and so are
        columns made from these sources.
        """
        found = dict(self.known_at)
        for label, known_at, reads in self.labels:
            telling = self._with_made_of(label, *reads)
            moments = ({known_at} - {""}) | self.known_at.get(label, frozenset())
            found |= {name: found.get(name, frozenset()) | moments for name in telling if moments}
        return found

    def columns_needed(self) -> set[str]:
        """Columns that ``late_in`` reads."""
        decision = self.roles.decision
        needed = {decision.column} if decision else set()
        for moments in self.known_at.values():
            needed |= {moment for moment in moments if not _is_delay(moment)}
        return needed | ({self.roles.time} if self.roles.time else set())

    @cached_property
    def _label_moments(self) -> dict[str, str]:
        """Columns that tell the moment at which a label is known, and what is made of them, with the reason.

        Such a moment is itself known only then, unless a declaration says otherwise.
        """
        found: dict[str, str] = {}
        for label, moment, _ in self.labels:
            if moment and not _is_delay(moment) and moment not in self.known_at:
                made = f"made of {moment!r}, known only when {label!r} is"
                found |= dict.fromkeys(sorted(self._with_made_of(moment)), made)
                found[moment] = f"known only when {label!r} is: it is the moment of that"
        return {name: reason for name, reason in found.items() if name not in self.roles.targets}

    def reason(self, column: str) -> str:
        """Return why a column is not a feature, or an empty string if it is."""
        return self.reasons([column])[0]

    def reasons(self, columns: Iterable[str]) -> list[str]:
        """Return for each column why it is not a feature, or an empty string if it is."""
        roles, excluded = self.roles.columns(), frozenset(self.excluded)
        chosen = None if self.chosen is None else frozenset(self.chosen)
        old = None if self.at_split is None else frozenset(self.at_split)
        reasons, moments = [], self._label_moments
        for column in columns:
            reason = self.withheld.get(column) or self.late.get(column) or ""
            if roles.get(column):
                reason = f"role: {roles[column]}"
            elif not reason and column in excluded:
                reason = "excluded by exclude="
            elif not reason and chosen is not None and column not in chosen and (old is None or column in old):
                reason = "not named in features="
            elif not reason:
                reason = moments.get(column, "")
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
                    "columns that later steps derive from a feature are features too",
                )
        for name in self.chosen or ():
            reason = self.roles.columns().get(name) and f"role: {self.roles.columns()[name]}"
            reason = reason or self.withheld.get(name) or self.late.get(name) or self._label_moments.get(name)
            if reason:
                raise LeakageError(
                    f"features= asks for {name!r}, which a model must not use ({reason})",
                    f"remove {name!r} from features=",
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
        "create the column with Derive, or write a delay such as '1h'",
    )


def refuse_mixed_zones(column: str, moment: str, after: pd.Series, decision: str, decided: pd.Series) -> None:
    """Raise where a column's moments and decisions cannot be compared: one has a time zone, the other none."""
    if (after.dt.tz is None) != (decided.dt.tz is None):
        raise DataError(
            f"{column!r} is known at {moment!r} ({after.dtype}), which cannot be compared with the "
            f"decision at {decision!r} ({decided.dtype}): one has a time zone, the other none",
            "give both a zone in a Derive step, for example f[...].dt.tz_localize('Europe/Berlin')",
        )


def known_from(rows: pd.DataFrame, waits: Mapping[str, Sequence[str]], roles: Roles) -> pd.Series:
    """Return the moment from which each row is known, with the columns that it waits for; null for never."""
    decision = roles.decision
    assert decision is not None
    decided = known = decision.of(rows)
    for column, moments in waits.items():
        for moment in moments:
            after = moment_of(moment, rows, roles)
            refuse_mixed_zones(column, moment, after, decision.column, decided)
            known, after = _of_one_unit(known, after)
            known = known.where(known > after, after).where(after.notna() & known.notna())
    return known


def _of_one_unit(one: pd.Series, other: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return moments in the finer unit of both, where that reaches all: pandas compares others more slowly."""
    units = [UNITS.index(each.dt.unit) for each in (one, other)]
    unit = UNITS[max(units)]
    try:
        return one.dt.as_unit(unit), other.dt.as_unit(unit)
    except pd.errors.OutOfBoundsDatetime:
        return one, other


def _is_delay(moment: str) -> bool:
    try:
        pd.Timedelta(moment)
    except ValueError:
        return False
    return True


def _words(moment: str) -> str:
    return f"{moment} after the row's time" if _is_delay(moment) else f"at {moment!r}"
