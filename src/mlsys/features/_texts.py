"""Columns of texts, whatever type holds them, null as an empty one; and what steps that read them have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mlsys.features._columns import TakesColumns, refuse_taken, replaced, require, require_kinds
from mlsys.tables import Column, column_of
from mlsys.values import Kind, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlsys.dataset import Rows
    from mlsys.values import Values

TEXTS = frozenset({Kind.TEXT, Kind.MIXED})


class ReadsTexts(TakesColumns, kind="Transform"):
    """A transform of columns of texts into columns behind; its state is a list of columns, or of what is known of each.

    A subclass writes ``made_of(column, known, texts)``.
    """

    takes_all: ClassVar[str] = "text"

    if TYPE_CHECKING:  # each step has it as its last field
        drop: bool = True

    def made_of(self, column: str, known: Any, texts: pd.Series, /) -> Mapping[str, Any]:
        """Return the new columns of one column of texts."""
        raise NotImplementedError

    def texts_taken(self, part: Rows) -> list[str]:
        """Return the columns that are taken of training rows."""
        names = self.taken(part)
        require_kinds(part, names, TEXTS, self.title)
        return names

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the texts replaced."""
        known = list(state if state and isinstance(state[0], tuple) else self.prepare(state))
        names = [name for name, _ in known]
        require(frame, names, self.title)
        added: dict[str, Any] = {}
        for name, each in known:
            added |= self.made_of(name, each, texts_of(column_of(frame, name)))
        dropped = names if self.drop else []
        refuse_taken(frame, list(added), dropped, self.title)
        return replaced(frame, {}, added, dropped)

    def takes(self, values: Values, /) -> bool:
        """Whether these are texts."""
        return values.kind is Kind.TEXT

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the columns of texts."""
        return tuple(each if isinstance(each, str) else each["column"] for each in state)


def texts_of(column: Column) -> pd.Series:
    """Return texts, null as an empty one."""
    if isinstance(column, list):
        return pd.Series(["" if value is None else value for value in column], dtype=object)
    made = plain(column if isinstance(column, pd.Series) else pd.Series(column, dtype=column.dtype))
    if isinstance(made.dtype, pd.CategoricalDtype):
        made = made.astype(made.cat.categories.dtype)
    if not isinstance(made.dtype, pd.StringDtype):
        return made.astype(object).where(made.notna(), "").map(str)
    return made.fillna("")
