"""What ``mlsys cache`` does: show what the folder holds, or empty it."""

from __future__ import annotations

from mlsys.cache.items import items, remove
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
    kept, total = items(top), 0
    for kind, words in _KINDS.items():
        sizes = [item.size for item in kept if item.kind == kind]
        total += sum(sizes)
        lines.append(f"  {words:<20} {len(sizes):>7,}   {sum(sizes) / 1e6:>10,.1f} MB")
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
    size = sum(item.size for item in items(top))
    remove(top)
    if top.is_dir():
        return f"{top} could not be removed completely: another program is writing to it, or permission is missing"
    return f"removed {size / 1e6:,.1f} MB from {top}"
