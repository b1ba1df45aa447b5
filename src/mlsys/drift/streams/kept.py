"""State of a stream in one file of plain JSON, written whole, with its digest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlsys.errors import StateError
from mlsys.unfinished import whole

FORMAT = 1
"""Layout of these files."""
LARGEST = 1 << 30
"""Bytes of a file that is read: rows that wait for labels take about 60 each."""


def write(file: Path, who: str, about: Mapping[str, Any]) -> Path:
    """Write a state; a file that is there is replaced at once."""
    from mlsys.states.on_disk import with_digest

    content = with_digest({**about, "holds": who, "format": FORMAT})
    with whole(file) as making:
        making.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
    return file


@contextmanager
def reading(file: Path, who: str) -> Iterator[dict[str, Any]]:
    """Give what :func:`write` wrote; whatever goes wrong with it names the file."""
    from mlsys.states.on_disk import naming, read_with_digest

    about = read_with_digest(file, LARGEST)
    held, written = about.pop("holds", "something else"), about.pop("format", 0)
    if held != who:
        raise StateError(f"{file} holds {held}, not the state of {who}", f"name a file that {who}.save wrote")
    if written != FORMAT:
        raise StateError(f"{file} has layout {written}, this version reads {FORMAT}", "save it with this version")
    with naming(file):
        yield about
