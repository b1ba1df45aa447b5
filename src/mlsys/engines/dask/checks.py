"""Checks of a cluster before work is sent to it: its address, its workers, the versions of its packages."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlsys.engines.dask.tasks import Answer
from mlsys.errors import ConfigurationError, EngineError, listed
from mlsys.files import NO_ROOM

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

ENCRYPTED = ("tls", "wss")
COMPARED = (
    "mlsys",
    "cloudpickle",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
)
"""Packages on which the bytes of states and rows depend."""
BY_DASK = ("python", "dask", "distributed", "cloudpickle")
"""What scheduler, workers and this process must share to understand each other."""

ROOM = 1.5
"""Memory of a worker over what one piece needs: Dask pauses a worker at 80 percent, and ends it at 95."""


def check_address(address: str, allow_insecure: bool) -> None:
    """Refuse what is no address, and one on which anybody who reaches it could run code.

    Raises
    ------
    ConfigurationError
        With what to write instead.

    Examples
    --------
    >>> check_address("tcp://127.0.0.1:8786", allow_insecure=False)
    >>> check_address("tcp://10.0.0.5:8786", allow_insecure=False)
    Traceback (most recent call last):
    mlsys.errors.ConfigurationError: whoever reaches tcp://10.0.0.5:8786 can run code on the cluster and read what ...
    """
    parts = urlsplit(address)
    try:
        complete = bool(parts.scheme and parts.hostname and parts.port)
    except ValueError:
        complete = False
    if not complete:
        raise ConfigurationError(
            f"{address!r} is not the address of a Dask scheduler", "write DaskEngine('tls://host:8786')"
        )
    if parts.scheme not in ENCRYPTED and not _is_loopback(parts.hostname or "") and not allow_insecure:
        raise ConfigurationError(
            f"whoever reaches {address} can run code on the cluster and read what is sent to it",
            "start the scheduler with TLS and write tls://, or pass allow_insecure=True in a network that you trust",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_answers(address: str, security: Security | None, timeout: float) -> None:
    """Refuse an address at which no scheduler answers in time.

    Raises
    ------
    OSError, TimeoutError, ValueError, RuntimeError, TypeError, MemoryError
        As Dask says it; the last where what answers is no scheduler, so that its words are read as a length.

    Notes
    -----
    ``Client(timeout=)`` limits how long a connection may take to be made; then it waits for the first word without
    end. Whatever else listens at the address, or a scheduler that has been stopped, may never say one.
    """
    with ThreadPoolExecutor(1) as apart:  # a notebook has a loop of its own in this thread
        apart.submit(asyncio.run, asyncio.wait_for(_asked(address, security, timeout), timeout)).result()


async def _asked(address: str, security: Security | None, timeout: float) -> None:
    from distributed import Security, rpc

    arguments = (Security() if security is None else security).get_connection_args("client")
    async with rpc(address, timeout=timeout, connection_args=arguments) as scheduler:
        await scheduler.identity(n_workers=0)


def check_versions(client: Client) -> None:
    """Refuse workers whose packages differ from those of this process.

    Raises
    ------
    EngineError
        Names both versions of each package.
    """
    found: Any = client.get_versions(packages=list(COMPARED))
    own = found["client"]["packages"]
    problems = list(_differences("the scheduler", own, found["scheduler"]["packages"], BY_DASK))
    for worker, told in found["workers"].items():
        problems += _differences(f"worker {worker}", own, told["packages"], (*BY_DASK, *COMPARED))
    if problems:
        raise EngineError(
            f"the cluster does not have the packages of this process: {listed(dict.fromkeys(problems))}",
            "install the same versions on every worker: results are only equal on one build",
        )


def _differences(who: str, own: Mapping[str, Any], told: Mapping[str, Any], packages: tuple[str, ...]) -> Iterator[str]:
    for package in dict.fromkeys(packages):
        here, there = _told(package, own), _told(package, told)
        if here != there:
            yield f"{who} has {package} {there}, this process {here}"


def _told(package: str, versions: Mapping[str, Any]) -> str:
    version = versions.get(package)
    if version is None:
        return "not installed"
    # Bytecode and results are those of a minor version.
    return ".".join(str(version).split(".")[:2]) if package == "python" else str(version)


def check_sizes(workers: int | None, memory: str | int | None) -> None:
    """Refuse numbers of workers and amounts of memory that mean nothing."""
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ConfigurationError(f"workers={workers!r} is not a number of workers", "write 1, 2, ...")
    if memory is None:
        return
    from dask.utils import parse_bytes

    try:
        size = parse_bytes(memory)
    except (ValueError, TypeError, AttributeError):
        size = 0
    if size <= 0 or isinstance(memory, bool):
        raise ConfigurationError(f"memory={memory!r} is not an amount of memory", "write '4GB', or bytes")


def refuse_full_disk(error: BaseException, worker: str, name: str) -> None:
    """Raise for an error of a worker that could not write.

    Examples
    --------
    >>> import errno
    >>> refuse_full_disk(OSError(errno.ENOSPC, "No space left on device", "/tmp/x"), "tcp://10.0.0.5:1", "partition 2")
    Traceback (most recent call last):
    mlsys.errors.EngineError: the disk of worker tcp://10.0.0.5:1 is full: partition 2 could not write '/tmp/x' ...
    """
    if not isinstance(error, OSError) or error.errno not in NO_ROOM:
        return
    where = f" {error.filename!r}" if error.filename else ""
    raise EngineError(
        f"the disk of worker {worker} is full: {name} could not write{where} ({error.strerror})",
        "free some space there, or start workers with a larger place: TMPDIR=/large dask worker ADDRESS "
        "--local-directory /large",
    ) from error


def check_memory(answer: Answer, name: str, pieces: int) -> None:
    """Refuse workers in which a piece barely fits: Dask would pause them, and wait for memory that never comes free."""
    if pieces == 1 or not answer.limit or answer.peak * ROOM <= answer.limit:
        return
    used, needed = answer.peak / 2**20, answer.peak * ROOM / 2**20
    raise EngineError(
        f"{name} took {used:,.0f} MiB in a worker that may use {answer.limit / 2**20:,.0f} MiB",
        f"give workers at least {needed:,.0f} MiB, DaskEngine(memory='{needed:.0f}MiB'), start fewer of them, or make "
        "partitions smaller (MLSYS_ROWS_PER_PARTITION)",
    )
