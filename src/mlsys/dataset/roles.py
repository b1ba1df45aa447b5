"""What a column is for: target and its event, time, decision time, id, group, weight, sensitive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from mlsys.dataset.event import Event
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.values import moments_of, moved


@dataclass(frozen=True)
class Moment:
    """A point in time of each row: a time column, moved by a fixed duration.

    Parameters
    ----------
    column : str
        A column of timestamps.
    shift : pandas.Timedelta
        Added to the column; negative for "before".

    Examples
    --------
    >>> Moment.parse("1h before departs")
    Moment(column='departs', shift=Timedelta('-1 days +23:00:00'))
    >>> Moment.parse("departs").column
    'departs'
    """

    column: str
    shift: pd.Timedelta = field(default_factory=lambda: pd.Timedelta(0))

    @classmethod
    def parse(cls, text: str) -> Moment:
        """Read ``"departs"``, ``"1h before departs"`` or ``"2D after departs"``."""
        for word, sign in ((" before ", -1), (" after ", 1)):
            if word in text:
                duration, column = text.split(word, 1)
                return cls(column.strip(), sign * duration_of(duration, f"decide_at={text!r}"))
        return cls(text.strip())

    def of(self, frame: pd.DataFrame) -> pd.Series:
        """Return the moment of each row of ``frame``."""
        if self.column not in frame.columns:
            raise DataError(
                f"the time column {self.column!r} is not in the data (columns: {listed(frame.columns)})",
                "create it with Derive before it is needed, or correct the name",
            )
        times = moments_of(frame[self.column])
        return moved(times, self.shift) if self.shift else times


def duration_of(text: str | pd.Timedelta, what: str) -> pd.Timedelta:
    """Read a duration such as ``"1h"`` or ``"28D"``.

    Examples
    --------
    >>> duration_of("28D", "test")
    Timedelta('28 days 00:00:00')
    """
    if isinstance(text, str) and text.strip().lstrip("+-").strip("0").isdigit():  # nanoseconds, which nobody means
        raise ConfigurationError(f"{what}: {text!r} has no unit", 'write the unit too, such as "3h", "30min" or "28D"')
    try:
        return pd.Timedelta(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{what}: {text!r} is not a duration", 'write a number and a unit, such as "1h", "30min" or "28D"'
        ) from error


@dataclass(frozen=True)
class Roles:
    """Columns with a role in the library; none of them is ever a feature.

    Parameters
    ----------
    target : str, optional
        The target, if there is one; ``None`` where there are several.
    time, id, group, weight : str, optional
        Column names.
    event : Event, optional
        For a target with two classes, the one that recall, precision, cost and probability refer to.
    decide_at : Moment, optional
        When the prediction must be made; by default the time column.
    sensitive : tuple of str
        Columns to report fairness by.
    targets : tuple of str
        All targets in order: none, the target, or several.
    events : tuple of (str, Event)
        The event of each of several targets, where it is decided.
    """

    target: str | None = None
    time: str | None = None
    decide_at: Moment | None = None
    id: str | None = None
    group: str | None = None
    weight: str | None = None
    sensitive: tuple[str, ...] = ()
    event: Event | None = None
    targets: tuple[str, ...] = ()
    events: tuple[tuple[str, Event], ...] = ()

    def __post_init__(self) -> None:
        """Let one target be among the targets."""
        if self.target is not None and not self.targets:
            object.__setattr__(self, "targets", (self.target,))

    @classmethod
    def named(cls, **given: Any) -> Roles:
        """Create roles from keyword arguments as a Pipeline takes them.

        Examples
        --------
        >>> Roles.named(decide_at="1h before departs", sensitive=["sex"]).decision
        Moment(column='departs', shift=Timedelta('-1 days +23:00:00'))
        >>> Roles.named(target=["a", "b"]).targets, Roles.named(target=["a"]).target
        (('a', 'b'), 'a')
        """
        unknown = set(given) - set(cls.__dataclass_fields__)
        if unknown:
            raise ConfigurationError(
                f"there is no role {sorted(unknown)[0]!r}", f"roles are {', '.join(cls.__dataclass_fields__)}"
            )
        event, decide_at = given.pop("event", None), given.pop("decide_at", None)
        sensitive, targets = given.pop("sensitive", ()), targets_named(given.pop("target", None))
        for role, column in given.items():
            if column is not None and not isinstance(column, str):
                raise ConfigurationError(f"{role}={column!r} is no text", f'name one column: {role}="..."')
        if not (decide_at is None or isinstance(decide_at, (str, Moment))):
            raise ConfigurationError(f"decide_at={decide_at!r} is no text", 'write decide_at="1h before ..."')
        if isinstance(sensitive, str):
            raise ConfigurationError(
                f"sensitive={sensitive!r} is a string, not a list", f"write sensitive=[{sensitive!r}]"
            )
        return cls(
            **given,
            target=targets[0] if len(targets) == 1 else None,
            targets=targets,
            decide_at=Moment.parse(decide_at) if isinstance(decide_at, str) else decide_at,
            sensitive=tuple(sensitive),
            **events_named(event, targets),
        )

    @property
    def has_several_targets(self) -> bool:
        """Whether there is more than one target, and these roles are of none alone.

        Examples
        --------
        >>> roles = Roles.named(target=["a", "b"])
        >>> roles.has_several_targets, roles.of_target("a").has_several_targets
        (True, False)
        """
        return self.target is None and bool(self.targets)

    def of_target(self, name: str) -> Roles:
        """Return the roles of one target alone, with its event; the others are still no features."""
        if self.target == name:
            return self
        return replace(self, target=name, event=dict(self.events).get(name, self.event))

    def each_target(self) -> tuple[Roles, ...]:
        """Return the roles of each target alone: these roles where there is one, nothing where there is none."""
        return tuple(map(self.of_target, self.targets if self.target is None else (self.target,)))

    @property
    def all_events(self) -> Event | dict[str, Event | None] | None:
        """The event of the target, or of each of several targets by name."""
        if not self.has_several_targets:
            return self.event
        return {str(each.target): each.event for each in self.each_target()}

    def without_target(self) -> Roles:
        """Return the roles of rows that nothing is predicted of."""
        return replace(self, target=None, targets=())

    def with_events(self, events: Mapping[str, Event | None]) -> Roles:
        """Return the roles with the event of each target decided."""
        if self.target is not None:
            return replace(self, event=events.get(self.target))
        return replace(self, events=tuple((name, each) for name, each in events.items() if each is not None))

    @property
    def targets_said(self) -> str:
        """The targets, for messages and names.

        Examples
        --------
        >>> Roles.named(target=["a", "b"]).targets_said, Roles(target="y").targets_said
        ("'a', 'b'", "'y'")
        """
        return ", ".join(map(repr, self.targets))

    @property
    def decision(self) -> Moment | None:
        """The decision moment of a row, if the data has times."""
        return self.decide_at or (Moment(self.time) if self.time else None)

    def columns(self) -> dict[str, str]:
        """Return role columns with the name of their role.

        Examples
        --------
        >>> Roles(target="y", sensitive=("sex",)).columns()
        {'y': 'target', 'sex': 'sensitive'}
        """
        found: dict[str, str] = {}
        found.update(dict.fromkeys(self.targets, "target"))
        for role in ("time", "id", "group", "weight"):
            column = getattr(self, role)
            if column is not None:
                found.setdefault(column, role)
        found.update(dict.fromkeys(self.sensitive, "sensitive"))
        if self.decide_at is not None:
            found.setdefault(self.decide_at.column, "decide_at")
        return found


def targets_named(given: Any) -> tuple[str, ...]:
    """Read ``target=``: a column, or a list of columns, of which none comes twice.

    Raises
    ------
    ConfigurationError
        When it is neither.

    Examples
    --------
    >>> targets_named("y"), targets_named(["a", "b"]), targets_named(None)
    (('y',), ('a', 'b'), ())
    """
    if given is None:
        return ()
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, (list, tuple)) else ()
    if not names or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(
            f"target={given!r} is no text", 'name one column: target="...", or several: target=["...", "..."]'
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigurationError(f"target= names {twice!r} twice", "name each target once")
    return names


def events_named(given: Any, targets: tuple[str, ...]) -> dict[str, Any]:
    """Read ``event=``: a class of every target, or a class by target.

    Raises
    ------
    ConfigurationError
        When it is no class, or a name is that of no target.

    Examples
    --------
    >>> events_named({"a": "bad"}, ("a", "b"))["events"][0][1].value
    'bad'
    """
    if not isinstance(given, Mapping):
        return {"event": None if given is None else Event.named(given)}
    strange = [name for name in given if name not in targets]
    if strange:
        raise ConfigurationError(
            f"event= names the target {strange[0]!r}, but targets are {', '.join(map(repr, targets)) or 'none'}",
            "name a class for some of the targets, or one class for all of them",
        )
    events = {name: Event.named(value) for name, value in given.items()}
    if len(targets) == 1:
        return {"event": events.get(targets[0])}
    return {"events": tuple(events.items())}
