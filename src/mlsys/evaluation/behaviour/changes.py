"""Change: rows as they would be if one thing were different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError, listed, meant


@dataclass(frozen=True)
class Change:
    """What is changed of one column.

    Parameters
    ----------
    name : str
        In words: ``"sex to 'male'"``.
    column : str
        The column.
    values : Series
        Its values afterwards, one a row.
    """

    name: str
    column: str
    values: pd.Series

    def of(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return which rows are different from before."""
        before, after = frame[self.column].astype(object), self.values.astype(object)
        gone = before.isna() & after.isna()
        return np.asarray(~(gone | (before == after).fillna(False).astype(bool)), dtype=bool)

    def applied(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with the change."""
        return frame.assign(**{self.column: self.values})


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
