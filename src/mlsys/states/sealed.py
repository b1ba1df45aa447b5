"""Folders whose files are listed with their digests: written last, checked before anything in them is read."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlsys.errors import StateError
from mlsys.states.on_disk import AGAIN, MANIFEST, STRANGE, digest_of_file, listed, read_json

_DIGEST_LENGTH = 32
_BESIDE = "beside"


def seal(folder: Path) -> None:
    """Write the manifest of a finished folder."""
    _write(folder, {"files": digests(folder, MANIFEST)})


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
    same_files(folder, expected, apart=MANIFEST)
    _check_beside(folder)


def same_files(folder: Path, expected: Mapping[str, str], what: str = "the model", apart: str = "") -> None:
    """Raise unless a folder holds exactly some files, by digest; one at its top may be left apart."""
    again = f"save {what} again, or copy it again from where it was saved"
    found = dict(_found(folder, apart))
    for name in sorted(set(found) - set(expected)):
        raise StateError(f"{folder} holds {name!r}, which is not in its {MANIFEST}", STRANGE)
    for name, digest in expected.items():
        if name not in found:
            raise StateError(f"{name} is missing from {folder}", again)
        if digest_of_file(found[name]) != digest:
            raise StateError(f"{found[name]} was changed after {what} was saved", again)


def digests(folder: Path, apart: str = "") -> dict[str, str]:
    """Return the digest of each file of a folder, one at its top left apart; StateError for a link or a device."""
    return {name: digest_of_file(path) for name, path in sorted(_found(folder, apart))}


def inside(folder: Path, relative: str) -> Path:
    """Return a path in the folder; StateError for one that leads out of it."""
    path = Path(os.path.normpath(folder / relative))
    if not path.is_relative_to(os.path.normpath(folder)):
        raise StateError(f"{relative!r} points outside the model's folder {folder}", "do not load this folder")
    return path


def seal_beside(folder: Path, names: tuple[str, ...], above: Path) -> None:
    """Add to a folder's manifest files of a folder that holds it, such as those through which MLflow serves it."""
    files = {name: digest_of_file(above / name) for name in names if (above / name).is_file()}
    place = os.path.relpath(above, folder)
    _write(folder, {"files": listed(folder), _BESIDE: {f"{place}/{name}": each for name, each in files.items()}})


def _check_beside(folder: Path) -> None:
    """Check the files that a manifest names beside its folder; a folder taken out by itself has none of them."""
    beside = read_json(folder / MANIFEST).get(_BESIDE, {})
    if not isinstance(beside, dict):
        raise StateError(f"{folder / MANIFEST} lists no files beside the folder", AGAIN)
    paths = {Path(os.path.normpath(folder.absolute() / name)): digest for name, digest in beside.items()}
    if not any(os.path.lexists(path) for path in paths):
        return
    for path, digest in paths.items():
        if digest_of_file(path) != digest:
            raise StateError(f"{path} was changed after the model was saved", AGAIN)


def _write(folder: Path, content: Mapping[str, object]) -> None:
    (folder / MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _manifest(folder: Path) -> dict[str, str]:
    files = listed(folder)
    if not files:
        raise StateError(f"{folder / MANIFEST} lists no files", AGAIN)
    for name, digest in files.items():
        inside(folder, name)
        if not isinstance(digest, str) or len(digest) != _DIGEST_LENGTH:
            raise StateError(f"{folder / MANIFEST} has no digest of {name!r}", AGAIN)
    return files


def _found(folder: Path, apart: str) -> Iterator[tuple[str, Path]]:
    """Give each file with its name inside the folder, one apart; links and devices are refused."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            with os.scandir(folder / below) as entries:
                here = sorted(entries, key=lambda each: each.name)
                kinds = [entry.stat(follow_symlinks=False).st_mode for entry in here]
        except OSError as error:
            raise StateError(f"{folder / below} cannot be read ({error})", AGAIN) from error
        for entry, kind in zip(here, kinds, strict=True):
            name = f"{below}{entry.name}"
            if stat.S_ISDIR(kind):
                waiting.append(f"{name}/")
            elif not stat.S_ISREG(kind):
                what = "a link" if stat.S_ISLNK(kind) else "not a regular file"
                raise StateError(f"{name!r} in {folder} is {what}", STRANGE)
            elif name != apart:
                yield name, Path(entry.path)
