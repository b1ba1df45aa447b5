"""Read a million rows of 20 columns from CSV, JSON lines and Parquet to a pandas frame, beside four other readers.

Run: ``OMP_NUM_THREADS=2 python benchmarks/reading.py``. Makes an environment with the other readers, where ``--kept
folder`` has none. Then asks the same table in row-major and column-major formats for a column, a row and a change.
Writes ``docs/benchmarks/reading.rst``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from measuring import measure, table, write_page

COMMAND = "OMP_NUM_THREADS=2 python benchmarks/reading.py"
PARTS = Path(__file__).parent / "reading"
PEERS = ("polars==2.1.0", "duckdb==2.0.0")
FORMATS = {"csv": "CSV", "jsonl": "JSON lines", "parquet": "Parquet"}
SIDES = ("mlsys", "pandas", "pyarrow", "polars", "duckdb")
MOST_OF_FASTEST, LEAST_BESIDE_PANDAS = 1.3, 3.0
Answers = dict[tuple[str, str], list[dict[str, float]]]


def environment(folder: Path) -> str:
    """Return the interpreter that has the other readers beside the packages of this one; made where it is missing."""
    python = folder / "environment" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "environment", with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS], check=True)
        own = next(path for path in sys.path if path.endswith("site-packages"))
        site = next((folder / "environment" / "lib").glob("python*/site-packages"))
        (site / "shared.pth").write_text(f"{own}\n{Path(__file__).parent.parent / 'src'}\n")
    return str(python)


def asked(python: str, side: str, form: str, file: Path) -> dict[str, float]:
    """Read one file by one side in a process of its own."""
    answer: dict[str, float] = json.loads(
        measure([python, "-W", "ignore", str(PARTS / "one_read.py"), side, form, str(file)]).output.splitlines()[-1]
    )
    print(f"  {side} {form}: {answer['cpu']:.2f} s, {answer['peak']:,.0f} MiB", file=sys.stderr)
    return answer


def median(found: Answers, side: str, form: str, of: str = "cpu") -> float:
    """Return the median of all turns."""
    return statistics.median(each[of] for each in found[side, form])


def ratio(found: Answers, side: str, other: str, form: str) -> float:
    """Return the median over turns of one side beside another, turn by turn."""
    pairs = zip(found[side, form], found[other, form], strict=True)
    return statistics.median(one["cpu"] / two["cpu"] for one, two in pairs)


def seconds_table(found: Answers) -> str:
    """Return seconds of the processors and peak memory by format and side, and the ratio to the fastest."""
    rows = []
    for form, name in FORMATS.items():
        cells = [f"{median(found, side, form):.2f} s, {median(found, side, form, 'peak'):,.0f} MiB" for side in SIDES]
        fastest = min(SIDES[1:], key=lambda side, of=form: median(found, side, of))
        rows.append([name, *cells, f"{ratio(found, 'mlsys', fastest, form):.2f} x {fastest}"])
    return table(["format", *SIDES, "mlsys beside the fastest other"], rows)


def reached(found: Answers) -> str:
    """Say which goals are reached."""
    lines = []
    for form, name in FORMATS.items():
        fastest = min(SIDES[1:], key=lambda side, of=form: median(found, side, of))
        of_fastest = ratio(found, "mlsys", fastest, form)
        word = "reached" if of_fastest <= MOST_OF_FASTEST else "not reached"
        lines.append(f"- {name}: {of_fastest:.2f} x the fastest other; the goal is at most {MOST_OF_FASTEST}: {word}.")
    less = ratio(found, "pandas", "mlsys", "jsonl")
    word = "reached" if less >= LEAST_BESIDE_PANDAS else "not reached"
    lines.append(
        f"- JSON lines: {less:.1f} x less than pandas; the goal is at least {LEAST_BESIDE_PANDAS:.0f}: {word}."
    )
    return "\n".join(lines)


def main() -> None:
    """Measure all sides in turn and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--formats-only", action="store_true", help="only compare the formats; print, write no page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.kept or Path(temporary)
        if not (folder / "rows.csv").exists():
            subprocess.run([sys.executable, str(PARTS / "table.py"), str(options.rows), str(folder)], check=True)
        formats = measure([sys.executable, str(PARTS / "formats.py"), str(folder)]).output.strip()
        if options.formats_only:
            print(formats)
            return
        python, found = environment(folder), Answers()
        for _ in range(options.turns):
            for form in FORMATS:
                for side in SIDES:
                    found.setdefault((side, form), []).append(asked(python, side, form, folder / f"rows.{form}"))
    text = TEXT.format(rows=options.rows, turns=options.turns, seconds=seconds_table(found), reached=reached(found))
    write_page("reading", "Reading files", COMMAND, text + FORMATS_TEXT.format(formats=formats))


TEXT = """
{rows:,} rows of 20 columns (an id, eight numbers with 5 % nulls, three integers, a time, five texts of 5 to 50,000
levels, a truth value, a label), read to a pandas frame with the column ``at`` as timestamps. Each side reads in a
process of its own, after a thousand rows that warm it up; {turns} turns, medians. Seconds are those of the processors,
all threads together; memory is the peak beyond what the process had before. The ratio is the median of the ratios
turn by turn.

{seconds}

{reached}

What each side is asked to do is in ``benchmarks/reading/one_read.py``. The readers do not do the same work: mlsys
refuses rows of another length and keeps every digit of whole numbers, in CSV by looking at the file again where it
must; of Parquet it verifies checksums and texts.
"""

FORMATS_TEXT = """

Rows or columns?
----------------

The same table in formats that store row after row (CSV, JSON lines, an SQLite table with an index on ``id``) and in one
that stores column after column (Parquet). ``python benchmarks/reading.py --formats-only`` shows this table alone.

{formats}

*The mean of one column* reads 1 of 20 columns: a column-major format skips the others. *One row by its id* is what a
transaction asks: an index finds the row, and nothing else is read. *A change of one row* rewrites a Parquet, CSV or
JSON file whole, and a page of a database.

So orders that are placed, changed and looked up one at a time belong in a transactional store (PostgreSQL, SQLite); the
rows that a model learns from, read many at a time and by column, in an analytical one (Parquet, DuckDB). A pipeline may
read both: :class:`~mlsys.ReadSQL` for what the database holds now, with joins and filters run there (ELT), and
:class:`~mlsys.ReadParquet` for the history, transformed by steps (ETL).
"""

if __name__ == "__main__":
    main()
