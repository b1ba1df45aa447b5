"""A monitor's folder: read as it was saved, or refused by name."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pandas as pd
import pytest

from mlsys import Monitor
from mlsys.errors import ConfigurationError, StateError
from mlsys.states import digest

ROWS = pd.DataFrame({"age": [*range(20, 70)] * 40, "p": [0.1, 0.9] * 1_000})


def test_a_monitor_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    monitor = Monitor.fit(ROWS, prediction="p")
    loaded = Monitor.load(monitor.save(tmp_path / "monitor"))
    assert digest(loaded) == digest(monitor)


def test_any_damage_is_refused_by_name_or_changes_nothing(tmp_path: Path) -> None:
    chosen = random.Random(11)
    monitor = Monitor.fit(ROWS, prediction="p")
    place = monitor.save(tmp_path / "monitor")
    for path in sorted(each for each in place.rglob("*") if each.is_file()):
        content = path.read_bytes()
        texts = [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, content[: len(content) // 2]]
        for _ in range(10):
            changed = bytearray(content)
            changed[chosen.randrange(len(changed))] ^= 1 << chosen.randrange(8)
            texts.append(bytes(changed))
        for text in texts:
            path.write_bytes(text)
            try:
                loaded = Monitor.load(place)
            except StateError:
                continue
            assert digest(loaded) == digest(monitor), (path, text[:40])
        path.write_bytes(content)
        path.unlink()
        with pytest.raises((StateError, ConfigurationError), match=path.name):
            Monitor.load(place)
        path.write_bytes(content)


def test_an_edited_threshold_and_the_profile_of_another_monitor_are_refused(tmp_path: Path) -> None:
    place = Monitor.fit(ROWS).save(tmp_path / "monitor")
    other = Monitor.fit(ROWS + 5).save(tmp_path / "other")
    about = json.loads((place / "monitor.json").read_text())
    (tmp_path / "edited").mkdir()
    shutil.copytree(place, tmp_path / "edited", dirs_exist_ok=True)
    (tmp_path / "edited" / "monitor.json").write_text(json.dumps({**about, "least_effect": 0.9}))
    with pytest.raises(StateError, match=r"monitor\.json was changed"):
        Monitor.load(tmp_path / "edited")
    (own,), (others,) = place.glob("profile-*"), other.glob("profile-*")
    shutil.rmtree(own)
    shutil.copytree(others, own)
    with pytest.raises(StateError, match="another monitor"):
        Monitor.load(place)


def test_a_save_that_is_cut_off_leaves_the_older_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Monitor.fit(ROWS), Monitor.fit(ROWS + 5)
    place = old.save(tmp_path / "monitor")

    def cut_off(*given: object) -> None:
        raise KeyboardInterrupt

    for name in ("mlsys.states.save_state", "mlsys.states.on_disk.with_digest"):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(name, cut_off)
            new.save(place)
        assert digest(Monitor.load(place)) == digest(old)
    new.save(place)
    assert digest(Monitor.load(place)) == digest(new)
    assert sorted(each.name.partition("-")[0] for each in place.iterdir()) == ["monitor.json", "profile"]
    (profile,) = place.glob("profile-*")
    next(each for each in profile.rglob("*") if each.is_file()).unlink()
    new.save(place)  # mends what was damaged
    assert digest(Monitor.load(place)) == digest(new)
