"""ReadFrame: rows of a table that is in memory, of pandas or any library that speaks Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import pyarrow as pa
from pydantic import BeforeValidator

from mlsys.data._arrow_file import ArrowFile
from mlsys.data._folders import Folders
from mlsys.data._pieces import whole_of
from mlsys.data._planned import refuse_unknown, row_names
from mlsys.data._schema import plan_of
from mlsys.dataset import check_names
from mlsys.errors import ConfigurationError, DataError
from mlsys.schemas import Gate, SchemaGiven, accepted, gate_of
from mlsys.steps import Field, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_WHO = "ReadFrame"


def _as_frame(given: Any) -> pd.DataFrame:
    """Return rows of any library as a frame of plain types; a query that was not run yet is run."""
    if isinstance(given, pd.DataFrame):
        return given
    if hasattr(given, "collect") and not hasattr(given, "__arrow_c_stream__"):
        given = given.collect()
    if hasattr(given, "to_arrow_table"):
        given = given.to_arrow_table()
    if not hasattr(given, "__arrow_c_stream__"):
        raise ConfigurationError(
            f"{_WHO} got {type(given).__name__}, which is no table",
            "give a pandas frame, or a table of Arrow, polars, duckdb or another library with __arrow_c_stream__",
        )
    return whole_of(plan_of([ArrowFile.of("the table", pa.table(given))], Folders((), {}), None, _WHO))


Frame = Annotated[pd.DataFrame, BeforeValidator(_as_frame)]
"""A table of pandas, or of a library that speaks Arrow."""


class ReadFrame(Source):
    """Read a table that is in memory, so that a pipeline has it as its source.

    Parameters
    ----------
    frame : DataFrame or table
        A pandas frame, or anything with ``__arrow_c_stream__``: a table of Arrow or polars, a relation of duckdb. Other
        tables than pandas' are converted when the step is made.
    known_at : dict of str to str
        When columns become known: a time column (which may be derived later), or a delay after the row's time.
    columns : list of str, optional
        Columns to read; by default all.
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of columns, checked when the rows are read; see :class:`Schema`.

    Raises
    ------
    ConfigurationError
        If it is no table.
    DataError
        If a column is missing or its values have no common type.

    Notes
    -----
    The rows belong to the step: two steps are equal if their rows are, and earlier results are used again only then.
    Types of Arrow become pandas' as in :class:`ReadParquet`; no value changes. Rows are numbered from 0, an index is
    dropped. ``run(frame)`` gives a pipeline rows without such a step.

    Examples
    --------
    >>> ReadFrame(pa.table({"n": [1, None], "city": ["Rome", "Oslo"]})).read()
         n  city
    0  1.0  Rome
    1  NaN  Oslo
    """

    frame: Frame
    known_at: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] | list[str] | None = None
    schema: SchemaGiven = Field(default=None, kw_only=True)

    def read(self) -> pd.DataFrame:
        """Return the rows, numbered from 0."""
        check_names(self.frame, self.title, "got")
        there = list(self.frame.columns)
        known = self.known_at if self.columns is None else ()
        refuse_unknown(there, {"columns": self.columns or (), "known_at": known}, self.title)
        if self.frame.empty:
            raise DataError(f"{self.title} has a table without rows", "check what made it")
        frame = (self.frame if self.columns is None else self.frame[list(self.columns)]).reset_index(drop=True)
        gate = self._gate()
        return frame if gate is None else gate.frame(frame, row_names([("", len(frame))]))

    def accept(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return rows that are given in place of its own, held to the schema."""
        return accepted(self._gate(), frame)

    def _gate(self) -> Gate | None:
        return gate_of(None if self.schema is None else self.schema.only(self.columns), self.title, self.digest)

    def files_read(self) -> Sequence[Path]:
        """Return nothing: the rows are in the step."""
        return ()

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at
