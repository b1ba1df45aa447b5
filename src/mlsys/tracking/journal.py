"""The local folder of a run: everything that it writes, from before MLflow is contacted until MLflow has it."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlsys import folder
from mlsys.errors import MlsysError, StateError, TrackingError
from mlsys.secrets import hidden_in
from mlsys.states.on_disk import AGAIN, read_with_digest
from mlsys.states.on_disk import read_json as read_unsealed
from mlsys.states.sealed import digests, same_files
from mlsys.tracking.locks import HELD_FOR, held
from mlsys.tracking.plain import Writes, as_number, damaged, decoded, encoded, read_json, write_json
from mlsys.tracking.record import LoggedRun, RunRecord

RUNS = "runs"
RECORD, ADDITIONS, ADDRESS, SENT = "record.json", "additions", "address.json", "sent.json"
ADDED = "added.json"
_OF = "of"
ARTIFACTS, MODEL, ROWS = "artifacts", "model", "rows"
OUTCOME = "outcome"
"""Name of the artifact folder that stays on this machine after the run was sent."""
WITHHELD = "the model is withheld: "
"""Beginning of the sentence on why a model could not be written."""
LATE = 30.0
"""Seconds after which a server has completed a request that timed out; an earlier retry could duplicate the run."""
_numbering = threading.Lock()


@dataclass(frozen=True)
class Addition:
    """Additions to a run after it was written: metrics, tags, artifact files, and their time."""

    number: int
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    at: float
    files: Path | None = None


class Journal:
    """One run's folder.

    Parameters
    ----------
    place : Path
        The folder.

    Notes
    -----
    Contains ``record.json``, ``artifacts/``, ``outcome/``, ``rows/``, ``model/``, ``additions/<number>.json``,
    ``added.json`` (number of additions), ``address.json`` (intended store) and ``sent.json`` (actual store, and number
    of additions sent). Every file is written under another name and renamed; the record of an interrupted run says so.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.lost = ""
        """Why the folder is a temporary one, which ends with the process."""

    @property
    def id(self) -> str:
        """The run's own id, made before MLflow was contacted."""
        return str(self._recorded()["mlsys_id"])

    def record(self) -> RunRecord:
        """Return the record of the run; its files are in the folder.

        Raises
        ------
        TrackingError
            If the folder is damaged: a file was changed, added or removed, or is a link.
        """
        content = self._recorded()
        with damaged(self.place):
            if content["complete"]:
                for part, files in content["files"].items():
                    same_files(self.place / part, files, "the run")
            elif self.artifacts.is_dir():  # cut off: nothing says what it should hold, but links are not followed
                digests(self.artifacts)
            # Of a folder that was cut off nobody knows whether its model is whole.
            model = content["model"] if content["complete"] else None
            return decoded({**content, "model": model}, self._copied(ARTIFACTS), self._copied(MODEL))

    def _recorded(self) -> dict[str, Any]:
        """Return the record as it was written; that of an interrupted run has no digest to check."""
        path = self.place / RECORD
        with damaged(path):
            content = read_unsealed(path)
            if content["complete"]:
                content = read_with_digest(path)
            if not self.lost:
                self._refuse_other(path, content["mlsys_id"])
            return {**content, "started": float(content["started"]), "mlsys_id": str(content["mlsys_id"])}

    @property
    def name(self) -> str:
        """The name of the run, or of its folder if the record is damaged."""
        try:
            return str(self._recorded()["run_name"])
        except (TrackingError, KeyError):
            return self.place.name

    @property
    def started(self) -> float:
        """When the run began, or when its folder was created if the record is damaged."""
        try:
            return float(self._recorded()["started"])
        except TrackingError:
            return self.place.stat().st_mtime if self.place.exists() else 0.0

    def complete(self) -> bool:
        """Whether everything was written before the process ended."""
        return bool(self._recorded()["complete"])

    def problems(self) -> list[str]:
        """Return what could not be written as requested, one sentence each."""
        with damaged(self.place / RECORD):
            return list(self._recorded()["problems"])

    @property
    def artifacts(self) -> Path:
        """The files that become artifacts."""
        return self.place / ARTIFACTS

    def _copied(self, part: str) -> Callable[[Path], None]:
        return lambda to: _copy(self.place / part, to)

    def noted(self) -> RunRecord:
        """Return the record of the run, whatever the state of its files."""
        with damaged(self.place / RECORD):
            return decoded({**self._recorded(), "model": None}, self._copied(ARTIFACTS), self._copied(MODEL))

    def add(self, metrics: Mapping[str, float], tags: Mapping[str, str], write: Writes | None = None) -> None:
        """Store an addition to the run, after all earlier ones.

        ``write`` fills a folder whose files become artifacts and replace those of the same name.
        """
        (self.place / ADDITIONS).mkdir(mode=folder.ONLY_OWNER, exist_ok=True)
        content = {"metrics": {key: as_number(each) for key, each in metrics.items()}, "tags": hidden_in(dict(tags))}
        with _numbering:
            number = len(list((self.place / ADDITIONS).glob("*.json")))
            files = self.place / ADDITIONS / f"{number:06d}"
            shutil.rmtree(files, ignore_errors=True)  # of a process that was killed before it noted them
            if write is not None:
                write(_made(files))
            held = digests(files) if files.is_dir() else {}
            noted = {**content, "files": held, "at": time.time()}
            self._write(self.place / ADDITIONS / f"{number:06d}.json", noted)
            self._write(self.place / ADDED, {"additions": number + 1})

    def additions(self) -> list[Addition]:
        """Return all additions, in order."""
        found = []
        counted = len(list((self.place / ADDITIONS).glob("*.json")))
        noted = int(self._read(self.place / ADDED)["additions"]) if os.path.lexists(self.place / ADDED) else 0
        for number in range(max(counted, noted)):
            path = self.place / ADDITIONS / f"{number:06d}.json"
            content = self._read(path)
            with damaged(path):
                metrics = {key: float(each) for key, each in content["metrics"].items()}
                held, files = content.get("files", {}), self.place / ADDITIONS / path.stem
                if held and files.is_dir():  # removed once MLflow has them
                    same_files(files, held, "the run")
                there = files if files.is_dir() else None
                found.append(Addition(int(path.stem), metrics, dict(content["tags"]), float(content["at"]), there))
        return found

    def outstanding(self) -> list[Addition]:
        """Return the additions that MLflow does not have."""
        done = 0
        if os.path.lexists(self.place / SENT):
            with damaged(self.place / SENT):
                done = int(self._read(self.place / SENT)["additions"])
        return self.additions()[done:]

    def waits(self) -> bool:
        """Whether MLflow lacks the run or one of its additions."""
        return self.sent() is None or bool(self.outstanding())

    def aim(self, address: str) -> None:
        """Store the intended address, without user name and password."""
        self._write(self.place / ADDRESS, {"address": address})

    def begin(self, run_id: str) -> None:
        """Store which MLflow run was started."""
        self._write(self.place / ADDRESS, {**self._aimed(), "run_id": run_id})

    def unanswered(self) -> None:
        """Record that the store may still be processing a request that timed out."""
        self._write(self.place / ADDRESS, {**self._aimed(), "late_until": time.time() + LATE})

    @property
    def late_for(self) -> float:
        """Seconds for which the store may still be processing a request that timed out."""
        return min(LATE, max(0.0, float(self._aimed().get("late_until", 0.0)) - time.time()))

    @property
    def address(self) -> str:
        """The intended address; empty if MLflow was not contacted yet."""
        return str(self._aimed().get("address", ""))

    @property
    def begun(self) -> str:
        """The MLflow run that was started; empty if there is none."""
        return str(self._aimed().get("run_id", ""))

    def _aimed(self) -> dict[str, Any]:
        path = self.place / ADDRESS
        return self._read(path) if os.path.lexists(path) else {}

    def sent(self) -> LoggedRun | None:
        """Return where the run went, ``None`` while it waits."""
        path = self.place / SENT
        if not os.path.lexists(path):
            return None
        content = self._read(path)
        with damaged(path):
            content.pop("additions")
            return LoggedRun(**content)

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        """Write a file that names its run: a digest shows that a file is complete, not that it belongs to this run."""
        write_json(path, {_OF: self.place.name, **content})

    def _read(self, path: Path) -> dict[str, Any]:
        content = read_json(path)
        with damaged(path):
            self._refuse_other(path, content.pop(_OF))
        return content

    def _refuse_other(self, path: Path, run: str) -> None:
        if run != self.place.name:
            raise StateError(f"{path} belongs to the run {run}", AGAIN)

    def mark_sent(self, logged: LoggedRun, additions: int) -> None:
        """Store where the run went; its files in MLflow need not remain here."""
        content = {**vars(logged), "problems": list(logged.problems), "additions": additions}
        try:
            self._write(self.place / SENT, content)
        except OSError:  # a full disk: all of it is in MLflow, so that the room its files take can be had first
            self.tidy()
            self._write(self.place / SENT, content)
        self.tidy()

    def tidy(self) -> None:
        """Remove the files that MLflow has; the record, additions, the outcome and predictions stay."""
        if (self.artifacts / OUTCOME).is_dir() and not (self.place / OUTCOME).exists():
            (self.artifacts / OUTCOME).replace(self.place / OUTCOME)
        for part in (self.place / ARTIFACTS, self.place / MODEL, *(self.place / ADDITIONS).glob("*/")):
            shutil.rmtree(part, ignore_errors=True)

    @contextmanager
    def locked(self, seconds: float = HELD_FOR) -> Iterator[None]:
        """Lock the folder: no other process or thread writes or sends it meanwhile.

        Raises
        ------
        TrackingError
            If another one still holds it after this many seconds.
        """
        with held(self.place / "lock", "the run cannot be written or sent", seconds):
            yield


def keep(record: RunRecord) -> Journal:
    """Write a run into its folder, or into a temporary one if that is not writable.

    Raises
    ------
    OSError
        If there is no place for the temporary one either.
    """
    try:
        journal = Journal(folder.made(RUNS, record.mlsys_id))
        _write(journal, record)
        return journal
    except OSError as error:
        place = folder.home() / RUNS / record.mlsys_id
        shutil.rmtree(place, ignore_errors=True)
        journal = Journal(Path(tempfile.mkdtemp(prefix="mlsys-run-")))
        weakref.finalize(journal, shutil.rmtree, journal.place, ignore_errors=True)
        journal.lost = f"{place} cannot be written ({error.strerror or error})"
        _write(journal, record)
        return journal


def _write(journal: Journal, record: RunRecord) -> None:
    """Write the record first, marked as incomplete, so that a process killed later loses no number."""
    problems: list[str] = []
    with journal.locked():
        write_json(journal.place / RECORD, {**encoded(record), "complete": False, "problems": problems})
        record.write_artifacts(_made(journal.place / ARTIFACTS))
        record.write_rows(_made(journal.place / ROWS))
        if record.model is not None:
            try:
                record.model.write(journal.place / MODEL)
            except MlsysError as error:
                problems.append(f"{WITHHELD}{error.problem}")
                shutil.rmtree(journal.place / MODEL, ignore_errors=True)
                record = replace(record, model=None)
        parts = [part for part in (ARTIFACTS, MODEL) if (journal.place / part).is_dir()]
        files = {part: digests(journal.place / part) for part in parts}
        whole = {"complete": True, "problems": problems, "files": files}
        write_json(journal.place / RECORD, {**encoded(record), **whole})


def _made(place: Path) -> Path:
    place.mkdir(mode=folder.ONLY_OWNER, exist_ok=True)
    return place


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to, dirs_exist_ok=True, symlinks=True)  # a link is refused where the copy is looked at


def journals() -> list[Journal]:
    """Return the folders of all local runs, oldest first, including damaged ones but not those without a record."""
    places = (folder.home() / RUNS).glob("*/")
    return sorted(map(Journal, filter(_holds_a_run, places)), key=lambda each: (each.started, each.place.name))


def _holds_a_run(place: Path) -> bool:
    """Whether a folder belongs to a run: a folder that is being created contains only its lock."""
    known = (RECORD, ARTIFACTS, MODEL, ROWS, ADDITIONS, ADDRESS, SENT)
    return not place.is_symlink() and any(os.path.lexists(place / name) for name in known)


def journal_of(mlsys_id: str) -> Journal | None:
    """Return the folder of a run, if it is on this machine."""
    place = folder.home() / RUNS / mlsys_id
    return Journal(place) if (place / RECORD).is_file() else None
