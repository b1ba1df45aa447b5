"""Databases that SQLAlchemy knows, asked in a transaction that changes nothing; no message holds an address."""

from __future__ import annotations

import datetime
import decimal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, SecretStr

from mlsys.errors import ConfigurationError, DataError, meant
from mlsys.secrets import cleaned, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Engine, TextClause

_WAIT = 10
"""Seconds until a server that does not answer is given up."""
_MEMORY = ("", ":memory:")
_PLAIN = (bool, int, float, str, bytes, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, type(None))


def _as_text(url: Any) -> Any:
    """Keep an address that SQLAlchemy made as text, so that a step's configuration is plain data."""
    written = getattr(url, "render_as_string", None)
    return url if written is None else SecretStr(written(hide_password=False))


Address = Annotated[str | SecretStr, BeforeValidator(_as_text)]
"""An address as SQLAlchemy writes it, such as ``postgresql://user@host/database`` or ``sqlite:///shop.db``."""


def text_of(url: str | SecretStr) -> str:
    """Return an address in full."""
    return str(url.get_secret_value()) if isinstance(url, SecretStr) else url


def make_url_of(url: str | SecretStr, who: str) -> Any:
    """Return an address in its parts."""
    return imported(who).make_url(text_of(url))


def refuse_address(url: str | SecretStr, who: str) -> None:
    """Raise for what is no address of a database."""
    sqlalchemy = imported(who)
    try:
        sqlalchemy.make_url(text_of(url))
    except sqlalchemy.exc.ArgumentError:
        raise ConfigurationError(
            f"{who} got an address that SQLAlchemy cannot read",
            'write one such as "postgresql+psycopg2://user@host/database" or "sqlite:///shop.db"',
        ) from None


def imported(who: str) -> Any:
    """Return SQLAlchemy."""
    try:
        import sqlalchemy
    except ImportError as error:
        raise ConfigurationError(
            f"{who} needs SQLAlchemy, which is not installed", "install it: pip install 'mlsys[sql]'"
        ) from error
    return sqlalchemy


def query_of(query: str, parameters: Mapping[str, Any], who: str) -> TextClause:
    """Return a query with its values bound; a list is bound as the values of an ``IN``.

    Raises
    ------
    ConfigurationError
        When the query names a value that is not given, or a value is given that it does not name.
    """
    sqlalchemy = imported(who)
    statement = sqlalchemy.text(query)
    named = list(statement._bindparams)
    for each in named:
        if each not in parameters:
            raise ConfigurationError(
                f"{who}: the query names the value :{each}, which parameters= does not give",
                f"{meant(each, parameters)}give it in parameters=; write a colon that is none as \\:",
            )
    for each, value in parameters.items():
        if each not in named:
            raise ConfigurationError(
                f"{who} got parameters= with {each!r}, which the query does not name",
                f"write :{each} where the value belongs; values never stand in the text of a query",
            )
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if not isinstance(_bound(one), _PLAIN):
                raise ConfigurationError(
                    f"{who} got parameters= with {each!r}, a {type(one).__name__}",
                    "bind numbers, texts, truth values, times, or lists of these",
                )
    lists = [each for each in named if isinstance(parameters[each], (list, tuple))]
    bound_to: TextClause = statement.bindparams(*(sqlalchemy.bindparam(each, expanding=True) for each in lists))
    return bound_to


def bound(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in the types that drivers take."""
    return {
        name: [_bound(each) for each in value] if isinstance(value, (list, tuple)) else _bound(value)
        for name, value in parameters.items()
    }


def _bound(value: Any) -> Any:
    if is_secret(value):
        return value.get_secret_value()
    if isinstance(value, np.generic):
        value = pd.Timestamp(value) if isinstance(value, np.datetime64) else value.item()
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.to_pytimedelta() if isinstance(value, pd.Timedelta) else value


def engine_of(url: str | SecretStr, who: str, *, made: bool = False) -> Engine:
    """Return a way to a database; nothing is asked yet.

    Parameters
    ----------
    url : str or SecretStr
        The address.
    who : str
        For messages.
    made : bool
        Whether the file of an SQLite database is made where it is missing.
    """
    sqlalchemy = imported(who)
    address = sqlalchemy.make_url(text_of(url))
    if address.get_backend_name() == "sqlite" and address.database not in (None, *_MEMORY):
        path = Path(address.database)
        if not made and not str(path).startswith("file:") and not path.exists():
            raise DataError(f"{who} cannot find the database {str(path)!r}", "correct the path in url=")
    waits = address.get_backend_name() == "postgresql" and "connect_timeout" not in address.query
    options = {"connect_args": {"connect_timeout": _WAIT}} if waits else {}
    try:
        engine: Engine = sqlalchemy.create_engine(
            address, hide_parameters=True, poolclass=sqlalchemy.NullPool, **options
        )
    except (ImportError, sqlalchemy.exc.NoSuchModuleError) as error:
        name = getattr(error, "name", None) or address.drivername
        raise ConfigurationError(
            f"{who} has no driver for {address.drivername!r} ({name} is not installed)",
            "install it, or name a driver that is there, as in postgresql+psycopg2://user@host/database",
        ) from None
    return engine


def local_file(url: str, who: str) -> Path | None:
    """Return the file of an SQLite database that holds all of it; ``None`` for anything else."""
    address = imported(who).make_url(url)
    if address.get_backend_name() != "sqlite" or address.database in (None, *_MEMORY) or "?" in url:
        return None
    path = Path(str(address.database))
    beside = path.with_name(f"{path.name}-wal")
    return None if beside.exists() and beside.stat().st_size else path


@contextmanager
def asking(url: str | SecretStr, who: str) -> Iterator[Connection]:
    """Give a connection whose transaction is ended without a change."""
    with named_errors(who), engine_of(url, who).connect() as connection:
        backend = connection.engine.url.get_backend_name()
        if backend == "postgresql":
            connection = connection.execution_options(postgresql_readonly=True)  # noqa: PLW2901  the same one
        elif backend == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")
        try:
            yield connection
        finally:
            connection.rollback()


@contextmanager
def named_errors(who: str) -> Iterator[None]:
    """Say what a database answered, without its address."""
    exc = imported(who).exc
    try:
        yield
    except (exc.SQLAlchemyError, pd.errors.DatabaseError) as caught:
        wraps = isinstance(caught, pd.errors.DatabaseError) and isinstance(caught.__cause__, exc.SQLAlchemyError)
        error: Any = caught.__cause__ if wraps else caught
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        down = isinstance(error, exc.OperationalError) and error.statement is None
        raise DataError(
            f"{who}: the database {'cannot be reached' if down else 'refused'}: {said}",
            "check the address, and that the server is there" if down else "correct the query; try it on the database",
        ) from cleaned(error)
