"""Digests of files by content: what a source or a side table reads, and what ``depends_on=`` names."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

import xxhash

_BLOCK = 1 << 22


def file_digest(path: Path) -> str:
    """Return the digest of a file's bytes, or of all files in a folder by name.

    Raises
    ------
    OSError
        When it cannot be read.

    Examples
    --------
    >>> _ = Path("a.txt").write_text("a"), Path("b.txt").write_text("a")
    >>> file_digest(Path("a.txt")) == file_digest(Path("b.txt"))
    True
    """
    content = xxhash.xxh3_128()
    if path.is_dir():
        for inside in sorted(each for each in path.rglob("*") if each.is_file()):
            content.update(f"{inside.relative_to(path).as_posix()} {file_digest(inside)}\n".encode())
        return content.hexdigest()
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            content.update(block)
    return content.hexdigest()


def files_digest(paths: Iterable[Path]) -> dict[str, str]:
    """Return digests by path, in the order given."""
    return {str(path): file_digest(path) for path in paths}


@functools.cache
def own_code() -> str:
    """Return what this library's own code is: its version when installed, the content of its files when edited.

    Examples
    --------
    >>> len(own_code()) > 0
    True
    """
    import mlsys

    folder = Path(mlsys.__file__).parent
    if {"site-packages", "dist-packages"} & set(folder.parts):
        return mlsys.__version__
    content = xxhash.xxh3_128()
    for file in sorted(folder.rglob("*.py")):
        content.update(file.read_bytes())
    return f"{mlsys.__version__} {content.hexdigest()}"
