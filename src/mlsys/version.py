"""The version of this library, and what its own code is."""

from __future__ import annotations

import functools
from pathlib import Path

import xxhash

__version__ = "0.1.0"


@functools.cache
def own_code() -> str:
    """Return what this library's own code is: its version when installed, the content of its files when edited.

    Examples
    --------
    >>> len(own_code()) > 0
    True
    """
    folder = Path(__file__).parent
    if {"site-packages", "dist-packages"} & set(folder.parts):
        return __version__
    content = xxhash.xxh3_128()
    for file in sorted(folder.rglob("*.py")):
        content.update(file.read_bytes())
    return f"{__version__} {content.hexdigest()}"
