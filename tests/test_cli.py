"""The commands, as a shell runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Impute, Pipeline


def said(*words: str, code: int = 0) -> str:
    """Return what a command prints; it must end with ``code``."""
    command = [sys.executable, "-m", "mlsys", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_cache_is_shown_and_emptied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLSYS_FOLDER", str(tmp_path / "kept"))
    assert said("cache", "show").startswith("no cache at")
    frame = pd.DataFrame({"x": np.arange(400.0), "y": [0, 1] * 200})
    script = tmp_path / "script.py"
    frame.to_csv(tmp_path / "rows.csv", index=False)
    script.write_text(
        "import pandas as pd\nfrom mlsys import Impute, Pipeline\nfrom sklearn.linear_model import LogisticRegression\n"
        f"frame = pd.read_csv({str(tmp_path / 'rows.csv')!r})\n"
        "Pipeline([Impute(), LogisticRegression()], target='y').run(frame, track=False)\n"
    )
    subprocess.run([sys.executable, str(script)], check=True)
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


def test_an_unknown_word_is_explained() -> None:
    assert "invalid choice" in said("cache", "shwo", code=2)
