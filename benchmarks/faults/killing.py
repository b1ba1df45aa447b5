"""Ending a child at a moment: a share of its time, or a while after the n-th time it touched a file."""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from faults.children import Child, Ended, in_child

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "sqlite3.connect"}
_LATEST = 0.01
"""Seconds after a touched file within which the child is ended: what is begun by then is a write in the middle."""


@dataclass(frozen=True)
class Moment:
    """When to end a child: after so many seconds, or so many seconds after it touched its n-th file."""

    seconds: float
    touched: int = 0

    def __str__(self) -> str:
        after = f" after change {self.touched}" if self.touched else ""
        return f"{self.seconds:.3f} s{after}"


def on_touch(then: Callable[[int], None]) -> None:
    """Call back each time this process is about to write, rename or remove a file; told how often it was so far."""
    count = 0

    def hook(event: str, given: tuple[Any, ...]) -> None:
        nonlocal count
        opens_to_write = event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)
        if opens_to_write or event in _CHANGES:
            count += 1
            then(count)

    sys.addaudithook(hook)


def span(work: Callable[[], Any]) -> tuple[Ended, int]:
    """Do work undisturbed; return how it ended, with its answer, and how often it touched files."""
    touched = [0]

    def counted() -> Any:
        on_touch(lambda number: touched.__setitem__(0, number))
        answer = work()
        return [answer, touched[0]]

    ended = in_child(counted)
    assert ended.answer is not None, f"the undisturbed work failed: {ended}"
    answer, count = ended.answer
    return Ended(answer, None, ended.status, ended.seconds), count


def moments(seconds: float, touches: int, times: int, seed: int) -> Iterator[Moment]:
    """Yield moments: one in three anywhere in the time, the others at a file, each file as likely as any other."""
    chosen = random.Random(seed)
    for number in range(times):
        if number % 3 == 0 or touches == 0:
            yield Moment(chosen.uniform(0, seconds))
        else:
            yield Moment(chosen.choice([0.0, chosen.uniform(0, _LATEST)]), chosen.randint(1, touches))


def ended_at(moment: Moment, work: Callable[[], Any], how: signal.Signals = signal.SIGKILL) -> Ended:
    """Do work in a child and send it a signal at a moment."""
    reader, writer = os.pipe()

    def marked() -> Any:
        os.close(reader)
        if moment.touched:
            on_touch(lambda number: os.write(writer, b".") if number == moment.touched else None)
        return work()

    child = Child(marked)
    os.close(writer)
    if moment.touched:
        select.select([reader], [], [], 120)  # at the change, or at the end of the child, which closes its side
    time.sleep(moment.seconds)
    child.send(how)
    os.close(reader)
    return child.ended()
