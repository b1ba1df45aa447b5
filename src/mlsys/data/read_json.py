"""ReadJSON: rows from files of JSON records, one a line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from mlsys.data._csv_content import refuse_encoding
from mlsys.data._csv_options import refuse_dtypes, refuse_times
from mlsys.data._declared import formats_of, is_text
from mlsys.data._folders import Folders, folders_of, with_folders
from mlsys.data._held import Arrived, held
from mlsys.data._json_lines import JSONFile
from mlsys.data._paths import JSON_ENDINGS, Paths, files_of, files_read, shown
from mlsys.data._planned import Declared, PlannedSource, refuse_unknown
from mlsys.data._schema import Plan, plan_of
from mlsys.data._where import conditions_of, in_words
from mlsys.errors import DataError
from mlsys.steps import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from mlsys.data._arrow_file import Stored
    from mlsys.schemas import Unread


class ReadJSON(PlannedSource):
    r"""Read one or more files of JSON lines, compressed or not; more rows than ``rows_in_memory`` go in partitions.

    Parameters
    ----------
    path : str, Path or list
        A file (also ``.gz``, ``.zip``, ``.bz2``, ``.xz``), a pattern, a folder (searched recursively), an address, or a
        list of these. Folders named ``key=value`` add a column ``key``.
    known_at : dict of str to str
        When columns become known: a time column (which may be derived later), or a delay after the row's time.
    columns : list of str, optional
        Columns to read; by default all, in the order in which they first appear.
    dtypes : dict of str to str
        Types of columns, in place of those in the file, such as ``{"zip_code": "str"}``, which keeps digits as they
        are written.
    times : list of str or dict of str to str
        Columns to read as timestamps; a dict also gives the format of each, in ``strptime`` codes, or ``"ISO8601"``.
    zone : str, optional
        Time zone of ``times``: times without an offset are read in it, times with an offset are converted to it.
    where : list of tuple
        Conditions that all rows meet, each ``(column, operator, value)``, as in :class:`ReadParquet`; other rows are
        dropped piece by piece.
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of columns, checked while reading; see :class:`Schema`. Texts are read as the numbers,
        times and truth values that it declares. Lines that are no record count among the rows that do not fit.
    encoding : str
        Python's name of the encoding.
    links : bool
        Whether symbolic links may lead out of the folder that is named, or in which a pattern looks.

    Raises
    ------
    DataError
        If a file is missing, empty or damaged, a line is no JSON object, names a column twice, or holds a value of
        another kind than the lines before it; the message names the file, the line and the column.

    Notes
    -----
    A line is an object, ``{"price": 10, "city": "Rome"}``; blank lines are not rows, and a column that a line lacks is
    null there. A file that holds one array of objects is read too, all at once. Texts stay texts, also those that look
    like numbers or times. Integers keep every digit: with nulls they are floats up to 2**53 and nullable integers
    above; beyond 64 bits they are text. Objects and arrays inside a record stay Python's; :class:`ReadDocuments` reads
    them as Arrow types. :class:`Flatten` takes both apart.

    Files are parsed by Arrow, 16 MB at a time. Rows beyond ``rows_in_memory`` are parsed once and put aside in a
    private folder, so memory does not grow with rows. In partitions, give times with a format.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("orders.jsonl").write_text('{"id": 1, "price": 2.5}\n{"id": 2, "city": "Rome"}\n')
    >>> ReadJSON("orders.jsonl").read()
       id  price  city
    0   1    2.5   NaN
    1   2    NaN  Rome
    >>> ReadJSON("orders.jsonl", columns=["id"], where=[("city", "==", "Rome")]).read()
       id
    0   2
    """

    path: Paths
    known_at: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] | list[str] | None = None
    dtypes: dict[str, Any] = Field(default_factory=dict)
    times: tuple[str, ...] | list[str] | dict[str, str] = ()
    zone: str | None = None
    where: tuple[Any, ...] | list[Any] = Field(default=(), kw_only=True)
    links: bool = Field(default=False, kw_only=True)
    encoding: str = Field(default="utf-8", kw_only=True)
    parses: ClassVar[str | None] = "."

    def __post_init__(self) -> None:
        """Refuse what no file can be read with."""
        refuse_encoding(self.encoding, self.title)
        refuse_dtypes(self.dtypes, self.times, self.title)
        refuse_times(formats_of(self.times), self.title)
        conditions_of(self.where, self.title)

    def files_read(self) -> list[Path] | None:
        """Return the files; ``None`` for an address."""
        return files_read(self.path, JSON_ENDINGS, self.title, self.links)

    def done_in_engine(self) -> tuple[str, ...]:
        """Return which rows and columns the reader chooses."""
        return in_words(self.where, self.columns, self.title)

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def plan(self) -> Plan:
        """Return the rows with their types."""
        paths = files_of(self.path, JSON_ENDINGS, self.title, self.links)
        declared = self._declared()
        unread: list[Unread] = []
        texts = {name for name, dtype in self.dtypes.items() if is_text(dtype)}
        files = held(declared.kept(self._tables(paths, declared, texts, unread)), self.title)
        if self.schema is not None and (mixed := _texts_beside_others(files, self.schema.columns)):
            unread.clear()
            files = held(declared.kept(self._tables(paths, declared, texts | mixed, unread)), self.title)
        if not files:
            raise DataError(f"{self.title}: {shown(paths)} has no records", "give a file with an object a line")
        there = list(dict.fromkeys(name for file in files for name in file.types))
        absent = [name for name in self.columns or () if name not in there]
        if absent:
            raise DataError(f"{self.title}: columns= names {absent[0]!r}, which no record has", "correct columns=")
        refuse_unknown(there, declared.asked if self.columns is None else {}, self.title)
        if not sum(file.rows for file in files):
            if not self.where:
                raise DataError(f"{self.title}: {shown(paths)} has no record with a field", "give a file with rows")
            raise DataError(f"{self.title}: no record meets where=", "correct the conditions in where=")
        plan = plan_of(files, Folders((), {}), self.columns, self.title, absent=True)
        return replace(plan, unread=tuple(unread))

    def finished(self, frame: pd.DataFrame, row: Callable[[int], str]) -> pd.DataFrame:
        """Return rows in their declared types."""
        return self._declared().typed(frame, row)

    def _declared(self) -> Declared:
        return Declared(self.dtypes, self.times, self.zone, self.where, self.title)

    def _tables(
        self, paths: Sequence[str], declared: Declared, texts: Collection[str], unread: list[Unread]
    ) -> Iterator[Arrived]:
        folders = folders_of(self.path, paths)
        wanted = declared.columns(self.columns)
        own = None if wanted is None else [name for name in wanted if name not in folders.types]
        for place, path in enumerate(paths):
            file = JSONFile(path, self.encoding, self.title, own, texts, self.schema is not None)
            for label, table in file.tables():
                yield Arrived(path, label, with_folders(table, folders, place, path, self.title))
            unread += file.unread


def _texts_beside_others(files: Sequence[Stored], declared: Iterable[str]) -> set[str]:
    """Return the columns of a schema that are text in one file or piece, and something else in another."""
    found = set()
    for name in declared:
        types = {file.types[name] for file in files if name in file.types} - {pa.null()}
        if len(types) > 1 and pa.string() in types:
            found.add(name)
    return found
