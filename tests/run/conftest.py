"""Runs that are brought back: rows, a way to run a tracked pipeline, real processes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Pipeline
from mlsys.run import Reproduction

from ..forks import Forks

Tracked = Callable[..., str]


@pytest.fixture(scope="session")
def orders() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = 600
    frame = pd.DataFrame({"price": rng.normal(size=rows), "weight": np.where(rng.random(rows) < 0.1, np.nan, 1.5)})
    frame["shop"] = pd.Series(rng.choice(list("xyz"), rows), dtype="str")
    frame["late"] = (frame["price"] + rng.normal(size=rows)) > 0.3
    return frame


@pytest.fixture(scope="session")
def tracked() -> Tracked:
    """Return a function that runs a pipeline, writes it to MLflow and returns MLflow's id."""

    def run(what: Pipeline, *given: Any, **options: Any) -> str:
        found = what.run(*given, track=True, **options).mlflow_run_id
        assert found is not None
        return found

    return run


@pytest.fixture(scope="session")
def first_of() -> Callable[[Reproduction], tuple[str, str, tuple[str, ...]]]:
    """Return a function that gives step, outcome and causes of the first difference."""

    def find(done: Reproduction) -> tuple[str, str, tuple[str, ...]]:
        assert not done and done.first is not None
        assert repr(done).startswith("not reproduced") and done.first.step in repr(done)
        return done.first.step, done.first.outcome, done.first.causes

    return find


@pytest.fixture(scope="session")
def in_a_process(forks: Forks) -> Callable[..., dict[str, Any]]:
    """Return a function that runs a script in the working directory and gives what its last line holds."""
    return partial(_in_a_process, forks)


@pytest.fixture(scope="session")
def recipe_of() -> Callable[[str], Path]:
    """Return a function that gives the recipe of a run as MLflow holds it."""
    import mlflow.artifacts

    return lambda run: Path(mlflow.artifacts.download_artifacts(run_id=run, artifact_path="recipe"))


def _in_a_process(forks: Forks, script: Path, *arguments: str, folder: Path | None = None) -> dict[str, Any]:
    """Run a script in the working directory; return what its last line holds."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLSYS", "PYTHON"))}
    done = forks.run([script, *arguments], cwd=folder, env=kept)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
