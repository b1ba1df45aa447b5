"""Import MLflow: takes a second or two per process; its telemetry is off."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

from mlsys.warned import hushed

_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def import_mlflow(address: str = "") -> None:
    """Import what writing a run needs, and the store of a known address; missing packages are reported by the store."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # looked at once, by the first import
    modules = ["mlflow.pyfunc", "sqlalchemy.exc"]
    if address.startswith(_DATABASES):
        modules.append("mlflow.store.tracking.sqlalchemy_store")
    if all(each in sys.modules for each in modules):
        return
    with collector_at_rest(), suppress(ImportError), hushed():  # about their own insides
        for each in modules:
            import_module(each)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Disable garbage collection during imports: it takes a third of the time and finds nothing.

    Imported objects stay, and would be searched again after every few hundred new objects.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()
