"""Sources whose rows are told of before they are read: types are fixed for all, many rows come in pieces."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.data._declared import formats_of, typed
from mlsys.data._held import Arrived
from mlsys.data._paths import shown
from mlsys.data._pieces import pieces_of, whole_of
from mlsys.data._where import conditions_of, mask_of, refuse_absent
from mlsys.errors import DataError, meant
from mlsys.schemas import Gate, SchemaGiven, SetAside, accepted, gate_of
from mlsys.steps import Field, Source
from mlsys.tables import Partition, noted, noting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mlsys.data._schema import Plan


class PlannedSource(Source):
    """Reads what ``plan()`` tells of, once: rows are parsed, asked for or fetched a single time.

    Parameters
    ----------
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of columns, checked while reading.
    """

    schema: SchemaGiven = Field(default=None, kw_only=True)
    parses: ClassVar[str | None] = None
    """The decimal mark where texts are read as what a schema declares; ``None`` where the source knows types."""

    def plan(self) -> Plan:
        """Return the rows with their types."""
        raise TypeError(f"{type(self).__name__} writes plan()")

    def finished(self, frame: pd.DataFrame, row: Callable[[int], str]) -> pd.DataFrame:
        """Return rows in their declared types; ``row`` names the one at a position."""
        return frame

    def read(self) -> pd.DataFrame:
        """Return all rows, numbered from 0 in plan order."""
        return self._whole(self._checked())

    def partitions(self) -> Sequence[Partition] | None:
        """Return the pieces if there are more rows than ``rows_in_memory``, otherwise ``None``."""
        return self._pieces(self._checked())

    def open(self) -> Sequence[Partition]:
        """Return the rows in pieces; of few rows one piece."""
        plan = self._checked()
        pieces = self._pieces(plan)
        return [Partition(None, lambda columns: _chosen(self._whole(plan), columns))] if pieces is None else pieces

    def accept(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return rows that are given in place of its own, held to the schema."""
        return accepted(self._gate(), frame)

    def _checked(self) -> Plan:
        plan = self.plan()
        refuse_unknown(plan.order, {"known_at": self.known_at_declared()}, self.title)
        return plan

    def _whole(self, plan: Plan) -> pd.DataFrame:
        row = row_names([(each.label, each.rows) for each in plan.files])
        frame, gate = self.finished(whole_of(plan), row), self._gate(self.files_read())
        frame = frame if gate is None else gate.frame(frame, row, plan.unread)
        if not plan.came:
            return frame
        return noting(frame, replace(noted(frame) or SetAside(len(frame)), came=plan.came))

    def _pieces(self, plan: Plan) -> Sequence[Partition] | None:
        pieces, gate = pieces_of(plan, self._piece), self._gate(self.files_read())
        if pieces is not None and plan.came:
            pieces = [replace(pieces[0], note=SetAside(came=plan.came)), *pieces[1:]]
        if pieces is None or gate is None:
            return pieces
        return gate.pieces(pieces, plan.unread)

    def _gate(self, files: Sequence[Path] | None = None) -> Gate | None:
        columns = getattr(self, "columns", None)
        schema = None if self.schema is None else self.schema.only(columns)
        reads = shown([str(each) for each in files]) if files else ""
        return gate_of(schema, self.title, self.digest, self.parses, reads)

    def _piece(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.finished(frame, lambda place: f"row {frame.index[place]}")


def _chosen(frame: pd.DataFrame, columns: Sequence[str] | None) -> pd.DataFrame:
    return frame if columns is None else frame[list(columns)]


def row_names(files: Sequence[tuple[str, int]]) -> Callable[[int], str]:
    """Return a function that names the row at a position among those of all files.

    Examples
    --------
    >>> row_names([("a.csv", 2), ("b.csv", 3)])(3)
    "row 1 of 'b.csv'"
    """
    ends = list(accumulate(rows for _, rows in files))

    def name(place: int) -> str:
        at = int(np.searchsorted(ends, place, side="right"))
        if len(files) <= 1 or at >= len(files):
            return f"row {place}"
        return f"row {place - (ends[at - 1] if at else 0)} of {files[at][0]!r}"

    return name


def refuse_unknown(there: Sequence[str], asked: Mapping[str, Iterable[str]], who: str) -> None:
    """Raise for an option that names a column that is not there."""
    for option, names in asked.items():
        for name in names:
            if name not in there:
                raise DataError(
                    f"{who}: {option}= names the column {name!r}, which is not there (columns: {', '.join(there)})",
                    f"{meant(name, there)}correct the names in {option}=",
                )


class Declared:
    """What a user says of columns: types, times, conditions.

    Parameters
    ----------
    dtypes : mapping of str to dtype
        Types of columns.
    times : collection of str or mapping of str to str
        Columns that become timestamps.
    zone : str or None
        Their time zone.
    where : sequence
        Conditions that all rows meet.
    who : str
        For messages.
    """

    def __init__(self, dtypes: Mapping[str, Any], times: Any, zone: str | None, where: Sequence[Any], who: str) -> None:
        self._dtypes, self._formats, self._zone = dtypes, formats_of(times), zone
        self.conditions, self._who = conditions_of(where, who), who

    @property
    def asked(self) -> dict[str, Iterable[str]]:
        """Names of columns, by the option that names them."""
        return {"dtypes": self._dtypes, "times": self._formats, "where": [each.column for each in self.conditions]}

    def columns(self, columns: Sequence[str] | None) -> list[str] | None:
        """Return the columns to read: those that are wanted, and those of conditions."""
        return None if columns is None else [*columns, *(each.column for each in self.conditions)]

    def typed(self, frame: pd.DataFrame, row: Callable[[int], str] | None = None) -> pd.DataFrame:
        """Return a frame whose columns have their types."""
        return typed(frame, self._dtypes, self._formats, self._zone, self._who, row)

    def kept(self, tables: Iterable[Arrived]) -> Iterator[Arrived]:
        """Yield tables with the rows that meet all conditions."""
        met = set[str]()
        for origin, label, table in tables:
            met.update(table.column_names)
            mask = mask_of(self.conditions, partial(self._column, table), table.num_rows, self._who)
            yield Arrived(origin, label, table if mask is None else table.filter(pa.array(mask)))
        refuse_absent(self.conditions, met, self._who)

    def _column(self, table: pa.Table, name: str) -> Any:
        if name not in table.column_names:
            return pa.nulls(table.num_rows)
        column = table.column(name)
        if name not in self._formats and name not in self._dtypes:
            return column
        return self.typed(column.to_pandas(integer_object_nulls=True).to_frame(name))[name]
