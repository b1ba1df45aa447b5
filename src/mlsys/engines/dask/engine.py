"""DaskEngine: partitions go to the workers of a Dask cluster, answers come back in the order of the plan."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pandas as pd

from mlsys.engines.counting import counted
from mlsys.engines.dask.checks import (
    check_address,
    check_answers,
    check_memory,
    check_sizes,
    check_versions,
    refuse_full_disk,
)
from mlsys.engines.dask.keeping import Keeping
from mlsys.engines.dask.packing import here, packed
from mlsys.engines.dask.starting import Cluster
from mlsys.engines.dask.tasks import Answer, unpacked_error
from mlsys.engines.dask.waiting import Sending
from mlsys.engines.local import LocalEngine
from mlsys.errors import ConfigurationError, EngineError
from mlsys.native_threads import Pinned
from mlsys.tables import Deferred, Partition, Table

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

Given = TypeVar("Given")
Done = TypeVar("Done")

_LOGS = tuple(map(logging.getLogger, ("distributed", "distributed.client")))
ANSWERS = 10.0
"""Seconds in which a scheduler must answer."""


@dataclass
class _Session:
    """What is open: the connection, the number of workers, the address of Dask's page."""

    client: Client
    workers: int
    dashboard: str
    is_probed: bool = False


class DaskEngine:
    """Processes partitions on a Dask cluster: one that is started on this machine, or one with an address.

    Parameters
    ----------
    address : str, optional
        Of a scheduler, ``"tls://host:8786"``. By default workers are started on this machine for each run and stopped
        at its end.
    workers : int, optional
        Workers to start here, each a process with one thread; by default one for each core.
    memory : str or int, optional
        Memory of each worker that is started here, ``"4GB"`` or bytes; by default an equal share of the machine's.
    security : distributed.Security, optional
        Certificates for a ``tls://`` address; by default those of Dask's own configuration.
    allow_insecure : bool
        Accept an address without TLS that is not on this machine: whoever reaches it can run code there.
    timeout : float
        Seconds in which the scheduler at ``address`` must answer.

    Attributes
    ----------
    name : str
        For the record of a run: ``"dask, 2 workers here"``.
    address : str
        Of the scheduler while the engine is open, or as it was given; for a ``distributed.Client`` of your own.
    dashboard : str
        Address of Dask's page while the engine is open; empty if there is none (it needs bokeh).

    Raises
    ------
    ConfigurationError
        If ``dask[distributed]`` is not installed, or an argument cannot work.
    EngineError
        While it runs: the cluster does not answer, has other versions, has too little memory, lost its scheduler, or
        a partition ends every worker that gets it.

    Notes
    -----
    States, rows and reports are those of one machine, byte for byte: the plan, not the cluster, decides which rows are
    a partition, and summaries are added in the plan's order. A worker that is lost costs time only. What gathers rows
    (an estimator without ``partial_fit``, narrow columns of a split) is done in this process; XGBoost and LightGBM are
    trained by the workers together, which changes single predictions, not scores.

    Workers that are started here take a second or two; until then this process does the first partitions itself, and
    ``engine.workers`` waits for them. A pipeline opens the engine for as long as it runs. ``with DaskEngine() as
    engine:`` keeps its workers from one run to the next. Outside of both, an engine without an address does what is
    asked of it in this process. Work is sent by pickle, so a cluster must be trusted and its address protected.

    Examples
    --------
    >>> from mlsys.engines import DaskEngine
    >>> engine = DaskEngine(workers=2)
    >>> engine.name
    'dask'
    >>> DaskEngine("tcp://10.0.0.5:8786")
    Traceback (most recent call last):
    mlsys.errors.ConfigurationError: whoever reaches tcp://10.0.0.5:8786 can run code on the cluster ...
    """

    cuts_frames = True

    def __init__(
        self,
        address: str | None = None,
        *,
        workers: int | None = None,
        memory: str | int | None = None,
        security: Security | None = None,
        allow_insecure: bool = False,
        timeout: float = ANSWERS,
    ) -> None:
        if find_spec("distributed") is None:
            raise ConfigurationError("the engine 'dask' needs dask[distributed]", 'run: pip install "mlsys[dask]"')
        if address is not None:
            check_address(address, allow_insecure)
            if workers is not None or memory is not None:
                raise ConfigurationError(
                    "workers= and memory= are of workers that are started here, but there is an address",
                    "leave them out; the cluster's own settings hold",
                )
        check_sizes(workers, memory)
        self.name = "dask"
        self._address, self._security, self._timeout = address, security, timeout
        self._asked = workers or _cores(), memory
        self._cluster: Cluster | None = None
        self._session: _Session | None = None
        self._depth = 0
        self._levels: list[int] = []

    def __enter__(self) -> DaskEngine:
        """Begin to start workers, or connect; inside, the engine is open already, which costs nothing."""
        if self._depth == 0:
            self._open()
        self._depth += 1
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop what was started once the outermost block ends."""
        self._depth -= 1
        if self._depth == 0:
            self._close()

    @property
    def address(self) -> str:
        """Of the scheduler; where it is started here, while the engine is open."""
        return self._address or (self._cluster.address if self._cluster is not None else "")

    @property
    def dashboard(self) -> str:
        """Of Dask's page, while the engine is open."""
        return self._connected().dashboard if self._depth else ""

    def __reduce__(self) -> Any:
        """On a worker, partitions are processed there."""
        return LocalEngine, ()

    def hold(self, partitions: Sequence[Partition] | None, frame: pd.DataFrame | Deferred | None) -> Table:
        """Return a table of a source's pieces, or of one frame."""
        return Table(self, frame) if partitions is None else Table(self, partitions=counted(partitions, self))

    def each(self, work: Callable[[Given], Done], pieces: Sequence[Given]) -> Iterator[Done]:
        """Yield ``work(piece)`` for each piece in the order of the pieces."""
        is_alone = len(pieces) == 1 and isinstance(pieces[0], pd.DataFrame)
        if is_alone or (not self._depth and self._address is None):
            yield from map(work, pieces)  # one frame of this process is there already
            return
        with self:
            done = 0
            for made in self._meanwhile(work, pieces):
                done += 1
                yield made
            if done < len(pieces):
                yield from self._sent(work, pieces, done)

    @property
    def workers(self) -> int:
        """How many workers there are, while the engine is open; at least 1. Waits until they have started."""
        return self._connected().workers if self._depth else 1

    @contextmanager
    def keeping(self, work: Callable[[Given], Any], pieces: Sequence[Given]) -> Iterator[Keeping]:
        """Let workers keep what ``work`` makes of each piece, for a library that trains on them."""
        with self:
            names, load, packed_pieces = self._packed(work, pieces, 0)
            session = self._connected()
            keeping = Keeping(session.client, load, packed_pieces, self._address is None)
            try:
                for name, answer in zip(names, keeping.answers(), strict=True):
                    self._told(name, answer, len(pieces))
                yield keeping
            finally:
                keeping.close()

    def _meanwhile(self, work: Callable[[Given], Done], pieces: Sequence[Given]) -> Iterator[Done]:
        """Yield what this process makes of the first pieces while workers are still starting."""
        cluster = self._cluster
        if cluster is None or self._session is not None:
            return
        for place, piece in enumerate(pieces, 1):
            if cluster.is_there:
                return
            try:
                made = Pinned(work)(piece)
            except Exception as error:
                error.add_note(f"  in this process, while workers start, {_named(piece, place, len(pieces))}")
                raise
            yield made

    def _packed(
        self, work: Callable[[Given], Any], pieces: Sequence[Given], done: int
    ) -> tuple[Sequence[str], bytes, Sequence[bytes]]:
        is_here, rest = self._address is None, pieces[done:]
        names = [_named(piece, place, len(pieces)) for place, piece in enumerate(rest, done + 1)]
        return names, packed((here(is_here), work), is_here, "a step"), _Packed(rest, is_here, names)

    def _sent(self, work: Callable[[Given], Done], pieces: Sequence[Given], done: int) -> Iterator[Done]:
        """Yield what workers make of the pieces that are not done yet."""
        session = self._connected()
        names, load, packed_pieces = self._packed(work, pieces, done)
        sending = Sending(session.client, load, packed_pieces, names, session.workers)
        for name, answer in zip(names, sending.answers(), strict=True):
            self._told(name, answer, len(pieces))
            yield answer.made

    def _told(self, name: str, answer: Answer, pieces: int) -> None:
        """Give warnings and the error of a worker here; look at its memory after the first piece."""
        _warn_again(answer)
        if answer.error is not None:
            error = unpacked_error(answer.error)
            refuse_full_disk(error, answer.worker, name)
            error.add_note(f"  on worker {answer.worker}, {name}")
            raise error
        session = self._connected()
        if not session.is_probed:
            session.is_probed = True
            check_memory(answer, name, pieces)

    def _open(self) -> None:
        if self._address is None:
            self._cluster = Cluster(*self._asked)  # it starts while this process goes on
            self.name = _record(self._asked[0], None, "")
            import distributed  # noqa: F401  meanwhile, rather than once it is needed

            return
        session = self._connected()
        self.name = _record(session.workers, self._address, session.dashboard)

    def _connected(self) -> _Session:
        """Return what is open, once the scheduler answers and there is a worker."""
        if self._session is not None:
            return self._session
        import distributed  # noqa: F401  it sets the levels of its logs when it is imported

        levels = [each.level for each in _LOGS]
        _set_levels([logging.CRITICAL] * len(_LOGS))  # errors are told by this library, in one sentence
        try:
            client = _client(self.address, self._security, self._timeout, self._cluster is not None)
        except BaseException:
            _set_levels(levels)
            raise
        self._levels = levels
        self._session = _Session(client, 0, "" if self._cluster is None else self._cluster.dashboard)
        try:
            self._session.workers = _workers_of(client, self._timeout)
            if self._cluster is None:
                self._session.dashboard = _dashboard_of(client)
                check_versions(client)
        except BaseException:
            self._disconnect()
            raise
        return self._session

    def _close(self) -> None:
        cluster, self._cluster = self._cluster, None
        try:
            self._disconnect()
        finally:
            if cluster is not None:
                cluster.stop()

    def _disconnect(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.client.close(timeout=self._timeout)
        finally:
            _set_levels(self._levels)

    def __repr__(self) -> str:
        return f"DaskEngine({self._address!r})" if self._address else f"DaskEngine(workers={self._asked[0]})"


class _Packed(Sequence[bytes]):
    """Pieces that are packed when they are sent."""

    def __init__(self, pieces: Sequence[Any], is_here: bool, names: Sequence[str]) -> None:
        self._pieces, self._is_here, self._names = pieces, is_here, names

    def __len__(self) -> int:
        return len(self._pieces)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return packed(self._pieces[place], self._is_here, self._names[place])


def _set_levels(levels: Sequence[int]) -> None:
    for log, level in zip(_LOGS, levels, strict=True):
        log.setLevel(level)


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _client(address: str, security: Security | None, timeout: float, is_here: bool) -> Client:
    from distributed import Client

    try:
        if not is_here:
            check_answers(address, security, timeout)
        # Answers come from the workers themselves where they can surely be reached.
        return Client(address, security=security, timeout=timeout, direct_to_workers=is_here, set_as_default=False)
    except (OSError, TimeoutError, ValueError, RuntimeError, TypeError, MemoryError) as error:
        why = ": ".join(filter(None, [type(error).__name__, " ".join(str(error).split())]))
        raise EngineError(
            f"no Dask scheduler answers at {address} within {timeout:g} s ({why})",
            "start one with the command dask scheduler, or check address, firewall and certificates",
        ) from error


def _workers_of(client: Client, timeout: float) -> int:
    """Return the number of workers, once there is one."""
    try:
        client.wait_for_workers(1, timeout=timeout)
    except TimeoutError:
        raise EngineError(
            f"the scheduler at {client.scheduler_info(n_workers=0)['address']} has no workers",
            "start some: dask worker ADDRESS --nthreads 1",
        ) from None
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _dashboard_of(client: Client) -> str:
    return client.dashboard_link if "dashboard" in client.scheduler_info(n_workers=0)["services"] else ""


def _record(workers: int, address: str | None, dashboard: str) -> str:
    count = f"{workers} worker{'s' if workers > 1 else ''}"
    if address is None:
        return f"dask, {count} here"
    return f"dask, {count} of {address}" + (f", dashboard {dashboard}" if dashboard else "")


def _named(piece: Any, place: int, of: int) -> str:
    label = f" ({piece.label})" if isinstance(piece, Partition) and piece.label else ""
    return f"{'partition' if isinstance(piece, (Partition, pd.DataFrame)) else 'piece'} {place} of {of}{label}"


def _warn_again(answer: Answer) -> None:
    """Give warnings of a worker here, where filters decide about them."""
    for message, category, file, line in answer.warned:
        warnings.warn_explicit(message, category, file, line)
