"""Gate: where what a source reads is held to a schema, and rows that do not fit are refused or set aside."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.folder import home, made
from mlsys.schemas.aside import SetAside
from mlsys.schemas.checked import LONGEST, WORST, Checked, checked
from mlsys.schemas.constraints import shortened
from mlsys.schemas.repeats import Repeated, repeated_in_pieces
from mlsys.schemas.schema import Schema
from mlsys.states import digest
from mlsys.tables import Partition, noted, noting, without_note
from mlsys.unfinished import whole
from mlsys.values import with_columns

logger = logging.getLogger("mlsys")

FOLDER = "quarantine"
"""In the local folder: rows that were set aside, by the source that read them."""


@dataclass(frozen=True)
class Unread:
    """A row that is none: it has another number of fields, for example.

    Parameters
    ----------
    where : str
        File and line.
    reason : str
        Why it is no row.
    text : str
        As it is written.
    """

    where: str
    reason: str
    text: str

    def __str__(self) -> str:
        return f"{self.where} {self.reason}: {self.text}"


@dataclass(frozen=True)
class Gate:
    """Holds what a source reads to its schema.

    Parameters
    ----------
    schema : Schema
        With the policy for rows that do not fit.
    who : str
        The source, for messages.
    name : str
        Of the folder that keeps rows of this source.
    parse : str or None
        The decimal mark where the source reads text; ``None`` where it reads types.
    """

    schema: Schema
    who: str
    name: str
    parse: str | None = None

    def frame(self, frame: pd.DataFrame, row_name: Callable[[int], str], unread: Sequence[Unread] = ()) -> pd.DataFrame:
        """Return all rows of a source that fit, in declared types, with a note of what was set aside.

        Parameters
        ----------
        frame : DataFrame
            All rows.
        row_name : callable
            Names the row at a position, for messages: ``"row 7 of 'a.csv'"``.
        unread : sequence of Unread
            What was read, but is no row.

        Raises
        ------
        DataError
            If rows do not fit and the policy is to raise, or more are lost than the schema allows.
        """
        found = checked(self.schema.demands, frame, self.parse, self.who)
        self._forget_earlier(self.name)
        kept = self._kept(found, row_name, unread, "rows")
        aside = noted(kept)
        if aside is not None:
            aside.refuse_too_many(self.who)
            logger.warning("%s: %s", self.who, aside)
        return kept

    def given(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that fit of those that are given in place of what the source reads, as :meth:`frame` does."""
        own = replace(self, who=f"{self.who}, for the rows given in its place")
        return own.frame(frame, lambda place: f"row {frame.index[place]!r}")

    def mask(self, frame: pd.DataFrame, row_name: Callable[[int], str]) -> pd.Series:
        """Return which rows fit, with a note of what was set aside.

        Raises
        ------
        DataError
            As :meth:`frame` does.
        """
        found = checked(self.schema.demands, frame, self.parse, self.who)
        fits = pd.Series(~found.bad, index=frame.index)
        aside = noted(self._kept(found, row_name, (), "rows"))
        if aside is not None:
            aside.refuse_too_many(self.who)
            return noting(fits, aside)
        return fits

    def pieces(self, pieces: Sequence[Partition], unread: Sequence[Unread] = ()) -> Sequence[Partition]:
        """Return pieces of which each holds the rows that fit; where rows may be lost, how many is counted later.

        Parameters
        ----------
        pieces : sequence of Partition
            All rows.
        unread : sequence of Unread
            What was read, but is no row; it is set aside with the first piece.

        Raises
        ------
        DataError
            If something is no row and the policy is to raise.
        """
        if unread and not self.schema.loses:
            raise nothing_read(self.who, unread)
        own = replace(self, name=f"{self.name}-{digest([each.label for each in pieces])[:8]}")
        self._forget_earlier(own.name)
        loses = self.schema.loses
        repeated = repeated_in_pieces(self.schema.demands, pieces, self.parse, self.who, first_only=not loses)
        beside = [unread, *[()] * (len(pieces) - 1)]
        return [
            replace(each, rows=None if loses else each.rows, read=partial(own._read, each, rows, some))
            for each, rows, some in zip(pieces, repeated, beside, strict=True)
        ]

    def _forget_earlier(self, name: str) -> None:
        """Remove what was set aside when the same rows were read in other pieces, or all at once."""
        for folder in (home() / FOLDER).glob(f"{self.name}*"):
            if folder.name != name:
                shutil.rmtree(folder, ignore_errors=True)

    def _read(
        self, piece: Partition, repeated: Repeated, unread: Sequence[Unread], columns: Sequence[str] | None
    ) -> pd.DataFrame:
        declared = [*self.schema.columns, *self.schema.key]
        frame = piece.read(None if columns is None else list(dict.fromkeys([*columns, *declared])))
        schema = self.schema if columns is None else self.schema.with_(closed=False)
        found = checked(schema.demands, frame, self.parse, self.who, pieces=True, repeated=repeated)
        keeps = columns is None or not len(columns)  # once, when rows are counted
        named, some = partial(_row_of, frame.index, piece.label), unread if keeps else ()
        kept = self._kept(found, named, some, digest(piece.label) if keeps else "")
        aside = noted(kept) or SetAside(len(frame), most=self.schema.most)
        kept = without_note(kept)
        wanted = kept if columns is None else kept[list(columns)]
        return noting(wanted, aside) if keeps and self.schema.loses else wanted

    def _kept(
        self, found: Checked, row_name: Callable[[int], str], unread: Sequence[Unread], file: str
    ) -> pd.DataFrame:
        if not found.problems and not unread:
            if file:
                (home() / FOLDER / self.name / f"{file}.parquet").unlink(missing_ok=True)  # of rows before correction
            return found.fit
        if not self.schema.loses:
            raise found.refusal(self.who, row_name, list(map(str, unread)))
        folder = self._stored(found, row_name, unread, file) if self.schema.bad_rows == "quarantine" and file else ""
        reasons = found.counts()
        for each in unread:
            reasons[each.reason] = reasons.get(each.reason, 0) + 1
        lost = int(found.bad.sum()) + len(unread)
        aside = SetAside(
            len(found.given) + len(unread),
            lost,
            dict(sorted(reasons.items(), key=lambda each: -each[1])),
            self.schema.most,
            folder,
        )
        return noting(found.fit, aside)

    def _stored(self, found: Checked, row_name: Callable[[int], str], unread: Sequence[Unread], file: str) -> str:
        """Keep rows with where they were and their reasons, as they came; return the folder."""
        rows = found.unfit.reset_index(drop=True)
        rows.insert(0, _free("where", rows), [row_name(int(row)) for row in np.flatnonzero(found.bad)])
        if unread:
            texts = {
                rows.columns[0]: [each.where for each in unread],
                rows.columns[1]: [each.reason for each in unread],
                _free("text", rows): [each.text for each in unread],
            }
            rows = pd.concat([rows, pd.DataFrame(texts)], ignore_index=True)
        try:
            return keep_aside(self.name, file, rows)
        except OSError as error:
            raise DataError(
                f"{self.who} cannot keep rows that do not fit in {home() / FOLDER}: {error}",
                'set MLSYS_FOLDER to a folder that can be written, or use bad_rows="drop"',
            ) from error


def nothing_read(who: str, unread: Sequence[Unread]) -> DataError:
    """Return the error of what is no row."""
    lines = [f"\n  {shortened(str(each), LONGEST)}" for each in unread[:WORST]]
    more = f"\n  and {len(unread) - len(lines):,} more" if len(unread) > len(lines) else ""
    return DataError(
        f"{who}: {len(unread):,} rows cannot be read{''.join(lines)}{more}",
        'correct these rows; or set them aside with bad_rows="quarantine" (kept, with reasons) or "drop" in the schema',
    )


def keep_aside(name: str, file: str, rows: pd.DataFrame) -> str:
    """Keep rows in the local folder, readable by their owner alone; return where.

    Raises
    ------
    OSError
        When nothing can be written there.
    """
    with whole(made(FOLDER, name) / f"{file}.parquet") as making:
        making.touch(mode=0o600)
        _storable(rows).to_parquet(making)
    return str(Path(home().name) / FOLDER / name)


def accepted(gate: Gate | None, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that fit of those that are given in place of what a source reads; all where it has no gate."""
    return frame if gate is None else gate.given(frame)


def gate_of(schema: Schema | None, who: str, identity: Any, parse: str | None = None, reads: str = "") -> Gate | None:
    """Return the gate of a source; none where it has no schema.

    Parameters
    ----------
    schema : Schema or None
        Of the source.
    who : str
        The source's title.
    identity : object
        What tells this source from others with the same title, such as its digest.
    parse : str or None
        The decimal mark where the source reads text.
    reads : str
        What it reads, for messages.
    """
    if schema is None:
        return None
    return Gate(schema, f"{who} of {reads}" if reads else who, folder_of(who, identity), parse)


class Checks(Protocol):
    """A step that sets rows aside: a source with a schema, ``CheckSchema``, ``ReadEvents``."""

    @property
    def title(self) -> str:
        """Its name."""
        ...

    @property
    def digest(self) -> str:
        """Of its configuration."""
        ...


@runtime_checkable
class _HasSchema(Protocol):
    """A step that may hold what it reads to a schema."""

    schema: Any


@runtime_checkable
class _SetsAside(Protocol):
    """A step that sets rows aside without a schema."""

    sets_aside: bool


def quarantined(step: Checks) -> pd.DataFrame:
    r"""Return the rows that a step set aside when it last read, as they came.

    Parameters
    ----------
    step : Source or CheckSchema
        With a schema whose ``bad_rows`` is ``"quarantine"``, or ``ReadEvents``.

    Returns
    -------
    DataFrame
        ``where`` (file and row), ``reason``, and the columns of the rows; ``text`` of lines that are no rows. Empty if
        every row fitted, or nothing was read yet.

    Notes
    -----
    The rows lie in ``.mlsys/quarantine``, one folder a step and configuration, readable by their owner alone, until
    the step reads again.

    Examples
    --------
    >>> from mlsys import Column, ReadCSV, Schema
    >>> _ = Path("people.csv").write_text("age\n31\nold\n")
    >>> source = ReadCSV("people.csv", schema=Schema({"age": int}, bad_rows="quarantine", most=0.5))
    >>> len(source.read())
    1
    >>> quarantined(source)
       where                   reason  age
    0  row 1  age: not a whole number  old
    """
    if not isinstance(step, _SetsAside) and (not isinstance(step, _HasSchema) or step.schema is None):
        raise ConfigurationError(
            f"quarantined() got {type(step).__name__}, which has no schema",
            "give the source that was read, or a CheckSchema",
        )
    files = sorted((home() / FOLDER).glob(f"{folder_of(step.title, step.digest)}*/*.parquet"))
    if not files:
        return pd.DataFrame({"where": pd.Series(dtype="str"), "reason": pd.Series(dtype="str")})
    return pd.concat([pd.read_parquet(each) for each in files], ignore_index=True)


def folder_of(title: str, identity: Any) -> str:
    """Return the name of the folder for what a step sets aside."""
    safe = "".join(each if each.isalnum() or each in "-_" else "_" for each in title)
    return f"{safe}-{digest(identity)[:8]}"


def _row_of(index: pd.Index, label: str, place: int) -> str:
    return f"row {index[place]} ({label})"


def _free(name: str, frame: pd.DataFrame) -> str:
    return name if name not in frame.columns else _free(f"{name} of the schema", frame)


def _storable(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose columns of mixed values are text."""
    mixed = [name for name in rows.columns if rows[name].dtype == object]
    return with_columns(
        rows, {name: rows[name].map(lambda each: None if each is None else str(each)) for name in mixed}
    )
