"""ReadDocuments: nested JSON records as Arrow's lists and structs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.data._csv_content import refuse_encoding
from mlsys.data._folders import Folders, folders_of, with_folders
from mlsys.data._held import Arrived, held
from mlsys.data._json_lines import JSONFile, table_of_texts
from mlsys.data._paths import JSON_ENDINGS, Paths, files_of, files_read
from mlsys.data._planned import PlannedSource, refuse_unknown
from mlsys.data._schema import Plan, plan_of
from mlsys.data.read_sql import ReadSQL
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class ReadDocuments(PlannedSource):
    """Read documents, JSON objects with objects and arrays inside, from files or from a column of a database.

    Parameters
    ----------
    source : str, Path, list or ReadSQL
        Files as in :class:`ReadJSON` (lines, or one array of objects), or a query with a column of documents, such as
        PostgreSQL's ``jsonb``.
    column : str, optional
        The column of the query that holds the documents; their fields become columns beside the others.
    columns : list of str, optional
        Columns to read; by default all.
    known_at : dict of str to str
        When columns become known: a time column (which may be derived later), or a delay after the row's time.
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of columns, checked while reading; see :class:`Schema`.
    encoding : str
        Python's name of the encoding of files.
    links : bool
        Whether symbolic links may lead out of the folder that is named, or in which a pattern looks.

    Raises
    ------
    DataError
        If a file is missing or damaged, a document is no object, or a field holds values of different kinds; the
        message names the file, the line or row, and the path to the field.

    Notes
    -----
    An object becomes a struct, an array a list, typed by all documents together; a field that a document lacks is
    null. :class:`Flatten` makes columns of them and logs how often each field is absent. Texts stay texts, integers
    keep every digit.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("orders.json").write_text('[{"id": 1, "to": {"city": "Rome"}}, {"id": 2, "to": {"zip": 10}}]')
    >>> from mlsys import Flatten
    >>> orders = ReadDocuments("orders.json").read()
    >>> orders["to"].dtype
    struct<city: string, zip: int64>[pyarrow]
    >>> Flatten().reshape(orders)
       id to.city  to.zip
    0   1    Rome     NaN
    1   2     NaN    10.0
    """

    source: Paths | ReadSQL
    column: str = ""
    columns: tuple[str, ...] | list[str] | None = None
    known_at: dict[str, str] = Field(default_factory=dict)
    encoding: str = Field(default="utf-8", kw_only=True)
    links: bool = Field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse a query without a column of documents, and a column of files."""
        refuse_encoding(self.encoding, self.title)
        if isinstance(self.source, ReadSQL) != bool(self.column):
            raise ConfigurationError(
                f"{self.title} got {'a query without column=' if not self.column else 'column= for files'}",
                "name the column of the query that holds the documents"
                if not self.column
                else "leave it out: each line of a file is a document",
            )

    def plan(self) -> Plan:
        """Return the documents with their types."""
        tables = self._of_query() if isinstance(self.source, ReadSQL) else self._of_files()
        files = held(tables, self.title)
        if not sum(file.rows for file in files):
            raise DataError(f"{self.title} read no documents", "check the file, or the query")
        there = list(dict.fromkeys(name for file in files for name in file.types))
        refuse_unknown(there, {"columns": self.columns or ()}, self.title)
        return plan_of(files, Folders((), {}), self.columns, self.title, nested=True, absent=True)

    def files_read(self) -> Sequence[Path] | None:
        """Return the files; ``None`` for an address or a server."""
        if isinstance(self.source, ReadSQL):
            return self.source.files_read()
        return files_read(self.source, JSON_ENDINGS, self.title, self.links)

    def edition(self) -> str | None:
        """Return the edition of what the query reads."""
        return self.source.edition() if isinstance(self.source, ReadSQL) else None

    def done_in_engine(self) -> tuple[str, ...]:
        """Return the query, if the documents come from one."""
        return self.source.done_in_engine() if isinstance(self.source, ReadSQL) else ()

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def _of_files(self) -> Iterator[Arrived]:
        paths = files_of(self.source, JSON_ENDINGS, self.title, self.links)
        folders = folders_of(self.source, paths)
        own = None if self.columns is None else [name for name in self.columns if name not in folders.types]
        for place, path in enumerate(paths):
            for label, table in JSONFile(path, self.encoding, self.title, own).tables():
                yield Arrived(path, label, with_folders(table, folders, place, path, self.title))

    def _of_query(self) -> Iterator[Arrived]:
        assert isinstance(self.source, ReadSQL)
        start = 0
        for _, label, table in self.source.tables(documents=self.column):
            refuse_unknown(table.column_names, {"column": [self.column]}, self.title)
            texts, others = table.column(self.column).to_pylist(), table.drop_columns([self.column])
            documents = table_of_texts(texts, start, label, self.title)
            start += table.num_rows
            for name in documents.column_names:
                if name in others.column_names:
                    raise DataError(
                        f"{self.title}: {name!r} is a column of the query and a field of its documents",
                        "rename the column in the query, such as SELECT id AS order_id",
                    )
                others = others.append_column(name, documents.column(name))
            yield Arrived("", label, others)
