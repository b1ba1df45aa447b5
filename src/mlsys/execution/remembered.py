"""Histories as they ran before the split, from which served rows are taken once the test rows are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mlsys.plan import Planned
from mlsys.tables import Table

Followed = Literal["by id", "by time", "not"]
Waits = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Remembered:
    """A history as it ran.

    Parameters
    ----------
    planned : Planned
        The step.
    parts : mapping of str to Table
        Rows as they reached the step; in a single part until the split.
    waits : mapping of str to sequence of str
        Columns read from the past that are known later than their rows, with the moments for which rows wait.
    hidden : tuple of str
        Columns of the past that it does not see and that are not stored: those known later than their rows that it
        does not read; for a history that absorbs, all that it does not read.
    written : mapping of str to str
        Columns that it made, with their types.
    followed : {"by id", "by time", "not"}
        How later rows tell which of these are sealed: by their ids until a step has made other rows; then by their
        time, if none is made of earlier rows.
    """

    planned: Planned
    parts: Mapping[str, Table]
    waits: Waits
    hidden: Sequence[str]
    written: Mapping[str, str]
    followed: Followed = "by id"

    def past_a_reshape(self, of_no_earlier_rows: bool) -> Remembered:
        """Return the same, where later rows have other ids."""
        return replace(self, followed="by time" if of_no_earlier_rows and self.followed != "not" else "not")

    def forgetful(self) -> Remembered:
        """Return the same without its rows, after the served rows were taken."""
        return replace(self, parts={})


@dataclass(frozen=True)
class Sealed:
    """Rows that a served history may hold once the test rows are opened, all of them where it absorbs.

    Parameters
    ----------
    rows : Table
        The rows.
    moments : Table
        When each is ``known`` and ``decided``.
    """

    rows: Table
    moments: Table
