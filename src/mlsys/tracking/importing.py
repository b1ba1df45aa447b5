"""Importing MLflow: a second or two in each process, and reported to nobody."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def import_mlflow() -> None:
    """Import what a run is written with; that MLflow is not there is said by the store."""
    if "mlflow.pyfunc" in sys.modules:
        return
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # looked at once, by the import
    with collector_at_rest(), suppress(ImportError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about their own insides
        import mlflow.pyfunc  # noqa: F401
        import sqlalchemy.exc  # noqa: F401


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
