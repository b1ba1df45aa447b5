"""The folder on disk: capped, shared by processes, damaged, full; results stay right and the run goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CODE = """
import sys
import time
import numpy as np
import pandas as pd
from mlsys import Pipeline, RowTransform
import telling


class Made(RowTransform):
    \"\"\"Slow enough that its eight columns are worth keeping.\"\"\"

    def apply(self, frame):
        if len(frame) > 1000:
            print("CALLED Made")
            time.sleep(SLEEP)
        columns = {f"z{place}": frame["x"] * (place + 1) for place in range(8)}
        return frame.assign(z=frame["x"] * 2, **columns)


class Last(RowTransform):
    def apply(self, frame):
        if len(frame) > 1000:
            print("CALLED Last")
            time.sleep(SLEEP)
        return frame.assign(w=frame["z"] + 1)


def frame(seed):
    return pd.DataFrame({"x": 1 + np.random.default_rng(seed).random(20_000)})


def run(seed=0):
    return Pipeline([Made(), Last()]).run(frame(seed), track=False, verbose=False)
"""
ROWS_BYTES = 20_000 * 8 * 10
"""Columns that the two steps make from one frame."""


@pytest.fixture
def slow(project: Any) -> Any:
    """A project whose two steps take long beside reading and writing their 20,000 rows."""
    project.write(**{"work.py": CODE.replace("SLEEP", "0.2")})
    project.write(**{"script.py": "import work\nwork.telling.tell(work.run())\n"})
    return project


BOTH = {"Made", "Last"}


def test_a_slow_result_is_kept_and_read_again(slow: Any) -> None:
    first = slow.run()
    assert set(first.outcomes.values()) == {"ran"} and slow.cache_bytes() > ROWS_BYTES / 20
    second = slow.run()
    assert second.outcomes == dict.fromkeys(BOTH, "hit")
    assert not second.calls and not second.calls_for_rows, "rows came from the cache, not from the functions"
    assert second.told["digest"] == first.told["digest"] and second.factor == 2


@pytest.mark.long
def test_the_cap_holds_and_results_stay_right(slow: Any) -> None:
    cap = 2 * ROWS_BYTES
    slow.write(
        **{"script.py": "import work\nfor seed in range(6):\n    work.telling.tell(work.run(seed), seed=seed)\n"}
    )
    outcome = slow.run(MLSYS_CACHE_BYTES=str(cap))
    assert outcome.factor == 2 and outcome.told["seed"] == 5
    assert 0 < slow.cache_bytes() <= cap
    slow.write(**{"script.py": "import work\nwork.telling.tell(work.run(0))\n"})
    oldest = slow.run(MLSYS_CACHE_BYTES=str(cap))
    assert oldest.factor == 2, "what was evicted is computed again"
    slow.write(**{"script.py": "import work\nwork.telling.tell(work.run(0))\n"})
    newest = slow.run(MLSYS_CACHE_BYTES=str(cap))
    assert newest.outcomes == dict.fromkeys(BOTH, "hit") and newest.told["digest"] == oldest.told["digest"]


def test_what_was_used_last_is_evicted_last(slow: Any) -> None:
    seeds = "import work\nfor seed in (0, 1, 0, 2, 0, 3, 0):\n    work.telling.tell(work.run(seed))\n"
    slow.write(**{"script.py": seeds})
    slow.run(MLSYS_CACHE_BYTES=str(int(2.5 * ROWS_BYTES)))
    assert 0 < slow.cache_bytes() <= 2.5 * ROWS_BYTES
    slow.write(**{"script.py": "import work\nwork.telling.tell(work.run(0))\n"})
    used = slow.run(MLSYS_CACHE_BYTES=str(int(2.5 * ROWS_BYTES)))
    assert used.outcomes == dict.fromkeys(BOTH, "hit") and not used.calls_for_rows


def test_a_cap_below_one_result(slow: Any) -> None:
    for _ in range(2):
        outcome = slow.run(MLSYS_CACHE_BYTES="1000")
        assert outcome.factor == 2
    assert slow.cache_bytes() <= 1000


def test_two_runs_at_once_are_both_right(slow: Any) -> None:
    processes = [slow.start() for _ in range(2)]
    both = [slow.finish(process) for process in processes]
    assert [each.factor for each in both] == [2, 2] and len({each.told["digest"] for each in both}) == 1
    third = slow.run()
    assert third.outcomes == dict.fromkeys(BOTH, "hit") and third.told["digest"] == both[0].told["digest"]
    assert not [name for name in slow.files() if "tmp" in Path(name).name], "temporary files are gone"


@pytest.mark.long
def test_four_runs_at_once_with_a_cap_that_evicts_under_them(slow: Any) -> None:
    for seed in range(4):
        slow.write(
            **{f"s{seed}.py": f"import work\nfor s in ({seed}, 9, {seed}):\n    work.telling.tell(work.run(s))\n"}
        )
    for _ in range(3):
        processes = [slow.start(f"s{seed}.py", MLSYS_CACHE_BYTES=str(2 * ROWS_BYTES)) for seed in range(4)]
        assert [slow.finish(process).factor for process in processes] == [2] * 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.long
def test_a_full_disk_costs_the_cache_not_the_run(slow: Any, small_disk: Path) -> None:
    for _ in range(2):
        outcome = slow.run(MLSYS_FOLDER=str(small_disk / "mlsys"))
        assert outcome.factor == 2
        assert "No space left" in outcome.said
    assert slow.run().told["digest"] == outcome.told["digest"]


def test_a_disk_that_is_full_from_the_start(slow: Any, small_disk: Path) -> None:
    with (small_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(b"0" * 1000)
            filler.flush()
    outcome = slow.run(MLSYS_FOLDER=str(small_disk / "mlsys"))
    assert outcome.factor == 2 and "No space left" in outcome.said


def test_a_limit_on_the_size_of_files(slow: Any) -> None:
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))\n"
    slow.write(**{"script.py": limit + "import work\nwork.telling.tell(work.run())\n"})
    for _ in range(2):
        outcome = slow.run()
        assert outcome.factor == 2 and "File too large" in outcome.said


def test_a_folder_that_cannot_be_made(slow: Any) -> None:
    slow.write(**{"taken": "a file stands here"})
    outcome = slow.run(MLSYS_FOLDER=str(slow.folder / "taken"))
    assert outcome.factor == 2 and set(outcome.outcomes.values()) == {"not cached"} and "taken" in outcome.said
    assert (slow.folder / "taken").read_text() == "a file stands here"


def cached_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "cache").rglob("*") if path.is_file())


def garbled(content: bytes) -> bytes:
    return bytes(byte ^ 0x5A for byte in content)


def one_bit(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :] if content else content


DAMAGE = {
    "emptied": lambda content: b"",
    "cut in half": lambda content: content[: len(content) // 2],
    "last byte gone": lambda content: content[:-1],
    "garbled": garbled,
    "one bit": one_bit,
    "other text": lambda content: b"[]",
}


@pytest.mark.quick("one bit")
@pytest.mark.parametrize("how", DAMAGE)
def test_a_cache_damaged_throughout_is_computed_again(slow: Any, how: str) -> None:
    first = slow.run()
    files = cached_files(slow.cache.parent)
    assert files
    for path in files:
        path.write_bytes(DAMAGE[how](path.read_bytes()))
    again = slow.run()
    assert again.factor == 2 and again.told["digest"] == first.told["digest"]
    mended = slow.run()
    assert mended.outcomes == dict.fromkeys(BOTH, "hit") and mended.told["digest"] == first.told["digest"]


EACH_FILE = """
import os
import sys

import work

for folder in sys.argv[1:]:
    child = os.fork()
    if not child:
        os.environ["MLSYS_FOLDER"] = folder
        from mlsys.settings import override
        with override(folder=folder):
            print("FOLDER", folder, flush=True)
            work.telling.tell(work.run())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, (folder, status)
"""


@pytest.mark.long
def test_each_file_damaged_alone(slow: Any, tmp_path: Path) -> None:
    first = slow.run()
    slow.write(**{"each.py": EACH_FILE})
    files = cached_files(slow.cache.parent)
    folders = []
    for place, file in enumerate(files):
        for how in ("cut in half", "one bit"):
            folder = tmp_path / f"damaged{place}-{how.replace(' ', '-')}"
            shutil.copytree(slow.cache.parent, folder)
            copy = folder / file.relative_to(slow.cache.parent)
            copy.write_bytes(DAMAGE[how](copy.read_bytes()))
            folders.append(str(folder))
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "each.py", *folders],
        cwd=slow.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("TOLD ")]
    assert len(told) == len(folders)
    assert {each["factor"] for each in told} == {2.0} and {each["digest"] for each in told} == {first.told["digest"]}


@pytest.mark.long
def test_folders_removed_between_runs(slow: Any) -> None:
    first = slow.run()
    for folder in [path for path in slow.cache.iterdir() if path.is_dir()]:
        shutil.rmtree(folder)
        assert slow.run().told["digest"] == first.told["digest"]
    shutil.rmtree(slow.cache.parent)
    assert slow.run().outcomes == dict.fromkeys(BOTH, "ran")
