"""The cache folder: columns and states by content, entries by key; each is what its name says, or is not there."""

from __future__ import annotations

import functools
import json
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pandas as pd
import xxhash

from mlsys.cache.columns import read_column, write_column
from mlsys.cache.items import KINDS, damaged, is_file, is_folder, items, remove, room_for_folder, touch
from mlsys.errors import StateError
from mlsys.folder import ONLY_OWNER, home, made
from mlsys.settings import settings
from mlsys.states import digest as state_digest
from mlsys.states import load_state, save_state
from mlsys.states.on_disk import read_unvouched
from mlsys.tables import column_digest
from mlsys.unfinished import beside, sweep, whole

logger = logging.getLogger("mlsys")

FOLDER = "cache"
FORMAT = 2
"""Version of everything in the folder; part of every key."""
_OF = "of"
_KEPT_AFTER_EVICTION = 0.8


class Store:
    """What is kept between runs; a write that fails costs nothing but the saving.

    Attributes
    ----------
    problem : str
        Why nothing more is written; empty while all is well.
    """

    def __init__(self) -> None:
        self.problem = ""
        self.wrote = False
        self._top: Path | None = None
        self._writing(self._make)

    def entry(self, key: str) -> dict[str, Any] | None:
        """Return what was noted under a key."""
        return self._json("entries", key)

    def put_entry(self, key: str, entry: Mapping[str, Any]) -> None:
        """Note something under a key."""
        self._put_json("entries", key, entry)

    def latest(self, name: str) -> dict[str, Any] | None:
        """Return what the last run of a step depended on; ``name`` is a digest."""
        return self._json("latest", name)

    def put_latest(self, name: str, parts: Mapping[str, Any]) -> None:
        """Note what a step depends on now."""
        self._put_json("latest", name, parts)

    def has_column(self, digest: str) -> bool:
        """Say whether a column is there."""
        path = self._path("columns", digest, ".arrow")
        return path is not None and is_file(path)

    def put_column(self, digest: str, column: pd.Series, kind: Mapping[str, Any]) -> bool:
        """Write a column under its digest."""
        if self.has_column(digest):
            return True
        return self._put("columns", digest, ".arrow", lambda sink: write_column(column, kind, sink))

    def column(self, digest: str) -> pd.Series | None:
        """Return a column whose content is what its name says, ``None`` where there is none; others are removed."""
        path = self._path("columns", digest, ".arrow")
        if path is None or not is_file(path):
            return None
        try:
            column = read_column(str(path))
            whole = column_digest(column) == digest
        except Exception as error:  # whatever a file holds that something else wrote
            logger.debug("a stored column cannot be read: %s", error)
            whole = False
        if not whole:
            damaged(path)
            return None
        touch(path)
        return column

    def has_state(self, digest: str) -> bool:
        """Say whether a state is there."""
        path = self._path("states", digest, "")
        return path is not None and is_folder(path)

    def put_state(self, digest: str, state: Any) -> bool:
        """Write a state under its digest; StateError if it has no form on disk."""
        if self.has_state(digest):
            return True
        path = self._path("states", digest, "")
        if path is None or self.problem:
            return False

        def write() -> None:
            _room_for(path)
            try:
                with whole(path) as making:
                    save_state(state, making)
            except OSError:
                if not path.is_dir():  # else another run has kept the same meanwhile
                    raise

        return self._writing(write)

    def state(self, digest: str) -> Any:
        """Return a state whose content is what its name says; KeyError where there is none, others are removed."""
        path = self._path("states", digest, "")
        if path is None or not is_folder(path):
            raise KeyError(digest)
        try:
            state = load_state(path)
            whole = state_digest(state) == digest
        except Exception as error:  # whatever a file holds that something else wrote
            logger.debug("a stored state cannot be read: %s", error)
            whole = False
        if not whole:
            damaged(path)
            raise KeyError(digest)
        touch(path)
        return state

    def beside(self) -> AbstractContextManager[Path]:
        """Give the name of a folder in the cache for one run, which is removed at its end."""
        return beside(home() / FOLDER / "passes")

    def room(self) -> int:
        """Return the bytes that may still be written below the cap."""
        return 0 if self._top is None else settings().cache_bytes - sum(item.size for item in items(self._top))

    def written(self, write: Callable[[], None]) -> bool:
        """Write something beside what is kept between runs, unless a disk said no before; say whether it is there."""
        return not self.problem and self._writing(write)

    def distrust(self, problem: str) -> None:
        """Keep nothing more: what comes now may not be what its key says."""
        self.problem = self.problem or problem

    def evict(self) -> None:
        """Remove what killed processes left, and what was not used for longest while the folder is above its cap."""
        if self._top is None or not self.wrote:
            return
        sweep(self._top)
        kept = items(self._top)
        total = sum(item.size for item in kept)
        if total <= settings().cache_bytes:
            return
        for item in sorted(kept, key=lambda each: each.used):
            if total <= _KEPT_AFTER_EVICTION * settings().cache_bytes:
                break
            remove(item.path)
            total -= item.size

    def _make(self) -> None:
        self._top = made(FOLDER)
        for kind in KINDS:
            room_for_folder(self._top / kind)
            made(FOLDER, kind)

    def _path(self, kind: str, name: str, suffix: str) -> Path | None:
        return None if self._top is None else self._top / kind / name[:2] / f"{name}{suffix}"

    def _put_json(self, kind: str, name: str, content: Mapping[str, Any]) -> None:
        # The name stands inside as well: a checksum tells that a file is whole, not that it is the one asked for.
        text = json.dumps({_OF: f"{kind}/{name}", **content}).encode()
        self._put(kind, name, ".json", lambda sink: sink.write(_checksum(text) + b"\n" + text))

    def _json(self, kind: str, name: str) -> dict[str, Any] | None:
        path = self._path(kind, name, ".json")
        if path is None or not is_file(path):
            return None
        try:
            checksum, _, text = read_unvouched(path).partition(b"\n")
            found = json.loads(text) if checksum == _checksum(text) else {}
        except (StateError, ValueError):  # a huge file among them, and one that another run removed
            found = {}
        if not isinstance(found, dict) or found.pop(_OF, "") != f"{kind}/{name}":
            if os.path.lexists(path):
                damaged(path)
            return None
        touch(path)
        return found

    def _put(self, kind: str, name: str, suffix: str, write: Callable[[Any], Any]) -> bool:
        path = self._path(kind, name, suffix)
        if path is None or self.problem:
            return False

        def written() -> None:
            _room_for(path)
            with whole(path) as making, making.open("wb") as sink:
                write(sink)

        return self._writing(written)

    def _writing(self, write: Callable[[], None]) -> bool:
        """Write; where the disk says no, say it once and write nothing more."""
        try:
            write()
        except OSError as error:
            self.problem = f"{home()}: {error.strerror or error}"
            _say_once(self.problem)
            return False
        self.wrote = True
        return True


def _room_for(path: Path) -> None:
    room_for_folder(path.parent)
    path.parent.mkdir(mode=ONLY_OWNER, parents=True, exist_ok=True)


def _checksum(text: bytes) -> bytes:
    return xxhash.xxh3_128_hexdigest(text).encode()


@functools.cache
def _say_once(problem: str) -> None:
    logger.warning("cache: nothing more is stored (%s); runs continue", problem)
