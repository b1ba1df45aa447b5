"""WriteCSV: rows to a folder of CSV files, one a part."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import pandas as pd

from mlsys.data._csv_options import refuse_separator
from mlsys.data._paths import Paths  # noqa: TC001  the type of a field
from mlsys.data._sinks import folder_of, frames_of, parts_of, refuse_several, with_model
from mlsys.errors import DataError
from mlsys.steps import Field, Sink
from mlsys.unfinished import whole
from mlsys.values import Kind, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ENDINGS = {"": "", "gzip": ".gz", "bz2": ".bz2", "xz": ".xz"}


class WriteCSV(Sink):
    r"""Write the rows of open parts, each part to ``<path>/<part>.csv``.

    Parameters
    ----------
    path : str or Path
        A folder; created with mode 0700 if it does not exist.
    parts : list of str, optional
        Parts to write; by default all open parts.
    columns : list of str, optional
        Columns to write; by default all.
    separator : str
        The field separator.
    compression : {"", "gzip", "bz2", "xz"}
        Compresses the files, which then end in ``.gz``, ``.bz2`` or ``.xz``.

    Raises
    ------
    DataError
        If a part is not open, a column is missing or nested, or rows are appended under another header. Files of an
        earlier run then stay unchanged.

    Notes
    -----
    UTF-8, a header, nulls as empty fields, floats with every digit; the index is not written. A file gets its name only
    when it is complete. :class:`WriteParquet` also keeps types, and takes a tenth of the time to read.

    Examples
    --------
    >>> from pathlib import Path
    >>> WriteCSV("out", columns=["x"]).write({"train": pd.DataFrame({"x": [1.5, None], "y": [3, 4]})})
    >>> Path("out/train.csv").read_text()
    'x\n1.5\n""\n'
    """

    path: Paths
    parts: tuple[str, ...] | list[str] | None = None
    columns: tuple[str, ...] | list[str] | None = None
    separator: str = Field(default=",", kw_only=True)
    compression: Literal["", "gzip", "bz2", "xz"] = Field(default="", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse several folders, and a separator that none can be."""
        refuse_several(self.path, self.title)
        refuse_separator(self.separator, ".", self.title)

    def write(self, rows: Mapping[str, Any], /) -> None:
        """Write each part's table."""
        for part, table in parts_of(rows, self.parts, self.columns, self.title).items():
            with whole(self._file(part)) as making:
                making.touch(mode=0o600)
                with self._opened(making, "w") as handle:
                    for number, frame in enumerate(frames_of(table, self.columns)):
                        self._write(frame, handle, header=not number)

    def append(self, predictions: pd.DataFrame, /, model: Any) -> Path:
        r"""Write predictions behind those that are there, in ``<path>/predictions.csv``.

        Parameters
        ----------
        predictions : DataFrame
            What ``model.predict`` returned.
        model : ServedModel or str
            The model, whose run is written as the column ``model``, or a version by name. The column ``predicted_at``
            holds the moment, in UTC.

        Returns
        -------
        Path
            The file; it is copied and replaced whole, so for many rows :meth:`WriteParquet.append` costs less.

        Examples
        --------
        >>> file = WriteCSV("predicted").append(pd.DataFrame({"prediction": [1, 0]}), model="flights/3")
        >>> file.read_text().splitlines()[0]
        'prediction,model,predicted_at'
        """
        frame, file = with_model(predictions, model, self.title), self._file("predictions")
        with whole(file) as making:
            making.touch(mode=0o600)
            if file.exists():
                self._refuse_other_header(file, frame)
                shutil.copyfile(file, making)
            with self._opened(making, "a") as handle:
                self._write(frame, handle, header=not file.exists())
        return file

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all."""
        return tuple(columns if self.columns is None else self.columns)

    def _file(self, part: str) -> Path:
        return folder_of(self.path) / f"{part}.csv{_ENDINGS[self.compression]}"

    @contextmanager
    def _opened(self, file: Path, mode: str) -> Iterator[IO[str]]:
        """Open a file for text; a compressed one holds no name and no time: the same rows are the same bytes."""
        with ExitStack() as stack:
            raw = stack.enter_context(open(file, f"{mode}b"))
            packed: Any = raw
            if self.compression == "gzip":
                packed = stack.enter_context(gzip.GzipFile("", f"{mode}b", fileobj=raw, mtime=0))
            elif self.compression:
                module = {"bz2": bz2, "xz": lzma}[self.compression]
                packed = stack.enter_context(module.open(raw, f"{mode}b"))
            text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
            yield text
            if mode != "r":
                text.flush()
            text.detach()  # the files below are closed by themselves

    def _write(self, frame: pd.DataFrame, text: IO[str], header: bool) -> None:
        for name in frame.columns:
            found = values_of(frame[name])
            if found.kind in (Kind.NESTED, Kind.MIXED):
                raise DataError(
                    f"{self.title}: column {name!r} holds {found}, which CSV cannot hold",
                    "leave it out with columns=, or write it with WriteParquet",
                )
        frame.to_csv(text, index=False, sep=self.separator, header=header, lineterminator="\n")

    def _refuse_other_header(self, file: Path, frame: pd.DataFrame) -> None:
        with self._opened(file, "r") as handle:
            there = list(pd.read_csv(handle, sep=self.separator, nrows=0).columns)
        if there != [str(name) for name in frame.columns]:
            raise DataError(
                f"{self.title}: {str(file)!r} has the columns {', '.join(there)}, and the predictions "
                f"{', '.join(map(str, frame.columns))}",
                "append to another folder",
            )
