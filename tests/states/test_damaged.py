"""Damaged states: refused by name before memory is taken, or read as they were; never another error, never a change."""

from __future__ import annotations

import io
import json
import os
import random
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import xxhash
from sklearn.linear_model import LogisticRegression

from mlsys.errors import StateError
from mlsys.states import check_storable, digest, load_state, save_state

MEMORY = 48 << 20
"""Bytes: far more than any of these states takes."""


def state() -> dict[str, Any]:
    times = pd.date_range("2024-01-01", periods=80, freq="D", tz="Europe/Berlin")
    frame = pd.DataFrame(
        {"x": np.arange(80.0), "t": times, "s": ["a", "bc"] * 40, "c": pd.Categorical(["u", "v"] * 40)}
    )
    frame["n"] = pd.array([1, None] * 40, dtype="Int64")
    model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    return {"frame": frame, "grid": np.arange(400.0).reshape(20, 20), "model": model, "pair": (1, pd.Timestamp("2024"))}


def fitted(folder: Path) -> None:
    """Write digests that fit what the files are now."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = {name: xxhash.xxh3_128_hexdigest((folder / name).read_bytes()) for name in manifest["files"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def mutated(content: bytes, chosen: random.Random) -> bytes:
    if chosen.random() < 0.3:
        return content[: chosen.randrange(len(content))]
    changed = bytearray(content)
    for _ in range(chosen.choice([1, 1, 3, 20])):
        changed[chosen.randrange(len(changed))] ^= 1 << chosen.randrange(8)
    return bytes(changed)


def test_any_change_of_any_file_is_refused_with_its_name(tmp_path: Path) -> None:
    chosen = random.Random(20261126)
    save_state(state(), tmp_path)
    before = digest(state())
    for path in sorted(tmp_path.iterdir()):
        content = path.read_bytes()
        for _ in range(6):
            path.write_bytes(mutated(content, chosen))
            try:
                read = load_state(tmp_path)
            except StateError as error:
                assert path.name in error.problem or path.name == "manifest.json", error.problem
            else:
                assert digest(read) == before, path.name
        path.write_bytes(content)


@pytest.mark.parametrize("suffix", ["arrow", "skops", "json"])
def test_a_damaged_file_whose_digest_fits_ends_in_no_other_error(tmp_path: Path, suffix: str) -> None:
    chosen = random.Random(7)
    save_state(state(), tmp_path)
    for path in sorted(tmp_path.glob(f"[0-9s]*.{suffix}")):
        content = path.read_bytes()
        for _ in range(12):
            path.write_bytes(mutated(content, chosen))
            fitted(tmp_path)
            try:
                load_state(tmp_path)
            except StateError as error:
                assert str(tmp_path) in error.problem, error.problem
        path.write_bytes(content)


def huge(path: Path) -> None:
    with path.open("wb") as sink:
        sink.truncate(1 << 30)


def link_to_huge(path: Path) -> None:
    huge(path.with_name("elsewhere"))
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def nested(path: Path) -> None:
    path.write_bytes(b"[" * 200_000 + b"]" * 200_000)


@pytest.mark.quick("huge-0.arrow", "link_to_huge-*", "pipe-*", "folder-*", "nested-*")
@pytest.mark.parametrize("name", ["state.json", "manifest.json", "0.arrow"])
@pytest.mark.parametrize("damage", [huge, link_to_huge, pipe, folder, nested])
def test_what_is_huge_linked_or_nested_takes_no_memory(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    save_state(state(), tmp_path)
    damage(tmp_path / name)
    tracemalloc.start()
    try:
        with pytest.raises(StateError) as caught:
            load_state(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    assert name in caught.value.problem


def test_nested_json_whose_digest_fits_is_refused(tmp_path: Path) -> None:
    save_state([1], tmp_path)
    for depth in (700 if sys.version_info < (3, 12) else 5_000, 200_000):  # newer ones go deeper
        (tmp_path / "state.json").write_bytes(b"[" * depth + b"]" * depth)
        fitted(tmp_path)
        with pytest.raises(StateError, match="cannot be read"):
            load_state(tmp_path)


def test_a_state_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    for write in (check_storable, lambda value: save_state(value, tmp_path / "deep")):
        with pytest.raises(StateError, match="nested too deeply"):
            write(deep)
    assert not (tmp_path / "deep").exists()


def written(column: pa.Array, compression: str | None = None) -> bytes:
    sink, table = pa.BufferOutputStream(), pa.table({"values": column})
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_an_arrow_file_that_unpacks_is_refused_before_it_is_unpacked(tmp_path: Path, compression: str) -> None:
    save_state(np.arange(400.0), tmp_path)
    (tmp_path / "0.arrow").write_bytes(written(pa.array(np.zeros(4_000_000)), compression))
    fitted(tmp_path)
    before = pa.total_allocated_bytes()
    with pytest.raises(StateError, match=r"0\.arrow is compressed"):
        load_state(tmp_path)
    assert pa.total_allocated_bytes() - before < 1 << 20


def test_an_arrow_file_that_lies_about_its_rows_is_refused(tmp_path: Path) -> None:
    save_state(np.arange(400.0), tmp_path)
    content = (tmp_path / "0.arrow").read_bytes()
    assert content.count((400).to_bytes(8, "little")) >= 2  # the length of the batch, and of its column
    (tmp_path / "0.arrow").write_bytes(content.replace((400).to_bytes(8, "little"), (1 << 40).to_bytes(8, "little")))
    fitted(tmp_path)
    with pytest.raises(StateError, match=r"0\.arrow cannot be read"):
        load_state(tmp_path)


def test_a_skops_file_that_unpacks_to_far_more_is_refused_before(tmp_path: Path) -> None:
    save_state(LogisticRegression(), tmp_path)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open("schema.json", "w") as inside:
            for _ in range(200):
                inside.write(b" " * (1 << 20))
    for content in (bomb.getvalue(), inside_a_matrix(bomb.getvalue())):
        (tmp_path / "0.skops").write_bytes(content)
        fitted(tmp_path)
        tracemalloc.start()
        try:
            with pytest.raises(StateError, match=r"0\.skops.* would take "):
                load_state(tmp_path)
            assert tracemalloc.get_traced_memory()[1] < MEMORY
        finally:
            tracemalloc.stop()


def inside_a_matrix(content: bytes) -> bytes:
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as packed:
        packed.writestr("schema.json", b"{}")
        packed.writestr("1.npz", content)
    return outer.getvalue()
