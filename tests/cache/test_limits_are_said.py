"""What the cache cannot know is said; what must not be kept is not; nothing is written where nothing was asked."""

from __future__ import annotations

import shutil
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

DERIVE = 'Derive({"z": z}, name="Made")'
Z = """
def z(frame):
    print("CALLED z")
    return frame["x"] * 2
"""


def test_a_compiled_module_of_the_users_is_named(project: Any) -> None:
    found = find_spec("xxhash._xxhash")
    assert found is not None and found.origin is not None
    shutil.copy(found.origin, project.folder / Path(found.origin).name)
    project.script(
        'import _xxhash\n\ndef z(frame):\n    return frame["x"] * (2 + 0 * _xxhash.xxh32_intdigest(b"a"))\n', DERIVE
    )
    outcome = project.run()
    assert outcome.factor == 2 and "_xxhash" in outcome.said


READS = {
    "open": 'def z(frame):\n    with open("factor.txt") as file:\n        return frame["x"] * float(file.read())\n',
    "read_text": "from pathlib import Path\n\n"
    'def z(frame):\n    return frame["x"] * float(Path("factor.txt").read_text())\n',
    "read_csv": 'def z(frame):\n    return frame["x"] * pd.read_csv("factor.txt", header=None).iloc[0, 0]\n',
    "in a helper": "from pathlib import Path\n\n"
    'def factor():\n    return float(Path("factor.txt").read_text())\n\n'
    'def z(frame):\n    return frame["x"] * factor()\n',
}


@pytest.mark.quick("read_csv", "in a helper")
@pytest.mark.parametrize("how", READS)
def test_a_file_read_inside_a_function_is_said(project: Any, how: str) -> None:
    project.script(READS[how], DERIVE, **{"factor.txt": "2\n"})
    outcome = project.run()
    assert outcome.factor == 2
    assert "Made" in outcome.said and "depends_on" in outcome.said, "the remedy is named"
    assert (how if how != "in a helper" else "factor()") in outcome.said


def test_a_file_that_is_declared_needs_no_remark(project: Any) -> None:
    project.script(READS["open"], DERIVE.replace(")", ', depends_on=["factor.txt"])'), **{"factor.txt": "2\n"})
    assert project.run().notes == []


def test_a_clean_step_has_no_remark(project: Any) -> None:
    project.script(Z, DERIVE)
    assert project.run().notes == []


def test_a_name_looked_up_by_text_is_said(project: Any) -> None:
    code = 'import helpers\n\ndef z(frame):\n    return frame["x"] * getattr(helpers, "fac" + "tor")\n'
    project.script(code, DERIVE, **{"helpers.py": "factor = 2\n"})
    outcome = project.run()
    assert "getattr" in outcome.said


def test_a_missing_file_in_depends_on_is_an_error_before_anything_runs(project: Any) -> None:
    project.script(Z, DERIVE.replace(")", ', depends_on=["nowhere.txt"])'))
    outcome = project.run(fails=True)
    assert "nowhere.txt" in outcome.errors and outcome.calls["z"] == 0


def test_a_function_that_fails_runs_once_and_is_asked_again_next_time(project: Any) -> None:
    fails = 'def z(frame):\n    print("CALLED z")\n    raise RuntimeError("no luck")\n'
    project.script(fails, DERIVE)
    for _ in range(2):
        outcome = project.run(fails=True)
        assert outcome.calls["z"] == 1 and "no luck" in outcome.errors
    project.edit('raise RuntimeError("no luck")', 'return frame["x"] * 2')
    mended = project.run()
    assert mended.outcomes == {"Made": "ran"} and mended.factor == 2


def test_what_ran_before_a_failure_is_kept(project: Any) -> None:
    slow = """
import time

def slow(frame):
    if len(frame) > 50:  # not the check of single rows
        print("CALLED slow")
        time.sleep(0.3)
    return frame["x"] + 1
"""
    fails = 'def z(frame):\n    raise RuntimeError("no luck")\n'
    project.script(slow + fails, 'Derive({"y": slow}, name="Slow"), Derive({"z": z}, name="Made")')
    project.run(fails=True)
    project.edit('raise RuntimeError("no luck")', 'return (frame["y"] - 1) * 2')
    mended = project.run()
    assert mended.outcomes == {"Slow": "hit", "Made": "ran"} and mended.factor == 2 and mended.calls["slow"] == 0


def test_a_step_that_must_not_be_cached(project: Any) -> None:
    last = 'def w(frame):\n    print("CALLED w")\n    return frame["z"] + 1\n'
    project.script(Z + last, 'Derive({"z": z}, name="Made", cache=False), Derive({"w": w}, name="Last")')
    project.run()
    again = project.run()
    assert again.outcomes == {"Made": "not cached", "Last": "hit"} and "cache=False" in again.why("Made")
    assert again.calls["z"] > 0 and again.calls["w"] == 0


@pytest.mark.quick("argument")
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_run_without_cache_leaves_no_file(project: Any, how: str) -> None:
    project.script(Z, DERIVE)
    if how == "argument":
        project.edit("track=False", "track=False, cache=False")
    before = project.files()
    outcome = project.run(**({"MLSYS_CACHE": "0"} if how == "environment" else {}))
    assert project.files() == before and not project.cache.parent.exists()
    assert outcome.outcomes == {} and outcome.calls["z"] > 0 and outcome.factor == 2
    assert "cache=True" in outcome.notes[0], "asked for a report of nothing, the run says how to get one"


def test_without_tracking_only_the_cache_is_written(project: Any) -> None:
    project.script(Z, DERIVE)
    before = project.files()
    project.run()
    made = project.files() - before
    assert made and all(name.startswith(".mlsys/") for name in made)


@pytest.mark.long
def test_a_run_without_cache_neither_reads_nor_writes_it(project: Any) -> None:
    project.script(Z, DERIVE)
    project.run()
    kept = {path: path.read_bytes() for path in project.cache.rglob("*") if path.is_file()}
    outcome = project.run(MLSYS_CACHE="0")
    assert outcome.calls["z"] > 0
    assert kept == {path: path.read_bytes() for path in project.cache.rglob("*") if path.is_file()}


def test_the_folder_is_the_owners_alone_and_git_leaves_it_alone(project: Any) -> None:
    project.script(Z, DERIVE)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(project.folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    project.run()
    assert project.cache.is_dir() and stat.S_IMODE(project.cache.parent.stat().st_mode) == 0o700
    for path in [project.cache, *project.cache.rglob("*")]:
        assert not path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o700, path
    status = subprocess.run([*git, "status", "--porcelain"], check=True, capture_output=True, text=True).stdout
    assert status == ""


@pytest.mark.long
def test_the_folder_can_be_elsewhere(project: Any, tmp_path: Path) -> None:
    project.script(Z, DERIVE)
    elsewhere = tmp_path / "elsewhere"
    first = project.run(MLSYS_FOLDER=str(elsewhere))
    assert not project.cache.parent.exists() and (elsewhere / "cache").is_dir()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    assert first.outcomes == {"Made": "ran"} and project.run(MLSYS_FOLDER=str(elsewhere)).outcomes == {"Made": "hit"}
    assert project.run().outcomes == {"Made": "ran"}


def test_rows_asked_for_after_a_hit_are_right(project: Any) -> None:
    project.script(Z, DERIVE)
    first, second = project.run(), project.run()
    assert second.outcomes == {"Made": "hit"} and second.calls["z"] == 0
    assert second.factor == first.factor == 2 and second.told["digest"] == first.told["digest"]
