"""The files of a model's folder: their names, and a manifest of digests that is checked before all else."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xxhash

from mlsys.errors import StateError

FORMAT = 2
"""Version of the folder's layout."""
DESCRIPTION = "pipeline.json"
"""File that says what the model is made of."""
CODE_REFERENCE = "__code__"
"""Key of an object in the configuration that stands for a function or class."""
MANIFEST = "manifest.json"
_DIGEST_LENGTH = 32
_BLOCK = 1 << 20
_AGAIN = "save the model again, or take it from where it was saved"
_STRANGE = "do not load this folder, unless you know who put this there and why; then take it out"


def seal(folder: Path) -> None:
    """Write the manifest of a finished folder."""
    files = {name: _digest(path) for name, path in _found(folder)}
    content = {"files": dict(sorted(files.items()))}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")


def check(folder: Path) -> None:
    """Raise unless a folder holds exactly the files of its manifest, unchanged.

    Raises
    ------
    StateError
        A file is missing, was changed, was added, is a link, or is named by the manifest outside the folder.

    Notes
    -----
    XXH3 tells accidents and careless edits. Whoever can write the manifest can write digests that fit.
    """
    expected = _manifest(folder)
    found = dict(_found(folder))
    for name in sorted(set(found) - set(expected)):
        raise StateError(f"{folder} holds {name!r}, which is not in its {MANIFEST}", _STRANGE)
    for name, digest in expected.items():
        if name not in found:
            raise StateError(f"{name} is missing from {folder}", _AGAIN)
        if _digest(found[name]) != digest:
            raise StateError(f"{found[name]} was changed after the model was saved", _AGAIN)


def inside(folder: Path, relative: str) -> Path:
    """Return a path in the folder; StateError for one that leads out of it."""
    path = Path(os.path.normpath(folder / relative))
    if not path.is_relative_to(os.path.normpath(folder)):
        raise StateError(f"{relative!r} points outside the model's folder {folder}", "do not load this folder")
    return path


def _manifest(folder: Path) -> dict[str, str]:
    try:
        content: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(f"{folder} holds no readable {MANIFEST}: {error}", _AGAIN) from error
    files = content.get("files") if isinstance(content, dict) else None
    if not isinstance(files, dict) or not files:
        raise StateError(f"{MANIFEST} in {folder} lists no files", _AGAIN)
    for name, digest in files.items():
        inside(folder, name)
        if not isinstance(digest, str) or len(digest) != _DIGEST_LENGTH:
            raise StateError(f"{MANIFEST} in {folder} has no digest of {name!r}", _AGAIN)
    return files


def _found(folder: Path, below: str = "") -> Iterator[tuple[str, Path]]:
    """Give each file with its name inside the folder, the manifest apart; links and devices are refused."""
    with os.scandir(folder / below) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            name = f"{below}{entry.name}"
            kind = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(kind):
                yield from _found(folder, f"{name}/")
            elif not stat.S_ISREG(kind):
                what = "a link" if stat.S_ISLNK(kind) else "no plain file"
                raise StateError(f"{name!r} in {folder} is {what}", _STRANGE)
            elif name != MANIFEST:
                yield name, Path(entry.path)


def _digest(path: Path) -> str:
    content = xxhash.xxh3_128()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            content.update(block)
    return content.hexdigest()
