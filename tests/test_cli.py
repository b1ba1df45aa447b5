"""The commands: once as a shell runs them, and otherwise in this process."""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Impute, Pipeline
from mlsys.cli import main


def said(*words: str, code: int = 0) -> str:
    """Return what a command prints in this process; it must end with ``code``."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            ended = main(words)
        except SystemExit as exit:  # argparse
            ended = exit.code
    assert ended == code, printed.getvalue()
    return printed.getvalue()


def said_in_a_shell(*words: str, code: int = 0) -> str:
    """Return what a command prints in a process of its own."""
    command = [sys.executable, "-m", "mlsys", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_cache_is_shown_and_emptied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLSYS_FOLDER", str(tmp_path / "kept"))
    assert said("cache", "show").startswith("no cache at")
    frame = pd.DataFrame({"x": np.arange(400.0), "y": [0, 1] * 200})
    Pipeline([Impute(), LogisticRegression()], target="y").run(frame, track=False)
    shown = said("cache", "show")
    assert "states and reports" in shown and "of at most 10,000 MB" in shown
    assert "removed" in said("cache", "clear")
    assert said("cache", "show").startswith("no cache at")


def test_runs_that_wait_survive_an_emptied_cache(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(400.0), "y": [0, 1] * 200})
    Pipeline([Impute(), LogisticRegression()], target="y").run(frame, track=False)
    waiting = tmp_path / ".mlsys" / "runs" / "0123"
    waiting.mkdir(parents=True)
    said("cache", "clear", code=0)
    assert waiting.is_dir()


def test_bare_it_prints_help_and_an_unknown_word_is_explained() -> None:
    helped = said_in_a_shell()
    assert all(
        name in helped
        for name in ("show", "report", "reproduce", "predict", "promote", "roll-back", "plan", "sync", "cache")
    )
    assert said("--version").startswith("mlsys 0.")
    assert "invalid choice" in said_in_a_shell("cache", "shwo", code=2)


SCRIPT = """
import numpy as np, pandas as pd
from mlsys import Impute, Pipeline, RandomSplit
from sklearn.linear_model import LogisticRegression

frame = pd.DataFrame({"x": np.arange(400.0), "y": [0, 1] * 200})
pipeline = Pipeline([RandomSplit(), Impute(), LogisticRegression()], target="y", name="halves")
if __name__ == "__main__":
    run = pipeline.run(frame, snapshot=True)
    run.save("model")
    print(run.id)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a script that was run, its model, and rows to predict."""
    place = tmp_path_factory.mktemp("commands")
    (place / "script.py").write_text(SCRIPT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("MLSYS_FOLDER", raising=False)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place}/mlflow.db")
        printed = io.StringIO()
        with redirect_stdout(printed):
            runpy.run_path("script.py", run_name="__main__")
    (place / "run").write_text(printed.getvalue().split()[-1])
    pd.DataFrame({"x": [1.5, 2.5]}).to_csv(place / "rows.csv", index=False)
    pd.DataFrame({"z": [1.5]}).to_csv(place / "others.csv", index=False)
    return place


@pytest.fixture
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    monkeypatch.delenv("MLSYS_FOLDER", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place}/mlflow.db")
    return place


def test_a_run_is_shown_and_reported_by_its_id(inside: Path) -> None:
    run = (inside / "run").read_text()
    assert said("show", run).startswith("halves: binary, evaluated on validation rows")
    assert said("report", run, "halves.html").strip() == "halves.html"
    page = (inside / "halves.html").read_text()
    assert len(page) < 500_000
    assert f"mlsys reproduce {run}" in page
    assert "0" * 32 in said("show", "0" * 32, code=2)
    assert "no-such-folder" in said("report", run, "no-such-folder/x.html", code=2)


def test_a_run_is_made_again_by_its_id(inside: Path) -> None:
    run = (inside / "run").read_text()
    assert "same" in said("reproduce", run)
    assert "0" * 32 in said("reproduce", "0" * 32, code=2)


def test_a_file_is_predicted_or_refused_by_column(inside: Path) -> None:
    assert "2 rows can be predicted" in said("predict", "model", "rows.csv", "--check")
    assert "2 rows are predicted" in said("predict", "model", "rows.csv", "answers.csv")
    answers = pd.read_csv(inside / "answers.csv")
    assert list(answers.columns[:2]) == ["id", "prediction"]
    assert len(answers) == 2
    assert "'x'" in said("predict", "model", "others.csv", "answers2.csv", code=2)
    assert not (inside / "answers2.csv").exists()
    assert "no file" in said("predict", "model", "rows.csv", code=2)


def test_the_plans_of_a_script_are_printed_without_running_it(inside: Path) -> None:
    printed = said("plan", "script.py")
    assert printed.startswith("Pipeline 'halves'")
    assert "Impute" in printed
    assert "no script" in said("plan", "nothing.py", code=2)


def test_an_alias_is_moved_and_moved_back(inside: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient()
    client.create_registered_model("halves")
    for _ in range(2):
        client.create_model_version("halves", source=str(inside / "model"))
    assert "gate: no" in said("promote", "halves", "1", code=1)  # nobody knows how good it is
    assert "version 1 as @champion" in said("promote", "halves", "1", "--reason", "checked by hand")
    assert "version 2 as @champion" in said("promote", "halves", "2", "--reason", "checked by hand")
    assert "version 1 as @champion" in said("roll-back", "halves")
    assert "named no other version" in said("roll-back", "halves", code=2)
    assert "nobody" in said("promote", "nobody", "1", code=2)
    assert "nobody" in said("roll-back", "nobody", code=2)
