"""What is written is whole or not there; what a killed process was writing goes, what a living one writes stays."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mlsys.unfinished import beside, sweep, whole

WRITES = """
    import os, signal, sys
    from pathlib import Path
    from mlsys.unfinished import whole
    with whole(Path(sys.argv[1])) as making:
        making.mkdir()
        (making / "half").write_text("half")
        print("writes", flush=True)
        sys.stdin.read()
"""


def writer(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(WRITES), str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "writes\n"
    return process


def test_a_block_that_raises_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "a") as making:
        making.write_text("new")
        1 / 0  # noqa: B018
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a", "old")]


def test_a_folder_takes_the_place_of_an_empty_one_and_of_no_other(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for _ in range(2):
        try:
            with whole(tmp_path / "a") as making:
                making.mkdir()
                (making / "x").write_text(str(_))
        except OSError:
            assert _ == 1
    assert (tmp_path / "a" / "x").read_text() == "0"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_what_a_living_process_writes_stays_and_what_a_killed_one_wrote_goes(tmp_path: Path) -> None:
    with writer(tmp_path / "[a]*") as process:
        sweep(tmp_path)
        with whole(tmp_path / "[a]*") as making:
            making.mkdir()
        assert len(list(tmp_path.iterdir())) == 2
        process.kill()
        process.wait()
        with beside(tmp_path / "[a]*"):
            assert [each.name for each in tmp_path.iterdir()] == ["[a]*"]


@pytest.mark.parametrize("name", [".x.unfinished", ".a.b.c.unfinished", ".a.00000000.1.0.unfinished", ".unfinished"])
def test_what_is_not_known_to_be_left_stays(tmp_path: Path, name: str) -> None:
    """A user's own names, and what a process of another machine may still be writing."""
    (tmp_path / name).write_text("x")
    sweep(tmp_path)
    assert (tmp_path / name).exists()


def test_what_another_machine_left_a_day_ago_goes(tmp_path: Path) -> None:
    left = tmp_path / "below" / ".a.00000000.1.0.unfinished-journal"
    left.parent.mkdir()
    left.write_text("x")
    os.utime(left, (1.0, 1.0))
    sweep(tmp_path)
    assert not left.exists()


def test_long_names_have_room(tmp_path: Path) -> None:
    name = "ä" * 127
    with whole(tmp_path / name) as making:
        making.write_text("x")
    assert [each.name for each in tmp_path.iterdir()] == [name]
