"""Checks of a cluster before work is sent to it: its address, its workers, the versions of its packages."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlsys.errors import ConfigurationError, EngineError, listed

if TYPE_CHECKING:
    from distributed import Client

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


def check_versions(client: Client) -> None:
    """Refuse workers whose packages differ from those of this process.

    Raises
    ------
    EngineError
        Names both versions of each package.
    """
    found = client.get_versions(packages=list(COMPARED))
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
