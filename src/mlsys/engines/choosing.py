"""Which engine a run uses: the one that was given, by name or as an object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, TypeAlias

from mlsys.engines.dask import DaskEngine
from mlsys.engines.local import LocalEngine
from mlsys.errors import ConfigurationError, meant
from mlsys.tables import Engine

AnyEngine: TypeAlias = Engine | Literal["local", "dask"]
"""What ``engine=`` takes."""
_BY_NAME: dict[str, type[Engine]] = {"local": LocalEngine, "dask": DaskEngine}


def engine_of(given: AnyEngine | None) -> Engine:
    """Return the engine that was asked for, this process by default.

    Examples
    --------
    >>> engine_of(None).name, engine_of("dask").name
    ('local', 'dask')
    """
    if given is None:
        return LocalEngine()
    if isinstance(given, str) and given in _BY_NAME:
        return _BY_NAME[given]()
    if isinstance(given, str) or not isinstance(given, Engine):
        question = meant(given, _BY_NAME) if isinstance(given, str) else ""
        raise ConfigurationError(
            f"engine={given!r} is not an engine",
            f"{question}write 'local', 'dask', DaskEngine('tls://host:8786'), or omit it",
        )
    return given


@contextmanager
def opened(engine: Engine) -> Iterator[Engine]:
    """Keep an engine open that must be opened, such as one with workers; others need nothing.

    Examples
    --------
    >>> with opened(LocalEngine()) as engine:
    ...     engine.name
    'local'
    """
    if isinstance(engine, AbstractContextManager):
        with engine:
            yield engine
    else:
        yield engine
