"""One CSV file: its header, its rows as pandas reads them, and repairs by pandas that are refused."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.data._csv_content import Content, content_of, is_blank, not_text, refuse_null_characters
from mlsys.data._csv_lines import Part, Ragged, parts_of, without_ragged
from mlsys.data._csv_separator import refuse_other_separator
from mlsys.data._csv_shape import refuse_ragged, refuse_stray_quote
from mlsys.errors import DataError
from mlsys.secrets import cleaned
from mlsys.values import Kind, values_of, with_columns
from mlsys.warned import hushed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

logger = logging.getLogger("mlsys")


@dataclass(frozen=True)
class Writing:
    """How the text of a file is written."""

    separator: str
    decimal: str
    encoding: str
    nulls: tuple[str, ...]
    null_values: tuple[str, ...] | None

    def options(self) -> dict[str, Any]:
        """Return these as options of pandas."""
        usual = self.null_values is None
        nulls = [*self.nulls] if usual else ["", *(self.null_values or ()), *self.nulls]
        return {
            "sep": self.separator,
            "decimal": self.decimal,
            "na_values": nulls or None,
            "keep_default_na": usual,
            "encoding": "utf-8",
        }


class CSVFile:
    """Read columns of one file.

    Parameters
    ----------
    file : str
        Path or address.
    writing : Writing
        How it is written.
    who : str
        For messages.
    loses : bool
        Whether rows with another number of fields than the header are left out rather than refused.

    Attributes
    ----------
    ragged : list of Ragged
        Rows that were left out, once some were read.
    """

    def __init__(self, file: str, writing: Writing, who: str, loses: bool = False) -> None:
        self.file, self.who, self._writing, self._loses = file, who, writing, loses
        self.ragged: list[Ragged] = []
        self._checked = False

    @cached_property
    def content(self) -> Content:
        """The text."""
        return content_of(self.file, self._writing.encoding, self.who)

    @cached_property
    def header(self) -> list[str]:
        """The names of all columns as they are written; one without a name is called ``""``."""
        if not self._first:
            raise DataError(f"{self.who}: the file {self.file!r} is empty", "give a file with a header and rows")
        names = self._first[0]
        if any("\0" in name for name in names):
            raise DataError(
                f"{self.who}: the header of {self.file!r} holds null characters, so it is not "
                f"{self._writing.encoding} text",
                'name its encoding, for example encoding="utf-16-le"',
            )
        if len(names) == 1:
            refuse_other_separator(self.content, self._writing.separator, self.who)
        if "" in names:
            logger.warning(
                "%s: column %d of %r has no name and is called ''; name it in the file, or leave it out with columns=",
                self.who,
                names.index("") + 1,
                self.file,
            )
        return names

    @cached_property
    def _first(self) -> list[list[str]]:
        """The header and the first row; less where there are none."""
        return list(islice((record for _, record in self.records() if not is_blank(record)), 2))

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the header and each row as fields of text, with the line it begins on; slow."""
        return self.content.records(self._writing.separator)

    @cached_property
    def _labels(self) -> list[str]:
        """The names, those of a repeated one, which is never read, made different."""
        met: Counter[str] = Counter()
        labels = []
        for name in self.header:
            labels.append(f"{name}\0{met[name]}" if met[name] else name)
            met[name] += 1
        return labels

    def read(self, columns: Sequence[str] | None, dtypes: Mapping[str, Any]) -> pd.DataFrame:
        """Return columns in the order asked for; each row is known to have as many fields as the header."""
        wanted = self.header if columns is None else list(columns)
        self._refuse_repeated(wanted)
        frame = self._read(wanted, dtypes, all_columns=columns is None)
        return frame[wanted]

    def parts(self, rows: int) -> list[tuple[CSVFile, Part]] | None:
        """Return the file in parts of so many rows that can be read by themselves; ``None`` where it has no such.

        Text that was unpacked or decoded is held in memory in any case. Rows of another length are ``ragged``.
        """
        if self.content.data is not None:
            return None
        found = parts_of(self.content, len(self.header), self._writing.separator, rows)
        if found is None or (found[1] and not self._loses):
            return None
        parts, self.ragged = found
        with self.content.opened() as opened:
            header = opened.read(parts[0].begin) if parts else b""
        return [(_PartOfCSV(self, part, header), part) for part in parts]

    def texts(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return columns as they are written, null where nulls are written."""
        return self.read(columns, dict.fromkeys(columns, "str"))

    def _refuse_repeated(self, wanted: Sequence[str]) -> None:
        times = Counter(self.header)
        repeated = [name for name in wanted if times[name] > 1]
        if repeated:
            places = [str(place + 1) for place, name in enumerate(self.header) if name == repeated[0]]
            raise DataError(
                f"{self.who}: {self.file!r} has {times[repeated[0]]} columns {repeated[0]!r} (columns "
                f"{', '.join(places)})",
                "give each column its own name, or leave this one out with columns=",
            )

    def _read(self, wanted: Sequence[str], dtypes: Mapping[str, Any], all_columns: bool) -> pd.DataFrame:
        if self._checked:
            return self._parsed(wanted, dtypes, all_columns)
        known = self._loses and self._without_ragged()
        if not known:
            refuse_null_characters(self.content, self.who)
        if not known and any(len(record) > len(self.header) for record in self._first):
            self._refuse_ragged()  # pandas would make an index of a field
        try:
            frame = self._parsed(wanted, dtypes, all_columns)
        except pd.errors.ParserError as error:  # a row longer than the first, or a quote that is never closed
            self._refuse_ragged()
            refuse_stray_quote(self.content, self._writing.separator, self.who)
            raise self._unreadable(error) from error
        if not known and self._may_be_ragged(frame, all_columns):
            self._refuse_ragged()
        if any(_holds_line_end(frame[name]) for name in frame.columns):
            refuse_stray_quote(self.content, self._writing.separator, self.who)
        self._checked = True
        return frame

    def _may_be_ragged(self, frame: pd.DataFrame, all_columns: bool) -> bool:
        """Decide from what pandas read whether each row must be checked.

        A shorter row has a null in the last column. Where all columns are read, pandas itself refuses a row longer
        than the first.
        """
        if all_columns and not frame.iloc[:, -1].hasnans:
            return False
        expected = (len(self.header) - 1) * (len(frame) + 1)
        if all_columns or not frame[self._labels[-1]].hasnans:
            return self.content.separators(self._writing.separator) != expected
        return True

    def _without_ragged(self) -> bool:
        """Leave ragged rows out of what is read; return whether it could be told which ones are."""
        found = without_ragged(self.content, len(self.header), self._writing.separator)
        if found is not None:
            self.content, self.ragged = found
        return found is not None

    def _refuse_ragged(self) -> None:
        if not self.content.is_text():
            raise not_text(self.file, self._writing.encoding, self.content, self.who)
        refuse_ragged(self.content, len(self.header), self._writing.separator, self.who)

    def rows_read(self, rows: int) -> NDArray[np.intp] | None:
        """Return the number in the file of each row that was read; ``None`` where none was left out before."""
        if not self.ragged:
            return None
        return np.delete(np.arange(rows + len(self.ragged)), [each.row for each in self.ragged])

    def _parsed(
        self, wanted: Sequence[str], dtypes: Mapping[str, Any], all_columns: bool, guess: bool = True
    ) -> pd.DataFrame:
        """Read by pandas: all columns, or those at the places of the wanted ones and the last.

        Text is read faster where pandas finds by itself that it is text, as the first row lets expect.
        """
        labels = self._labels
        dtypes = {name: dtypes[name] for name in wanted if name in dtypes}
        seen = [name for name, dtype in dtypes.items() if guess and _is_text(dtype) and self._begins_with_text(name)]
        chosen = [labels[self.header.index(name)] for name in wanted]
        read: Any = partial(
            pd.read_csv,
            **self._writing.options(),
            header=0,
            names=labels,
            usecols=None if all_columns else list(dict.fromkeys([*chosen, labels[-1]])),
            dtype={name: _read_as(each) for name, each in dtypes.items() if name not in seen} or None,
        )
        try:
            frame: pd.DataFrame = _of_one_type(read, self.content, dtypes)
        except UnicodeDecodeError as error:
            raise not_text(self.file, self._writing.encoding, self.content, self.who) from error
        except pd.errors.ParserError:
            raise
        except (ValueError, TypeError, OverflowError) as error:
            raise self._wrong_type(wanted, dtypes, error) from error
        except OSError as error:
            raise self._unreadable(error) from cleaned(error)
        texts = {name: _as_text(frame[name]) for name, dtype in dtypes.items() if _is_text(dtype) and name not in seen}
        others = [name for name in seen if not isinstance(frame[name].dtype, pd.StringDtype)]
        if others:  # later rows have made them something else
            again = self._parsed(others, dict.fromkeys(others, "str"), False, guess=False)
            texts |= {name: again[name] for name in others}
        return with_columns(frame, texts) if texts else frame

    def _begins_with_text(self, name: str) -> bool:
        """Whether the first row holds what is neither null, number nor truth value."""
        if len(self._first) < 2 or len(self._first[1]) != len(self.header):
            return False
        text = self._first[1][self.header.index(name)].strip()
        try:
            float(text.replace(self._writing.decimal, "."))
        except ValueError:
            return text.lower() not in _NO_TEXT
        return False

    def _wrong_type(self, wanted: Sequence[str], dtypes: Mapping[str, Any], error: Exception) -> DataError:
        """Return an error that names the column, and the row where one can be found, that a type does not hold."""
        for name in wanted:
            if name not in dtypes or len(dtypes) == 0:
                continue
            texts = self.texts([name])[name]
            row = _first_unlike(texts, dtypes[name])
            if row is not None:
                shown = "nothing" if pd.isna(texts.iloc[row]) else repr(texts.iloc[row])
                return DataError(
                    f"{self.who} cannot read {self.file!r}: column {name!r} holds {shown} in row {row}, which "
                    f"{dtypes[name]} cannot represent",
                    f"correct the value, or set another type in dtypes=, such as dtypes={{{name!r}: 'str'}} "
                    "(integers with nulls: 'Int64')",
                )
        return self._unreadable(error)

    def _unreadable(self, error: Exception) -> DataError:
        return DataError(
            f"{self.who} cannot read {self.file!r}: {error}",
            "check the line or column named here; separator=, dtypes= and nulls= describe the format of the file",
        )


class _PartOfCSV(CSVFile):
    """Some rows of a file; they are read from it when they are asked for."""

    def __init__(self, whole: CSVFile, part: Part, header: bytes) -> None:
        super().__init__(whole.file, whole._writing, whole.who, loses=True)
        self._part, self._header = part, header

    @cached_property
    def content(self) -> Content:
        """The header and the text of the rows."""
        return Content(self.file).part(self._part.begin, self._part.end, self._header)


_ARROW_TEXT = pd.ArrowDtype(pa.string())
_TEXT: Any = pd.StringDtype(na_value=np.nan)


_NO_TEXT = frozenset(["", "true", "false", "na", "n/a", "null", "none"])
"""Texts that do not let expect others, in lower case; what is left becomes text, or is read once more."""


def _is_text(dtype: Any) -> bool:
    return isinstance(dtype, str) and dtype == "str"


def _read_as(dtype: Any) -> Any:
    """Return the type that pandas reads; text is read as Arrow's, which takes half the time."""
    return _ARROW_TEXT if _is_text(dtype) else dtype


def _as_text(column: pd.Series) -> pd.Series:
    """Return a column of Arrow's text as the text of pandas."""
    return pd.Series(_TEXT.__from_arrow__(pa.array(column.array)), index=column.index, name=column.name, copy=False)


def _of_one_type(read: Callable[..., pd.DataFrame], content: Content, given: Collection[str]) -> pd.DataFrame:
    """Read in chunks, which takes half the memory; columns whose types differ again, with types guessed of all rows."""
    with hushed():  # pandas warns of objects, which are looked at here
        frame = read(content.for_pandas())
    objects = [name for name in frame.columns if frame[name].dtype == object and name not in given]
    mixed = [name for name in objects if values_of(frame[name]).kind is not Kind.TRUTH]
    if not mixed:
        return frame
    again = read(content.for_pandas(), low_memory=False, usecols=mixed, dtype=None)
    return with_columns(frame, {name: again[name] for name in mixed})


def _holds_line_end(texts: pd.Series) -> bool:
    """Whether a text spans lines, as fields behind a forgotten quote do."""
    if not isinstance(texts.dtype, pd.StringDtype):
        return False
    given = pa.array(texts.array)
    for chunk in given.chunks if isinstance(given, pa.ChunkedArray) else [given]:
        letters = chunk.buffers()[-1]
        if letters is not None and (np.frombuffer(letters, dtype=np.uint8) == ord("\n")).any():
            return True
    return False


def _first_unlike(texts: pd.Series, dtype: Any) -> int | None:
    """Return the first row whose text a type does not hold, found by halving."""
    if _holds(texts, dtype):
        return None
    low, high = 0, len(texts)
    while high - low > 1:
        middle = (low + high) // 2
        if _holds(texts.iloc[low:middle], dtype):
            low = middle
        else:
            high = middle
    return low


def _holds(texts: pd.Series, dtype: Any) -> bool:
    import io

    buffer = io.StringIO()
    pd.DataFrame({"x": texts, "y": 0}).to_csv(buffer, index=False)
    buffer.seek(0)
    try:
        pd.read_csv(buffer, dtype={"x": dtype}, low_memory=False)
    except (ValueError, TypeError, OverflowError):
        return False
    return True
