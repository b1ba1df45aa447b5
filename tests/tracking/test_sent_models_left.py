"""A process killed while MLflow takes a model: no copy of it stays in the folder for temporary files."""

from __future__ import annotations

import os
import signal
import textwrap
from pathlib import Path

import pytest

import mlsys
from mlsys.settings import override

from ..forks import Forks

KILLED = """
    import os, signal, sys
    import numpy as np, pandas as pd
    from sklearn.linear_model import LogisticRegression
    from mlsys import Pipeline, RandomSplit
    import mlflow.pyfunc.model

    def killed(*given, **named):
        os.kill(os.getpid(), signal.SIGKILL)

    if len(sys.argv) == 1:
        mlflow.pyfunc.model._download_artifact_from_uri = killed  # with MLflow's copy begun
    else:
        import mlflow.store.artifact.local_artifact_repo as local
        local.os.replace = lambda *paths: killed() if ".artifact.uploading." in str(paths[0]) else os.rename(*paths)
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=300)})
    frame["late"] = frame["a"] + generator.normal(size=300) > 0
    Pipeline([RandomSplit(), LogisticRegression()], target="late", name="s").run(frame, verbose=False)
"""


def killed(forks: Forks, tmp_path: Path, address: str, *how: str) -> Path:
    """Run, killed while MLflow takes what was written; return the library's folder."""
    (tmp_path / "tmp").mkdir()
    home = tmp_path / ".mlsys"
    environment = {"TMPDIR": str(tmp_path / "tmp"), "MLFLOW_TRACKING_URI": address, "MLSYS_FOLDER": str(home)}
    done = forks.run(["-c", textwrap.dedent(KILLED), *how], env={**os.environ, **environment}, cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL
    return home


def test_a_model_that_was_being_sent_leaves_nothing(forks: Forks, tmp_path: Path, address: str) -> None:
    home = killed(forks, tmp_path, address)
    assert list(home.glob("sending/*/made/*")), "it was killed while the model lay there"
    with override(folder=str(home)):
        assert len(mlsys.sync(address).sent) == 1
    assert not list((tmp_path / "tmp").iterdir()) and not list(home.glob("sending/*"))


@pytest.mark.long
def test_a_file_that_was_half_uploaded_does_not_stay_among_the_artifacts(
    forks: Forks, tmp_path: Path, address: str
) -> None:
    home = killed(forks, tmp_path, address, "in the middle of an artifact")
    assert list(tmp_path.rglob(".artifact.uploading.*"))
    with override(folder=str(home)):
        assert len(mlsys.sync(address).sent) == 1
    assert not list(tmp_path.rglob(".artifact.uploading.*"))
