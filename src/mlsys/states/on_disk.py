"""Files that were written here, read again: plain ones only, no larger than expected, named when they are damaged."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import xxhash

from mlsys.errors import MlsysError, StateError

MANIFEST = "manifest.json"
LARGEST = 16 << 20
"""Bytes that are read of a file which no manifest vouches for; 150,000 files are listed in fewer."""
_BLOCK = 1 << 20
_DIGEST = "digest"
AGAIN = "save it again, or copy it again from where it was saved"
STRANGE = "do not load this folder unless you know who put this there and why; then remove it"


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a plain file for bytes.

    Raises
    ------
    StateError
        It is missing or cannot be read, or it is a link, a folder, a pipe or a device: these are not read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        linked = isinstance(error, OSError) and error.errno == errno.ELOOP
        missing = isinstance(error, FileNotFoundError)
        said = "is a link" if linked else "is missing" if missing else f"cannot be read ({error})"
        raise StateError(f"{path} {said}", STRANGE if linked else AGAIN) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StateError(f"{path} is not a regular file", STRANGE)
    with os.fdopen(descriptor, "rb") as file:
        try:
            yield file
        except OSError as error:
            raise StateError(f"{path} cannot be read ({error})", AGAIN) from error


def read_unvouched(path: Path, largest: int = LARGEST) -> bytes:
    """Return the content of a file that nothing vouches for, such as a manifest; a huge one is refused."""
    with opened(path) as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise StateError(f"{path} is larger than {largest >> 20} MB, the largest size allowed", AGAIN)
    return content


def read_vouched(path: Path, expected: str) -> bytes:
    """Return the content of a file if it has a digest; it is looked through before memory is taken for it."""
    with opened(path) as file:
        if _digest_of(file) != expected:
            raise StateError(f"{path} was changed after it was saved", AGAIN)
        file.seek(0)
        return file.read()


def digest_of_file(path: Path) -> str:
    """Return the digest of a plain file's bytes."""
    with opened(path) as file:
        return _digest_of(file)


def parsed(content: bytes, path: Path) -> Any:
    """Return JSON as Python has it; StateError where it is none, or is nested beyond reason."""
    try:
        return json.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise StateError(f"{path} cannot be read: it is nested too deeply", AGAIN) from error
    except ValueError as error:
        raise StateError(f"{path} cannot be read: {error}", AGAIN) from error


def read_json(path: Path, largest: int = LARGEST) -> Any:
    """Read a JSON file that nothing vouches for."""
    return parsed(read_unvouched(path, largest), path)


def with_digest(content: dict[str, Any]) -> dict[str, Any]:
    """Return an object for JSON with the digest of its own content in it.

    Examples
    --------
    >>> sorted(with_digest({"a": 1}))
    ['a', 'digest']
    """
    return {**content, _DIGEST: _content_digest(content)}


def read_with_digest(path: Path, largest: int = LARGEST) -> dict[str, Any]:
    """Read what :func:`with_digest` made; StateError where it was changed."""
    content = read_json(path, largest)
    if not isinstance(content, dict):
        raise StateError(f"{path} cannot be read: it does not hold a JSON object", AGAIN)
    if content.pop(_DIGEST, None) != _content_digest(content):
        raise StateError(f"{path} was changed after it was saved", AGAIN)
    return content


def listed(folder: Path) -> dict[str, str]:
    """Return the digests by name that a folder's manifest lists."""
    try:
        content = read_json(folder / MANIFEST)
    except StateError as error:
        raise StateError(f"{folder} holds no readable {MANIFEST}: {error.problem}", error.remedy) from error
    files = content.get("files") if isinstance(content, dict) else None
    if not isinstance(files, dict):
        raise StateError(f"{folder / MANIFEST} lists no files", AGAIN)
    return files


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say of whatever goes wrong with content that it is that of a file or folder, and damaged."""
    try:
        yield
    except MlsysError:
        raise
    except Exception as error:  # content of any form reaches other libraries, which raise whatever they like
        raise StateError(f"{path} cannot be read: {type(error).__name__}: {error}", AGAIN) from error


def _digest_of(file: IO[bytes]) -> str:
    content = xxhash.xxh3_128()
    while block := file.read(_BLOCK):
        content.update(block)
    return content.hexdigest()


def _content_digest(content: dict[str, Any]) -> str:
    return xxhash.xxh3_128_hexdigest(json.dumps(content, sort_keys=True).encode())
