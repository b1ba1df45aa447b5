"""What is disturbed: a small pipeline, the flights on a sample of their rows, and what a run of them should give."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import alembic.command  # noqa: F401  forked children need not import this and what follows again
import mlflow.pyfunc
import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import mlsys
from measuring import ROOT
from mlsys import Evaluate, Impute, Pipeline, RandomSplit, Run, Train
from mlsys.settings import override
from mlsys.states import digest, digest_frame
from mlsys.tracking import reach

DATABASE = "mlflow.db"


@contextmanager
def folder() -> Iterator[Path]:
    """Give a fresh folder, with one for temporary files in it."""
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as made:
        (Path(made) / "tmp").mkdir()
        yield Path(made)


@contextmanager
def inside(place: Path, address: str = "") -> Iterator[None]:
    """Work in a folder, with the library's own folder, temporary files and MLflow's database in it."""
    os.chdir(place)
    os.environ["TMPDIR"] = tempfile.tempdir = str(place / "tmp")
    os.environ["MLSYS_FOLDER"] = str(place / ".mlsys")
    os.environ["MLFLOW_TRACKING_URI"] = address or f"sqlite:///{place}/{DATABASE}"
    reach._silent.clear()
    with override(folder=str(place / ".mlsys")):
        yield


def small_frame(rows: int = 500) -> pd.DataFrame:
    """Return two numbers, one of them with gaps, and an outcome that follows them."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=rows), "b": generator.normal(size=rows)})
    frame["late"] = frame["a"] + generator.normal(size=rows) > 0
    frame.loc[generator.random(rows) < 0.1, "b"] = np.nan
    return frame


def warm() -> None:
    """Import what a run imports on its way; forked children begin from there."""
    small().run(small_frame(), track=False, cache=False, verbose=False)


def small(name: str = "small", strength: float = 1.0) -> Pipeline:
    """Return a pipeline that takes a tenth of a second."""
    steps = [RandomSplit(), Impute(), Train(LogisticRegression(C=strength)), Evaluate()]
    return Pipeline(steps, target="late", name=name)


def flight_example() -> ModuleType:
    """Return the example of the flights, imported but not run."""
    spec = importlib.util.spec_from_file_location("flight_delays", ROOT / "examples" / "flight_delays.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["flight_delays"] = module
    spec.loader.exec_module(module)
    return module


def flights(place: Path) -> Pipeline:
    """Write every sixth flight of every twelfth day into a folder, and return the example's pipeline on them."""
    pipeline: Pipeline = flight_example().pipeline
    rows = pipeline["ReadCSV"].read()
    day = pd.to_datetime(rows["time_hour"], utc=True).dt.day_of_year
    rows[(day % 12 == 0).to_numpy()].iloc[::6].to_csv(place / "flights.csv", index=False)
    return pipeline.replace(
        ReadCSV=pipeline["ReadCSV"].with_(path=str(place / "flights.csv")),
        Train=Train(HistGradientBoostingClassifier(max_iter=20)),
    )


def numbers(run: Run) -> dict[str, Any]:
    """Return digests of all that a run computed."""
    return {
        "parts": {part: run.digest(part) for part in ("train", "validation", "test")},
        "metrics": digest_frame(run.metrics),
        "predictions": digest_frame(run.predictions["validation"]),
        "model": digest(run.state("Train")),
    }


def run_of(pipeline: Pipeline, frame: pd.DataFrame | None = None, **how: Any) -> dict[str, Any]:
    """Run a pipeline and return what it gave, as JSON can have it."""
    run = pipeline.run(verbose=False, **how) if frame is None else pipeline.run(frame, verbose=False, **how)
    return {"numbers": numbers(run), "id": run.id, "mlflow": run.mlflow_run_id, "waits": "the run waits" in repr(run)}


def synced(address: str | None = None) -> dict[str, Any]:
    """Send what waits; return what went and why anything waits still."""
    report = mlsys.sync(address)
    return {"sent": [each.id for each in report.sent], "waiting": {each.id: each.problem for each in report.waiting}}


def worked(place: Path, work: Callable[[], Any], address: str = "") -> Callable[[], Any]:
    """Return work that is done inside a folder."""

    def done() -> Any:
        with inside(place, address):
            return work()

    return done
