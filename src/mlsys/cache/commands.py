"""What ``mlsys cache`` does: show what the folder holds, or empty it."""

from __future__ import annotations

import shutil
from pathlib import Path

from mlsys.cache.store import FOLDER
from mlsys.folder import home
from mlsys.settings import settings

_KINDS = {"columns": "columns", "states": "states and reports", "entries": "steps", "latest": "notes of last runs"}


def show() -> str:
    """Return what the cache of this folder holds, as a text to print.

    Examples
    --------
    >>> print(show())
    no cache at ...
    """
    top = home() / FOLDER
    if not top.is_dir():
        return f"no cache at {top}"
    lines = [f"cache at {top}"]
    total = 0
    for kind, words in _KINDS.items():
        items = [path for shard in (top / kind).glob("*") for path in shard.iterdir()]
        size = sum(_bytes(path) for path in items)
        total += size
        lines.append(f"  {words:<20} {len(items):>7,}   {size / 1e6:>10,.1f} MB")
    cap = settings().cache_bytes / 1e6
    lines.append(f"  together             {total / 1e6:>20,.1f} MB of at most {cap:,.0f} MB (MLSYS_CACHE_BYTES)")
    return "\n".join(lines)


def clear() -> str:
    """Remove everything the cache holds; returns a text to print. Runs that wait for MLflow stay.

    Examples
    --------
    >>> print(clear())
    no cache at ...
    """
    top = home() / FOLDER
    if not top.is_dir():
        return f"no cache at {top}"
    size = sum(_bytes(path) for path in top.rglob("*") if path.is_file())
    shutil.rmtree(top)
    return f"removed {size / 1e6:,.1f} MB from {top}"


def _bytes(path: Path) -> int:
    try:
        return sum(each.stat().st_size for each in path.iterdir()) if path.is_dir() else path.stat().st_size
    except OSError:  # another run removed it
        return 0
