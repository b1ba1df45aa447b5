"""Snapshots: what a run read, kept by content on this machine, and found again when its files have changed."""

from __future__ import annotations

import glob
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pandas as pd

from mlsys.errors import DataError, MlsysError
from mlsys.execution.opening import Data
from mlsys.files import file_digest
from mlsys.folder import home, made
from mlsys.run.live import Live
from mlsys.states import digest, load_state, save_state
from mlsys.unfinished import beside, remove, whole

SNAPSHOTS = "snapshots"
logger = logging.getLogger("mlsys")


def take_snapshot(run: str, live: Live) -> None:
    """Keep what a run read, by content, in ``.mlsys/snapshots``; rows stay on this machine.

    A snapshot that cannot be written costs the run nothing but the snapshot.
    """
    try:
        for path, content in _files(live.cache.ledger if live.cache else ()).items():
            if not _keep(Path(path), made(SNAPSHOTS) / content, content):
                logger.warning("no snapshot was kept of %s, which changed during the run", path)
        if live.data is not None:
            frames = {"all": live.data} if isinstance(live.data, pd.DataFrame) else dict(live.data)
            with whole(made(SNAPSHOTS) / run) as making:
                save_state(frames, making)
    except (OSError, MlsysError) as error:
        logger.warning("no snapshot was kept of what the run read: %s", getattr(error, "problem", error))


def given_rows(record: Mapping[str, Any]) -> Data:
    """Return the rows that a run was given.

    Raises
    ------
    DataError
        When they were not kept.
    """
    place = home() / SNAPSHOTS / record["run"]
    if not place.is_dir():
        raise DataError(
            f"the run was given its rows, which are not kept in {home() / SNAPSHOTS}",
            "pass them: reproduce(run, data=frame); pipeline.run(frame, snapshot=True) keeps them next time",
        )
    frames: dict[str, pd.DataFrame] = load_state(place)
    if not isinstance(frames, dict) or not all(isinstance(each, pd.DataFrame) for each in frames.values()):
        raise DataError(f"{place} holds no rows", "pass them: reproduce(run, data=frame)")
    return frames["all"] if set(frames) == {"all"} else frames


def brought_back(ledger: Sequence[Mapping[str, Any]]) -> Callable[[str], str]:
    """Return what gives for a path in a configuration where its content of then is now.

    Files that are gone or changed are laid out again, in folders of the same names, out of what was kept.

    Raises
    ------
    DataError
        When a file is gone and was not kept. One that was changed and not kept is read as it is; the comparison says
        so.
    """
    gone = {path: content for path, content in _files(ledger).items() if not _holds(Path(path), content)}
    for path, content in gone.items():
        if not Path(path).exists() and not _is_kept(content):
            raise DataError(
                f"the run read {path!r}, which is not in {os.getcwd()}",
                f"restore the file (digest of its content: {content}) or start in the original folder; "
                "or pass pipeline= with another path. pipeline.run(snapshot=True) keeps files next time",
            )
    kept = {path for path, content in gone.items() if _is_kept(content)}
    beside = {
        path: content
        for line in ledger
        if kept & set(line.get("files", ()))
        for path, content in _files([line]).items()
    }
    root = made(SNAPSHOTS) / f"again-{digest(sorted(beside.items()))}" if kept else Path()
    for path, content in beside.items():
        if path in kept:
            _keep(home() / SNAPSHOTS / content, root / _below(path))
        elif Path(path).exists():
            _keep(Path(path), root / _below(path))

    def moved(text: str) -> str:
        covers = kept and any(_covers(os.path.expanduser(text), path) for path in kept)
        return str(root / _below(os.path.expanduser(text))) if covers else text

    return moved


def _covers(text: str, path: str) -> bool:
    """Whether a text is the path of a file, of a folder above it, or a pattern that finds it."""
    if not text or text == "." or "\n" in text:
        return False
    return Path(path).is_relative_to(text) or (glob.has_magic(text) and fnmatch(path, os.path.normpath(text)))


def _below(path: str) -> Path:
    """Return a path as one inside a folder, with the same names."""
    parts = Path(path).parts
    return Path(*("above" if part == os.pardir else part.strip(os.sep) for part in parts))


def _keep(path: Path, place: Path, content: str = "") -> bool:
    """Copy a file or folder to a place where it is whole or not at all; one that is not ``content`` any more is not."""
    if place.exists() and (not content or _holds(place, content)):
        return True
    place.parent.mkdir(parents=True, exist_ok=True)
    with beside(place) as part:
        if path.is_dir():
            shutil.copytree(path, part)
        else:
            shutil.copyfile(path, part)
        if content and not _holds(part, content):
            return False
        remove(place)  # damaged since
        part.replace(place)
        return True


def _is_kept(content: str) -> bool:
    return _holds(home() / SNAPSHOTS / content, content)


def _holds(path: Path, content: str) -> bool:
    """Whether a file or folder is there with a content; one that cannot be read has none, a pipe is not waited for."""
    try:
        return (path.is_file() or path.is_dir()) and file_digest(path) == content
    except OSError:
        return False


def _files(ledger: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {path: content for line in ledger for path, content in line.get("files", {}).items()}
