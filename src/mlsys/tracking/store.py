"""Reaching the store: one client at a time, with short time-outs and without noise."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlsys.errors import TrackingError
from mlsys.secrets import cleaned, without_secrets
from mlsys.tracking.first_use import half_made, made_whole
from mlsys.tracking.importing import import_mlflow
from mlsys.tracking.locks import HELD_FOR, OneThread
from mlsys.tracking.reach import ASKED_FOR, Patience, look, remember, silent
from mlsys.tracking.said import message, said
from mlsys.warned import hushed

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""MLflow's own settings wait four minutes for one call to a dead server, and send again what a slow one is still
doing, which makes a second run. What fails here waits in the run's folder instead. No bars, no threads."""
_TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"
_ADDRESS = "MLFLOW_TRACKING_URI"
_NOISY = ("alembic", "mlflow.store.db.utils", "mlflow.tracing", "mlflow.models.model", "mlflow.pyfunc")
_ONE_AT_A_TIME = OneThread("MLflow cannot be reached")
"""Settings and address of MLflow belong to the whole process: two threads of ours must not change them at once."""
_TRANSIENT = 500


@contextmanager
def store(patience: Patience = ASKED_FOR, uri: str | None = None) -> Iterator[MlflowClient]:
    """Yield a client of a store; without ``uri``, of the one MLflow is set to, its own default included.

    Raises
    ------
    TrackingError
        When the store cannot be opened or refuses, user name and password left out; when another thread is at it and
        does not come to an end.
    """
    import_mlflow()
    settings = {**_SETTINGS, _TIMEOUT: str(patience.request)}
    with _ONE_AT_A_TIME.held(max(HELD_FOR, patience.request)), _environment(settings), _quiet():
        import mlflow
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        with _pointed_at(uri):
            address = mlflow.get_tracking_uri()
            why = silent(_whole(address)) if patience.remembers else ""
            if why:
                shown = without_secrets(address)
                raise TrackingError(f"MLflow at {shown} did not answer a moment ago ({why})", _REMEDY)
            began, client = time.monotonic(), None
            try:
                look(address)
                import_mlflow(address)
                with _tries(patience.tries):
                    client = _client(address)
                yield client
            except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:
                told = said(error, address, opened=client is not None)
                to_open = time.monotonic() - began if client is None else 0.0
                remember(_whole(address), "" if _refused(error) else message(error, address), to_open)
                raise told from cleaned(error)
            remember(_whole(address))


_REMEDY = "check that it runs and is reachable (MLFLOW_TRACKING_URI); the run itself is complete"


def _client(address: str) -> MlflowClient:
    """Return a client of a store that was opened, which makes it where it is a database that is not there yet."""
    import mlflow

    made_whole(address)
    try:
        client = mlflow.MlflowClient(tracking_uri=address)
        client.search_experiments(max_results=1)
    except Exception as error:  # of MLflow's migrations, whatever they come upon
        unfinished = half_made(address)
        if unfinished is None:
            raise
        raise unfinished from cleaned(error)
    return client


def _refused(error: Exception) -> bool:
    """Whether the store was there and said no, which says nothing about the next run."""
    from mlflow.exceptions import RestException

    if not isinstance(error, RestException):
        return False
    return bool(error.get_http_status_code() < _TRANSIENT)  # type: ignore[no-untyped-call]


@contextmanager
def _tries(count: int) -> Iterator[None]:
    """Let MLflow try so often to open a database: its own ten tries wait 100 seconds for one that cannot be opened."""
    from mlflow.store.db import utils

    before = utils.MAX_RETRY_COUNT
    utils.MAX_RETRY_COUNT = count
    try:
        yield
    finally:
        utils.MAX_RETRY_COUNT = before


def current_address() -> str:
    """Return the address MLflow is set to, files with their whole path."""
    import_mlflow()
    import mlflow

    return _whole(mlflow.get_tracking_uri())


def _whole(uri: str) -> str:
    """Return an address that means the same from every folder.

    Examples
    --------
    >>> _whole("sqlite:///mlflow.db") == f"sqlite:///{Path.cwd()}/mlflow.db"
    True
    >>> _whole("sqlite:////data/mlflow.db"), _whole("http://127.0.0.1:5000")
    ('sqlite:////data/mlflow.db', 'http://127.0.0.1:5000')
    """
    start, path = "sqlite:///", uri.removeprefix("sqlite:///")
    return f"{start}{Path(path).absolute()}" if uri.startswith(start) and path else uri


@contextmanager
def _pointed_at(uri: str | None) -> Iterator[None]:
    """Let MLflow be set to another store for the time of a block: parts of it know no other way."""
    import mlflow

    before = os.environ.get(_ADDRESS)
    if uri is None or uri == mlflow.get_tracking_uri():
        yield
        return
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(None)  # type: ignore[arg-type]  # forgets it, and the variable as well
        if before is not None:
            os.environ[_ADDRESS] = before


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
        with hushed():  # MLflow and SQLAlchemy warn about their own insides; users can do nothing about it
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
