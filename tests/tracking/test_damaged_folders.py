"""A damaged folder of one run is named and blocks no other; what is sent is what was written."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

import mlsys
from mlsys.errors import TrackingError
from mlsys.tracking import Journal, keep
from mlsys.tracking.journal import journal_of, journals
from mlsys.tracking.openings import TEST_DIGEST, test_openings
from mlsys.tracking.record import ModelRecord, RunRecord

DEEP = b"[" * 200_000 + b"]" * 200_000


def artifacts(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")
    (folder / "tables").mkdir()
    (folder / "tables" / "one.txt").write_text("as it was written")


def model(folder: Path) -> None:
    folder.mkdir()
    (folder / "weights.txt").write_text("1 2 3")


def kept(name: str) -> Journal:
    described = ModelRecord(model, {"x": "float64"}, {"prediction": "float64"}, ["mlsys"])
    return keep(
        RunRecord(name, "damaged", name, "", {"c": 1.0}, {"roc_auc": 0.5}, {}, [], [], artifacts, 1.0, 2.0, described)
    )


def cut(file: str) -> Callable[[Path], object]:
    return lambda place: os.truncate(place / file, 9)


def written(file: str, content: bytes) -> Callable[[Path], object]:
    return lambda place: (place / file).write_bytes(content)


def linked(file: str) -> Callable[[Path], object]:
    def damage(place: Path) -> None:
        elsewhere = place.parent.parent / f"elsewhere-{place.name}"
        elsewhere.write_bytes((place / file).read_bytes())
        (place / file).unlink()
        (place / file).symlink_to(elsewhere)

    return damage


def piped(place: Path) -> None:
    (place / "record.json").unlink()
    os.mkfifo(place / "record.json")


def edited(place: Path) -> None:
    content = json.loads((place / "record.json").read_text())
    (place / "record.json").write_text(json.dumps({**content, "metrics": {"roc_auc": 0.99}}))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "record cut": (cut("record.json"), "record.json"),
    "record edited": (edited, "record.json"),
    "record without parts": (written("record.json", b'{"started": 1.0}'), "record.json"),
    "record of another kind": (written("record.json", b"[1]"), "record.json"),
    "record no text": (written("record.json", b"\xff\xfe"), "record.json"),
    "record nested": (written("record.json", DEEP), "record.json"),
    "record a pipe": (piped, "record.json"),
    "record a link": (linked("record.json"), "record.json"),
    "record gone": (lambda place: (place / "record.json").unlink(), "record.json"),
    "address cut": (written("address.json", b'{"addr'), "address.json"),
    "sent cut": (written("sent.json", b'{"run'), "sent.json"),
    "sent a link": (lambda place: (place / "sent.json").symlink_to("/nowhere"), "sent.json"),
    "addition cut": (lambda place: (place / "additions" / "000000.json").write_text("{"), "000000.json"),
    "addition gone": (lambda place: (place / "additions" / "000000.json").unlink(), "000000.json"),
    "additions gone": (lambda place: shutil.rmtree(place / "additions"), "000000.json"),
    "count of additions cut": (cut("added.json"), "added.json"),
    "manifest changed": (written("artifacts/manifest.json", b"[]"), "manifest.json"),
    "artifact changed": (written("artifacts/tables/one.txt", b"as nobody wrote it"), "one.txt"),
    "artifact added": (written("artifacts/more.txt", b"more"), "more.txt"),
    "artifact gone": (lambda place: (place / "artifacts/tables/one.txt").unlink(), "one.txt"),
    "artifact a link": (linked("artifacts/tables/one.txt"), "one.txt"),
    "model changed": (written("model/weights.txt", b"9 9 9"), "weights.txt"),
    "model a link": (linked("model/weights.txt"), "weights.txt"),
    "model gone": (lambda place: shutil.rmtree(place / "model"), "model"),
}


def test_each_damaged_folder_is_named_and_the_others_are_sent(address: str, nowhere: str) -> None:
    for name, (damage, _) in DAMAGES.items():
        journal = kept(name)
        journal.aim(nowhere)
        journal.add({}, {"said": "more"})
        damage(journal.place)
    whole = keep(RunRecord("whole", "damaged", "whole", "", {}, {"roc_auc": 0.5}, {}, [], [], artifacts, 9.0, 9.5))
    report = mlsys.sync(address)
    assert [each.id for each in report.sent] == [whole.id]
    problems = {each.id: each.problem for each in report.waiting}
    assert set(problems) == set(DAMAGES)
    for name, (_, file) in DAMAGES.items():
        assert "damaged" in problems[name] and file in problems[name], (name, problems[name])
    client: Any = MlflowClient(tracking_uri=address)
    found = client.search_runs([client.get_experiment_by_name("damaged").experiment_id])
    assert {run.data.metrics.get("roc_auc") for run in found if run.info.status == "FINISHED"} == {0.5}


@pytest.mark.parametrize("file", ["record.json", "address.json", "sent.json", "additions/000000.json", "added.json"])
def test_a_file_of_another_run_is_named_and_nothing_is_taken_for_sent(address: str, file: str) -> None:
    sent, waiting = (
        keep(RunRecord(name, "damaged", name, "", {}, {}, {}, [], [], artifacts, 1.0, 2.0))
        for name in ("sent", "waiting")
    )
    for journal in (sent, waiting):
        journal.add({}, {"said": journal.id})
    shutil.move(waiting.place, "aside")
    first = mlsys.sync(address)
    assert [each.id for each in first.sent] == ["sent"], first
    shutil.move("aside", waiting.place)
    shutil.copy(sent.place / file, waiting.place / file)
    report = mlsys.sync(address)
    assert not report.sent and [each.id for each in report.waiting] == ["waiting"]
    assert Path(file).name in report.waiting[0].problem and "belongs to the run sent" in report.waiting[0].problem


def test_a_folder_that_is_being_begun_and_strange_files_are_left_alone(tmp_path: Path) -> None:
    place = kept("whole").place.parent
    (place / "begun").mkdir()
    (place / "begun" / "lock").touch()
    (place / ".DS_Store").write_bytes(b"\0")
    (place / "away").symlink_to(tmp_path)
    assert [each.id for each in journals()] == ["whole"]


def test_a_run_whose_parent_is_damaged_is_sent_by_itself(address: str, nowhere: str) -> None:
    above = kept("above")
    (above.place / "record.json").write_text("{")
    keep(RunRecord("below", "damaged", "below", "", {}, {}, {}, [], [], artifacts, 3.0, 4.0, parent="above"))
    assert [each.id for each in mlsys.sync(address).sent] == ["below"]


def test_a_damaged_folder_ends_no_count_of_openings(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("one", "other"):
        kept(name).add({}, {TEST_DIGEST: "d"})
    damaged = journal_of("one")
    assert damaged is not None
    (damaged.place / "additions" / "000000.json").write_text("{")
    with caplog.at_level(logging.WARNING, "mlsys"):
        assert [each.run for each in test_openings("d", ask=False)] == ["other"]
    assert "000000.json" in caplog.text


def test_a_record_of_200_000_levels_is_named_whatever_the_limit_of_the_interpreter() -> None:
    journal = kept("deep")
    (journal.place / "record.json").write_bytes(DEEP)
    assert sys.getrecursionlimit() < 200_000
    with pytest.raises(TrackingError, match=r"record\.json.*nested too deeply"):
        journal.record()
