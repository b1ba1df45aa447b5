"""A cluster on this machine: one process with scheduler and nannies, which ends when the one that started it does.

It is a process of its own, so that scripts need no ``if __name__ == "__main__":``, Ctrl-C reaches only the user's
process, and whatever happens to that one, its end of a pipe is closed.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from mlsys.errors import EngineError

START = 120.0
"""Seconds after which a cluster of this machine is given up; on a busy machine imports alone take half a minute."""
STOP = 10.0
"""Seconds for an orderly end; then its processes are killed."""
_SERVING = str(Path(__file__).with_name("serving.py"))
_COMMAND = f"import runpy, sys; runpy.run_path({_SERVING!r})['serve'](int(sys.argv[1]), sys.argv[2])"
_WORKERS: dict[str, str] = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
}
"""What Dask sets for workers, and Arrow's pool; here before anything is imported, because workers are copies."""
_PRELOADED = ("mlsys", "sklearn")
"""Packages of which workers have at their start what this process has imported."""


class Cluster:
    """A cluster that is started here, with workers of one thread each; it starts while this process goes on.

    Parameters
    ----------
    workers : int
        How many.
    memory : str, int or None
        Of each.

    Attributes
    ----------
    process : Popen
        Ends when its standard input is closed.

    Raises
    ------
    EngineError
        Once its address is asked for, if the workers do not start.
    """

    def __init__(self, workers: int, memory: str | int | None) -> None:
        reading, writing = os.pipe()
        modules = [name for name in sorted(sys.modules) if name.partition(".")[0] in _PRELOADED]
        options = {"workers": workers, "memory": memory, "parent": os.getpid(), "modules": modules}
        self._workers = workers
        self._telling = os.fdopen(reading)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, str(writing), json.dumps(options)],
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(module_paths()), **_WORKERS},
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)

    @property
    def is_there(self) -> bool:
        """Whether it has said where it is, or that it will not; asking waits for nothing."""
        return "_told" in vars(self) or bool(select.select([self._telling], [], [], 0)[0])

    @property
    def address(self) -> str:
        """The address of the scheduler, on loopback, once the workers are there."""
        return self._told["address"]

    @property
    def dashboard(self) -> str:
        """The address of its page, empty without one."""
        return self._told["dashboard"]

    @cached_property
    def _told(self) -> dict[str, str]:
        try:
            ready, _, _ = select.select([self._telling], [], [], START)
            line = self._telling.readline() if ready else ""
            if not line:
                raise EngineError(
                    f"{self._workers} Dask workers did not start on this machine (exit code {self.process.poll()})",
                    "read the lines above; start fewer, DaskEngine(workers=1), or run without engine=",
                )
        except BaseException:
            self.stop()
            raise
        found: dict[str, str] = json.loads(line)
        return found

    def stop(self) -> None:
        """End all its processes."""
        try:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            pass
        finally:  # workers are in its group, also where it ended before them, and where a second Ctrl-C came
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self._telling.close()  # not before, for one that has yet to say where it is


def module_paths() -> list[str]:
    """Return where this process finds modules, as paths that hold in any folder."""
    return list(dict.fromkeys(os.path.abspath(path) for path in sys.path))
