"""Change: rows as they would be if one thing were different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError, listed, meant
from mlsys.values import with_columns


@dataclass(frozen=True)
class Change:
    """What is changed of one column, or of several at once.

    Parameters
    ----------
    name : str
        In words: ``"sex to 'male'"``.
    column : str
        The column.
    values : Series
        Its values afterwards, one a row.
    others : mapping of str to Series
        Values of further columns, changed with it.
    """

    name: str
    column: str
    values: pd.Series
    others: Mapping[str, pd.Series] = field(default_factory=dict)

    @property
    def by_column(self) -> dict[str, pd.Series]:
        """The values of each changed column."""
        return {self.column: self.values, **self.others}

    def of(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return which rows are different from before."""
        differs = [_differs(frame[name], values) for name, values in self.by_column.items()]
        return np.asarray(np.any(differs, axis=0))

    def applied(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with the change."""
        return with_columns(frame, self.by_column)

    def told(self, frame: pd.DataFrame, places: NDArray[np.int64]) -> tuple[list[str], list[str]]:
        """Return the values of some rows before and after; of several columns those that differ, with their names."""
        if not self.others:
            both = (frame[self.column], self.values)
            one, other = (each.astype(object).iloc[places].map(str).tolist() for each in both)
            return one, other
        before: list[list[str]] = [[] for _ in places]
        after: list[list[str]] = [[] for _ in places]
        for name, values in self.by_column.items():
            was, is_now = frame[name].iloc[places], values.iloc[places]
            for place in np.flatnonzero(_differs(was, is_now)):
                before[place].append(f"{name}: {_short(was.iloc[place])}")
                after[place].append(f"{name}: {_short(is_now.iloc[place])}")
        return [", ".join(each) for each in before], [", ".join(each) for each in after]


def _differs(before: pd.Series, after: pd.Series) -> NDArray[np.bool_]:
    one, other = before.astype(object), after.astype(object)
    gone = one.isna() & other.isna()
    return np.asarray(~(gone | (one == other).fillna(False).astype(bool)), dtype=bool)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def column_of(frame: pd.DataFrame, name: str, who: str) -> pd.Series:
    """Return a column of the rows.

    Raises
    ------
    DataError
        If there is none of the name; those with similar names are listed.
    """
    if name not in frame.columns:
        raise DataError(
            f"{who} changes {name!r}, which the rows do not have",
            f"{meant(name, frame.columns)}columns are {listed(frame.columns)}",
        )
    return frame[name]


def as_names(columns: Sequence[str] | str | None) -> tuple[str, ...]:
    """Return column names; none where none were given."""
    return () if columns is None else (columns,) if isinstance(columns, str) else tuple(columns)
