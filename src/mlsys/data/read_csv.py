"""ReadCSV: rows from delimited text files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.data._paths import CSV_ENDINGS, Paths, files_of, files_read, is_url, opening
from mlsys.data._times import as_times
from mlsys.errors import DataError
from mlsys.secrets import cleaned
from mlsys.steps import Field, Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ReadCSV(Source):
    r"""Read one or many CSV files, packed or not.

    Parameters
    ----------
    path : str, Path or list
        A file (also ``.zip``, ``.gz``, ``.bz2``, ``.xz``), a pattern, a folder, an address, or a list of these. User
        and password of an address are sent to it, and shown and kept nowhere.
    known_at : dict of str to str
        When columns become known: a time column (which may be derived later), or a delay after the row's time.
        A column known only after the decision is never a feature.
    columns : list of str, optional
        Columns to read; all when not given.
    dtypes : dict of str to str
        Types of columns that must not be guessed, such as ``{"zip_code": "str"}``.
    times : list of str
        Columns to read as timestamps.
    zone : str, optional
        Time zone of ``times``: clock times are read in it, times with an offset are converted to it.
    nulls : list of str
        Further texts that mean null, beside the usual ones (empty, ``NA``, ``NaN``, ``null``, ...).
    separator, decimal, encoding : str
        How the text is written.

    Raises
    ------
    DataError
        When a file is missing, empty or not a table, or a column is missing; the message names it.

    Notes
    -----
    pandas' C parser, at about 1 s of CPU time for a million rows of 20 columns; all rows are held in memory. Files
    are read in sorted order. A column that is text in one file and numbers in another is text in all of them.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("orders.csv").write_text("id;price\n1;2,5\n2;\n")
    >>> ReadCSV("orders.csv", separator=";", decimal=",").read()
       id  price
    0   1    2.5
    1   2    NaN
    """

    path: Paths
    known_at: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] | list[str] | None = None
    dtypes: dict[str, Any] = Field(default_factory=dict)
    times: tuple[str, ...] | list[str] = ()
    zone: str | None = None
    nulls: tuple[str, ...] | list[str] = ()
    separator: str = Field(default=",", kw_only=True)
    decimal: str = Field(default=".", kw_only=True)
    encoding: str = Field(default="utf-8", kw_only=True)

    def read(self) -> pd.DataFrame:
        """Return all rows, numbered from 0 in file order."""
        files = files_of(self.path, CSV_ENDINGS, self.title)
        frames = [self._read_file(file, self.dtypes) for file in files]
        mixed = _text_in_some(frames)
        if mixed:
            frames = [self._read_file(file, {**dict.fromkeys(mixed, "str"), **self.dtypes}) for file in files]
        frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        if frame.empty:
            raise DataError(f"{self.title}: {_shown(files)} has a header but no rows", "give a file with rows")
        return self._typed(frame, files)

    def files_read(self) -> list[Path] | None:
        """Return the files; ``None`` for an address."""
        return files_read(self.path, CSV_ENDINGS, self.title)

    def known_at_declared(self) -> Mapping[str, str]:
        """When columns become known, as configured."""
        return self.known_at

    def _read_file(self, file: str, dtypes: Mapping[str, Any]) -> pd.DataFrame:
        wanted = None if self.columns is None else set(self.columns)
        try:
            frame: pd.DataFrame = pd.read_csv(
                **opening(file),
                sep=self.separator,
                decimal=self.decimal,
                encoding=self.encoding,
                usecols=None if wanted is None else lambda name: name in wanted,
                dtype={name: dtype for name, dtype in dtypes.items() if wanted is None or name in wanted} or None,
                na_values=list(self.nulls) or None,
                low_memory=False,  # guesses a type from all rows rather than from chunks of them
            )
        except pd.errors.EmptyDataError:
            raise DataError(f"{self.title}: the file {file!r} is empty", "give a file with a header and rows") from None
        except UnicodeDecodeError as error:
            if _is_parquet(file):
                raise DataError(
                    f"{self.title}: the file {file!r} is Parquet, no text", f"read it with ReadParquet({file!r})"
                ) from error
            raise DataError(
                f"{self.title}: the file {file!r} is not {self.encoding} text ({error.reason})",
                'name its encoding, for example encoding="latin-1" or "cp1252"',
            ) from error
        except (ValueError, TypeError, OSError) as error:  # pandas' own ParserError is a ValueError
            raise DataError(
                f"{self.title} cannot read {file!r}: {error}",
                "look at the line or column it names; separator=, dtypes= and nulls= say how the file is written",
            ) from cleaned(error)
        self._check_columns(frame, file)
        return frame if self.columns is None else frame[list(self.columns)]

    def _check_columns(self, frame: pd.DataFrame, file: str) -> None:
        known = [name for name in self.known_at if self.columns is None or name in self.columns]
        for field, names in (("columns", self.columns or ()), ("times", self.times), ("known_at", known)):
            missing = [name for name in names if name not in frame.columns]
            if missing:
                raise DataError(
                    f"{self.title}: {field}= names {', '.join(map(repr, missing))}, which {file!r} does not have "
                    f"(its columns: {', '.join(self._header(file))})",
                    f"correct the names in {field}=, or separator={self.separator!r} if the columns are not split",
                )

    def _header(self, file: str) -> list[str]:
        """Return all columns of a file, those not read too."""
        head = pd.read_csv(**opening(file), sep=self.separator, encoding=self.encoding, nrows=0)
        return [str(name) for name in head.columns]

    def _typed(self, frame: pd.DataFrame, files: list[str]) -> pd.DataFrame:
        changed: dict[str, pd.Series] = {}
        for name in frame.columns:
            if name in self.times:
                changed[name] = as_times(frame[name], f"{self.title} of {_shown(files)}", self.zone)
            elif frame[name].dtype == object and pd.api.types.infer_dtype(frame[name], skipna=True) == "boolean":
                changed[name] = frame[name].astype("boolean")
        return frame.assign(**changed)


def _text_in_some(frames: list[pd.DataFrame]) -> list[str]:
    """Return columns that are text in one file and something else in another."""
    mixed = []
    for name in dict.fromkeys(name for frame in frames for name in frame.columns):
        is_text = {isinstance(frame[name].dtype, pd.StringDtype) for frame in frames if name in frame.columns}
        if len(is_text) > 1:
            mixed.append(name)
    return mixed


def _is_parquet(file: str) -> bool:
    if is_url(file):
        return False
    with open(file, "rb") as opened:
        return opened.read(4) == b"PAR1"


def _shown(files: list[str]) -> str:
    return repr(files[0]) if len(files) == 1 else f"{files[0]!r} and {len(files) - 1} more"
