"""The few settings of the library, with their reasons; each can be set by an environment variable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

from mlsys.errors import ConfigurationError


@dataclass(frozen=True)
class Settings:
    """Values that hold for a whole process.

    Parameters
    ----------
    rows_per_partition : int
        Rows in one partition of a plan; the same rule cuts files and frames in memory.
    rows_in_memory : int
        A Parquet source with more rows than this is read partition by partition.
    threads : int
        Native threads during a run, of learning and of what rows become; part of what makes both reproducible.
        ``OMP_NUM_THREADS`` if it is set, otherwise 2.
    row_check_rows : int
        Rows on which a function that claims to be row-local is checked.
    folder : str
        Where cache, waiting runs and local predictions are kept. Empty: ``.mlsys`` beside the script,
        in a notebook in the working directory.
    cache : int
        1: cache the results of steps; 0: never, as with ``cache=False`` in every run.
    cache_bytes : int
        If the cache is larger than this, the least recently used results are removed.
    allow_pickle : int
        1: allow loading models with a pickled state, as with ``allow_pickle=True`` in every ``load``; for
        servers, which cannot pass the argument.
    """

    rows_per_partition: int = 262_144
    rows_in_memory: int = 4_000_000
    threads: int = 2
    row_check_rows: int = 16
    folder: str = ""
    cache: int = 1
    cache_bytes: int = 10_000_000_000
    allow_pickle: int = 0


def _from_environment() -> Settings:
    chosen: dict[str, Any] = {}
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit.isdigit():
        chosen["threads"] = int(limit)
    for each in fields(Settings):
        text = os.environ.get(f"MLSYS_{each.name.upper()}")
        if text is None:
            continue
        if each.type == "int" and not text.strip().isdigit():
            raise ConfigurationError(
                f"the environment variable MLSYS_{each.name.upper()} is {text!r}, not a whole number",
                f"set it to a number such as {each.default}, or unset it",
            )
        chosen[each.name] = int(text) if each.type == "int" else text
    return Settings(**chosen)


_current = _from_environment()


def settings() -> Settings:
    """Return the settings in force.

    Examples
    --------
    >>> settings().rows_per_partition > 0
    True
    """
    return _current


@contextmanager
def override(**changes: int | str) -> Iterator[Settings]:
    """Use other settings inside a ``with`` block.

    Parameters
    ----------
    **changes : int or str
        Fields of :class:`Settings`.

    Examples
    --------
    >>> with override(rows_per_partition=10) as inside:
    ...     inside.rows_per_partition
    10
    """
    global _current  # noqa: PLW0603  one process, one value
    before = _current
    _current = replace(before, **changes)  # type: ignore[arg-type]
    try:
        yield _current
    finally:
        _current = before
