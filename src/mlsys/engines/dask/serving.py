"""The process that is a cluster of this machine: scheduler and nannies, and beside them what workers are copies of.

It is run by its path and imports nothing of this library, so that it is there at once.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import select
import sys
import tempfile
from typing import Any

_LOOK = 1.0
"""Seconds between two looks at whether the process that started this one still lives."""
_LOOPBACK = "127.0.0.1"


def serve(writing: int, options: str) -> None:
    """Be the cluster: start it, say where it is, and end it when standard input ends.

    Parameters
    ----------
    writing : int
        File descriptor to say it on.
    options : str
        ``workers``, ``memory``, ``parent`` (the process that started this one) and ``modules`` to import once for all
        workers, as JSON.
    """
    asked = json.loads(options)
    copied = sys.platform == "linux"
    if copied:
        _import_once(asked["modules"])
    import dask
    from distributed import LocalCluster

    settings = {
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.scheduler.allowed-failures": 1,  # work that ends a worker is done again, alone
        "distributed.worker.multiprocessing-method": "forkserver" if copied else "spawn",
        "distributed.logging.distributed": "error",
        "distributed.worker.profile.enabled": False,  # which looks at every thread a hundred times a second
        "distributed.scheduler.active-memory-manager.start": False,
        "distributed.admin.system-monitor.interval": "2s",
    }
    with tempfile.TemporaryDirectory(prefix="mlsys-dask-") as place, dask.config.set(settings):
        memory: Any = "auto" if asked["memory"] is None else asked["memory"]
        if _is_left(asked["parent"], 0):
            return
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
            while not _is_left(asked["parent"], _LOOK):
                pass


def _import_once(modules: list[str]) -> None:
    """Start the process of which workers are copies: it imports while this one goes on, and once for all of them."""
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload(["distributed", "distributed.nanny", "distributed.worker", *modules])
    forkserver.ensure_running()


def _is_left(parent: int, seconds: float) -> bool:
    """Whether the process that started this one has closed the pipe or ended; waits for that."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return os.getppid() != parent or bool(ready and not os.read(sys.stdin.fileno(), 1))
