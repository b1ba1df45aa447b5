"""What runs on a worker: one piece of work, its warnings and errors caught, its memory measured."""

from __future__ import annotations

import functools
import os
import resource
import sys
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cloudpickle

from mlsys.native_threads import threads_pinned
from mlsys.settings import override

_one_at_a_time = threading.Lock()
"""Settings and working directory belong to the process: a worker with several threads does one piece after another."""


@dataclass(frozen=True)
class Here:
    """What work must know of the process that sends it.

    Parameters
    ----------
    settings : dict
        Fields of :class:`mlsys.settings.Settings`.
    directory : str
        Working directory, for relative paths; one that a worker does not have is ignored.
    paths : tuple of str
        Where modules are found, for workers of this machine.
    """

    settings: dict[str, Any]
    directory: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came out of a piece.

    Parameters
    ----------
    made : object
        What the work returned.
    error : bytes or None
        The error it raised, packed.
    warned : sequence of tuple
        Message, category, file and line of each warning.
    peak, limit : int
        Most bytes of memory that the worker has used, and how many it may use; 0 where that is unknown.
    worker : str
        Its address.
    """

    made: Any = None
    error: bytes | None = None
    warned: Sequence[tuple[Warning | str, type[Warning], str, int]] = field(default=())
    peak: int = 0
    limit: int = 0
    worker: str = ""


def same(packed: bytes) -> bytes:
    """Return what is given: as a task of its own, large work is sent to each worker once."""
    return packed


def do(packed: bytes, piece: bytes) -> Answer:
    """Do one piece of packed work.

    Parameters
    ----------
    packed : bytes
        A :class:`Here` and a function.
    piece : bytes
        What the function is called with.
    """
    made, error = None, None
    with _one_at_a_time, warnings.catch_warnings(record=True) as caught:
        try:
            here, work = _loaded(packed)
            _settle(here)
            with override(**here.settings), threads_pinned():
                made = work(cloudpickle.loads(piece))
        except (Exception, SystemExit) as raised:
            error = _packed_error(raised)
    warned = [(each.message, each.category, each.filename, each.lineno) for each in caught]
    return Answer(made, error, warned, peak_bytes(), *_own_limit())


@functools.lru_cache(maxsize=2)
def _loaded(packed: bytes) -> tuple[Here, Any]:
    """Return unpacked work, which is the same for many pieces in turn."""
    here, work = cloudpickle.loads(packed)
    return here, work


def unpacked_error(packed: bytes) -> BaseException:
    """Return an error with the traceback it had on the worker."""
    from tblib import Traceback

    error, traceback = cloudpickle.loads(packed)
    raised: BaseException = error.with_traceback(Traceback.from_dict(traceback).as_traceback())
    return raised


def _packed_error(error: BaseException) -> bytes:
    """Pack an error with its traceback; one that cannot travel is told in words."""
    from tblib import Traceback

    traceback = Traceback(error.__traceback__).to_dict()
    try:
        packed: bytes = cloudpickle.dumps((error, traceback))
        cloudpickle.loads(packed)
    except Exception:
        packed = cloudpickle.dumps((RuntimeError(f"{type(error).__name__}: {error}"), traceback))
    return packed


def _settle(here: Here) -> None:
    """Work in the folder of the sender, find its modules, and give memory back when it is free."""
    if Path(here.directory).is_dir():
        os.chdir(here.directory)
    sys.path += [path for path in here.paths if path not in sys.path]
    _give_memory_back()


@functools.cache
def _give_memory_back() -> None:
    """Let Arrow use the system's memory: its own pool keeps what is free, until Dask pauses the worker."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())


def peak_bytes() -> int:
    """Return the most memory that this process has used.

    Notes
    -----
    ``ru_maxrss`` is inherited from the process that started this one; Linux's own count is not.

    Examples
    --------
    >>> peak_bytes() > 10_000_000
    True
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next((each for each in status.read_text().splitlines() if each.startswith("VmHWM:")), "")
        if line:
            return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _own_limit() -> tuple[int, str]:
    """Return how much memory this worker may use, and its address."""
    from distributed import get_worker

    worker = get_worker()
    return int(worker.memory_manager.memory_limit or 0), str(worker.address)
