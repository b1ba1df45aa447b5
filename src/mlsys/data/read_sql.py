"""ReadSQL: rows that a database answers a query with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsys.data._csv_options import refuse_dtypes, refuse_times
from mlsys.data._declared import formats_of
from mlsys.data._folders import Folders
from mlsys.data._held import Arrived, held
from mlsys.data._planned import Declared, PlannedSource, refuse_unknown
from mlsys.data._rows_to_arrow import table_of
from mlsys.data._schema import Plan, plan_of
from mlsys.data._sql import Address, asking, bound, local_file, make_url_of, query_of, refuse_address, text_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.states import digest
from mlsys.steps import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

ROWS_AT_ONCE = 20_000
"""Rows fetched in one go: as Python's values they take about 1 kB each."""


class ReadSQL(PlannedSource):
    """Read the rows that a database answers a query with; more than ``rows_in_memory`` go in partitions.

    Parameters
    ----------
    url : str or SecretStr
        The address, as SQLAlchemy writes it: ``"postgresql://user@host/database"``, ``"sqlite:///shop.db"``. Its
        password is never shown or stored and is not part of the step's digest; drivers also take it from where they
        usually do, such as ``PGPASSWORD``.
    query : str
        One ``SELECT``. Values stand in it by name, ``:since``; the query is recorded with the run.
    parameters : dict
        The values, bound by the driver and never written into the text: numbers, texts, truth values, times; a list is
        the values of an ``IN``.
    known_at : dict of str to str
        When columns become known: a time column (which may be derived later), or a delay after the row's time.
    dtypes : dict of str to str
        Types of columns, in place of the database's, such as ``{"zip_code": "str"}``.
    times : list of str or dict of str to str
        Columns to read as timestamps, of databases that store times as text (SQLite); a dict also gives the format.
    zone : str, optional
        Time zone of ``times``.
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of columns, checked while reading; see :class:`Schema`.
    edition_query : str, optional
        A query whose answer changes when the rows do, such as ``"SELECT count(*), max(changed) FROM orders"``: while it
        is the same, results of earlier runs are used again. Otherwise a server is asked at each run.

    Raises
    ------
    ConfigurationError
        If the address cannot be read, its driver is not installed, or the query and ``parameters`` do not fit.
    DataError
        If the database does not answer within 10 s (PostgreSQL), refuses the query, or gives no rows, two columns of
        one name, or a column of values of several kinds.

    Notes
    -----
    The query runs in the database's engine (extract, load, transform there), in one transaction that is read-only where
    the database knows such (PostgreSQL, SQLite) and rolled back in any case. Rows are streamed by a cursor on the
    server and held as Arrow columns; beyond ``rows_in_memory`` they are put aside in a private folder, so that the
    query runs once and all partitions come from one state of the database. Give it an ``ORDER BY`` if the order of
    rows shall be the same every time.

    Decimals become integers if none has a fraction, otherwise floats; integers keep every digit; dates become
    timestamps; times with a zone are in UTC; UUIDs are text. Needs SQLAlchemy: ``pip install 'mlsys[sql]'``.

    Examples
    --------
    >>> import sqlite3
    >>> with sqlite3.connect("shop.db") as shop:
    ...     _ = shop.execute("CREATE TABLE orders (id INTEGER, city TEXT, price REAL)")
    ...     _ = shop.executemany("INSERT INTO orders VALUES (?, ?, ?)", [(1, "Rome", 2.5), (2, "Oslo", 3.0)])
    >>> ReadSQL("sqlite:///shop.db", "SELECT id, price FROM orders WHERE city = :city", {"city": "Rome"}).read()
       id  price
    0   1    2.5
    """

    url: Address
    query: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    known_at: dict[str, str] = Field(default_factory=dict)
    dtypes: dict[str, Any] = Field(default_factory=dict)
    times: tuple[str, ...] | list[str] | dict[str, str] = ()
    zone: str | None = None
    edition_query: str = Field(default="", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse an address that is none, and values that the query does not name."""
        refuse_address(self.url, self.title)
        if not self.query.strip():
            raise ConfigurationError(f"{self.title} got an empty query", 'write one, such as "SELECT * FROM orders"')
        query_of(self.query, self.parameters, self.title)
        refuse_dtypes(self.dtypes, self.times, self.title)
        refuse_times(formats_of(self.times), self.title)

    def plan(self) -> Plan:
        """Return the rows with their types."""
        files = held(self.tables(), self.title)
        if not sum(file.rows for file in files):
            raise DataError(f"{self.title}: the query gives no rows", "correct the query or its values")
        plan = plan_of(files, Folders((), {}), None, self.title)
        refuse_unknown(plan.order, self._declared().asked, self.title)
        return plan

    def finished(self, frame: pd.DataFrame, row: Callable[[int], str]) -> pd.DataFrame:
        """Return rows in their declared types."""
        return self._declared().typed(frame, row)

    def tables(self, documents: str = "") -> Iterator[Arrived]:
        """Yield the answer in pieces, each with what messages call it; a column of ``documents`` as JSON texts."""
        statement = query_of(self.query, self.parameters, self.title)
        with asking(self.url, self.title) as connection:
            streamed = connection.execution_options(stream_results=True, max_row_buffer=ROWS_AT_ONCE)
            answer = streamed.execute(statement, bound(self.parameters))
            if not answer.returns_rows:
                raise DataError(f"{self.title}: the query gives no table", "write one SELECT")
            names, start = list(answer.keys()), 0
            try:
                while rows := answer.fetchmany(ROWS_AT_ONCE):
                    label = f"rows {start:,} to {start + len(rows) - 1:,} of the answer"
                    yield Arrived("", label, table_of(names, rows, start, self.title, documents))
                    start += len(rows)
            except (ValueError, OverflowError) as error:
                if isinstance(error, DataError):
                    raise
                raise DataError(
                    f"{self.title}: the driver cannot give a value after row {start:,}: {error}",
                    "convert it in the query, such as CAST(... AS TEXT)",
                ) from error

    def edition(self) -> str | None:
        """Return a digest of what ``edition_query`` answers; ``None`` without one."""
        if not self.edition_query:
            return None
        with asking(self.url, self.title) as connection:
            rows = connection.execute(query_of(self.edition_query, {}, self.title)).fetchmany(ROWS_AT_ONCE)
        return digest([[str(value) for value in row] for row in rows])

    def files_read(self) -> list[Path] | None:
        """Return the file of an SQLite database; ``None`` for a server."""
        file = local_file(text_of(self.url), self.title)
        return None if file is None or self.edition_query else [file]

    def done_in_engine(self) -> tuple[str, ...]:
        """Return the query, with the database that answers it."""
        backend = make_url_of(self.url, self.title).get_backend_name()
        return (f"{backend}: {' '.join(self.query.split())}",)

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def _declared(self) -> Declared:
        return Declared(self.dtypes, self.times, self.zone, (), self.title)
