"""Limits for MLflow: a quick check whether anybody listens, time-outs, and a short memory of failures."""

from __future__ import annotations

import math
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LISTENS_WITHIN = 3.0
"""Seconds within which a connection must be accepted, including name resolution."""
SILENCE_REMEMBERED = 60.0
"""Seconds during which runs of this process do not retry a store that did not answer."""
SLOWEST_UPLOAD = 100_000.0
"""Bytes a second; a large file may take as long as that explains."""
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
WORTH_REMEMBERING = 1.0
"""Seconds: a store that says no sooner may be asked again by every run; it may have been mended in between."""
_silent: dict[str, tuple[float, str]] = {}


@dataclass(frozen=True)
class Patience:
    """How long to wait for a store.

    Parameters
    ----------
    request : int
        Seconds for one answer.
    total : float
        Seconds for all that is written, looked at between requests; large files have more.
    remembers : bool
        Whether an address that was silent a moment ago is not asked again.
    tries : int
        How often a database is tried to be opened; four times wait for one second in all.
    """

    request: int
    total: float
    remembers: bool
    tries: int


IN_A_RUN = Patience(request=6, total=30.0, remembers=True, tries=1)
"""With the look before it, nobody there or nobody answering costs less than ten seconds."""
ASKED_FOR = Patience(request=30, total=math.inf, remembers=False, tries=4)
"""Limits for operations that the user waits for: sync, register, load."""


class Clock:
    """Counts the seconds of all requests, but for what the size of a file explains."""

    def __init__(self, patience: Patience) -> None:
        self._total = patience.total
        self._since = time.monotonic()

    def check(self) -> None:
        """Raise ``TimeoutError`` when the time is over."""
        if time.monotonic() - self._since > self._total:
            raise TimeoutError(f"it answers too slowly: not done after {self._total:g} s")

    def upload(self, folder: Path, send: Callable[[str, str | None], object]) -> None:
        """Send files one by one: ``send`` takes a file and the folder it goes to, ``None`` for the top."""
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            self.check()
            before, inside = time.monotonic(), path.parent.relative_to(folder).as_posix()
            send(str(path), None if inside == "." else inside)
            self._since += min(time.monotonic() - before, path.stat().st_size / SLOWEST_UPLOAD)


def look(uri: str) -> None:
    """Raise ``ConnectionError`` unless somebody accepts a connection at an address that has a host.

    The look is made in a thread: looking up a name has no time-out of its own.
    """
    place = _host_and_port(uri)
    if place is None:
        return
    outcome: list[OSError | None] = []

    def knock() -> None:
        try:
            socket.create_connection(place, timeout=LISTENS_WITHIN).close()
            outcome.append(None)
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=knock, name="mlsys-look", daemon=True)
    thread.start()
    thread.join(LISTENS_WITHIN + 0.5)
    if not outcome:
        raise ConnectionError(f"no connection within {LISTENS_WITHIN:g} s")
    if outcome[0] is not None:
        raise ConnectionError(str(outcome[0])) from outcome[0]


def _host_and_port(uri: str) -> tuple[str, int] | None:
    """Return where to look; nothing for files, for unknown schemes, for what is no port, and behind a proxy."""
    parts = urlsplit(uri)
    scheme = parts.scheme.partition("+")[0]
    if not parts.hostname or scheme not in _PORTS:
        return None
    proxies = urllib.request.getproxies()
    if scheme in proxies and not urllib.request.proxy_bypass(parts.hostname):
        return None
    try:
        return parts.hostname, parts.port or _PORTS[scheme]
    except ValueError:
        return None


def silent(uri: str) -> str:
    """Return why nobody answered at this address a moment ago; empty if it is not known to be silent."""
    since, why = _silent.get(uri, (-math.inf, ""))
    return why if time.monotonic() - since < SILENCE_REMEMBERED else ""


def remember(uri: str, why: str = "", seconds: float = 0.0) -> None:
    """Keep in mind that an address did not answer, and why, where asking has a cost; or that it did.

    Parameters
    ----------
    uri : str
        The address.
    why : str
        Empty when it answered.
    seconds : float
        What asking took.
    """
    if not why:
        _silent.pop(uri, None)
    elif urlsplit(uri).hostname or seconds > WORTH_REMEMBERING:
        _silent[uri] = (time.monotonic(), why)
