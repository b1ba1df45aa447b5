"""CheckSchema: rows held to a schema, as a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.schemas import Schema, SchemaGiven, gate_of
from mlsys.steps import Select

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np


class CheckSchema(Select):
    """Keep the rows that fit a schema; raise, drop or quarantine the others, as the schema says.

    Parameters
    ----------
    schema : Schema, mapping or pydantic model
        Types and constraints of columns; see :class:`Schema`.

    Raises
    ------
    DataError
        If a column is missing or holds another type; if rows do not fit and ``bad_rows`` is ``"raise"``, with the ten
        worst; or if more rows are lost than the schema allows.

    See Also
    --------
    ReadCSV, ReadParquet : Check while reading, which costs no second pass and reads text as the declared types.

    Notes
    -----
    Values keep their types: a column of floats without fractions fits ``"int"`` and stays one of floats. All rows are
    gathered. How many rows were set aside, and why, is a finding of the run.

    Examples
    --------
    >>> from mlsys import Column, Schema
    >>> frame = pd.DataFrame({"age": [31, -1, 44]})
    >>> CheckSchema(Schema({"age": Column("int", least=0)}, bad_rows="drop", most=0.5)).select(frame)
       age
    0   31
    2   44
    """

    schema: SchemaGiven

    def __post_init__(self) -> None:
        """Refuse to check against nothing."""
        if self.schema is None:
            raise ConfigurationError("CheckSchema got no schema", 'give one, such as {"age": Column(int, least=0)}')

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Any:
        """Return which rows fit."""
        gate = gate_of(self._schema, self.title, self.digest)
        assert gate is not None
        return gate.mask(frame, lambda place: f"row {frame.index[place]!r}")

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of the schema."""
        declared = [*self._schema.columns, *self._schema.key]
        return tuple(dict.fromkeys([*declared, *(columns if self._schema.closed else ())]))

    @property
    def _schema(self) -> Schema:
        assert isinstance(self.schema, Schema)
        return self.schema
