"""A process killed while MLflow takes a model: no copy of it stays in the folder for temporary files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import mlsys
from mlsys.settings import override

KILLED = """
    import os, signal, sys
    import numpy as np, pandas as pd
    from sklearn.linear_model import LogisticRegression
    from mlsys import Pipeline, RandomSplit
    import mlflow.pyfunc.model

    def killed(*given, **named):
        os.kill(os.getpid(), signal.SIGKILL)

    mlflow.pyfunc.model._download_artifact_from_uri = killed  # with MLflow's copy begun
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=300)})
    frame["late"] = frame["a"] + generator.normal(size=300) > 0
    Pipeline([RandomSplit(), LogisticRegression()], target="late", name="s").run(frame, verbose=False)
"""


def test_a_model_that_was_being_sent_leaves_nothing(tmp_path: Path, address: str) -> None:
    (tmp_path / "tmp").mkdir()
    home = tmp_path / ".mlsys"
    environment = {"TMPDIR": str(tmp_path / "tmp"), "MLFLOW_TRACKING_URI": address, "MLSYS_FOLDER": str(home)}
    command = [sys.executable, "-c", textwrap.dedent(KILLED)]
    done = subprocess.run(command, env={**os.environ, **environment}, cwd=tmp_path, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert list(home.glob("sending/*/made/*")), "it was killed while the model lay there"
    with override(folder=str(home)):
        assert len(mlsys.sync(address).sent) == 1
    assert not list((tmp_path / "tmp").iterdir()) and not list(home.glob("sending/*"))
