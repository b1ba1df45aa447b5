"""Work handed to a cluster a few pieces at a time; answers in the order of the pieces; a stuck cluster is noticed."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlsys.engines.dask.tasks import Answer, do, same
from mlsys.errors import EngineError

if TYPE_CHECKING:
    from distributed import Client, Future

LARGE = 100_000
"""Bytes of work that are sent to each worker once, rather than with each piece."""
POLL = 2.0
"""Seconds between two looks at the workers while an answer is awaited."""
STUCK = 30.0
"""Seconds for which all workers may be paused for lack of memory, or be gone, before work is given up."""
_AHEAD = 2
"""Pieces for each worker: one that it works on, one that waits, so that it never waits for this process."""


class Watch:
    """Notices a cluster on which nothing can go on.

    Parameters
    ----------
    client : Client
        Of the cluster.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._stuck_since: float | None = None

    def look(self) -> None:
        """Raise if all workers have been paused or gone for too long."""
        workers = workers_now(self._client).values()
        if any(each["status"] == "running" for each in workers):
            self._stuck_since = None
            return
        if self._stuck_since is None:
            self._stuck_since = time.monotonic()
            return
        if time.monotonic() - self._stuck_since <= STUCK:
            return
        if workers:
            limit = min(each["memory_limit"] for each in workers) / 2**20
            raise EngineError(
                f"no worker of {len(workers)} goes on: each has been paused for {STUCK:.0f} s, having used most of its "
                f"{limit:,.0f} MiB",
                "give workers more memory, DaskEngine(memory='4GB'), start fewer of them, or make partitions smaller "
                "(MLSYS_ROWS_PER_PARTITION)",
            )
        raise EngineError(
            f"the cluster has had no workers for {STUCK:.0f} s", "start some: dask worker ADDRESS --nthreads 1"
        )


class Sending:
    """Pieces of one work on their way.

    Parameters
    ----------
    client : Client
        Of the cluster.
    work : bytes
        Packed; all pieces have it.
    pieces : sequence of bytes
        Packed when asked for.
    names : sequence of str
        What pieces are called in messages.
    workers : int
        How many there are.
    """

    def __init__(
        self, client: Client, work: bytes, pieces: Sequence[bytes], names: Sequence[str], workers: int
    ) -> None:
        self._client, self._work, self._pieces, self._names = client, work, pieces, names
        self._at_once = _AHEAD * workers
        self._sent: deque[Future[Any]] = deque()
        self._name = f"mlsys-{uuid.uuid4().hex[:12]}"
        self._number = 0
        self._watch = Watch(client)

    def answers(self) -> Iterator[Answer]:
        """Yield the answers in the order of the pieces."""
        from distributed import KilledWorker

        work = self._submit(same, self._work) if len(self._work) > LARGE else self._work
        place, suspected = 0, 0
        try:
            while place < len(self._pieces):
                at_once = 1 if place < suspected else self._at_once
                while len(self._sent) < at_once and place + len(self._sent) < len(self._pieces):
                    self._sent.append(self._submit(do, work, self._pieces[place + len(self._sent)]))
                try:
                    answer = awaited(self._sent[0], self._watch)
                except KilledWorker as error:
                    if at_once == 1:
                        raise _deadly(self._names[place], error) from None
                    # Which of the pieces at work ended the worker is not known: each is done again, alone.
                    suspected = place + len(self._sent)
                    self._cancel()
                    continue
                self._sent.popleft()
                place += 1
                yield answer
        finally:
            self._cancel()

    def _submit(self, function: Any, *arguments: Any) -> Future[Any]:
        import dask

        self._number += 1
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
            return self._client.submit(function, *arguments, key=f"{self._name}-{self._number}", pure=False)

    def _cancel(self) -> None:
        if self._sent and self._client.status == "running":
            self._client.cancel(list(self._sent), force=True)
        self._sent.clear()


def awaited(future: Future[Any], watch: Watch) -> Answer:
    """Return an answer once it is there, unless the cluster is stuck or gone."""
    from concurrent.futures import CancelledError

    while True:
        try:
            answer: Answer = future.result(timeout=POLL)
            return answer
        except TimeoutError:
            watch.look()
        except (CancelledError, OSError) as error:
            raise lost(error) from None


def workers_now(client: Client) -> dict[str, Any]:
    """Return what the scheduler says of its workers, by address."""
    told = client.scheduler_info(n_workers=-1)
    if "workers" not in told:  # so it is when the connection has just been lost
        raise lost(ConnectionError())
    workers: dict[str, Any] = told["workers"]
    return workers


def lost(error: BaseException) -> EngineError:
    """Return the error of a scheduler that is gone."""
    return EngineError(
        f"the connection to the scheduler broke while work was done ({type(error).__name__})",
        "run again once it is back: steps that had finished are found in the cache",
    )


def _deadly(name: str, error: Any) -> EngineError:
    times = error.allowed_failures + 1
    return EngineError(
        f"{name} ended the worker that processed it, {times} times in a row",
        "give workers more memory, DaskEngine(memory='4GB'); if that does not help, run without engine= to see where "
        "the code ends its process",
    )
