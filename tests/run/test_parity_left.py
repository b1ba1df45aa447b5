"""Rows laid out for another process go, also when the process that laid them out was killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import mlsys
from mlsys import folder
from mlsys.passing import PARITY, passing, sweep
from mlsys.serving.parity import Spare

SCRIPT = """
    import numpy as np, pandas as pd
    from sklearn.linear_model import LogisticRegression
    from mlsys import Pipeline, RandomSplit
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=500)})
    frame["late"] = frame["a"] + generator.normal(size=500) > 0
    Pipeline([RandomSplit(), LogisticRegression()], target="late", name="s").run(frame, verbose=False)
"""
HOLDS = """
    import time
    from mlsys.passing import PARITY, passing
    print(passing(PARITY), flush=True)
    time.sleep(60)
"""


def test_folders_of_killed_processes_are_removed_and_those_of_living_ones_stay() -> None:
    mine = passing(PARITY)
    command = [sys.executable, "-c", textwrap.dedent(HOLDS)]
    environment = {**os.environ, "MLSYS_FOLDER": str(folder.home())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        (theirs / "rows").write_text("a row")
        sweep(PARITY)
        assert theirs.is_dir() and mine.is_dir()
        other.send_signal(signal.SIGKILL)
        other.wait()
    mlsys.sync()
    assert not theirs.exists() and mine.is_dir()
    shutil.rmtree(mine)


def test_what_is_no_folder_of_ours_is_left_alone(tmp_path: Path) -> None:
    place = folder.made(PARITY)
    (place / "away").symlink_to(tmp_path)
    (place / "young").mkdir()
    (place / "old").mkdir()
    os.utime(place / "old", (1.0, 1.0))
    sweep(PARITY)
    assert {each.name for each in place.iterdir()} == {"away", "young"} and tmp_path.is_dir()


def test_the_other_process_removes_the_rows_when_the_first_is_gone(tmp_path: Path) -> None:
    place = tmp_path / "rows"
    place.mkdir()
    (place / "row").write_text("a row")
    spare = Spare()
    spare.removes(place)
    process = spare._process
    assert process is not None and process.stdin is not None and process.stdout is not None
    process.stdin.close()  # as when this process ends, however it does
    process.wait(timeout=60)
    process.stdout.close()
    assert not place.exists()


@pytest.mark.long
def test_a_run_killed_during_the_check_leaves_no_rows(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(textwrap.dedent(SCRIPT))
    environment = {**os.environ, "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    place = tmp_path / ".mlsys" / "parity"
    command = [sys.executable, "s.py"]
    for _ in range(5):
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, env=environment) as killed:
            while killed.poll() is None and not list(place.glob("*/rows/manifest.json")):
                time.sleep(0.003)
            killed.send_signal(signal.SIGKILL)
        until = time.monotonic() + 30
        while list(place.glob("*")) and time.monotonic() < until:
            time.sleep(0.1)
        assert not list(place.glob("*"))


def test_a_folder_that_was_half_removed_is_known_as_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it removed: what is left still holds the lock by which others know that nobody is at it."""
    place = mlsys.passing.passing(PARITY)
    for name in ("a", "model", "rows", "z"):
        (place / name).mkdir()

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mlsys.passing, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            mlsys.passing.removed(place)
    assert (place / "lock").exists()
    os.close(mlsys.passing._held.pop(place))  # as when the process ends
    sweep(PARITY)
    assert not place.exists()
