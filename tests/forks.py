"""Processes in which the library is imported and nothing of the user's: as fresh as new ones, and quicker.

To import what a run needs takes three seconds of a processor, and the process that checks a model takes as long again.
Here one process imports, and each script runs in a copy of it, with another copy to check its models.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO


class Forks:
    """Run Python as ``subprocess.run([sys.executable, ...])`` would, in copies of one process.

    A test of what importing costs, of hashes that differ between processes, or of the interpreter's own options
    starts a process of its own.

    Parameters
    ----------
    folder : Path
        For what the processes are given and print.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parent = subprocess.Popen(
            [sys.executable, "-I", "-W", "ignore::DeprecationWarning", __file__],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", "SOURCE": str(Path(__file__).parents[1] / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: str | None = "",
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python *command``: a script, ``-c code``, ``-m module`` or ``-``, with arguments."""
        assert self.parent.stdin is not None and self.parent.stdout is not None
        assert self.parent.poll() is None, "the library could not be imported; see the first error"
        given, printed, errors = (self.folder / name for name in ("given", "printed", "errors"))
        given.write_text(input or "")
        words = [str(word) for word in command]
        variables = dict(os.environ if env is None else env)
        asked = [words, str(cwd or Path.cwd()), variables, *map(str, (given, printed, errors))]
        self.parent.stdin.write(json.dumps(asked) + "\n")
        self.parent.stdin.flush()
        code = int(self.parent.stdout.readline())
        done = subprocess.CompletedProcess(words, code, printed.read_text(), errors.read_text())
        if check:
            done.check_returncode()
        return done

    def close(self) -> None:
        """End the process that is copied."""
        self.parent.communicate()


class Copy:
    """A copy of this process that does one thing, with the part of a ``Popen`` that the library uses."""

    def __init__(self, work: Callable[[], None]) -> None:
        read, self_write = os.pipe()
        self_read, write = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            os.dup2(read, 0)
            os.dup2(write, 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            for each in (read, self_write, self_read, write):
                os.close(each)
            sys.stdin = open(0, encoding="utf-8", closefd=False)
            os.chdir(tempfile.gettempdir())
            work()
            os._exit(0)
        os.close(read)
        os.close(write)
        self.stdin: TextIO = open(self_write, "w", encoding="utf-8")
        self.stdout: TextIO = open(self_read, encoding="utf-8")

    def poll(self) -> int | None:
        """Return the exit code if it has ended."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Return the exit code once it has ended."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


def spare_what_no_test_needs() -> None:
    """Write MLflow's databases without waiting for the disk, and time few predictions for the latency of a run.

    A tracked run commits forty times and times thirty requests: together a fifth of its processor time, and waiting.
    """
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from mlsys.run import latency

    def unflushed(connection: Any, _: object) -> None:
        if type(connection).__module__.startswith("sqlite3"):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", unflushed)
    latency.REQUESTS, latency.BATCHES = latency.WARM_UP + 3, 2


def serve() -> None:
    """Import, and run in copies what is asked for."""
    sys.path.insert(0, os.environ.pop("SOURCE"))
    spare_what_no_test_needs()
    _import_what_runs_need()
    gc.collect()
    gc.freeze()  # what is imported stays; a copy need not look at it
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _become(*asked)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _import_what_runs_need() -> None:
    import mlflow.pyfunc
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
    import pandas as pd
    import sklearn.ensemble
    import sklearn.neighbors
    import sklearn.tree  # noqa: F401
    from sklearn.linear_model import LogisticRegression

    import mlsys
    from mlsys.serving import parity
    from mlsys.tracking.importing import import_mlflow

    for module in pkgutil.walk_packages(mlsys.__path__, "mlsys."):
        if module.name != "mlsys.__main__":
            importlib.import_module(module.name)
    rows = pd.DataFrame({"x": [float(i) for i in range(60)], "y": [0, 0, 1] * 20})
    steps = [mlsys.RandomSplit(), mlsys.Impute(), LogisticRegression(), mlsys.Evaluate()]
    run = mlsys.Pipeline(steps, target="y").run(rows, track=False, cache=False, verbose=False)
    run.card.html(), run.frame("train"), run.digest("train")
    parity._import_what_loading_needs()
    import_mlflow()


def _become(
    command: list[str], folder: str, variables: dict[str, str], given: str, printed: str, errors: str
) -> NoReturn:
    """Be the process that was asked for, from its standard streams to its exit code."""
    out, said = (os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for path in (printed, errors))
    for here, there in ((os.open(given, os.O_RDONLY), 0), (out, 1), (said, 2)):
        os.dup2(here, there)
        os.close(here)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    os.environ.clear()
    os.environ.update(variables)
    settings: Any = importlib.import_module("mlsys.settings")
    settings._current = settings._from_environment()  # it was read when it was imported
    tempfile.tempdir = None  # follows from the variables too
    _check_models_in_a_copy()
    os.chdir(folder)
    sys.dont_write_bytecode = bool(variables.get("PYTHONDONTWRITEBYTECODE"))
    sys.path[:0] = filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))
    code = _code_of(lambda: _run(command))
    with suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _check_models_in_a_copy() -> None:
    """Start the process that checks models now, while it has seen nothing of the script."""
    from mlsys.serving import parity

    checking: Any = Copy(parity.answer_others)
    parity.spare._process, parity.spare._owner = checking, os.getpid()
    atexit.register(parity.spare._end)


def _run(command: list[str]) -> None:
    first, *rest = command
    if first == "-m":
        sys.argv = [*rest]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first in ("-c", "-"):
        text, sys.argv = (rest[0], ["-c", *rest[1:]]) if first == "-c" else (sys.stdin.read(), [*command])
        sys.path.insert(0, "")
        main = type(sys)("__main__")
        sys.modules["__main__"] = main
        exec(compile(text, "<string>" if first == "-c" else "<stdin>", "exec", dont_inherit=True), main.__dict__)
    else:
        sys.argv = [*command]
        sys.path.insert(0, str(Path(first).parent.absolute()))
        main = type(sys)("__main__")
        main.__dict__.update(__file__=first, __builtins__=__builtins__)
        sys.modules["__main__"] = main
        with io.open_code(first) as file:
            text = file.read().decode()
        exec(compile(text, first, "exec", dont_inherit=True), main.__dict__)


def _code_of(work: Callable[[], None]) -> int:
    """Return the exit code of some work, having shown its error as an interpreter shows it."""
    try:
        work()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException as error:
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
            frames = frames.tb_next
        sys.excepthook(type(error), error.with_traceback(frames), frames)
        return 1
    return 0


if __name__ == "__main__":
    try:
        serve()
    except Exception:
        traceback.print_exc()
        sys.exit(1)
