"""Twenty kinds of harm that a file can come to."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

DEEP = b"[" * 200_000 + b"]" * 200_000
LARGE = 3 << 30
"""Bytes of a large file, which takes no room: it is one hole."""
Harm = Callable[[Path, Path, random.Random], None]


def cut_in_half(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_short(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    os.truncate(path, max(0, path.stat().st_size - 3))


def emptied(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    os.truncate(path, 0)


def gone(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    path.unlink()


def bit_flipped(path: Path, _neighbour: Path, rng: random.Random) -> None:
    _flipped(path, rng, 1)


def bytes_flipped(path: Path, _neighbour: Path, rng: random.Random) -> None:
    _flipped(path, rng, 20)


def zeros_inside(path: Path, _neighbour: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = rng.randrange(max(1, len(content)))
    content[at : at + 512] = bytes(len(content[at : at + 512]))
    path.write_bytes(content)


def more_behind(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    path.write_bytes(path.read_bytes() + b"\n{more}\n")


def swapped(path: Path, neighbour: Path, _rng: random.Random) -> None:
    other = path.with_name(f"{path.name}.swapped")
    os.replace(path, other)
    os.replace(neighbour, path)
    os.replace(other, neighbour)


def of_a_neighbour(path: Path, neighbour: Path, _rng: random.Random) -> None:
    path.write_bytes(neighbour.read_bytes())


def a_folder(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    path.unlink()
    (path / "inside").mkdir(parents=True)


def a_pipe(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    path.unlink()
    os.mkfifo(path)


def a_dangling_link(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    path.unlink()
    path.symlink_to("/nowhere/at/all")


def a_link_to_a_large_file(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    elsewhere = path.with_name(f".{path.name}.elsewhere")
    path.unlink()
    _large(elsewhere)
    path.symlink_to(elsewhere)


def a_large_file(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    _large(path)


def in_another_encoding(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    path.write_bytes(path.read_bytes().decode("latin-1").encode("utf-16"))


def unreadable(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    path.chmod(0)


def of_a_later_version(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    """Another number of its format; where it has none, one that nobody knows, or other first letters."""
    content = _as_json(path)
    if not isinstance(content, dict):
        path.write_bytes(b"NEW9" + path.read_bytes()[4:])
        return
    known = [key for key in ("format", "version", "layout") if key in content] or ["format"]
    path.write_text(json.dumps({**content, **dict.fromkeys(known, 99)}))


def keys_twice(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    """Each key of an object a second time, with nothing; what is no JSON stands there twice."""
    content = _as_json(path)
    if not isinstance(content, dict):
        path.write_bytes(path.read_bytes() * 2)
        return
    once = json.dumps(content)[1:-1]
    path.write_text("{" + ", ".join([once, *(f"{json.dumps(key)}: null" for key in content)]) + "}")


def nested_deeply(path: Path, _neighbour: Path, _rng: random.Random) -> None:
    path.write_bytes(DEEP)


HARMS: tuple[Harm, ...] = (
    cut_in_half, cut_short, emptied, gone, bit_flipped, bytes_flipped, zeros_inside, more_behind, swapped,
    of_a_neighbour, a_folder, a_pipe, a_dangling_link, a_link_to_a_large_file, a_large_file, in_another_encoding,
    unreadable, of_a_later_version, keys_twice, nested_deeply,
)  # fmt: skip


def _flipped(path: Path, rng: random.Random, times: int) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(times if content else 0):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _large(path: Path) -> None:
    with path.open("wb") as sink:
        sink.truncate(LARGE)


def _as_json(path: Path) -> object:
    """Return the JSON that a file holds; ``None`` where it holds none."""
    try:
        found: object = json.loads(path.read_bytes())
        return found
    except ValueError:
        return None
