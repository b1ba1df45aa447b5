"""What a model's folder holds, and what is refused before anything of it runs."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xxhash
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, Pipeline, RandomSplit, Run, Standardize, Transform, load
from mlsys.dataset import Rows
from mlsys.errors import StateError

from ..forks import Forks

RAN = "somebody-was-here"
"""File that code makes when it runs where it must not."""
PAYLOAD = f"open({RAN!r}, 'w').close()\n"


class Clip(Transform):
    """Cut a column at a quantile of its training values."""

    column: str

    def learn(self, train: Rows) -> dict[str, float]:
        return {"most": float(train[self.column].quantile(0.9))}

    def apply(self, frame: pd.DataFrame, state: dict[str, float]) -> pd.DataFrame:
        return frame.assign(**{self.column: frame[self.column].clip(upper=state["most"])})


def ratio(frame: pd.DataFrame) -> pd.Series:
    return frame["a"] / (1 + frame["b"].abs())


def rows() -> pd.DataFrame:
    generator = np.random.default_rng(8)
    frame = pd.DataFrame(generator.normal(size=(300, 2)), columns=["a", "b"])
    return frame.assign(late=frame["a"] + generator.normal(size=300) > 0)


@pytest.fixture(scope="module")
def run() -> Run:
    steps = [Derive({"r": ratio}), RandomSplit(), Clip("a"), Standardize(), LogisticRegression()]
    return Pipeline(steps, target="late").run(rows(), track=False, cache=False)


@pytest.fixture(scope="module")
def saved(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.save(tmp_path_factory.mktemp("saved") / "model")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "model"))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def forged(folder: Path) -> None:
    """Write digests that fit, of the states and of the folder, as somebody who means harm would."""
    places = sorted({path.parent for path in folder.rglob("manifest.json")}, key=lambda path: -len(path.parts))
    for place in places:
        manifest = json.loads((place / "manifest.json").read_text())
        names = [str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()]
        names = names if place == folder else list(manifest["files"])
        manifest["files"] = {
            name: xxhash.xxh3_128_hexdigest((place / name).read_bytes()) for name in names if name != "manifest.json"
        }
        (place / "manifest.json").write_text(json.dumps(manifest))


def refused(folder: Path, problem: str) -> None:
    with pytest.raises(StateError, match=problem) as caught:
        load(folder)
    assert caught.value.remedy
    assert not Path(RAN).exists(), "something of the folder ran"


# ---------------------------------------------------------------- as it was saved


def test_a_folder_holds_json_arrow_native_files_and_source(saved: Path) -> None:
    assert {path.suffix for path in saved.rglob("*") if path.is_file()} <= {".json", ".arrow", ".skops", ".py"}
    listed = set(json.loads((saved / "manifest.json").read_text())["files"])
    assert listed == set(files(saved)) - {"manifest.json"}
    assert "class Clip(Transform)" in "".join(path.read_text() for path in (saved / "code").glob("*.py"))


def test_loading_leaves_the_folder_as_it_was(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before = files(folder)
    expected = run.model.predict(rows())
    for _ in range(2):
        pd.testing.assert_frame_equal(load(folder).predict(rows()), expected, check_exact=True)
    assert files(folder) == before, "compiled code would be one more file"
    moved = folder.rename(folder.with_name("elsewhere"))
    pd.testing.assert_frame_equal(load(moved).predict(rows()), expected, check_exact=True)


def test_nothing_is_unpickled_when_a_model_is_loaded(folder: Path, forks: Forks) -> None:
    code = f"""
import sys
import numpy, pandas, sklearn.linear_model, skops.io
import mlsys
seen = []
sys.addaudithook(lambda event, given: seen.append(event) if event.startswith("pickle.") else None)
model = mlsys.load({str(folder)!r})
print(len(model.predict(pandas.DataFrame({{"a": [1.0], "b": [2.0]}}))), seen)
"""
    assert forks.run(["-c", code], check=True).stdout.strip() == "1 []"


def test_models_with_modules_of_one_name_do_not_mix(folder: Path, run: Run, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    source = next(path for path in (other / "code").glob("*.py") if "def ratio" in path.read_text())
    source.write_text(source.read_text().replace('frame["a"] / (1 +', '0 * frame["a"] / (1 +'))
    forged(other)
    first, second = load(folder), load(other)
    expected = run.model.predict(rows())
    pd.testing.assert_frame_equal(first.predict(rows()), expected)
    assert not second.predict(rows()).equals(expected)
    pd.testing.assert_frame_equal(first.predict(rows()), expected)


def test_code_that_was_replaced_in_the_same_place_is_read_anew(folder: Path, run: Run) -> None:
    before = load(folder).predict(rows())
    source = next(path for path in (folder / "code").glob("*.py") if "def ratio" in path.read_text())
    source.write_text(source.read_text().replace('frame["a"] / (1 +', '0 * frame["a"] / (1 +'))
    forged(folder)
    assert not load(folder).predict(rows()).equals(before)


# ---------------------------------------------------------------- refused


def test_any_byte_of_any_file_counts(folder: Path) -> None:
    tried = 0
    for name, content in files(folder).items():
        if name == "manifest.json":
            continue
        for place in {0, len(content) // 3, len(content) // 2, len(content) - 1}:
            if content:
                changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
                (folder / name).write_bytes(changed)
                refused(folder, f"{Path(name).name} was changed after the model was saved")
                tried += 1
        (folder / name).write_bytes(content + b"\n")
        refused(folder, "was changed after the model was saved")
        (folder / name).write_bytes(content)
    assert tried > 50
    load(folder)


def test_a_file_that_is_missing_is_named(folder: Path) -> None:
    for name, content in files(folder).items():
        if name != "pipeline.json":  # without it the folder holds no model
            (folder / name).unlink()
            refused(folder, "no readable manifest" if name == "manifest.json" else f"{name} is missing")
            (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "name",
    [
        "model.pkl", "steps/00/state/9.skops", "steps/00/state/state.pickle", "code/extra.py", "code/sklearn.py",
        "code/__pycache__/x.cpython-311.pyc", "sitecustomize.py", "a folder/file",
    ],
)  # fmt: skip
def test_a_file_that_was_added_is_refused(folder: Path, name: str) -> None:
    class Planted:
        def __reduce__(self) -> Any:
            return exec, (PAYLOAD,)

    import pickle

    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PAYLOAD.encode() if path.suffix == ".py" else pickle.dumps(Planted()))
    refused(folder, rf"holds '{name}', which is not in its manifest")


def test_a_line_added_to_the_code_does_not_run(folder: Path) -> None:
    for source in (folder / "code").glob("*.py"):
        content = source.read_text()
        source.write_text(content + PAYLOAD)
        refused(folder, f"{source.name} was changed")
        source.write_text(content)


def test_links_are_refused_wherever_they_lead(folder: Path, tmp_path: Path) -> None:
    state = folder / "steps" / "00" / "state" / "state.json"
    kept = tmp_path / "kept.json"
    shutil.copy(state, kept)
    state.unlink()
    state.symlink_to(kept)
    refused(folder, "'steps/00/state/state.json' in .* is a link")
    state.unlink()
    shutil.copy(kept, state)
    (folder / "more").symlink_to(tmp_path, target_is_directory=True)
    refused(folder, "'more' in .* is a link")
    (folder / "more").unlink()
    os.mkfifo(folder / "pipe")
    refused(folder, "'pipe' in .* is not a regular file")


@pytest.mark.parametrize("name", ["../secret.json", "/etc/hostname", "steps/../../secret.json"])
def test_a_path_outside_the_folder_is_refused(folder: Path, name: str) -> None:
    (folder.parent / "secret.json").write_text("{}")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = xxhash.xxh3_128_hexdigest(b"{}")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    refused(folder, "points outside the model's folder")


def test_a_step_in_another_folder_is_refused(folder: Path) -> None:
    shutil.copytree(folder / "steps" / "00", folder.parent / "other")
    description = json.loads((folder / "pipeline.json").read_text())
    description["steps"][0]["folder"] = "../other"
    (folder / "pipeline.json").write_text(json.dumps(description))
    forged(folder)
    refused(folder, "'../other' points outside")


@pytest.mark.parametrize("text", ["[]", "{}", '{"files": {}}', '{"files": ["a"]}', '{"files": {"a": 1}}', "\x00", ""])
def test_a_manifest_that_lists_nothing_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    refused(folder, "manifest")


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 1}', '{"format": 2}', '{"format": 2, "steps": [{}]}', "x"])
def test_a_description_that_describes_nothing_is_refused(folder: Path, text: str) -> None:
    (folder / "pipeline.json").write_text(text)
    forged(folder)
    refused(folder, "pipeline.json|layout 1")


@pytest.mark.parametrize("reference", ["subprocess:Popen", "os:system", "builtins:exec", "mlsys.run:Run"])
def test_a_class_that_is_no_step_is_not_called(folder: Path, reference: str) -> None:
    description = json.loads((folder / "pipeline.json").read_text())
    description["steps"][0]["class"] = reference
    (folder / "pipeline.json").write_text(json.dumps(description))
    forged(folder)
    refused(folder, "is not a step")


def test_a_class_that_is_not_there_is_named(folder: Path) -> None:
    for reference in ("no_such_package:Thing", "mlsys.features:NoSuchStep", "nothing"):
        description = json.loads((folder / "pipeline.json").read_text())
        description["steps"][0]["class"] = reference
        (folder / "pipeline.json").write_text(json.dumps(description))
        forged(folder)
        refused(folder, f"needs '{reference}', which cannot be imported")


def with_payload_in_code(folder: Path) -> None:
    """Have the folder's code make the file when it is imported: digests that fit, so that only its order is tested."""
    for source in (folder / "code").glob("*.py"):
        source.write_text(source.read_text() + PAYLOAD)
    forged(folder)


def test_the_payload_of_these_tests_does_run_where_nothing_is_refused(folder: Path) -> None:
    with_payload_in_code(folder)
    load(folder)
    assert Path(RAN).exists()


def last_state(folder: Path) -> Path:
    return max((folder / "steps").iterdir()) / "state"


def unknown_type(folder: Path) -> None:
    import skops.io

    (last_state(folder) / "0.skops").write_bytes(skops.io.dumps(subprocess.CalledProcessError(1, "x")))


def no_skops_file(folder: Path) -> None:
    (last_state(folder) / "0.skops").write_bytes(b"PK not a zip")


def unknown_form(folder: Path) -> None:
    (last_state(folder) / "state.json").write_text('{"$": "pickle", "file": "0.skops"}')


def state_outside(folder: Path) -> None:
    (last_state(folder) / "state.json").write_text('{"$": "estimator", "file": "../../../code/__init__.py"}')


def pickle_in_disguise(folder: Path) -> None:
    description = json.loads((folder / "pipeline.json").read_text())
    description["steps"][-1] |= {"state": "pickled", "allowed": "trust me"}
    (folder / "pipeline.json").write_text(json.dumps(description))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (unknown_type, "CalledProcessError, which is not on the list"),
        (no_skops_file, "cannot be read: BadZipFile"),
        (unknown_form, "'pickle', which this version cannot read"),
        (state_outside, "not in its manifest"),
        (pickle_in_disguise, "is pickled .trust me."),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_bad_state_of_the_last_step_is_found_before_any_code_is_imported(
    folder: Path, damage: Callable[[Path], None], problem: str
) -> None:
    damage(folder)
    with_payload_in_code(folder)
    refused(folder, problem)


def test_compiled_code_beside_the_source_is_not_run(folder: Path, run: Run) -> None:
    source = next(path for path in (folder / "code").glob("*.py") if "def ratio" in path.read_text())
    content, times = source.read_text(), (source.stat().st_atime, source.stat().st_mtime)
    source.write_text(PAYLOAD.ljust(len(content)))
    os.utime(source, times)
    py_compile.compile(str(source), doraise=True)
    source.write_text(content)
    os.utime(source, times)
    forged(folder)
    pd.testing.assert_frame_equal(load(folder).predict(rows()), run.model.predict(rows()))
    assert not Path(RAN).exists()


def test_a_folder_that_was_not_finished_is_refused(folder: Path) -> None:
    (folder / "manifest.json").unlink()  # it is written last
    refused(folder, "no readable manifest")


def test_a_state_in_another_form_than_its_class_reads_is_refused(folder: Path) -> None:
    description = json.loads((folder / "pipeline.json").read_text())
    description["steps"][0]["state"] = "own"
    (folder / "pipeline.json").write_text(json.dumps(description))
    forged(folder)
    refused(folder, "stored as 'own', but Derive reads another format")
