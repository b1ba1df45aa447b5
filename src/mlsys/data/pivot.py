"""Pivot: one row for each key, with a column for each of some values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from mlsys.data._made_columns import aggregated
from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, Past, Reshape
from mlsys.steps.keys import NO_KEY, numbered
from mlsys.values import values_of

if TYPE_CHECKING:
    from mlsys.dataset import Rows


class Pivot(Reshape):
    """Make one row for each key, and for each of some values a column.

    Parameters
    ----------
    by : str or list of str
        Columns that identify a row of the result.
    columns : str
        Column whose values become columns, named ``<columns>_<value>``.
    values : str
        Column that fills them.
    levels : list, optional
        The values that become columns; others are left out. By default all that occur, sorted: name them if later data
        must give the same columns.
    function : {"count", "sum", "mean", "min", "max", "distinct"}, optional
        What becomes of several rows of one cell; by default they are refused.

    Raises
    ------
    DataError
        If a column is missing, or several rows belong to one cell and there is no ``function``.

    Notes
    -----
    A cell without a row is null, for ``count`` and ``distinct`` 0. Rows without a key are left out. Everything is read
    before the split, so each row must be known when the row of the result is decided; where it is not, use
    :class:`Aggregate`, which knows moments. O(n log n).

    Examples
    --------
    >>> results = pd.DataFrame({"patient": [1, 1, 2], "test": ["crp", "hb", "hb"], "result": [3.0, 14.0, 12.5]})
    >>> Pivot("patient", "test", "result").reshape(results)
       patient  test_crp  test_hb
    0        1       3.0     14.0
    1        2       NaN     12.5
    """

    by: str | tuple[str, ...] | list[str]
    columns: str
    values: str
    levels: tuple[object, ...] | list[object] | None = Field(default=None, kw_only=True)
    function: Literal["count", "sum", "mean", "min", "max", "distinct"] | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse columns with two purposes."""
        names = [*self._keys, self.columns, self.values]
        if len(set(names)) < len(names):
            raise ConfigurationError(
                f"{self.title} names a column twice among by=, columns= and values=", "give each its own column"
            )

    @property
    def _keys(self) -> list[str]:
        return [self.by] if isinstance(self.by, str) else list(self.by)

    def reshape(self, frame: Rows | pd.DataFrame, /) -> pd.DataFrame:
        """Return one row for each key."""
        rows = pd.DataFrame(frame)
        needed = [*self._keys, self.columns, self.values]
        require_columns(rows.columns, needed, self.title, "correct by=, columns= or values=")
        levels = self._levels_of(rows)
        names = [f"{self.columns}_{level}" for level in levels]
        twice = [name for name in names if names.count(name) > 1 or name in self._keys]
        if twice:
            raise DataError(
                f"{self.title} would make two columns {twice[0]!r}", "make the values tell themselves apart"
            )
        (keys,) = numbered(self._keys, rows)
        first = pd.Series(keys).drop_duplicates()
        made = rows[self._keys].iloc[first.index[(first != NO_KEY).to_numpy()]].reset_index(drop=True)
        for level, name in zip(levels, names, strict=True):
            at = (rows[self.columns] == level).to_numpy(dtype=bool, na_value=False)
            made[name] = self._cells(made, rows[at], level)
        return made

    def _levels_of(self, rows: pd.DataFrame) -> list[object]:
        if self.levels is not None:
            return list(self.levels)
        try:
            return sorted(rows[self.columns].dropna().unique().tolist())
        except TypeError as error:
            raise DataError(
                f"{self.title}: {self.columns!r} holds {values_of(rows[self.columns])}, which have no order",
                "bring them to one type with Cast, or name those that become columns: levels=[...]",
            ) from error

    def _cells(self, made: pd.DataFrame, rows: pd.DataFrame, level: object) -> pd.Series:
        """Return the cells of one level."""
        known = pd.Series(pd.Timestamp(0), index=rows.index)
        past = Past(made, rows, self._keys, pd.Series(pd.Timestamp(1), index=made.index), known)
        if self.function is not None:
            cells = aggregated(past, {"": (self.values, self.function)})[""]
            return cells.where(past.count() > 0) if self.function == "sum" else cells
        several = np.flatnonzero(past.count() > 1)
        if len(several):
            key = made.iloc[several[0]][self._keys].tolist()
            raise DataError(
                f"{self.title}: {len(several):,} cells have more than one row, such as {key} with "
                f"{self.columns}={level!r}",
                'say what becomes of them, such as function="mean", or name more columns in by=',
            )
        return past.last(self.values)
