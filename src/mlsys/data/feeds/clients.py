"""Packages that talk to servers: imported when first needed, each with the extra that installs it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mlsys.errors import ConfigurationError, DataError

PATIENCE = 10
"""Seconds within which a server must answer when it is first asked."""


@dataclass(frozen=True)
class Server:
    """Where a stream is, and how to be let in.

    Parameters
    ----------
    address : str
        Without user and password.
    topic : str
        Name of the stream, the queue or the topic.
    user, password : str
        Empty where there is none.
    options : mapping
        Passed on to the client.
    who : str
        For messages.
    """

    address: str
    topic: str
    user: str
    password: str
    options: dict[str, Any]
    who: str

    def refused(self, problem: str, remedy: str) -> DataError:
        """Return an error that names the server."""
        return DataError(f"{self.who}: {self.address} {problem}", remedy)

    def absent(self, error: BaseException) -> DataError:
        """Return the error of a server that cannot be asked."""
        said = str(error) or type(error).__name__
        return self.refused(
            f"cannot be reached within {PATIENCE} s: {said}", "start the server, or correct address, user and password"
        )

    def unknown(self, what: str, known: list[str]) -> DataError:
        """Return the error of a topic that is not there."""
        there = f" (there: {', '.join(sorted(known)[:10])})" if known else ""
        return self.refused(f"has no {what} {self.topic!r}{there}", "correct topic=, or create it first")

    def gone(self, what: str) -> DataError:
        """Return the error of events that the server no longer has, and that were not read."""
        return self.refused(
            f"no longer has what follows the last event read of {self.topic!r}: {what}",
            "keep events for longer on the server; to go on with the oldest that is left, name a new progress file",
        )


def client(package: str, extra: str, who: str) -> Any:
    """Return a package, or raise with the name of the extra that installs it."""
    try:
        return import_module(package)
    except ImportError as error:
        raise ConfigurationError(f"{who} needs the package {package}", f'run: pip install "mlsys[{extra}]"') from error
