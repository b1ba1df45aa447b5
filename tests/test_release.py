"""What is released: two archives that hold what they must and nothing else, and files that say the same as the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

import mlsys

ROOT = Path(__file__).parent.parent
# What a source archive holds beside the folders: the pages of a project, and what builds it.
FILES = """
.gitignore CHANGELOG.md CITATION.cff CODE_OF_CONDUCT.md CONTRIBUTING.md LICENSE Makefile PKG-INFO README.md SECURITY.md
pyproject.toml
"""
FOLDERS = ("src", "tests", "examples", "benchmarks", "docs")
STORY = "examples/loans/loans.ipynb"
"""The one notebook, with the outputs of its script, so that it is read before anything is installed."""
MADE = {"_build", "auto_examples", "generated", "__pycache__", ".hypothesis"}
MEBIBYTE = 2**20


def files_of(folder: Path, ending: str = "*.py") -> set[str]:
    """Return the files of a folder, relative to the folder above it."""
    found = (path.relative_to(folder.parent) for path in folder.rglob(ending) if path.is_file())
    return {path.as_posix() for path in found if not MADE & set(path.parts)}


def six_lines() -> str:
    """Return the first lines of the README."""
    lines = re.search(r"## Six lines\n+```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert lines is not None
    return lines[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a wheel and a source archive, built from these files without a network."""
    pytest.importorskip("hatchling")
    into = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(into)], cwd=ROOT, check=True)
    (wheel,), (source,) = into.glob("*.whl"), into.glob("*.tar.gz")
    return wheel, source


@pytest.mark.long
def test_the_wheel_holds_the_package_its_licence_and_nothing_else(built: tuple[Path, Path]) -> None:
    wheel, _ = built
    about = f"mlsys-{mlsys.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"{about}/METADATA").decode()
        commands = archive.read(f"{about}/entry_points.txt").decode()
    said = {f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")}
    assert names == files_of(ROOT / "src" / "mlsys") | {"mlsys/py.typed"} | said
    assert f"\nVersion: {mlsys.__version__}\n" in metadata
    assert "mlsys = mlsys.cli:main" in commands
    assert wheel.name == f"mlsys-{mlsys.__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < 4 * MEBIBYTE


@pytest.mark.long
def test_the_source_archive_holds_what_builds_tests_and_documents_it(built: tuple[Path, Path]) -> None:
    _, source = built
    with tarfile.open(source) as archive:
        members = archive.getmembers()
    names = {name.split("/", 1)[1] for name in (member.name for member in members) if "/" in name}
    assert {member.name.split("/")[0] for member in members} == {f"mlsys-{mlsys.__version__}"}
    assert {name for name in names if "/" not in name} == set(FILES.split())
    assert {name.split("/")[0] for name in names if "/" in name} == set(FOLDERS)
    for folder in FOLDERS:
        assert files_of(ROOT / folder) <= names
    assert files_of(ROOT / "docs", "*.rst") - {"docs/sg_execution_times.rst"} <= names
    assert not [name for name in names if MADE & set(name.split("/")) or re.search(r"\.(pyc|db|log)$", name)]
    assert {name for name in names if name.endswith(".ipynb")} == {STORY}
    assert source.stat().st_size < 6 * MEBIBYTE


def test_every_cell_of_the_notebook_was_run_in_order_and_none_failed() -> None:
    cells = [cell for cell in json.loads((ROOT / STORY).read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    shown = [output for cell in cells for output in cell["outputs"]]
    assert len(shown) > len(cells) / 2 and not [each for each in shown if each["output_type"] == "error"]


@pytest.mark.long
def test_an_index_accepts_both_archives(built: tuple[Path, Path]) -> None:
    pytest.importorskip("twine")
    checked = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built)]
    done = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_the_first_lines_of_the_readme_run_from_the_wheel_alone(built: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("vega_datasets")
    wheel, _ = built
    installed = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    script = tmp_path / "six_lines.py"
    # -I leaves PYTHONPATH and the folder of the script out, so that only the wheel can be what is imported.
    first = f"import sys\nsys.path.insert(0, {str(installed)!r})\n"
    script.write_text(f"{first}{six_lines()}\nimport mlsys\nprint(mlsys.__file__)\nprint(run)\n")
    run = [sys.executable, "-I", str(script)]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines().count(str(installed / "mlsys" / "__init__.py")) == 1
    assert "better than every baseline" in done.stdout


WATCHED = """
import numpy as np
import pandas as pd
import mlsys, mlsys.drift
from mlsys import Monitor
rng = np.random.default_rng(0)
p = rng.random(2_000)
plan = rng.choice(["a", "b"], 2_000)
rows = pd.DataFrame({"age": rng.normal(40, 10, 2_000), "plan": plan, "p": p, "y": rng.random(2_000) < p})
monitor = Monitor.fit(rows, prediction="p", target="y", slices=["plan"], rows=500, budget="1 false page per 90 days")
print(monitor.check(rows.sample(500, random_state=0)).verdict, monitor.check(rows.assign(age=rows["age"] + 30)).verdict)
monitor.history.report("page.html")
print(mlsys.__file__)
"""
"""What a user's first minute with a monitor needs; evidently and NannyML ended at their import (November 2026)."""
ONLY_DECLARED = """
import re, sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from packaging.requirements import Requirement
declared, left = set(), [Requirement(each) for each in sys.argv[1:]]
while left:
    asked = left.pop()
    name = re.sub(r"[-_.]+", "-", asked.name).lower()
    if name not in declared and (asked.marker is None or asked.marker.evaluate({"extra": ""})):
        declared.add(name)
        try:
            left += [Requirement(each) for each in requires(name) or []]
        except PackageNotFoundError:
            pass
others = {
    module for module, names in packages_distributions().items()
    if not declared & {re.sub(r"[-_.]+", "-", name).lower() for name in names}
} - {"mlsys"}
assert {"river", "optuna", "dask"} & others, "nothing is kept away"
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in others:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""
"""Make every package absent that installing mlsys would not install."""


def test_a_monitor_runs_where_only_declared_dependencies_are_installed(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    script = tmp_path / "watched.py"
    script.write_text(f"{ONLY_DECLARED}sys.path.insert(0, {str(ROOT / 'src')!r})\n{WATCHED}")
    run = [sys.executable, "-I", str(script), *project["project"]["dependencies"]]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["no alarm alarm: age", str(ROOT / "src" / "mlsys" / "__init__.py")]


@pytest.mark.long
def test_a_plain_install_in_an_empty_environment_watches_and_runs_the_first_lines(
    built: tuple[Path, Path], tmp_path: Path
) -> None:
    wheel, _ = built
    place = tmp_path / "empty"
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    if installed.returncode and "No matching distribution" in installed.stderr + installed.stdout:
        pytest.skip("no package index can be reached")
    assert installed.returncode == 0, installed.stderr
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    done = subprocess.run([python, "-I", str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said, where = done.stdout.splitlines()
    assert said == "no alarm alarm: age" and Path(where).is_relative_to(place)
    subprocess.run([*install[:-1], "vega_datasets"], check=True)  # the rows of the README
    script.write_text(f"{six_lines()}\nprint(run)\n")
    done = subprocess.run([python, "-I", str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "better than every baseline" in done.stdout


def test_the_version_is_written_once_and_cited_alike() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert str(cited["version"]) == mlsys.__version__
    assert cited["license"] == project["project"]["license"] == "Apache-2.0"
    assert [author["name"] for author in cited["authors"]] == [each["name"] for each in project["project"]["authors"]]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None and newest[1] == mlsys.__version__


@pytest.mark.parametrize("form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml")), ids=lambda f: f.stem)
def test_a_form_for_issues_asks_what_it_must_in_fields_that_are_known(form: Path) -> None:
    said = yaml.safe_load(form.read_text("utf-8"))
    assert {"name", "description", "labels", "body"} == set(said)
    assert {field["type"] for field in said["body"]} <= {"markdown", "textarea", "input", "dropdown"}
    asked = [field for field in said["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in asked}) == len(asked) > 1
    assert any(field.get("validations", {}).get("required") for field in asked)
    assert all(field["attributes"]["label"] for field in asked)


@pytest.mark.parametrize("page", ["SECURITY.md", "CONTRIBUTING.md", "docs/good_first_steps.rst", "docs/versions.rst"])
def test_pages_of_the_project_name_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = re.findall(r"`((?:docs|tests|examples|benchmarks|src)/[\w./]+\.\w+|[A-Z_]+\.(?:md|cff))`", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
