"""Pages for users of other libraries: both sides run, and print the same where the task has one answer."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
FOLDER = DOCS / "coming_from"
CODE = FOLDER / "code"
PAGES = sorted(path.stem for path in FOLDER.glob("*.rst") if path.stem != "index")
INSTALLED = {"sklearn": "sklearn", "imblearn": "imblearn"}
# What is installed for those that cannot be beside mlsys, or that are not among its tests' packages.
ELSEWHERE = {
    "snorkel": ["snorkel==0.10.0"],
    "evidently": ["evidently==0.7.23"],
    "kedro": ["kedro==1.7.0", "kedro-datasets[pandas]==9.6.0", "scikit-learn"],
    "zenml": ["zenml[local]==0.98.0", "scikit-learn", "pandas"],
}
SAME_AS = {"kedro": "sklearn", "zenml": "sklearn"}


def run(script: str, folder: Path, python: str = sys.executable) -> list[str]:
    """Return the lines that a script prints in a folder."""
    variables = {
        **os.environ, "MPLBACKEND": "agg", "PYTHONWARNINGS": "ignore", "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_CONFIG_PATH": str(folder / "zenml"), "NO_COLOR": "1", "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
    }  # fmt: skip
    if python != sys.executable:
        variables.pop("PYTHONPATH", None)
    command = [python, str(CODE / script)]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the rows that both sides read."""
    folder = tmp_path_factory.mktemp("coming_from")
    run("cancer.py", folder)
    run("messages.py", folder)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_both_sides_a_table_of_words_and_what_is_not_here(page: str) -> None:
    text = (FOLDER / f"{page}.rst").read_text(encoding="utf-8")
    shown = re.findall(r"literalinclude:: (code/\S+)", text)
    assert ["_theirs." in shown[0], "_here." in shown[1]] == [True, True]
    assert all((FOLDER / name).is_file() for name in shown)
    assert "list-table:: Words" in text and re.search(r"What \w+( \w+)? ha[sd] and mlsys does not", text)
    assert f"\n   {page}\n" in (FOLDER / "index.rst").read_text(encoding="utf-8")
    for name in re.findall(r":doc:`\.\./([^`]+)`", text):
        assert (DOCS / f"{name}.rst").is_file(), name


@pytest.mark.parametrize("page", PAGES)
def test_names_of_mlsys_on_a_page_exist(page: str) -> None:
    import mlsys

    for name in re.findall(r":(?:class|func):`~mlsys\.([\w.]+)`", (FOLDER / f"{page}.rst").read_text("utf-8")):
        found = mlsys
        for part in name.split("."):
            assert hasattr(found, part), name
            found = getattr(found, part)


def test_every_file_is_shown_and_can_be_read() -> None:
    shown = {name for page in PAGES for name in re.findall(r"code/(\S+)", (FOLDER / f"{page}.rst").read_text("utf-8"))}
    assert shown | {"cancer.py", "messages.py"} == {path.name for path in CODE.iterdir() if path.is_file()}
    for path in CODE.glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"))


def test_versions_on_the_page_are_those_of_the_test() -> None:
    text = (FOLDER / "index.rst").read_text(encoding="utf-8")
    for name, wanted in ELSEWHERE.items():
        assert re.search(rf"{name} {re.escape(wanted[0].partition('==')[2])}", text, re.IGNORECASE), name


@pytest.mark.long
@pytest.mark.parametrize("name", INSTALLED)
def test_both_sides_print_the_same_where_both_are_installed(name: str, folder: Path) -> None:
    pytest.importorskip(INSTALLED[name])
    theirs, here = run(f"{name}_theirs.py", folder), run(f"{name}_here.py", folder)
    assert float(here[-1]) == pytest.approx(float(theirs[-1]), abs=1e-12)


@pytest.mark.long
@pytest.mark.parametrize("name", ["snorkel", "evidently", "recipes"])
def test_our_side_runs(name: str, folder: Path) -> None:
    last = run(f"{name}_here.py", folder)[-1]
    assert {"snorkel": last.startswith("0.8"), "evidently": "worst_area" in last, "recipes": last == "True"}[name]


@pytest.mark.long
@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_other_side_runs_in_an_environment_of_its_own(name: str, folder: Path, tmp_path: Path) -> None:
    given = os.environ.get(f"MLSYS_PEER_{name.upper()}")
    python = given or _environment(tmp_path / "environment", ELSEWHERE[name])
    theirs = run(f"{name}_theirs.py", folder, python)
    here = run(f"{SAME_AS.get(name, name)}_here.py", folder)
    if name == "evidently":  # the tests differ: what is named here is named there too
        assert "worst_area" in theirs[-1]
    else:
        assert float(theirs[-1]) == pytest.approx(float(here[-1]), abs=1e-9)
    if name == "snorkel":
        assert theirs[-2] == here[-2]  # the same votes


def _environment(place: Path, wanted: list[str]) -> str:
    """Make an environment with some packages, and return its Python; skip where they cannot be had."""
    if importlib.util.find_spec("ensurepip") is None:
        pytest.skip("no environment can be made: this Python has no ensurepip")
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    done = subprocess.run([python, "-m", "pip", "install", "-q", *wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{' '.join(wanted)} cannot be installed: no index, or not these versions: {done.stderr[-300:]}")
    return python
