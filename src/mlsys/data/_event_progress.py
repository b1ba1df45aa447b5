"""How far a stream has been read: places, newest times, counts and ids, kept in one file that is whole or not there."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mlsys.errors import ConfigurationError, DataError
from mlsys.unfinished import whole

_FORMAT = 1


@dataclass(frozen=True)
class Counts:
    """What became of events; ``read`` is the sum of the others.

    Parameters
    ----------
    read, rows : int
        Events taken from the feed, and those that became rows.
    broken, late : int
        Events set aside: not an object, or a value that does not fit; older than the watermark.
    duplicates : int
        Events that had been read before.
    outside : int
        Events before ``since``, at ``until`` or after it.
    """

    read: int = 0
    rows: int = 0
    broken: int = 0
    late: int = 0
    duplicates: int = 0
    outside: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{name: value + getattr(other, name) for name, value in asdict(self).items()})

    @property
    def lost(self) -> int:
        """Events set aside."""
        return self.broken + self.late

    def __str__(self) -> str:
        more = [f"{value:,} {name}" for name, value in list(asdict(self).items())[2:] if value]
        return ", ".join([f"{self.read:,} events read, {self.rows:,} rows", *more])


@dataclass(frozen=True)
class Standing:
    """How far a stream has been read.

    Parameters
    ----------
    places : dict
        For each partition the place after which reading goes on.
    numbers : dict
        For each partition the number of the last event.
    newest : dict
        For each partition the latest event time, in microseconds since 1970.
    zoned : bool or None
        Whether event times have an offset; ``None`` before the first.
    counts : Counts
        What became of all events so far.
    ids : dict
        Ids of recent events, with their times.
    """

    places: Mapping[str, Any] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    newest: Mapping[str, int] = field(default_factory=dict)
    zoned: bool | None = None
    counts: Counts = Counts()
    ids: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> Standing:
        """Return what ``plain`` gave.

        Raises
        ------
        TypeError
            For anything else.
        """
        made = cls(**held)
        return replace(made, counts=Counts(**held["counts"])) if "counts" in held else made

    def plain(self) -> dict[str, Any]:
        """Return the same as plain data, for JSON."""
        return {**{each.name: getattr(self, each.name) for each in fields(self)}, "counts": asdict(self.counts)}


class Progress:
    """The file that holds how far a stream was read by one reader.

    Parameters
    ----------
    path : Path
        Of the file.
    source : str
        What is read, without secrets: a file of another stream is refused.
    who : str
        For messages.
    """

    def __init__(self, path: Path, source: str, who: str) -> None:
        self._path, self._source, self._who = path, source, who

    def read(self) -> Standing:
        """Return what the file says; of a file that is not there, that nothing was read."""
        try:
            held = json.loads(self._path.read_text(encoding="utf-8"))
            source, standing = held["source"], Standing.of(held["standing"])
        except FileNotFoundError:
            return Standing()
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise DataError(
                f"{self._who} cannot read how far it came from {str(self._path)!r}: {type(error).__name__}: {error}",
                "name the file that an earlier batches() wrote; to read all events again, name a new one",
            ) from error
        if source != self._source:
            raise ConfigurationError(
                f"{self._who} reads {self._source}, and {str(self._path)!r} says how far {source} was read",
                "give each stream a progress file of its own",
            )
        return standing

    def write(self, standing: Standing) -> None:
        """Replace the file at once; what it says outlives the process and the machine's power."""
        held = {"format": _FORMAT, "source": self._source, "standing": standing.plain()}
        with whole(self._path) as making, open(making, "w", encoding="utf-8", opener=_for_owner) as opened:
            opened.write(json.dumps(held))  # json.dump() would write piece by piece, in Python
            opened.flush()
            os.fsync(opened.fileno())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from the file; the system lets go of it when a process ends in any way."""
        if self._path.is_dir() or not self._path.parent.is_dir():
            raise ConfigurationError(
                f"{self._who} cannot record how far it came in {str(self._path)!r}",
                "name a file in a folder that is there",
            )
        with open(self._path.with_name(f".{self._path.name}.lock"), "wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ConfigurationError(
                    f"{self._who}: another process or loop reads with {str(self._path)!r}",
                    "end the other one, or give this reader a progress file of its own",
                ) from error
            yield


def _for_owner(path: str, flags: int) -> int:
    """Open a file that its owner alone can read: ids of events stand in it."""
    return os.open(path, flags, 0o600)
