"""Work in forked children: killed at a moment, limited in time and memory, or just asked for an answer."""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn


@dataclass(frozen=True)
class Ended:
    """How a child ended: what it answered, what it raised (type and text), how, and after how many seconds."""

    answer: Any
    raised: tuple[str, str] | None
    status: int
    seconds: float
    hung: bool = False

    @property
    def killed(self) -> bool:
        """Whether a signal ended it."""
        return os.WIFSIGNALED(self.status)


class Child:
    """A forked copy of this process at work; what it prints is dropped.

    Parameters
    ----------
    work : callable
        Its answer goes through JSON.
    memory : int, optional
        Bytes of address space it may have.
    quiet : bool
        Whether standard output and error are dropped.
    """

    def __init__(self, work: Callable[[], Any], memory: int | None = None, quiet: bool = True) -> None:
        self._from, to = os.pipe()
        self.began = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._from)
            _work(work, to, memory, quiet)
        os.close(to)

    def send(self, number: signal.Signals) -> None:
        """Send a signal; one that ended meanwhile gets none."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def ended(self, within: float = 120.0) -> Ended:
        """Wait for its end; one that hangs is killed and says so."""
        told, until, hung = b"", self.began + within, False
        while True:
            ready, _, _ = select.select([self._from], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                hung = True
                self.send(signal.SIGKILL)
                break
            piece = os.read(self._from, 1 << 16)
            if not piece:
                break
            told += piece
        os.close(self._from)
        status = os.waitpid(self.pid, 0)[1]
        seconds = time.monotonic() - self.began
        with suppress(ValueError):
            found = json.loads(told)
            raised = tuple(found["raised"]) if found["raised"] else None
            return Ended(found["answer"], raised, status, seconds, hung)
        return Ended(None, None, status, seconds, hung)


def in_child(work: Callable[[], Any], within: float = 120.0, memory: int | None = None, quiet: bool = True) -> Ended:
    """Do some work in a forked child and wait for it."""
    return Child(work, memory, quiet).ended(within)


def _work(work: Callable[[], Any], to: int, memory: int | None, quiet: bool) -> NoReturn:
    try:
        if quiet:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
        faulthandler.disable()
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        try:
            answer, raised = work(), None
        except BaseException as error:  # all is told: which errors are right is for the one who asks to say
            if not quiet:
                traceback.print_exc()
            answer, raised = None, (f"{type(error).__module__}.{type(error).__name__}", str(error))
        told = json.dumps({"answer": answer, "raised": raised}).encode()
        while told:
            told = told[os.write(to, told) :]
    finally:
        os._exit(0)
