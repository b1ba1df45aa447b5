"""CSV read with a schema: beside readers that check nothing, and with one row in a hundred broken.

Run: ``OMP_NUM_THREADS=1 python benchmarks/checked_csv.py``. Writes ``docs/benchmarks/checked_csv.rst``. ``--rows`` and
``--turns`` set the size of the table and how often each job is asked.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import measure, table, write_page

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/checked_csv.py"
ROWS = 1_000_000
BROKEN = 0.01
"""Share of rows that are broken."""
KINDS = {
    "values": "a number out of range or a level that is not listed",
    "types": "a word among floats or a date that does not exist",
    "ragged": "a field more or three fewer",
    "all": "all of these in turn",
}
MOST = 1.3
"""To reach: at most so many times the CPU time of the clean file, and of the fastest reader that returns pandas."""


def make(folder: Path, rows: int) -> None:
    """Write the clean file and the broken ones."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(7)
    seconds = pd.to_timedelta(rng.integers(0, 300 * 86_400, rows), unit="s")
    columns: dict[str, Any] = {
        "id": np.arange(rows),
        "when": (pd.Timestamp("2023-01-01") + seconds).strftime("%Y-%m-%d %H:%M:%S"),
    }
    for place in range(8):
        columns[f"f{place}"] = np.where(rng.random(rows) < 0.05, np.nan, rng.normal(size=rows).round(6))
    for place in range(3):
        columns[f"i{place}"] = rng.integers(0, 1000, rows)
    for place, levels in enumerate((3, 20, 200, 5_000, 50_000)):
        columns[f"s{place}"] = np.char.add(f"level{place}_", rng.integers(0, levels, rows).astype(str))
    columns |= {"b": rng.random(rows) < 0.5, "label": rng.integers(0, 2, rows)}
    clean = pd.DataFrame(columns)
    clean.to_csv(folder / "clean.csv", index=False)
    lines = (folder / "clean.csv").read_text().split("\n")
    broken = rng.permutation(rows)[: int(rows * BROKEN)]
    for kind in KINDS:
        changed = list(lines)
        for turn, row in enumerate(broken.tolist()):
            changed[row + 1] = _broken(changed[row + 1], turn, kind)
        (folder / f"{kind}.csv").write_text("\n".join(changed))


def _broken(line: str, turn: int, kind: str) -> str:
    fields = line.split(",")
    how = {"values": turn % 2, "types": 2 + turn % 2, "ragged": 4 + turn % 2, "all": turn % 6}[kind]
    match how:
        case 0:
            fields[11] = "-5"
        case 1:
            fields[13] = "level0_9"
        case 2:
            fields[5] = ("n/k", "missing", "unknown")[turn % 3]
        case 3:
            fields[1] = "2023-13-45 00:00:00"
        case 4:
            fields.append("more")
        case _:
            del fields[-3:]
    return ",".join(fields)


def jobs(folder: Path) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by name; each returns a frame of pandas."""
    import pandas as pd
    import pyarrow.csv as arrow_csv

    from mlsys import Column, ReadCSV, Schema

    schema = Schema(
        {
            "id": Column(int, unique=True),
            "when": Column("datetime", least="2023-01-01", below="2024-01-01"),
            **{f"f{place}": Column(float, null=True, least=-10, greatest=10) for place in range(8)},
            **{f"i{place}": Column(int, least=0, greatest=1_000) for place in range(3)},
            "s0": ["level0_0", "level0_1", "level0_2"],
            **{f"s{place}": Column(str, pattern=r"level\d_\d+") for place in range(1, 5)},
            "b": bool,
            "label": Column(int, least=0, greatest=1),
        },
        bad_rows="quarantine",
        most=0.02,
    )
    clean = str(folder / "clean.csv")
    return {
        "pandas": lambda: pd.read_csv(clean, parse_dates=["when"], low_memory=False),
        "pyarrow": lambda: arrow_csv.read_csv(clean).to_pandas(),
        "ReadCSV": lambda: ReadCSV(clean, times=["when"]).read(),
        "clean": lambda: ReadCSV(clean, schema=schema).read(),
        **{kind: lambda kind=kind: ReadCSV(folder / f"{kind}.csv", schema=schema).read() for kind in KINDS},
    }


def one_job(folder: Path, name: str) -> None:
    """Time one job; the last line is JSON."""
    import logging

    logging.getLogger("mlsys").setLevel(logging.ERROR)
    job = jobs(folder)[name]
    job()  # imports, and what is made once
    begin = time.process_time()
    rows = len(job())
    print(json.dumps({"cpu": time.process_time() - begin, "rows": rows}))


def page(found: dict[str, list[dict[str, float]]], rows: int) -> str:
    """Return the tables."""

    def seconds(name: str) -> str:
        values = [each["cpu"] for each in found[name]]
        return f"{statistics.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"

    def ratio(name: str, of: str) -> str:
        pairs = [one["cpu"] / other["cpu"] for one, other in zip(found[name], found[of], strict=True)]
        return f"{statistics.median(pairs):.2f}"

    fastest = min(("pandas", "pyarrow"), key=lambda name: statistics.median(each["cpu"] for each in found[name]))
    readers = [
        ("pandas, times parsed, nothing checked", seconds("pandas"), ratio("pandas", fastest), ""),
        ("pyarrow to pandas, nothing checked", seconds("pyarrow"), ratio("pyarrow", fastest), ""),
        ("``ReadCSV(times=...)``", seconds("ReadCSV"), ratio("ReadCSV", fastest), ""),
        ("``ReadCSV(schema=...)``", seconds("clean"), ratio("clean", fastest), f"at most {MOST}"),
    ]
    broken = [
        (said, f"{rows - int(found[kind][0]['rows']):,}", seconds(kind), ratio(kind, "clean"), f"at most {MOST}")
        for kind, said in KINDS.items()
    ]
    first = table(("reader", "CPU, s", "of the fastest", "to reach"), readers)
    second = table(("what is broken", "rows set aside", "CPU, s", "of the clean file", "to reach"), broken)
    turns = len(found["pandas"])
    return f"""
{rows:,} rows of 20 columns: 8 floats with nulls, 4 whole numbers, 5 texts, a time, a truth value, a label. The schema
declares the type of each, ranges of 13, patterns of 4, the levels of one and that the id does not repeat. Each job in
a process of its own, one thread, after one round that is not counted; median, least and greatest of {turns} turns.

{first}

With one row in a hundred broken and ``bad_rows="quarantine"``:

{second}

A row that breaks a constraint costs a copy of the others. With a schema the lengths of all rows are told from the bytes
before they are parsed; rows of another length are left out while pandas reads, so that the file is parsed once. Text
among numbers makes pandas read the column as text, which is then read as numbers where it is one.
"""


def main() -> None:
    """Make the files, ask each job in turn, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--job", nargs=2)
    given = parser.parse_args()
    if given.job:
        one_job(Path(given.job[0]), given.job[1])
        return
    names = ("pandas", "pyarrow", "ReadCSV", "clean", *KINDS)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), given.rows)
        for turn in range(given.turns):
            for name in names:
                done = measure([sys.executable, __file__, "--job", folder, name], threads=1)
                answer = json.loads(done.output.splitlines()[-1])
                found[name].append(answer)
                print(f"  {turn} {name}: {answer['cpu']:.2f} s", file=sys.stderr)
    write_page("checked_csv", "CSV with a schema", COMMAND, page(found, given.rows))


if __name__ == "__main__":
    main()
