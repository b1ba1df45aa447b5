"""Run every benchmark in turn; one that fails does not stop the others.

Run: ``python benchmarks/all.py --data FOLDER`` (``make benchmarks DATA=FOLDER``), hours on a machine that does nothing
else. Names run only these; ``--list`` runs nothing and says what each would write. A benchmark whose data is not below
``FOLDER`` is skipped and named; the page *Benchmarks* says where each file comes from. Each page gets its own date.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from listed import BENCHMARKS, HERE, Benchmark
from measuring import table

ROOT = HERE.parent


def chosen(names: Iterable[str]) -> list[Benchmark]:
    """Return the benchmarks of these names, all when there are none; an unknown name is an error."""
    known = {each.name: each for each in BENCHMARKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no benchmark is named {', '.join(unknown)}; --list prints all names")
    return [known[name] for name in names] or list(BENCHMARKS)


def run(benchmark: Benchmark, data: Path | None) -> str:
    """Run one benchmark, and return what became of it."""
    missing = benchmark.missing(data)
    if missing:
        return f"skipped: --data has no {', '.join(missing)}"
    threads = {} if benchmark.threads is None else {"OMP_NUM_THREADS": str(benchmark.threads)}
    try:
        codes = [
            subprocess.run(command, cwd=ROOT, env={**os.environ, **threads}, check=False).returncode
            for command in benchmark.commands(data)
        ]
    except (OSError, subprocess.CalledProcessError) as error:  # an environment that cannot be made
        return f"failed: {error}"
    return "done" if codes == [0] else f"failed: exit status {codes[0]}"


def page_of(benchmark: Benchmark) -> str:
    """Return the page that a benchmark writes, as it is said."""
    written = benchmark.written
    return "prints only" if written is None else written.relative_to(ROOT).as_posix()


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; exit status 1 if something failed."""
    parser = argparse.ArgumentParser(description="Run every benchmark in turn.")
    parser.add_argument("names", nargs="*", help="benchmarks; all when not given")
    parser.add_argument("--data", type=Path, help="folder with the data that cannot be installed")
    parser.add_argument("--list", action="store_true", help="run nothing; print names, pages and what is missing")
    given = parser.parse_args(argv)
    rows = []
    for benchmark in chosen(given.names):
        if given.list:
            missing = benchmark.missing(given.data)
            rows.append([benchmark.name, page_of(benchmark), f"needs {', '.join(missing)}" if missing else "can run"])
            continue
        print(f"== {benchmark.name}: {page_of(benchmark)}", flush=True)
        begin = time.monotonic()
        became = run(benchmark, given.data)
        print(f"== {benchmark.name}: {became}", flush=True)
        rows.append([benchmark.name, page_of(benchmark), f"{became}, {time.monotonic() - begin:.0f} s"])
    print(table(["benchmark", "page", "state"], rows))
    return int(any("failed" in row[2] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
