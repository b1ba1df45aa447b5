"""An engine for tests: every partition is worked on in a process of its own, and the last may be done first."""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from multiprocessing.connection import Client, Connection, Listener, wait
from pathlib import Path
from typing import Any, TypeVar

import cloudpickle
import numpy as np
import pandas as pd

from mlsys import folder
from mlsys.engines.counting import counted
from mlsys.settings import override, settings
from mlsys.tables import Deferred, Partition, Table

Given = TypeVar("Given")
Done = TypeVar("Done")

AT_ONCE = 2
"""Processes at work; more only wait for each other on a small machine."""

PRELOADED = [
    *(f"mlsys.{name}" for name in ("data", "drift", "evaluation", "features", "labeling", "models", "run", "sampling")),
    "pyarrow.parquet",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "tests.engines.flights",
    "threadpoolctl",
]
"""Imported once, by the process of which the others are copies."""


class ScatteredEngine:
    """Sends work by cloudpickle to a fresh process for each partition; starts them in random order.

    Parameters
    ----------
    seed : int
        Of the order.

    Attributes
    ----------
    finished : list of list of int
        Of each piece of work, the places of its partitions in the order in which they were done.
    """

    name = "scattered"
    cuts_frames = True

    def __init__(self, seed: int = 0) -> None:
        self.finished: list[list[int]] = []
        self._rng = np.random.default_rng(seed)

    def hold(self, partitions: Sequence[Partition] | None, frame: pd.DataFrame | Deferred | None) -> Table:
        """Return a table of a source's pieces, or of one frame."""
        return Table(self, frame) if partitions is None else Table(self, partitions=counted(partitions, self))

    def each(self, work: Callable[[Given], Done], pieces: Sequence[Given]) -> Iterator[Done]:
        """Yield ``work(piece)`` for each piece in the order of the pieces."""
        answers: dict[int, tuple[Any, Exception | None]] = {}
        waiting = self._rng.permutation(len(pieces)).tolist()
        at_work: dict[Any, int] = {}
        here = {**asdict(settings()), "folder": str(folder.home().absolute())}
        while waiting or at_work:
            while waiting and len(at_work) < AT_ONCE:
                place = waiting.pop()
                connection = Client(_server())
                connection.send_bytes(cloudpickle.dumps((work, pieces[place], here, os.getcwd())))
                at_work[connection] = place
            for ready in wait(list(at_work)):
                place = at_work.pop(ready)
                with ready:
                    answers[place] = pickle.loads(ready.recv_bytes())
        self.finished.append(list(answers))
        for place in range(len(pieces)):
            found, error = answers[place]
            if error is not None:
                raise error
            yield found

    @property
    def turned(self) -> int:
        """How many pieces of work had a partition done before one that comes earlier in the plan."""
        return sum(order != sorted(order) for order in self.finished)


@functools.cache
def _server() -> str:
    """Start the process of which those that work are copies; returns its address. It ends with this one."""
    address = f"{tempfile.mkdtemp()}/engine"
    paths = [str(Path(__file__).parents[2]), *sys.path]  # where it finds files of tests
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, __file__, address]
    server = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    atexit.register(server.communicate)  # which closes what it listens to
    return address


def _serve(address: str) -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is imported stays; a copy need not look at it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with Listener(address, backlog=64) as listener:
        print("listening", flush=True)
        while True:
            waiting = wait([listener._listener._socket, sys.stdin])  # type: ignore[attr-defined]
            if sys.stdin in waiting:
                return
            connection = listener.accept()
            if os.fork() == 0:
                _work(connection)
                os._exit(0)
            connection.close()


def _work(connection: Connection) -> None:
    """Do one piece of work in this process, with the settings and in the folder of the one that sent it."""
    try:
        work, piece, here, directory = pickle.loads(connection.recv_bytes())
        os.chdir(directory)
        with override(**here):
            answer = (work(piece), None)
    except Exception as error:
        answer = (None, error)
    connection.send_bytes(cloudpickle.dumps(answer))


if __name__ == "__main__":
    _serve(sys.argv[1])
