"""Every benchmark is on the list that one command runs, and every page says when it was measured, and how."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
BENCHMARKS = ROOT / "benchmarks"
PAGES = sorted((ROOT / "docs" / "benchmarks").glob("*.rst"))


@pytest.fixture(scope="module")
def modules() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The list of the benchmarks, and what runs them, which lie outside of the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("listed"), importlib.import_module("all")
        for name in ("listed", "all", "measuring"):
            sys.modules.pop(name, None)


def writers() -> set[str]:
    """Return the scripts of any folder that write a page, and all scripts beside the list."""
    top = {path.stem for path in BENCHMARKS.glob("*.py")}
    return top | {
        path.relative_to(BENCHMARKS).with_suffix("").as_posix()
        for path in BENCHMARKS.rglob("*/*.py")
        if re.search(r"\bwrite_page\(", path.read_text(encoding="utf-8"))
    }


def test_every_script_is_listed_once(modules: tuple[ModuleType, ModuleType]) -> None:
    listed, _ = modules
    scripts = [each.script for each in listed.BENCHMARKS]
    assert sorted([*scripts, *listed.PARTS]) == sorted(writers())


def test_every_page_has_one_benchmark_that_writes_it(modules: tuple[ModuleType, ModuleType]) -> None:
    listed, _ = modules
    written = [each.written.stem for each in listed.BENCHMARKS if each.written is not None]
    assert len(set(written)) == len(written)
    assert {path.stem for path in PAGES} - set(written) == {"test_all"}


def test_a_benchmark_names_its_page_and_the_options_that_it_has(modules: tuple[ModuleType, ModuleType]) -> None:
    listed, _ = modules
    for each in listed.BENCHMARKS:
        text = (BENCHMARKS / f"{each.script}.py").read_text(encoding="utf-8")
        for option in [*each.data, *each.others[:1]]:
            assert f'"{option}"' in text, f"{each.script} has no {option}"
        asked = set(re.findall(r'add_argument\("(--[\w-]+)"[^\n]*required=True', text))
        assert asked <= set(each.data), f"{each.script} needs {asked}"
        if each.written is not None:
            assert each.written.stem in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_when_it_was_measured_and_how(modules: tuple[ModuleType, ModuleType], page: Path) -> None:
    listed, _ = modules
    said = listed.read_page(page)
    assert said.date == "not yet" or re.fullmatch(r"20\d\d-\d\d-\d\d", said.date)
    script = re.search(r"benchmarks/([\w/]+)\.py", said.command)
    assert said.command == "make test-all" or (script is not None and (ROOT / script[0]).is_file())
    assert f"benchmarks/{page.stem}>`" in listed.index()


def test_a_page_without_a_date_is_refused(modules: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    listed, _ = modules
    page = tmp_path / "speed.rst"
    page.write_text("Speed\n=====\n\nFast.\n")
    with pytest.raises(ValueError, match="speed.rst does not say when it was measured"):
        listed.read_page(page)


def test_one_that_fails_does_not_stop_the_others(
    modules: tuple[ModuleType, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed, runner = modules
    (tmp_path / "breaks.py").write_text("raise SystemExit(3)")
    (tmp_path / "works.py").write_text("import os, pathlib; pathlib.Path(__file__).with_suffix('.txt').write_text("
                                       "os.environ['OMP_NUM_THREADS'])")  # fmt: skip
    monkeypatch.setattr(listed, "HERE", tmp_path)
    three = [
        listed.Benchmark("breaks", page=None),
        listed.Benchmark("works", page=None, threads=7),
        listed.Benchmark("hungry", page=None, data={"--data": "absent.csv"}),
    ]
    monkeypatch.setattr(runner, "BENCHMARKS", three)
    assert runner.main([]) == 1
    said = capsys.readouterr().out
    assert "failed: exit status 3" in said and "skipped: --data has no absent.csv" in said
    assert (tmp_path / "works.txt").read_text() == "7"
    assert runner.main(["works"]) == 0
    assert runner.main(["--list", "hungry", "--data", str(tmp_path)]) == 0
    assert "needs absent.csv" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="no benchmark is named workz"):
        runner.main(["workz"])
