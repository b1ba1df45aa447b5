"""A cluster on this machine: one process with scheduler and nannies, which ends when the one that started it does.

It is a process of its own, so that scripts need no ``if __name__ == "__main__":``, Ctrl-C reaches only the user's
process, and whatever happens to that one, its end of a pipe is closed.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mlsys.errors import EngineError

START = 120.0
"""Seconds after which a cluster of this machine is given up; on a busy machine imports alone take half a minute."""
STOP = 10.0
"""Seconds for an orderly end; then its processes are killed."""
_LOOK = 1.0
"""Seconds between two looks at whether the process that started this one still lives."""
_LOOPBACK = "127.0.0.1"
_COMMAND = "import sys; from mlsys.engines.dask.starting import serve; serve(int(sys.argv[1]), sys.argv[2])"


@dataclass(frozen=True)
class Cluster:
    """A cluster that was started here.

    Parameters
    ----------
    address : str
        Of the scheduler, on loopback.
    dashboard : str
        Its page, empty without one.
    process : Popen
        Ends when its standard input is closed.
    """

    address: str
    dashboard: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End all its processes."""
        _stop(self.process)


def start(workers: int, memory: str | int | None) -> Cluster:
    """Start workers with one thread each.

    Raises
    ------
    EngineError
        If they do not start.
    """
    reading, writing = os.pipe()
    options = json.dumps({"workers": workers, "memory": memory, "parent": os.getpid()})
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, str(writing), options],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(module_paths()), "ARROW_DEFAULT_MEMORY_POOL": "system"},
        pass_fds=[writing],
        start_new_session=True,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            ready, _, _ = select.select([told], [], [], START)
            line = told.readline() if ready else ""
        if not line:
            raise EngineError(
                f"{workers} Dask workers did not start on this machine (exit code {process.poll()})",
                "read the lines above; start fewer, DaskEngine(workers=1), or run without engine=",
            )
    except BaseException:
        _stop(process)
        raise
    return Cluster(**json.loads(line), process=process)


def module_paths() -> list[str]:
    """Return where this process finds modules, as paths that hold in any folder."""
    return list(dict.fromkeys(os.path.abspath(path) for path in sys.path))


def _stop(process: subprocess.Popen[bytes]) -> None:
    try:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        pass
    finally:  # workers are in its group, also where it ended before them, and where a second Ctrl-C came
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def serve(writing: int, options: str) -> None:
    """Be the cluster: start it, say where it is, and end it when standard input ends."""
    import dask
    from distributed import LocalCluster

    asked = json.loads(options)
    settings = {
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.scheduler.allowed-failures": 1,  # work that ends a worker is done again, alone
        "distributed.worker.multiprocessing-method": "spawn",
        "distributed.logging.distributed": "error",
    }
    with tempfile.TemporaryDirectory(prefix="mlsys-dask-") as place, dask.config.set(settings):
        memory: Any = "auto" if asked["memory"] is None else asked["memory"]
        cluster = LocalCluster(
            n_workers=asked["workers"],
            threads_per_worker=1,
            processes=True,
            host=_LOOPBACK,
            dashboard_address=f"{_LOOPBACK}:0",
            memory_limit=memory,
            local_directory=place,
            silence_logs=logging.CRITICAL,
        )
        with cluster, os.fdopen(writing, "w") as telling:
            dashboard = cluster.dashboard_link if importlib.util.find_spec("bokeh") else ""
            telling.write(json.dumps({"address": cluster.scheduler_address, "dashboard": dashboard}) + "\n")
            telling.flush()
            _until_left(asked["parent"])


def _until_left(parent: int) -> None:
    """Wait until the process that started this one closes the pipe or ends."""
    while os.getppid() == parent:
        ready, _, _ = select.select([sys.stdin], [], [], _LOOK)
        if ready and not os.read(sys.stdin.fileno(), 1):
            return
