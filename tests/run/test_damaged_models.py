"""Damaged models' folders: our error with a file's name, or the same answers; also where digests were made to fit."""

from __future__ import annotations

import json
import os
import random
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import xxhash
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, Pipeline, RandomSplit, Run, Standardize, load
from mlsys.errors import MlsysError, StateError

DEEP = b"[" * 200_000 + b"]" * 200_000


def ratio(frame: pd.DataFrame) -> pd.Series:
    return frame["a"] / (1 + frame["a"].abs())


def rows() -> pd.DataFrame:
    generator = np.random.default_rng(8)
    frame = pd.DataFrame({"a": generator.normal(size=300)})
    return frame.assign(late=frame["a"] + generator.normal(size=300) > 0)


def pipeline() -> Pipeline:
    return Pipeline([Derive({"r": ratio}), RandomSplit(), Standardize(), LogisticRegression()], target="late")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run: Run = pipeline().run(rows(), track=False, cache=False)
    return run.save(tmp_path_factory.mktemp("saved") / "model")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "model"))


def fitted(folder: Path) -> None:
    """Write digests that fit, innermost first; a manifest that is itself damaged stays as it is."""
    for path in sorted(folder.rglob("manifest.json"), key=lambda each: -len(each.parts)):
        place = path.parent
        manifest = json.loads(path.read_text())
        manifest["files"] = {name: xxhash.xxh3_128_hexdigest((place / name).read_bytes()) for name in manifest["files"]}
        path.write_text(json.dumps(manifest))


def test_300_damaged_files_end_in_our_error_or_in_the_same_answers(folder: Path) -> None:
    chosen = random.Random(300)
    expected = load(folder).predict(rows())
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    for number in range(300):
        path = files[number % len(files)]
        content = path.read_bytes()
        if not content:
            continue
        changed = bytearray(content)
        changed[chosen.randrange(len(changed))] ^= 1 << chosen.randrange(8)
        path.write_bytes(content[: chosen.randrange(len(content))] if number % 3 == 0 else bytes(changed))
        try:
            pd.testing.assert_frame_equal(load(folder).predict(rows()), expected)
        except StateError as error:
            assert path.name in str(error) or path.name == "manifest.json", error
        path.write_bytes(content)


def test_damage_under_digests_that_fit_ends_in_our_error(folder: Path) -> None:
    chosen = random.Random(301)
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    plain = sorted(
        path for path in kept if path.suffix in {".json", ".arrow", ".skops"} and path.name != "manifest.json"
    )
    refused = 0
    for number in range(60):
        path = plain[number % len(plain)]
        texts = [b"[]", b"{}", b"null", b'{"steps": 5}', b'{"steps": [1]}', DEEP, kept[path][: len(kept[path]) // 2]]
        changed = bytearray(kept[path])
        changed[chosen.randrange(len(changed))] ^= 1 << chosen.randrange(7)
        path.write_bytes([*texts, bytes(changed)][number // len(plain) % 8])
        fitted(folder)
        try:
            load(folder)
        except MlsysError:
            refused += 1
        for each, content in kept.items():
            each.write_bytes(content)
    assert refused > 30  # a bit of a number may change unseen; what is no form of ours may not


@pytest.mark.quick("nested-*", "link-*", "pipe-*", "large-manifest.json")
@pytest.mark.parametrize("name", ["pipeline.json", "manifest.json", "steps/00/configuration/manifest.json"])
@pytest.mark.parametrize("kind", ["nested", "link", "large", "pipe"])
def test_what_is_nested_linked_or_large_takes_no_memory(folder: Path, tmp_path: Path, name: str, kind: str) -> None:
    path = folder / name
    path.unlink()
    if kind == "nested":
        path.write_bytes(DEEP)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        target = tmp_path / "large" if kind == "link" else path
        with target.open("wb") as sink:
            sink.truncate(1 << 30)
        if kind == "link":
            path.symlink_to(target)
    tracemalloc.start()
    try:
        with pytest.raises(StateError, match=Path(name).name):
            load(folder)
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("reference", [None, 5, "a" * 5_000, "a\0b", b"model"])
def test_what_names_no_model_is_said(reference: object) -> None:
    with pytest.raises(StateError, match="does not name a model|there is no folder"):
        load(reference)  # type: ignore[arg-type]


@pytest.mark.usefixtures("store")
def test_a_registered_model_is_refused_when_what_mlflow_serves_it_through_was_changed() -> None:
    run = pipeline().run(rows())
    reference = f"models:/guarded/{run.register('guarded').version}"
    expected = load(reference).predict(rows())
    client: Any = mlflow.MlflowClient()
    (output,) = client.get_run(run.mlflow_run_id).outputs.model_outputs
    place = Path(client.get_logged_model(output.model_id).artifact_location.removeprefix("file://"))
    inner = place / "artifacts" / "mlsys_model"
    assert set(json.loads((inner / "manifest.json").read_text())["beside"]) == {"../../MLmodel", "../../loader.py"}
    for name in ("MLmodel", "loader.py"):
        content = (place / name).read_bytes()
        (place / name).write_bytes(content + b"\n# more\n")
        with pytest.raises(StateError, match=f"{name} was changed"):
            load(reference)
        (place / name).write_bytes(content)
    alone = Path(shutil.copytree(inner, "alone"))
    for answers in (load(reference).predict(rows()), load(alone).predict(rows())):
        pd.testing.assert_frame_equal(answers, expected)
