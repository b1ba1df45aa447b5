"""Lower bounds are those of an environment that the tests are run in; pre-releases are tried before they are out."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOWEST = dict(line.split("==") for line in (ROOT / "tests" / "lowest.txt").read_text("utf-8").split())
PAGE = (ROOT / "docs" / "versions.rst").read_text("utf-8")
EXTRAS = [Requirement(each) for extra in PROJECT["optional-dependencies"].values() for each in extra]
NEEDED = [Requirement(each) for each in PROJECT["dependencies"]]


def bound(requirement: Requirement) -> Version:
    """Return the lower bound of a requirement, which must be its only one."""
    (only,) = requirement.specifier
    assert only.operator == ">=", f"{requirement} is not a lower bound"
    return Version(only.version)


def test_everything_that_is_installed_with_mlsys_has_a_lowest_version() -> None:
    assert [each.name for each in NEEDED if each.name not in LOWEST] == []


@pytest.mark.parametrize("requirement", [each for each in [*NEEDED, *EXTRAS] if each.name in LOWEST], ids=str)
def test_a_lower_bound_is_the_version_that_is_tested(requirement: Requirement) -> None:
    assert bound(requirement) == Version(LOWEST[requirement.name])


def test_the_file_names_nothing_that_is_not_declared_and_is_sorted() -> None:
    assert set(LOWEST) <= {each.name for each in [*NEEDED, *EXTRAS]}
    assert list(LOWEST) == sorted(LOWEST)


@pytest.mark.parametrize("requirement", NEEDED, ids=lambda each: each.name)
def test_the_page_on_versions_states_the_lower_bound(requirement: Requirement) -> None:
    row = re.search(rf"^   \* - {re.escape(requirement.name)}\n     - ([\d.]+)\n", PAGE, re.MULTILINE)
    assert row is not None, f"docs/versions.rst has no row for {requirement.name}"
    assert Version(row[1]) == bound(requirement)


def test_the_page_states_the_same_pythons_as_the_workflow_and_the_package() -> None:
    workflow = ROOT / ".github" / "workflows" / "tests.yml"
    if not workflow.exists():
        pytest.skip("the source archive has no workflows")
    asked = re.findall(r'"(3\.\d+)"', workflow.read_text("utf-8"))
    assert asked == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={asked[0]}"
    said = PAGE.partition("\nPython\n------\n")[2].partition("\n---")[0]
    assert re.findall(r"3\.\d+", said) == asked


SIX_LINES = """
from mlsys import Pipeline, load
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
df = load_breast_cancer(as_frame=True).frame
run = Pipeline([HistGradientBoostingClassifier()], target="target").run(df)
run.save("saved")
assert load("saved").predict(df.head()).equals(run.predict(df.head()))
print(run)
"""
TRIED = ("tests/test_check_step.py", "tests/states", "tests/values", "tests/features/test_impute.py")
"""Tests that ask most of pandas, Arrow, scikit-learn and skops, and little of the processor."""


@pytest.mark.long
def test_pre_releases_of_what_we_depend_on_do_not_break_us(tmp_path: Path) -> None:
    place = tmp_path / "pre"
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--pre"]
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["imbalance"], "pytest", "hypothesis"]
    installed = subprocess.run([*install, *wanted], capture_output=True, text=True, check=False)
    if installed.returncode and "No matching distribution" in installed.stderr + installed.stdout:
        pytest.skip("no package index can be reached: pre-releases are untested")
    assert installed.returncode == 0, installed.stderr
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "Agg"}
    (tmp_path / "six_lines.py").write_text(SIX_LINES)
    tests = [python, "-m", "pytest", "-q", "-W", "default", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    tests += [f"-c={ROOT / 'pyproject.toml'}", *(str(ROOT / each) for each in TRIED)]
    for command in ([python, "six_lines.py"], tests):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        frozen = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
        assert done.returncode == 0, f"{frozen}\n{(done.stdout + done.stderr)[-6_000:]}"
