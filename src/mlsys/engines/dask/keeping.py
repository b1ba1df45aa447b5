"""What workers keep of partitions for a library that trains on them, and training that goes on when one is lost."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from mlsys.engines.dask.tasks import Answer, do, same, unpacked_error
from mlsys.engines.dask.waiting import POLL, Watch, awaited, workers_now
from mlsys.errors import EngineError

if TYPE_CHECKING:
    from distributed import Client, Future

Done = TypeVar("Done")
Fit = Callable[["Client", Sequence["Kept"]], Done]

TRIES = 4
"""How often one round of training is begun, if a worker is lost each time."""
GRACE = 15.0
"""Seconds that the others have to notice that one of them was lost, before they are ended."""


@dataclass(frozen=True)
class Kept:
    """What was made of one partition, on the worker that keeps it.

    Parameters
    ----------
    future : Future
        An :class:`Answer`, whose ``made`` it is.
    worker : str
        Address of the worker.
    client : Client
        Of the cluster.
    """

    future: Future[Any]
    worker: str
    client: Client

    def then(self, function: Callable[[Any], Any]) -> Future[Any]:
        """Return what a function makes of it, on the same worker."""
        return self.client.submit(_of_made, function, self.future, workers=[self.worker], pure=False)


def _of_made(function: Callable[[Any], Any], answer: Answer) -> Any:
    return function(answer.made)


def _without_made(answer: Answer) -> Answer:
    return Answer(None, answer.error, answer.warned, answer.peak, answer.limit, answer.worker)


class Keeping:
    """Partitions made once and kept by workers, in turn; made again where a worker is lost.

    Parameters
    ----------
    client : Client
        Of the cluster.
    work : bytes
        Packed; all pieces have it.
    pieces : sequence of bytes
        Packed when asked for.
    is_here : bool
        Whether the workers were started here, and may be ended.
    """

    def __init__(self, client: Client, work: bytes, pieces: Sequence[bytes], is_here: bool) -> None:
        self._client, self._work, self._pieces, self._is_here = client, work, pieces, is_here
        self._kept: list[Kept] = []
        self._count = len(self._workers())

    def answers(self) -> list[Answer]:
        """Make all pieces; return what is said of each, without what was made."""
        watch, workers = Watch(self._client), sorted(self._workers())
        work = self._client.submit(same, self._work, pure=False)
        self._kept = []
        for place in range(len(self._pieces)):
            worker = workers[place % len(workers)]
            future = self._client.submit(do, work, self._pieces[place], workers=[worker], pure=False)
            self._kept.append(Kept(future, worker, self._client))
        told = [self._client.submit(_without_made, kept.future, pure=False) for kept in self._kept]
        return [awaited(each, watch) for each in told]

    def each(self, function: Callable[[Any], Done]) -> list[Done]:
        """Return what a function makes of each piece, in their order."""
        return self.run(lambda client, kept: client.gather([one.then(function) for one in kept]))

    def only(self, wanted: Sequence[bool]) -> None:
        """Forget the other pieces."""
        self._pieces = [self._pieces[place] for place, is_wanted in enumerate(wanted) if is_wanted]
        self._kept = [kept for kept, is_wanted in zip(self._kept, wanted, strict=True) if is_wanted]

    def run(self, fit: Fit[Done]) -> Done:
        """Return what ``fit(client, kept)`` returns; it begins again, on pieces made anew, if a worker is lost.

        Raises
        ------
        EngineError
            If that happens too often.
        """
        for _ in range(TRIES):
            try:
                if not self._kept:
                    _refuse_errors(self.answers())
                return self._watched(fit)
            except Exception as error:
                if not self._lost(POLL + 3):
                    raise
                last = error
            self._begin_again()
        raise EngineError(
            f"training on workers was begun {TRIES} times, and each time a worker was lost: {last}",
            "give workers more memory, DaskEngine(memory='8GB'), or train on one machine: run without engine=",
        )

    def _watched(self, fit: Fit[Done]) -> Done:
        """Run a fit in a thread of its own: one that waits for a lost worker may never return."""
        answer: queue.Queue[tuple[Done | None, BaseException | None]] = queue.Queue()

        def work() -> None:
            try:
                with self._client.as_current():
                    answer.put((fit(self._client, self._kept), None))
            except BaseException as error:
                answer.put((None, error))

        threading.Thread(target=work, daemon=True).start()
        watch = Watch(self._client)
        while True:
            try:
                return _opened(answer.get(timeout=POLL))
            except queue.Empty:
                watch.look()
            if self._lost(0):
                break
        try:
            return _opened(answer.get(timeout=GRACE))
        except queue.Empty:
            raise TimeoutError(f"a worker is gone, and the others have waited for it for {GRACE:.0f} s") from None

    def _workers(self) -> set[str]:
        return set(workers_now(self._client))

    def _lost(self, seconds: float) -> bool:
        """Whether a worker that kept a piece is gone, as becomes known within some seconds."""
        until = time.monotonic() + seconds
        while not {kept.worker for kept in self._kept} - self._workers():
            if time.monotonic() >= until:
                return False
            time.sleep(0.2)
        return True

    def _begin_again(self) -> None:
        """Forget what was made; end workers that may wait for the one that is lost, where they are ours."""
        self._client.cancel([kept.future for kept in self._kept], force=True)
        self._kept = []
        if self._is_here:
            self._client.restart(wait_for_workers=False)
            self._client.wait_for_workers(self._count)

    def close(self) -> None:
        """Let workers forget all of it."""
        self._kept = []


def _refuse_errors(answers: Sequence[Answer]) -> None:
    for answer in answers:
        if answer.error is not None:
            raise unpacked_error(answer.error)


def _opened(answer: tuple[Done | None, BaseException | None]) -> Done:
    made, error = answer
    if error is not None:
        raise error
    return made  # type: ignore[return-value]  # of two, one is there
