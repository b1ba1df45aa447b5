"""What lies in the cache folder is what its name says, or it is a miss; what others left there ends no run."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, RandomSplit, Train
from mlsys.cache import commands
from mlsys.cache.items import KINDS, _tell_once
from mlsys.cache.store import Store
from mlsys.cache.store import _checksum as checksum
from mlsys.settings import override
from mlsys.states import digest


def odd_pipe(path: Path) -> None:
    os.mkfifo(path)


def odd_folder(path: Path) -> None:
    (path / "inside").mkdir(parents=True)


def odd_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def odd_nothing(path: Path) -> None:
    path.touch()


def odd_text(path: Path) -> None:
    path.write_bytes(b"\xff\x00not ours")


ODD = {f.__name__.removeprefix("odd_"): f for f in (odd_pipe, odd_folder, odd_link, odd_nothing, odd_text)}


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=400), "b": generator.normal(size=400)})
    return frame.assign(late=frame["a"] + generator.normal(size=400) > 0)


def learned(frame: pd.DataFrame, strength: float) -> str:
    steps = [RandomSplit(), Train(LogisticRegression(C=strength))]
    return digest(Pipeline(steps, target="late").run(frame, track=False, verbose=False).state("Train"))


def files(kind: str, top: Path) -> list[Path]:
    return sorted((top / ".mlsys" / "cache" / kind).glob("*/*"))


def of_state(state: str, top: Path) -> Path:
    return next(path for path in files("entries", top) if state in path.read_text())


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Store, dict[str, Path]]:
    """A store with one item of each kind, and where they lie."""
    _tell_once.cache_clear()
    with override(folder=str(tmp_path / ".mlsys")):
        store = Store()
        column = pd.Series([1.0, 2.0])
        from mlsys.tables import column_digest

        store.put_column(column_digest(column), column, {"dtype": "float64"})
        store.put_state(digest({"mean": 1.5}), {"mean": 1.5})
        store.put_entry("0" * 32, {"seconds": 1.0})
        store.put_latest("1" * 32, {"code": {}})
        return store, {kind: files(kind, tmp_path)[0] for kind in KINDS}


def asked(store: Store, kind: str, name: str) -> Any:
    if kind == "states":
        try:
            return store.state(name)
        except KeyError:
            return None
    return {"columns": store.column, "entries": store.entry, "latest": store.latest}[kind](name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", ODD)
def test_anything_odd_in_place_of_an_item_is_a_miss_and_gone(
    filled: tuple[Store, dict[str, Path]], kind: str, odd: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, places = filled
    path = places[kind]
    name = path.name.partition(".")[0]
    assert asked(store, kind, name) is not None
    inside = path / "state.json" if kind == "states" else path
    inside.unlink()
    ODD[odd](inside)
    with caplog.at_level(logging.WARNING, "mlsys"):
        assert asked(store, kind, name) is None
        assert asked(store, kind, name) is None
    assert not os.path.lexists(path) and len(caplog.records) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_under_the_name_of_another_is_a_miss(filled: tuple[Store, dict[str, Path]], kind: str) -> None:
    store, places = filled
    other = places[kind].with_name(places[kind].name.translate(str.maketrans("0123456789abcdef", "123456789abcdef0")))
    other = other.parent.parent / other.name[:2] / other.name
    other.parent.mkdir(exist_ok=True)
    (shutil.copytree if kind == "states" else shutil.copyfile)(places[kind], other)
    assert asked(store, kind, other.name.partition(".")[0]) is None
    assert asked(store, kind, places[kind].name.partition(".")[0]) is not None


def test_a_state_whose_manifest_was_forged_is_a_miss(filled: tuple[Store, dict[str, Path]]) -> None:
    store, places = filled
    name = places["states"].name
    store.put_state(digest({"mean": 9.0}), {"mean": 9.0})
    forged = places["states"].parent.parent / digest({"mean": 9.0})[:2] / digest({"mean": 9.0})
    manifest = json.loads((forged / "manifest.json").read_text())
    shutil.rmtree(places["states"])
    shutil.copytree(forged, places["states"])
    (places["states"] / "manifest.json").write_text(json.dumps({**manifest, "digest": name}))
    assert asked(store, "states", name) is None


def test_an_entry_of_another_kind_with_a_right_checksum_is_a_miss(filled: tuple[Store, dict[str, Path]]) -> None:
    store, places = filled
    for text in (b"[]", b"{}", b'{"of": "latest/' + b"0" * 32 + b'"}', b"null"):
        places["entries"].write_bytes(checksum(text) + b"\n" + text)
        assert store.entry("0" * 32) is None


def test_swapped_entries_and_states_give_the_state_that_was_asked_for(frame: pd.DataFrame, tmp_path: Path) -> None:
    one, two = learned(frame, 1.0), learned(frame, 0.001)
    of_state(one, tmp_path).write_bytes(of_state(two, tmp_path).read_bytes())
    assert learned(frame, 1.0) == one != two
    state = tmp_path / ".mlsys" / "cache" / "states"
    shutil.rmtree(state / one[:2] / one)
    shutil.copytree(state / two[:2] / two, state / one[:2] / one)
    assert learned(frame, 1.0) == one
    assert learned(frame, 1.0) == one, "and it is kept again"


STRAY = {
    "a file among the kinds": lambda top: (top / "cache" / ".DS_Store").write_bytes(b"x"),
    "a file among the shards": lambda top: (top / "cache" / "columns" / ".DS_Store").write_bytes(b"x"),
    "a file among the items": lambda top: (next((top / "cache" / "entries").iterdir()) / "Thumbs.db").touch(),
    "a pipe among the items": lambda top: os.mkfifo(next((top / "cache" / "entries").iterdir()) / ".nfs0001"),
    "a broken link": lambda top: (top / "cache" / "states" / "gone").symlink_to("nowhere"),
    "a file for a shard": lambda top: [
        (shutil.rmtree(shard), shard.write_bytes(b"")) for shard in list((top / "cache" / "entries").iterdir())
    ],
    "a file for a kind": lambda top: (shutil.rmtree(top / "cache" / "states"), (top / "cache" / "states").touch()),
    "a folder of its own": lambda top: (top / "cache" / "columns" / "mine" / "deep" / "deeper").mkdir(parents=True),
}


@pytest.mark.quick("a file among the items", "a pipe among the items", "a broken link", "a file for a shard")
@pytest.mark.parametrize("stray", STRAY)
def test_what_others_leave_in_the_folder_ends_no_run(frame: pd.DataFrame, tmp_path: Path, stray: str) -> None:
    one = learned(frame, 1.0)
    place: Callable[[Path], Any] = STRAY[stray]
    place(tmp_path / ".mlsys")
    learned(frame, 0.5)
    with override(cache_bytes=1):
        learned(frame, 0.2)
    assert learned(frame, 1.0) == one
    assert "cache at" in commands.show() and "removed" in commands.clear()


def test_what_cannot_be_removed_ends_no_run(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: Any, **__: Any) -> None:
        raise PermissionError("held by another program")

    monkeypatch.setattr(Path, "unlink", no)
    monkeypatch.setattr(shutil, "rmtree", no)
    with override(cache_bytes=1):
        one = learned(frame, 1.0)
    assert learned(frame, 1.0) == one


@pytest.mark.parametrize("kind", ["entries", "latest"])
def test_a_huge_file_is_a_miss_before_memory_is_taken(filled: tuple[Store, dict[str, Path]], kind: str) -> None:
    store, places = filled
    with places[kind].open("wb") as sink:
        sink.truncate(1 << 30)
    tracemalloc.start()
    try:
        assert asked(store, kind, places[kind].name.partition(".")[0]) is None
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
    finally:
        tracemalloc.stop()
    assert not os.path.lexists(places[kind])
