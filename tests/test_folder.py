"""The library's own folder is closed to others, or refused; where there is none, runs go on."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, RandomSplit, folder
from mlsys.cache.store import _say_once
from mlsys.settings import override


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("before", [0o777, 0o775, 0o755, 0o1777, 0o700])
@pytest.mark.parametrize("name", [".mlsys", "chosen"])
def test_a_folder_of_ours_is_closed(tmp_path: Path, before: int, name: str) -> None:
    top = tmp_path / name
    with override(folder=str(top)):
        folder.made("cache")
        for each in (top, top / "cache"):
            each.chmod(before)
        folder.made("cache")
    assert mode(top) & 0o077 == 0 and mode(top / "cache") & 0o077 == 0


def test_an_empty_folder_is_closed_and_one_of_the_users_own_is_left_or_refused(tmp_path: Path) -> None:
    empty, own, shared = tmp_path / "empty", tmp_path / "own", tmp_path / "shared"
    for each in (empty, own, shared):
        each.mkdir()
    (own / "data.csv").touch()
    (shared / "data.csv").touch()
    empty.chmod(0o777)
    own.chmod(0o755)
    shared.chmod(0o1777)
    with override(folder=str(empty)):
        assert folder.made("cache").is_dir() and mode(empty) == 0o700
    with override(folder=str(own)):
        assert mode(folder.made("cache")) == 0o700 and mode(own) == 0o755
    with override(folder=str(shared)), pytest.raises(PermissionError, match="others may write"):
        folder.made("cache")
    assert mode(shared) == 0o1777 and os.listdir(shared) == ["data.csv"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_what_belongs_to_another_user_is_refused(tmp_path: Path) -> None:
    with override(folder=str(tmp_path / ".mlsys")):
        folder.made("cache")
        os.chown(tmp_path / ".mlsys" / "cache", 12345, -1)
        with pytest.raises(PermissionError, match="another user"):
            folder.made("cache")
        os.chown(tmp_path / ".mlsys" / "cache", 0, -1)
        os.chown(tmp_path / ".mlsys", 12345, -1)
        with pytest.raises(PermissionError, match="another user"):
            folder.made("cache")


def test_a_folder_of_the_cache_may_be_a_link_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "large-disk").mkdir(mode=0o755)
    with override(folder=str(tmp_path / ".mlsys")):
        folder.made()
        (tmp_path / ".mlsys" / "cache").symlink_to(tmp_path / "large-disk")
        assert folder.made("cache", "columns").is_dir()
    assert mode(tmp_path / "large-disk") == 0o700


@pytest.mark.parametrize("place", ["/proc/mlsys", "/dev/null/mlsys"])
def test_where_nothing_can_be_written_runs_go_on_and_it_is_said_once(
    place: str, caplog: pytest.LogCaptureFixture
) -> None:
    _say_once.cache_clear()
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=300)})
    frame["late"] = frame["a"] + generator.normal(size=300) > 0
    pipeline = Pipeline([RandomSplit(), LogisticRegression()], target="late")
    with override(folder=place), caplog.at_level(logging.WARNING, "mlsys"):
        runs = [pipeline.run(frame, track=False, verbose=False) for _ in range(3)]
    assert all(not run.metrics.empty for run in runs)
    assert len([each for each in caplog.records if "nothing more is stored" in each.message]) == 1
