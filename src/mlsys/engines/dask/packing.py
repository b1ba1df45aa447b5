"""Packing of work for workers: by cloudpickle, with the user's modules where a worker does not have them."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.machinery import PathFinder
from typing import Any

import cloudpickle

from mlsys import folder
from mlsys.engines.dask.starting import module_paths
from mlsys.engines.dask.tasks import Here
from mlsys.errors import EngineError
from mlsys.settings import settings
from mlsys.usercode.installed import is_installed


def packed(thing: Any, is_here: bool, what: str) -> bytes:
    """Return work or a piece as bytes.

    Parameters
    ----------
    thing : object
        What travels.
    is_here : bool
        Whether the workers are those of this machine: modules are then found where this process finds them.
        Elsewhere the user's modules are sent along.
    what : str
        For the error.

    Raises
    ------
    EngineError
        If it holds something that cannot be sent.
    """
    try:
        with _sent_along(is_here):
            made: bytes = cloudpickle.dumps(thing)
            return made
    except Exception as error:
        raise EngineError(
            f"{what} cannot be sent to a worker: {type(error).__name__}: {error}",
            "open files, connections and locks inside the function, or run without engine=",
        ) from error


def here(is_here: bool) -> Here:
    """Return what a worker must know of this process."""
    chosen = {**asdict(settings()), "folder": str(folder.home().absolute())}
    return Here(chosen, os.getcwd(), tuple(module_paths()) if is_here else ())


@contextmanager
def _sent_along(is_here: bool) -> Iterator[None]:
    """Let cloudpickle send the user's modules by value."""
    names = _modules_of_the_user(len(sys.modules))
    if is_here:
        paths = tuple(module_paths())
        names = tuple(name for name in names if not _is_found(name.partition(".")[0], paths))
    before = cloudpickle.list_registry_pickle_by_value()
    modules = [sys.modules[name] for name in names if name in sys.modules and name not in before]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


@functools.lru_cache(maxsize=4)
def _modules_of_the_user(loaded: int) -> tuple[str, ...]:
    """Return the names of modules that are neither Python's nor installed; asked anew once others were imported."""
    del loaded
    return tuple(
        name
        for name, module in list(sys.modules.items())
        if name not in ("__main__", "__mp_main__")
        and getattr(module, "__name__", "") == name
        and not is_installed(name)
    )


@functools.lru_cache(maxsize=1024)
def _is_found(name: str, paths: tuple[str, ...]) -> bool:
    return PathFinder.find_spec(name, list(paths)) is not None
