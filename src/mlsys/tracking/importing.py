"""Importing MLflow: a second or two in each process, and reported to nobody."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def import_mlflow(address: str = "") -> None:
    """Import what a run is written with, at a known address also its store; what is not there is said by the store."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # looked at once, by the first import
    modules = ["mlflow.pyfunc", "sqlalchemy.exc"]
    if address.startswith(_DATABASES):
        modules.append("mlflow.store.tracking.sqlalchemy_store")
    if all(each in sys.modules for each in modules):
        return
    with collector_at_rest(), suppress(ImportError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about their own insides
        for each in modules:
            import_module(each)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let no rubbish be looked for during a block that imports: a third of the time goes into it, and nothing is found.

    What the imports make stays, and is looked through again with every few hundred objects more.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()
