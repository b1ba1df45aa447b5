"""What the benchmarks share: timed processes, pairs of them, and pages for the docs."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "benchmarks"


@dataclass(frozen=True)
class Measured:
    """One finished process: seconds by the clock and of the processors, peak memory in MiB, what it printed."""

    wall: float
    cpu: float
    peak: float
    output: str


def measure(command: Sequence[str], threads: int = 2, **variables: str) -> Measured:
    """Run a command in a folder of its own, with threads pinned; an exit code other than 0 is an error."""
    pinned = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    environment = {**os.environ, **pinned, "MPLBACKEND": "Agg", "MLFLOW_DISABLE_TELEMETRY": "true", **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled once, not by each process
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read().decode(errors="replace")
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with code {process.returncode}:\n{printed[-3000:]}")
    return Measured(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed)


def in_turn(commands: Mapping[str, Sequence[str]], times: int, threads: int = 2) -> dict[str, list[Measured]]:
    """Run commands in turn, A B A B, after one round that is not counted."""
    found: dict[str, list[Measured]] = {name: [] for name in commands}
    for turn in range(times + 1):
        for name, command in commands.items():
            measured = measure(command, threads)
            if turn:
                found[name].append(measured)
            print(f"  {'run ' + str(turn) if turn else 'warm-up'}: {name} {measured.wall:.2f} s", file=sys.stderr)
    return found


def peak_memory() -> float:
    """Return the most memory that this process held, in MiB; unlike ``ru_maxrss`` not that of its parent."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@contextmanager
def peers(packages: Sequence[str], given: str | None = None) -> Iterator[str]:
    """Yield a Python that has packages: the given one, or that of an environment that is removed afterwards."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        yield python


def ratios(mine: Sequence[float], other: Sequence[float]) -> str:
    """Median and range of the ratio, pair by pair."""
    pairs = sorted(a / b for a, b in zip(mine, other, strict=True))
    return f"{statistics.median(pairs):.2f} [{pairs[0]:.2f}, {pairs[-1]:.2f}]"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and range."""
    return f"{statistics.median(values):,.{digits}f} [{min(values):,.{digits}f}, {max(values):,.{digits}f}]"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in reStructuredText; a line must not begin with an empty cell."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def machine() -> str:
    """Say what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def write_page(name: str, title: str, command: str, text: str) -> None:
    """Print a page and write it to the docs, with its date, machine and command."""
    head = f"Measured on {datetime.date.today():%Y-%m-%d} ({machine()}) with ``{command}``."
    PAGES.mkdir(exist_ok=True)
    (PAGES / f"{name}.rst").write_text(f"{title}\n{'=' * len(title)}\n\n{head}\n\n{text.strip()}\n", encoding="utf-8")
    print(f"{title}\n{head}\n\n{text.strip()}")
