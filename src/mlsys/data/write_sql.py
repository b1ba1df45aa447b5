"""WriteSQL: rows to a table of a database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from mlsys.data._sinks import frames_of, parts_of, with_model
from mlsys.data._sql import Address, engine_of, imported, named_errors, refuse_address
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, Sink
from mlsys.values import Kind, plain_frame, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from mlsys.tables import Table

PART = "part"
"""The column that names the part of each row."""
_MAKING = "mlsys_making"
_ROWS_AT_ONCE = 10_000


class WriteSQL(Sink):
    """Write the rows of open parts to one table of a database, with a column ``part``.

    Parameters
    ----------
    url : str or SecretStr
        The address, as SQLAlchemy writes it; its password is never shown or stored.
    table : str
        Name of the table, which is made if it is not there.
    parts : list of str, optional
        Parts to write; by default all open parts.
    columns : list of str, optional
        Columns to write; by default all.
    exists : {"replace", "append", "refuse"}
        What happens to rows that are there.
    schema : str, optional
        The schema of the table.

    Raises
    ------
    DataError
        If the database cannot be reached or refuses, a part is not open, a column is missing, or holds what the table
        cannot hold. The table then stays as it was.

    Notes
    -----
    All is written in one transaction: with ``"replace"`` to a new table that takes the place of the old one at the end.
    That is whole or not at all where the database makes tables in transactions (PostgreSQL, SQLite); elsewhere an
    interruption may leave the table ``NAME_mlsys_making`` beside the old one. Values are bound, names are quoted.
    A column that some parts lack, such as predictions of training rows, is NULL there. Times with a zone are written in
    UTC. The index is not written. Needs SQLAlchemy: ``pip install 'mlsys[sql]'``.

    Examples
    --------
    >>> import sqlite3
    >>> sqlite3.connect("out.db").close()
    >>> WriteSQL("sqlite:///out.db", "rows").write({"train": pd.DataFrame({"x": [1, 2]})})
    >>> sqlite3.connect("out.db").execute("SELECT * FROM rows").fetchall()
    [(1, 'train'), (2, 'train')]
    """

    url: Address
    table: str
    parts: tuple[str, ...] | list[str] | None = None
    columns: tuple[str, ...] | list[str] | None = None
    exists: Literal["replace", "append", "refuse"] = Field(default="replace", kw_only=True)
    schema: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse an address that is none."""
        refuse_address(self.url, self.title)
        if not self.table.strip():
            raise ConfigurationError(f"{self.title} got no table", "name one")

    def write(self, rows: Mapping[str, Any], /) -> None:
        """Write each part's table."""
        parts = parts_of(rows, self.parts, self.columns, self.title)
        taken = next((part for part, each in parts.items() if PART in self.columns_read(each.head(0).columns)), None)
        if taken is not None:
            raise DataError(f"{self.title} names parts in the column {PART!r}, which the rows have", "rename it before")
        frames = self._frames(parts)
        with self._transaction() as connection:
            there = self._is_there(connection)
            if there and self.exists == "refuse":
                raise DataError(
                    f"{self.title}: the table {self.table!r} is there", 'write exists="replace" or "append"'
                )
            if there and self.exists == "replace":
                self._replace(connection, frames)
            else:
                self._insert(connection, frames, self.table)

    def append(self, predictions: pd.DataFrame, /, model: Any) -> None:
        """Insert predictions, all or none.

        Parameters
        ----------
        predictions : DataFrame
            What ``model.predict`` returned.
        model : ServedModel or str
            The model, whose run is written as the column ``model``, or a version by name. The column ``predicted_at``
            holds the moment, in UTC.

        Examples
        --------
        >>> import sqlite3
        >>> sqlite3.connect("out.db").close()
        >>> WriteSQL("sqlite:///out.db", "predicted").append(pd.DataFrame({"prediction": [1]}), model="flights/3")
        >>> sqlite3.connect("out.db").execute("SELECT prediction, model FROM predicted").fetchall()
        [(1, 'flights/3')]
        """
        with self._transaction() as connection:
            self._insert(connection, [with_model(predictions, model, self.title)], self.table)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all."""
        return tuple(columns if self.columns is None else self.columns)

    def _frames(self, parts: Mapping[str, Table]) -> Iterator[pd.DataFrame]:
        """Yield first no rows with the columns of all parts, which make the table; then the rows with those they have.

        Training rows have no predictions, and would otherwise make a table without these.
        """
        columns: dict[str, pd.Series] = {}
        for each in parts.values():
            head = each.head(0)
            columns = {name: head[name] for name in self.columns_read(head.columns)} | columns
        names = list(dict.fromkeys(name for each in parts.values() for name in self.columns_read(each.head(0).columns)))
        yield with_columns(pd.DataFrame({name: columns[name] for name in names}), {PART: ""})
        for part, each in parts.items():
            for frame in frames_of(each, self.columns):
                yield with_columns(frame, {PART: part})

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with named_errors(self.title), engine_of(self.url, self.title, made=True).connect() as connection:
            if connection.engine.url.get_backend_name() == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # Python's own driver begins before rows, not tables
            yield connection
            connection.commit()

    def _is_there(self, connection: Connection) -> bool:
        inspected = imported(self.title).inspect(connection)
        return bool(inspected.has_table(self.table, schema=self.schema))

    def _replace(self, connection: Connection, frames: Iterable[pd.DataFrame]) -> None:
        sqlalchemy = imported(self.title)
        making, quoted = f"{self.table}_{_MAKING}", connection.dialect.identifier_preparer.quote
        place = f"{quoted(self.schema)}." if self.schema else ""
        connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {place}{quoted(making)}"))
        self._insert(connection, frames, making)
        connection.execute(sqlalchemy.text(f"DROP TABLE {place}{quoted(self.table)}"))
        connection.execute(sqlalchemy.text(f"ALTER TABLE {place}{quoted(making)} RENAME TO {quoted(self.table)}"))

    def _insert(self, connection: Connection, frames: Iterable[pd.DataFrame], table: str) -> None:
        for frame in frames:
            held = _in_utc(plain_frame(frame))
            for name in held.columns:
                found = values_of(held[name])
                if found.kind in (Kind.NESTED, Kind.MIXED, Kind.INTERVAL, Kind.PERIOD):
                    raise DataError(
                        f"{self.title}: column {name!r} holds {found}, which a table cannot hold",
                        "leave it out with columns=, or convert it before",
                    )
            try:
                held.to_sql(
                    table, connection, schema=self.schema, if_exists="append", index=False, chunksize=_ROWS_AT_ONCE
                )
            except (OverflowError, ValueError) as error:
                raise DataError(
                    f"{self.title} cannot write to {self.table!r}: {' '.join(str(error).split())}",
                    "convert the column before; whole numbers have at most 64 bits",
                ) from error


def _in_utc(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same moments in UTC: SQLite keeps the clock time alone."""
    zoned = [name for name in frame.columns if isinstance(frame[name].dtype, pd.DatetimeTZDtype)]
    return with_columns(frame, {name: frame[name].dt.tz_convert("UTC") for name in zoned})
