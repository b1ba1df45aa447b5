"""What a column is for: target and its event, time, decision time, id, group, weight, sensitive."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    target, time, id, group, weight : str, optional
        Column names.
    event : Event, optional
        For a target with two classes, the one that recall, precision, cost and probability refer to.
    decide_at : Moment, optional
        When the prediction must be made; by default the time column.
    sensitive : tuple of str
        Columns to report fairness by.
    """

    target: str | None = None
    time: str | None = None
    decide_at: Moment | None = None
    id: str | None = None
    group: str | None = None
    weight: str | None = None
    sensitive: tuple[str, ...] = ()
    event: Event | None = None

    @classmethod
    def named(cls, **given: Any) -> Roles:
        """Create roles from keyword arguments as a Pipeline takes them.

        Examples
        --------
        >>> Roles.named(decide_at="1h before departs", sensitive=["sex"]).decision
        Moment(column='departs', shift=Timedelta('-1 days +23:00:00'))
        """
        unknown = set(given) - set(cls.__dataclass_fields__)
        if unknown:
            raise ConfigurationError(
                f"there is no role {sorted(unknown)[0]!r}", f"roles are {', '.join(cls.__dataclass_fields__)}"
            )
        event, decide_at = given.pop("event", None), given.pop("decide_at", None)
        sensitive = given.pop("sensitive", ())
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
            decide_at=Moment.parse(decide_at) if isinstance(decide_at, str) else decide_at,
            sensitive=tuple(sensitive),
            event=None if event is None else Event.named(event),
        )

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
        for role in ("target", "time", "id", "group", "weight"):
            column = getattr(self, role)
            if column is not None:
                found.setdefault(column, role)
        found.update(dict.fromkeys(self.sensitive, "sensitive"))
        if self.decide_at is not None:
            found.setdefault(self.decide_at.column, "decide_at")
        return found
