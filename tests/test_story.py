"""The story of loans: its notebook says what its script says, and both run from events to the way back."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

LOANS = Path(__file__).parents[1] / "examples" / "loans"


def loaded(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"loans_{name}", LOANS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_notebook_is_the_script_with_outputs() -> None:
    book = nbformat.read(LOANS / "loans.ipynb", as_version=4)
    wanted = loaded("notebook").made(run=False)
    assert [(cell.cell_type, cell.source) for cell in book.cells] == [
        (cell.cell_type, cell.source) for cell in wanted.cells
    ], "make it again: python examples/loans/notebook.py"
    said = "\n".join(str(output) for cell in book.cells if cell.cell_type == "code" for output in cell.outputs)
    assert "'output_type': 'error'" not in said
    assert "retrained: loans@champion is version 2, was version 1" in said
    assert "image/png" in said


def test_nothing_is_known_before_it_happened() -> None:
    events = loaded("events")
    log = events.made(per_day=5)
    assert log.equals(events.made(per_day=5))
    loans, reports = events.known_by(log, "2024-06-01")
    assert loans["applied_at"].max() <= pd.Timestamp("2024-06-01")
    assert loans["defaulted_at"].max() <= pd.Timestamp("2024-06-01")
    assert reports["reported_at"].max() <= pd.Timestamp("2024-06-01")
    later, _ = events.known_by(log, "2024-12-01")
    assert later["defaulted_at"].notna()[: len(loans)].sum() > loans["defaulted_at"].notna().sum()


@pytest.mark.long
def test_the_story_runs_from_events_to_the_way_back(tmp_path: Path) -> None:
    script = (
        "import json, runpy, sys; told = runpy.run_path(sys.argv[1]); done = told['done']; "
        "seen = [bool(told['first']), done.before, done.after, told['history']['level'].tolist()]; "
        "open('seen.json', 'w').write(json.dumps(seen))"
    )
    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONWARNINGS": "default"}
    subprocess.run([sys.executable, "-c", script, str(LOANS / "loans.py")], cwd=tmp_path, env=environment, check=True)
    registered, before, after, levels = json.loads((tmp_path / "seen.json").read_text())
    assert registered and (before, after) == (1, 2)
    assert "ticket" in levels and "page" in levels and levels.index("ticket") < levels.index("page")
