"""What work reports about columns and their source: typed events, added to the catalog, and their form on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Declared:
    """When columns become known, and who declares it."""

    known_at: Mapping[str, str]
    where: str


@dataclass(frozen=True)
class MadeOf:
    """A step made columns out of others.

    Parameters
    ----------
    step : str
        Its name.
    reads, writes : sequence of str
        Columns.
    lineage : mapping of str to sequence of str
        For written columns that do not depend on all columns read: those on which they depend.
    """

    step: str
    reads: Sequence[str]
    writes: Sequence[str]
    lineage: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Withheld:
    """Columns that are never features, and why."""

    columns: Sequence[str]
    reason: str


@dataclass(frozen=True)
class FoundLate:
    """A column that is known too late, with the sentence that says how late."""

    column: str
    sentence: str


@dataclass(frozen=True)
class AtSplit:
    """Columns that reached the split."""

    columns: Sequence[str]


@dataclass(frozen=True)
class Came:
    """How and when the rows of a source came, in words."""

    step: str
    words: Sequence[str]


@dataclass(frozen=True)
class Sampled:
    """How a step drew or weighed the rows, in words.

    Parameters
    ----------
    step : str
        Its name.
    said : str
        How many of how many rows, and how.
    bias : str
        Why the rows do not speak for all; empty where each had a known chance.
    corrects : str
        What is still not known once the weights correct what samples before were biased by; empty where they do not.
    """

    step: str
    said: str
    bias: str = ""
    corrects: str = ""


Told = Declared | MadeOf | Withheld | FoundLate | AtSplit | Came | Sampled
_KINDS: dict[str, type[Any]] = {
    each.__name__: each for each in (Declared, MadeOf, Withheld, FoundLate, AtSplit, Came, Sampled)
}


def note_of(told: Told) -> list[Any]:
    """Return an event as JSON holds it."""
    return [type(told).__name__, *(getattr(told, each.name) for each in fields(told))]


def told_of(note: Sequence[Any]) -> Told:
    """Return the event that :func:`note_of` wrote down.

    Examples
    --------
    >>> told_of(note_of(Withheld(["delay"], "read by the label")))
    Withheld(columns=['delay'], reason='read by the label')
    """
    made: Told = _KINDS[note[0]](*note[1:])
    return made


def made_of(step: str, reads: Any, writes: Any, lineage: Mapping[str, Any] | None = None) -> MadeOf:
    """Return the event that a step made ``writes`` out of ``reads``; ``lineage`` where some are made of fewer."""
    read = frozenset(reads)
    told = {name: frozenset(each) for name, each in (lineage or {}).items() if name in set(writes)}
    return MadeOf(
        step, sorted(read), sorted(writes), {n: sorted(each) for n, each in sorted(told.items()) if each != read}
    )
