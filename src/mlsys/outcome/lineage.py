"""Lineage: which source, steps and functions made a column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.errors import DataError, listed, meant
from mlsys.pages import Page, Shown, Table, Text, Title

MOST_NAMED = 6
"""Columns that are named where something is made of many."""

Made = Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class Lineage(Shown):
    """Where a column comes from; returned by ``run.lineage(column)`` and ``outcome.lineage(column)``.

    Parameters
    ----------
    column : str
        The column.
    table : DataFrame
        One row per step that had a part in it, the last first: ``column``, ``made by``, ``from`` (columns, or the
        source), ``how`` (function, table or aggregate).
    """

    column: str
    table: pd.DataFrame

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the source that it is made of."""
        ends = self.table[self.table["from"] == ""]
        return tuple(dict.fromkeys(ends["column"]))

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that had a part in it, in the order in which they ran, the source first."""
        return tuple(dict.fromkeys(reversed(self.table["made by"].tolist())))

    def _page(self) -> Page:
        said = f"made by {', '.join(self.steps)}" if len(self.table) else ""
        return Page([Title(f"Lineage of {self.column}"), Text(said), Table(self.table)])


def lineage_of(column: str, made: Sequence[Made]) -> Lineage:
    """Return the lineage of a column as the last step left it.

    Parameters
    ----------
    column : str
        Its name.
    made : sequence of mapping
        The source and the steps in order, each with ``step``, ``how``, the ``columns`` it wrote and those they are made
        ``of``; the source has no ``of``.

    Examples
    --------
    >>> made = [{"step": "data", "how": "", "columns": ["a"], "of": []},
    ...         {"step": "Derive", "how": "twice()", "columns": ["b"], "of": ["a"]}]
    >>> lineage_of("b", made)
    Lineage of b
      made by data, Derive
      column  made by  from  how
      b       Derive   a     twice()
      a       data
    """
    known = {name for each in made for name in each["columns"]}
    if column not in known:
        raise DataError(
            f"there is no column {column!r} (columns: {listed(sorted(known))})",
            f"{meant(column, known)}name one of them",
        )
    found = list(_walked(column, len(made), made, set()))
    rows = [(name, each["step"], _named(each["of"]), each["how"]) for name, each in found]
    return Lineage(column, pd.DataFrame(rows, columns=["column", "made by", "from", "how"]))


def _walked(column: str, before: int, made: Sequence[Made], seen: set[tuple[str, int]]) -> Iterator[tuple[str, Made]]:
    """Yield a column with what wrote it last before a step, then the same of what that was made of."""
    place = next((at for at in range(before - 1, -1, -1) if column in made[at]["columns"]), None)
    if place is None or (column, place) in seen:
        return
    seen.add((column, place))
    yield column, made[place]
    for name in made[place]["of"]:
        yield from _walked(name, place, made, seen)


def _named(columns: Sequence[str]) -> str:
    more = len(columns) - MOST_NAMED
    return ", ".join(columns[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
