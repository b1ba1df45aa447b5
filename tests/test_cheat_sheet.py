"""The cheat sheet: one page, current, and all its code runs."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from mlsys import Step
from mlsys.cli import _COMMANDS, main

DOCS = Path(__file__).parent.parent / "docs"
CODE = DOCS / "cheat_sheet" / "code.py"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cheat_sheet_make", DOCS / "cheat_sheet" / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_both_files_are_those_of_the_code(make: ModuleType) -> None:
    wanted = make.page()
    remedy = "make them again: python docs/cheat_sheet/make.py"
    assert (DOCS / "_static" / "cheat_sheet.html").read_text(encoding="utf-8") == wanted, remedy
    title = re.search(r"<title>(.+?)</title>", wanted)
    assert title is not None
    pdf = (DOCS / "_static" / "cheat_sheet.pdf").read_bytes()
    assert f"({title[1]})".encode() in pdf, remedy
    assert b"/Count 1\n" in pdf or b"/Count 1>" in pdf or b"/Count 1 " in pdf  # one page
    assert len(pdf) < 200_000


def test_the_sheet_needs_no_network(make: ModuleType) -> None:
    assert not re.search(r"https?://|src=|@import|url\(", make.page())


def test_every_line_fits_its_box(make: ModuleType) -> None:
    for title, code in make.boxes().items():
        assert max(map(len, code.splitlines())) <= 70, title


def test_every_kind_and_every_command_stands_on_it(make: ModuleType) -> None:
    boxes = make.boxes()
    kinds = {kind.kind for kind in Step.__subclasses__() if kind.kind == kind.__name__ and "mlsys" in kind.__module__}
    assert {line.split()[0] for line in boxes["What a step may see"].splitlines()} == kinds
    assert {line.split()[1] for line in boxes["In a terminal"].splitlines()} == set(_COMMANDS)


@pytest.mark.long
def test_every_line_runs(make: ModuleType, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store)
    monkeypatch.delenv("MLSYS_FOLDER", raising=False)
    module = ModuleType("cheat_sheet")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # where a class looks for the names of its types
    told: dict[str, Any] = vars(module)
    for node in ast.parse(CODE.read_text(encoding="utf-8")).body:
        exec(compile(ast.Module([node], []), str(CODE), "exec"), told)
    assert bool(told["done"]) and len(told["model"].predict(told["today"])) == 300
    told["today"].to_csv("new.csv", index=False)
    told["earlier"].to_csv("old.csv", index=False)
    Path("pipeline.py").write_text(
        "from mlsys import Pipeline, StratifiedSplit\npipeline = Pipeline([StratifiedSplit()], target='y')\n"
    )
    assert told["final"].register("customers", reason="a second version, for promote and roll-back")
    _run_the_commands(make.boxes()["In a terminal"], told["final"].id)


def _run_the_commands(commands: str, run: str) -> None:
    done = {}
    for line in commands.splitlines():
        words = shlex.split(line, comments=True)[1:]
        done[words[0]] = main([{"RUN": run, "MODEL": "models:/customers@champion"}.get(word, word) for word in words])
    assert pd.read_csv("answers.csv").shape[0] == 300 and Path("card.html").exists()
    assert done.pop("check") in {0, 1, 3}
    assert done.pop("reproduce") in {0, 2}  # the rows were given, and are not kept: then it says so
    assert set(done.values()) == {0}, done
