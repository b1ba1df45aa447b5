"""Parity: a new process with only a model's folder must give the same answers as this process."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.errors import MlsysError, NotPortableError, StateError
from mlsys.passing import PARITY, passing, removed, sweep
from mlsys.serving.checked import Checked
from mlsys.warned import hushed

if TYPE_CHECKING:
    from mlsys.cache.store import Store
    from mlsys.execution.served import ServedModel

ROWS = 50
"""Training rows that both processes answer."""
PATIENCE = 120.0
"""Seconds a fresh process has to load a model and answer; starting it takes about two."""
_MOST_SHOWN = 5

# Isolated (-I): neither the script's folder nor PYTHONPATH can lend it code that the model's folder lacks. The
# place of this mlsys comes before installed packages, for the case that it was itself found by PYTHONPATH.
_COMMAND = """
import sys
installed = [at for at, path in enumerate(sys.path) if path.endswith("-packages")]
sys.path.insert(installed[0] if installed else len(sys.path), sys.argv[1])
from mlsys.serving.parity import answer_others
answer_others()
"""


def check_parity(
    model: ServedModel, given: pd.DataFrame, write: Callable[[Path], None], store: Store | None = None
) -> None:
    """Raise unless a new process predicts rows identically to this one, to the last bit.

    Parameters
    ----------
    model : ServedModel
        As it is in this process.
    given : DataFrame
        Training rows that are answered; they stay on this machine, in a folder that is removed.
    write : callable
        Writes the model into a folder.
    store : Store, optional
        Knows which models were checked before.

    Raises
    ------
    NotPortableError
        If the other process fails, or its answers differ; names the first column and the rows.

    Notes
    -----
    A model that equals one that was already checked, on the same rows and with the same answers, is not checked again.
    """
    with hushed():
        expected = model.predict(given.reset_index(drop=True))
    before = Checked.of(store, model, given)
    if before.agrees(expected):
        return
    try:
        problem = _problem_in(given, expected, model, write, _own_folder())
    except OSError:  # a full disk, most often; there may be room elsewhere
        problem = _problem_in(given, expected, model, write, Path(tempfile.mkdtemp(prefix="mlsys-parity-")))
    if problem:
        raise NotPortableError(
            f"a new process with only the model's files {problem}",
            "put what the code needs inside its functions; reproduce the problem with run.save(folder) and mlsys.load",
        )
    before.note(expected)


def _problem_in(
    given: pd.DataFrame, expected: pd.DataFrame, model: ServedModel, write: Callable[[Path], None], place: Path
) -> str:
    """Return how the other process answers otherwise; nothing if it does not."""
    from mlsys.states import load_state, save_state
    from mlsys.tracking.importing import import_mlflow

    spare.removes(place)
    rows = given.reset_index(drop=True)
    try:
        try:
            save_state(rows, place / "rows")
        except StateError:  # columns of lists or other objects: nothing plain to hand over
            rows = rows.head(0)
            save_state(rows, place / "rows")
            with hushed():
                expected = model.predict(rows)
        write(place / "model")
        problem = spare.asked(place, meanwhile=import_mlflow)  # needed next, and as slow as the other's start
        if not problem:
            problem = _difference(expected, load_state(place / "answers"), given.index)
        return problem
    finally:
        removed(place)


def _difference(expected: pd.DataFrame, found: pd.DataFrame, labels: pd.Index) -> str:
    """Return where two frames differ, in bits or types; empty if they do not."""
    if list(expected.columns) != list(found.columns):
        return f"predicts the columns {list(found.columns)}, not {list(expected.columns)}"
    for name in expected.columns:
        ours, theirs = expected[name], found[name]
        if ours.dtype != theirs.dtype:
            return f"returns {name!r} as {theirs.dtype}, not {ours.dtype}"
        same = ((ours == theirs) | (ours.isna() & theirs.isna())).to_numpy(dtype=bool)
        if not same.all():
            places = (~same).nonzero()[0]
            first = int(places[0])
            rows = ", ".join(map(str, labels[places[:_MOST_SHOWN]])) + (", ..." if len(places) > _MOST_SHOWN else "")
            return (
                f"predicts differently: {name!r} differs in {len(places)} of {len(expected)} training rows "
                f"({rows}), first {theirs.tolist()[first]!r} for {ours.tolist()[first]!r}"
            )
    return ""


def _own_folder() -> Path:
    try:
        sweep(PARITY)
        return passing(PARITY)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="mlsys-parity-"))


class Spare:
    """A process of its own, started early and asked about one model after another.

    Examples
    --------
    >>> spare.start()
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process if there is none; it imports while this one works."""
        with self._lock:
            self._started()

    def removes(self, place: Path) -> None:
        """Let the process remove a folder when this one has ended before it could, killed for example."""
        with self._lock:
            process = self._started()
            if process is not None and process.stdin is not None:
                with suppress(OSError):
                    process.stdin.write(json.dumps([str(place)]) + "\n")
                    process.stdin.flush()

    def asked(self, place: Path, meanwhile: Callable[[], None]) -> str:
        """Let the process answer the rows in a folder with the model in it; return what went wrong."""
        with self._lock:
            process = self._started()
            if process is None:
                return ""
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(json.dumps(str(place)) + "\n")
                process.stdin.flush()
            except OSError:
                return f"ended at its start with code {self._end()}"
            meanwhile()
            if not _readable(process):
                self._end()
                return f"did not answer within {PATIENCE:.0f} s"
            line = process.stdout.readline()
            if not line:
                return f"ended with code {self._end()}"
            return str(json.loads(line))

    def _started(self) -> subprocess.Popen[str] | None:
        """Return the process; ``None`` where there is no interpreter to start (an embedded one)."""
        if self._process is not None and (self._owner != os.getpid() or self._process.poll() is not None):
            self._process = None
        if self._process is None and sys.executable:
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _COMMAND, str(Path(__file__).parent.parent.parent)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=tempfile.gettempdir(),
            )
            atexit.register(self._end)
        return self._process

    def _end(self) -> int | None:
        """End the process: its input closes, and it goes; one that does not is killed."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return None
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.close()
        except OSError:  # it was gone before it had read everything
            pass
        if process.poll() is None:
            process.kill()
        process.stdout.close()
        return process.wait()


spare = Spare()
"""One for this process; variants and later runs ask the same."""


def _readable(process: subprocess.Popen[str]) -> bool:
    assert process.stdout is not None
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if select.select([process.stdout], [], [], 1.0)[0]:
            return True
    return False


def answer_others() -> None:
    """Answer until the input ends: for each folder named, load the model in it and answer the rows in it."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a model's code prints is no answer
    _import_what_loading_needs()

    places: list[str] = []
    try:
        for line in sys.stdin:
            named = json.loads(line)
            if isinstance(named, list):
                places += named
            else:
                print(json.dumps(_answered(Path(named))), file=answers, flush=True)
    finally:  # the other process ended: nobody else removes the rows
        for place in places:
            removed(Path(place))


def _import_what_loading_needs() -> None:
    """Import while nobody waits."""
    import skops.io  # noqa: F401

    import mlsys.models
    import mlsys.serving.loading  # noqa: F401


def _answered(place: Path) -> str:
    from mlsys.serving.loading import load
    from mlsys.states import load_state, save_state

    try:
        model = load(place / "model", allow_pickle=True)  # written a moment ago, by the process that asks
        save_state(model.predict(load_state(place / "rows")), place / "answers")
    except Exception as error:  # whatever a model's code raises is what the other side wants to know
        said = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
        return f"fails: {said}"
    return ""
