"""Reaching the store: one client, made under a lock, with short time-outs and without noise."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from mlsys.errors import TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SHORT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""A dead server then costs seconds, where MLflow's own settings wait four minutes for one call; no bars, no threads."""
_NOISY = ("alembic", "mlflow.store.db.utils", "mlflow.tracing", "mlflow.models.model", "mlflow.pyfunc")


@contextmanager
def store() -> Iterator[MlflowClient]:
    """Yield a client of the store that MLflow is set to, its own default included.

    Raises
    ------
    TrackingError
        When the store cannot be reached or refuses; user name and password are left out.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    with _environment(_SHORT), _quiet():
        import mlflow
        from mlflow.exceptions import MlflowException

        uri = mlflow.get_tracking_uri()
        try:
            with _first_use(uri):
                client = mlflow.MlflowClient(tracking_uri=uri)
                client.search_experiments(max_results=1)
            yield client
        except (MlflowException, OSError) as error:
            if isinstance(error, TrackingError):
                raise
            raise TrackingError(
                f"MLflow at {without_secrets(uri)} did not take it ({type(error).__name__}: {_short(error, uri)})",
                "check that it runs and is reachable (MLFLOW_TRACKING_URI); the run itself is complete",
            ) from error


def _short(error: Exception, uri: str) -> str:
    text = str(error).replace(uri, without_secrets(uri))
    return " ".join(text.split())[:300]


def without_secrets(uri: str) -> str:
    """Return a URI without user name, password and query.

    Examples
    --------
    >>> without_secrets("https://me:secret@host:5000/path?token=1")
    'https://host:5000/path'
    """
    parts = urlsplit(uri)
    if not parts.netloc:
        return uri
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@contextmanager
def _first_use(uri: str) -> Iterator[None]:
    """Let one process at a time open a database: its first use creates tables and breaks if two do it at once."""
    if not uri.startswith("sqlite:"):
        yield
        return
    import fcntl

    name = hashlib.sha256(f"{Path.cwd()} {uri}".encode()).hexdigest()[:16]
    with open(Path(tempfile.gettempdir()) / f"mlsys-{os.getuid()}-{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables that the user has not set, for the time of a block."""
    added = {key: value for key, value in values.items() if key not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for key in added:
            os.environ.pop(key, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back MLflow's notes about migrations and environments for the time of a block."""
    loggers = [logging.getLogger(name) for name in _NOISY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # MLflow and SQLAlchemy warn about their own insides; users can do nothing about it.
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
