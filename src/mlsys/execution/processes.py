"""Independent tasks, run one after another or in processes, with equal results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from mlsys import folder
from mlsys.engines import Engine, LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.native_threads import threads_pinned
from mlsys.settings import override, settings

Given = TypeVar("Given")
Done = TypeVar("Done")


def apart(
    work: Callable[[Given], Done], pieces: Sequence[Given], n_jobs: int, engine: Engine | None = None
) -> Iterator[Done]:
    """Yield ``work(piece)`` for each piece, in order.

    Parameters
    ----------
    work : callable
        Depends only on its piece and on what it holds.
    pieces : sequence
        Arguments of the calls.
    n_jobs : int
        Processes; 1 works here, -1 takes as many as there are cores.
    engine : Engine, optional
        Where the work is done if no processes are asked for; by default here.

    Notes
    -----
    Processes are joblib's; ``work`` and pieces travel by cloudpickle, classes of a notebook included. They get this
    process's settings, its folder and working directory. Wherever a piece is done, native threads are limited to the
    setting ``threads``, so that states and predictions are the same, byte for byte.

    Examples
    --------
    >>> list(apart(len, ["a", "bc"], n_jobs=1))
    [1, 2]
    """
    at_once = min(number_of_processes(n_jobs), len(pieces))
    if n_jobs == 1 or len(pieces) < 2:
        yield from (engine or LocalEngine()).each(work, pieces)
        return
    from joblib import Parallel, delayed

    here = {**asdict(settings()), "folder": str(folder.home().absolute())}
    # Arrays would be shared as files of a temporary folder and be read-only there, which they are not here.
    pool = Parallel(n_jobs=at_once, backend="loky", max_nbytes=None, return_as="generator")
    yield from pool(delayed(_elsewhere)(work, piece, here, Path.cwd()) for piece in pieces)


def number_of_processes(n_jobs: int) -> int:
    """Return how many processes ``n_jobs`` asks for: -1 is one for each core that this process may use.

    Raises
    ------
    ConfigurationError
        If it is neither -1 nor a positive whole number.
    """
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int) or not (n_jobs >= 1 or n_jobs == -1):
        raise ConfigurationError(
            f"n_jobs={n_jobs!r} is not a number of processes", "write 1, 2, ... or -1 for all cores"
        )
    if n_jobs >= 1:
        return n_jobs
    from joblib import cpu_count

    return int(cpu_count())


def _elsewhere(work: Callable[[Any], Any], piece: Any, here: dict[str, Any], directory: Path) -> Any:
    os.chdir(directory)
    with override(**here), threads_pinned():
        return work(piece)
